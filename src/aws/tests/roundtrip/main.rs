//! What `execute` does is what `absorb` says and what `observe` then sees, against the local AWS.
//!
//! The outer test starts a local AWS and runs the cases below in a process whose environment points
//! to it, because the product reads `AWS_ENDPOINT_URL` and has no other hook.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod accounts;
mod backups;
mod buckets;
mod guardrails;
mod keys;
mod network;
mod resolver;
mod roles;
mod sftp;
mod sftp_users;
mod tenant;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// The account of the process's own identity.
const HUB: &str = "123456789012";

#[test]
fn against_a_local_aws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/aws");
    let python = python();
    let mut server = Command::new(&python)
        .args(["-m", "local_aws", "--port", "0"])
        .current_dir(&folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // It ends when this pipe does.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--skip", "against_a_local_aws"])
        .env("PYTHON", python)
        .env("AWS_ENDPOINT_URL", announced["endpoint"].as_str().unwrap())
        .env("AWS_ACCESS_KEY_ID", HUB)
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .status()
        .unwrap();
    let called = called(announced["endpoint"].as_str().unwrap());
    drop(server.stdin.take());
    server.wait().unwrap();
    assert!(status.success(), "see the output of the inner tests");
    let promised = std::fs::read_to_string(folder.join("../actions-of-round-trips.txt")).unwrap();
    let operations = promised.lines().filter(|line| !line.starts_with('#'));
    let missing: Vec<&str> = operations
        .filter_map(|line| line.split(' ').next_back())
        .filter(|operation| !called.contains(*operation))
        .collect();
    assert!(missing.is_empty(), "no round trip calls {missing:?}");
}

/// The operations that were called: `service:Operation`.
fn called(endpoint: &str) -> BTreeSet<String> {
    let host = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /local-aws/calls HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let counts: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
    let name = |one: &serde_json::Value| {
        format!(
            "{}:{}",
            one["service"].as_str().unwrap(),
            one["operation"].as_str().unwrap()
        )
    };
    counts.iter().map(name).collect()
}

/// The Python of the local AWS: `PYTHON`, or the one that `tools/install` keeps.
fn python() -> String {
    if let Ok(python) = std::env::var("PYTHON") {
        return python;
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/install");
    let output = Command::new(tools)
        .args(["--print", "python"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim()
        .strip_prefix("PYTHON=")
        .unwrap()
        .trim_matches(['\'', '"'])
        .to_owned()
}
