//! The supervisor process: found, started, spoken to over its pipes, and ended by closing them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::{Options, StackError};

const TOOLS: [&str; 3] = ["PYTHON", "ETCD", "KUBE_APISERVER"];

/// What the supervisor announces when everything is ready.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) aws_endpoint: Option<String>,
    processes: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct Supervisor {
    child: Child,
    ready: Ready,
    pipes: Arc<Mutex<Pipes>>,
}

#[derive(Debug)]
struct Pipes {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    pub(crate) fn start(options: &Options) -> Result<Self, StackError> {
        let tools = tools()?;
        let python = &tools["PYTHON"];
        let mut command = Command::new(python);
        command.args(["-m", "local_stack"]);
        if !options.aws {
            command.arg("--no-aws");
        }
        if !options.aws_arguments.is_empty() {
            command.arg("--aws-args").args(&options.aws_arguments);
        }
        let mut child = command
            .envs(&tools)
            .env("PYTHONPATH", repository().join("tests/stack"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| StackError::Run {
                program: python.clone(),
                source,
            })?;
        let (Some(commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(StackError::Ended("opening its pipes".to_owned()));
        };
        let mut pipes = Pipes {
            commands,
            answers: BufReader::new(answers),
        };
        let ready = Ready::parse(&pipes.answer("start")?)?;
        Ok(Self {
            child,
            ready,
            pipes: Arc::new(Mutex::new(pipes)),
        })
    }

    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    pub(crate) fn process_ids(&self) -> Vec<u32> {
        let mut processes = self.ready.processes.clone();
        processes.push(self.child.id());
        processes
    }

    /// Sends one command and waits until the supervisor says that it is done.
    pub(crate) async fn command(&self, command: &'static str) -> Result<(), StackError> {
        let pipes = Arc::clone(&self.pipes);
        let done = tokio::task::spawn_blocking(move || {
            // A poisoned lock means that another test panicked between two lines: the pipes are whole.
            pipes.lock().unwrap_or_else(PoisonError::into_inner).command(command)
        });
        done.await.map_err(StackError::Task)?
    }

    /// Closes the pipes, which asks for the end, and waits for it.
    pub(crate) fn stop(self) -> Result<(), StackError> {
        let Self {
            mut child,
            ready: _,
            pipes,
        } = self;
        drop(pipes);
        let status = child.wait().map_err(|source| StackError::Run {
            program: "the local stack".to_owned(),
            source,
        })?;
        if status.success() {
            Ok(())
        } else {
            Err(StackError::Ended(format!("stop, with {status}")))
        }
    }
}

impl Pipes {
    fn command(&mut self, command: &str) -> Result<(), StackError> {
        writeln!(self.commands, "{command}").map_err(|_| StackError::Ended(command.to_owned()))?;
        let answer = self.answer(command)?;
        if answer["done"] == command {
            Ok(())
        } else {
            Err(StackError::Announcement(answer.to_string()))
        }
    }

    fn answer(&mut self, during: &str) -> Result<Value, StackError> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(length) if length > 0 => serde_json::from_str(&line).map_err(|_| StackError::Announcement(line)),
            Ok(_) | Err(_) => Err(StackError::Ended(during.to_owned())),
        }
    }
}

impl Ready {
    fn parse(announced: &Value) -> Result<Self, StackError> {
        let path = |field: &str| announced[field].as_str().map(PathBuf::from);
        let (Some(kubeconfig), Some(folder), Some(processes)) =
            (path("kubeconfig"), path("dir"), announced["pids"].as_object())
        else {
            return Err(StackError::Announcement(announced.to_string()));
        };
        Ok(Self {
            kubeconfig,
            folder,
            aws_endpoint: announced["awsEndpoint"].as_str().map(str::to_owned),
            processes: processes
                .values()
                .filter_map(Value::as_u64)
                .filter_map(|id| u32::try_from(id).ok())
                .collect(),
        })
    }
}

/// Where the tools are: from the environment if all are named there, else from `tools/install`.
fn tools() -> Result<BTreeMap<String, String>, StackError> {
    let given: BTreeMap<_, _> = TOOLS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    if given.len() == TOOLS.len() {
        return Ok(given);
    }
    let program = repository().join("tools/install");
    let output = Command::new(&program)
        .args(["--print", "stack"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| StackError::Run {
            program: program.display().to_string(),
            source,
        })?;
    if !output.status.success() {
        return Err(StackError::Tools(output.status.to_string()));
    }
    let printed: BTreeMap<_, _> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_once('='))
        // Backslashes are the shell's quoting of unusual characters in a path.
        .map(|(name, path)| (name.to_owned(), path.replace('\\', "")))
        .collect();
    match TOOLS.iter().find(|name| !printed.contains_key(**name)) {
        Some(missing) => Err(StackError::Tools(format!("it did not print {missing}"))),
        None => Ok(printed),
    }
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
