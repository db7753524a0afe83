//! A plan as people read it: in a terminal, in a pull request, or by a program.

use std::fmt::Write;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use jichitai_plan::preview::{Change, Preview, Summary, Verb};

use crate::plan_command::{Planned, Report};

/// How to print.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum Output {
    /// For a terminal, coloured where it is one.
    #[default]
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// For a program.
    Json,
}

/// Prints it; whoever reads may have seen enough.
pub fn print(report: &Report, output: Output) {
    let text = match output {
        Output::Text => text(report),
        Output::Markdown => markdown(report),
        Output::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
    };
    let _closed = anstream::stdout().write_all(text.as_bytes());
}

fn sign(verb: Verb) -> char {
    match verb {
        Verb::Create => '+',
        Verb::Change => '~',
        Verb::Delete => '-',
        Verb::Routine => '*',
    }
}

fn style(change: &Change) -> Style {
    let color = match change.verb {
        Verb::Create => AnsiColor::Green,
        Verb::Change => AnsiColor::Yellow,
        Verb::Delete => AnsiColor::Red,
        Verb::Routine => AnsiColor::Cyan,
    };
    let style = color.on_default();
    if change.risk.is_some() { style.bold() } else { style }
}

/// One line for a step, and one for what it risks and what holds it.
fn lines(change: &Change) -> Vec<String> {
    let Change {
        verb,
        part,
        region,
        action,
        risk,
        held,
        ..
    } = change;
    let mut all = vec![format!("{} {action}  [{part} in {region}]", sign(*verb))];
    all.extend(risk.iter().map(|risk| format!("    destructive: {risk}")));
    all.extend(held.iter().map(|(reason, text)| format!("    held ({reason}): {text}")));
    all
}

/// What does not go on, without saying the same twice.
fn remarks(preview: &Preview) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for remark in &preview.remarks {
        let line = format!("{} ({}): {}", remark.kind, remark.reason, remark.message);
        if !all.contains(&line) {
            all.push(line);
        }
    }
    all
}

fn heading(one: &Planned) -> String {
    let account = one
        .preview
        .as_ref()
        .map(|preview| format!(" (account {})", preview.account));
    format!("{}{}", one.object, account.unwrap_or_default())
}

fn text(report: &Report) -> String {
    let mut all = String::new();
    let bold = Style::new().bold();
    for one in &report.objects {
        let _infallible = writeln!(all, "{bold}{}{bold:#}", heading(one));
        if let Some((reason, message)) = &one.obstacle {
            let red = AnsiColor::Red.on_default();
            let _infallible = writeln!(all, "  {red}{reason}: {message}{red:#}");
        }
        if let Some(preview) = &one.preview {
            if preview.changes.is_empty() {
                all.push_str("  no change\n");
            }
            for change in &preview.changes {
                let style = style(change);
                for line in lines(change) {
                    let _infallible = writeln!(all, "  {style}{line}{style:#}");
                }
            }
            for line in remarks(preview) {
                let _infallible = writeln!(all, "  ! {line}");
            }
            if let Some(hash) = &preview.hash {
                let _infallible = writeln!(all, "  plan {hash}");
            }
        }
        all.push('\n');
    }
    all + &summary(&report.summary)
}

fn markdown(report: &Report) -> String {
    let mut all = format!("### jichitai plan\n\n{}\n", summary(&report.summary));
    for one in &report.objects {
        let changes = one.preview.iter().flat_map(|preview| &preview.changes).count();
        let state = match (&one.obstacle, changes) {
            (Some((reason, _)), _) => reason.clone(),
            (None, 0) => "no change".to_owned(),
            (None, 1) => "1 step".to_owned(),
            (None, count) => format!("{count} steps"),
        };
        let _infallible = write!(
            all,
            "<details><summary><b>{}</b>: {state}</summary>\n\n```diff\n",
            heading(one)
        );
        if let Some((reason, message)) = &one.obstacle {
            let _infallible = writeln!(all, "! {reason}: {message}");
        }
        if let Some(preview) = &one.preview {
            // A fence colours by the first letter: a change is neither more nor less.
            let lines = preview.changes.iter().flat_map(lines);
            for line in lines.chain(remarks(preview).into_iter().map(|line| format!("! {line}"))) {
                let _infallible = writeln!(all, "{}", line.replace('~', "!"));
            }
            if let Some(hash) = &preview.hash {
                let _infallible = writeln!(all, "  plan {hash}");
            }
        }
        all.push_str("```\n\n</details>\n\n");
    }
    all
}

