//! `jichitai request`: a written request to whoever runs the other side, from objects in files.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use jichitai_api::{Municipality, ResolverEndpoint};
use jichitai_plan::context::japan_date;
use jichitai_plan::resolver_endpoint::request::{self, Dates};
use jiff::Timestamp;
use jiff::civil::Date;
use kube::ResourceExt;

use crate::config::Language;
use crate::manifests::{ManifestError, Manifests};

/// Prints, in Japanese, what the operator of the office's network has to change: old and new values,
/// dates, and the way back. An object as `kubectl get -o yaml` prints it has the present addresses in its
/// status; without a status everything counts as new.
///
/// Exit codes: 0 printed, 1 an object is wrong or missing, 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What is requested: dns, a change of the forwarders or of their permissions.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Files with ResolverEndpoints and the Municipalities that they refer to; - is standard input.
    #[arg(short = 'f', long = "file", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// Only this object.
    #[arg(long)]
    name: Option<String>,
    /// Domains that the forwarders shall send to an inbound endpoint, besides those of its private zones.
    #[arg(long = "domain")]
    domains: Vec<String>,
    /// The day on which the change is wished, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// The day of the request, YYYY-MM-DD; today in Japan by default.
    #[arg(long, value_name = "DATE")]
    dated: Option<Date>,
}

const EXAMPLES: &str = "Examples:
  kubectl get -n chiyoda rslv,muni -o yaml | jichitai request --kind dns -f - --on 2027-04-01
  jichitai request --kind dns -f chiyoda.yaml -f chiyoda-dns.yaml --domain city.chiyoda.lg.jp";

/// What is requested.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Kind {
    /// A change of the office's DNS servers.
    Dns,
}

/// What keeps a request from being printed.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Manifests(#[from] ManifestError),
    #[error("there is no ResolverEndpoint{0} in the files")]
    Nothing(String),
    #[error("ResolverEndpoint {0}: there is no Municipality {1} in the files: give its file, too")]
    NoMunicipality(String, String),
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    match requests(args) {
        Ok(text) => match std::io::stdout().write_all(text.as_bytes()) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                eprintln!("cannot write to standard output: {error}");
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        },
        Err(problem) => {
            let cause = std::error::Error::source(&problem).map(|cause| format!(": {cause}"));
            eprintln!("{problem}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn requests(args: &Args) -> Result<String, Problem> {
    let Args {
        kind: Kind::Dns,
        files,
        name,
        domains,
        on,
        dated,
    } = args;
    let given = Manifests::sound(files, Language::En)?;
    let wanted = |one: &&ResolverEndpoint| name.as_ref().is_none_or(|name| one.name_any() == *name);
    let dates = Dates {
        requested: dated.unwrap_or_else(|| japan_date(Timestamp::now())),
        wished: *on,
    };
    let mut all = Vec::new();
    for object in given.endpoints.iter().filter(wanted) {
        all.push(request::dns(object, municipality(object, &given)?, dates, domains));
    }
    match all.is_empty() {
        true => Err(Problem::Nothing(
            name.as_ref().map(|name| format!(" {name}")).unwrap_or_default(),
        )),
        false => Ok(all.join("\n\u{c}\n")),
    }
}

/// The municipality in which an endpoint stands.
fn municipality<'a>(object: &ResolverEndpoint, given: &'a Manifests) -> Result<Option<&'a Municipality>, Problem> {
    let Some(reference) = &object.spec.placement.municipality_ref else {
        return Ok(None);
    };
    let mine = |one: &&Municipality| one.namespace() == object.namespace() && one.name_any() == reference.name;
    match given.municipalities.iter().find(mine) {
        Some(found) => Ok(Some(found)),
        None => Err(Problem::NoMunicipality(object.name_any(), reference.name.clone())),
    }
}