fn summary(summary: &Summary) -> String {
    let Summary {
        objects,
        create,
        change,
        delete,
        destructive,
        held,
        billable,
        writes,
    } = summary;
    if *objects == 0 {
        return "Nothing would change.\n".to_owned();
    }
    let mut all = format!("Plan: {create} to create, {change} to change, {delete} to delete, in {objects} objects.\n");
    if *destructive > 0 {
        let _infallible = writeln!(all, "Destructive steps: {destructive}.");
    }
    if *held > 0 {
        let _infallible = writeln!(all, "Steps that would not run now: {held}.");
    }
    let list = |all: Vec<String>| all.join(", ");
    let total: usize = writes.values().sum();
    let by_service = list(
        writes
            .iter()
            .map(|(service, count)| format!("{service} {count}"))
            .collect(),
    );
    let _infallible = writeln!(all, "Writes to AWS: {total} ({by_service}).");
    if !billable.is_empty() {
        let things = list(
            billable
                .iter()
                .map(|(thing, more)| format!("{more:+} {thing}"))
                .collect(),
        );
        let _infallible = writeln!(all, "Billed by the hour or month: {things}.");
    }
    all
}

#[cfg(test)]
mod tests {
    use jichitai_plan::preview::{Change, Preview, Summary, Verb};

    use super::{markdown, text};
    use crate::plan_command::{Planned, Report};

    fn report() -> Report {
        let change = |verb, action: &str, risk: Option<&str>| Change {
            verb,
            part: "vpc".into(),
            region: "ap-northeast-1",
            service: "ec2",
            action: action.into(),
            property: "vpc".into(),
            want: "present".into(),
            have: "absent".into(),
            risk: risk.map(str::to_owned),
            held: risk.map(|_| ("AwaitingApproval".into(), "the plan waits".into())),
        };
        let preview = Preview {
            account: "111122223333".into(),
            hash: Some("0123456789abcdef".into()),
            changes: vec![
                change(Verb::Create, "create VPC 10.20.0.0/16", None),
                change(Verb::Change, "change ~ it", None),
                change(Verb::Delete, "delete subnet", Some("what runs there")),
                change(Verb::Routine, "copy snapshot", None),
            ],
            billable: [("customer-managed keys", 2)].into(),
            remarks: Vec::new(),
        };
        let mut summary = Summary::default();
        summary.add(&preview);
        Report {
            objects: vec![
                Planned {
                    object: "Municipality chiyoda/chiyoda".into(),
                    preview: Some(preview),
                    obstacle: None,
                },
                Planned {
                    object: "FileLinkBucket chiyoda/tax".into(),
                    preview: None,
                    obstacle: Some(("InvalidSpec".into(), "spec.zone: no such zone".into())),
                },
            ],
            summary,
        }
    }

    #[test]
    fn people_see_every_step_and_what_it_comes_to() {
        let plain = anstream::adapter::strip_str(&text(&report())).to_string();
        assert_eq!(
            plain,
            "Municipality chiyoda/chiyoda (account 111122223333)
  + create VPC 10.20.0.0/16  [vpc in ap-northeast-1]
  ~ change ~ it  [vpc in ap-northeast-1]
  - delete subnet  [vpc in ap-northeast-1]
      destructive: what runs there
      held (AwaitingApproval): the plan waits
  * copy snapshot  [vpc in ap-northeast-1]
  plan 0123456789abcdef

FileLinkBucket chiyoda/tax
  InvalidSpec: spec.zone: no such zone

Plan: 1 to create, 1 to change, 1 to delete, in 1 objects.
Destructive steps: 1.
Steps that would not run now: 1.
Writes to AWS: 3 (ec2 3).
Billed by the hour or month: +2 customer-managed keys.
"
        );
    }

    #[test]
    fn a_pull_request_sees_a_diff() {
        let shown = markdown(&report());
        assert!(
            shown.contains("<details><summary><b>Municipality chiyoda/chiyoda (account 111122223333)</b>: 4 steps")
        );
        assert!(
            shown.contains("\n+ create VPC") && shown.contains("\n! change") && shown.contains("\n- delete subnet")
        );
        assert!(shown.contains("! InvalidSpec: spec.zone"));
    }
}
