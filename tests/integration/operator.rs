//! The operator as a child process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::objects::PATIENCE;
use crate::rig::Outcome;

/// What the environment may set and the local AWS has no use for.
pub const INHERITED: [&str; 5] = [
    "AWS_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "https_proxy",
    "http_proxy",
];

/// A running operator; dropping it kills it.
pub struct Operator {
    child: Child,
    log: PathBuf,
}

impl Operator {
    /// Starts the product with a kubeconfig, a configuration and an AWS endpoint.
    pub fn start(
        name: &str,
        folder: &Path,
        kubeconfig: &Path,
        config: &Path,
        aws: &[(&'static str, String)],
    ) -> Outcome<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
        command
            .args(["run", "--namespace", "default", "--identity", name])
            .args([
                "--metrics-address",
                "127.0.0.1:0",
                "--health-address",
                "127.0.0.1:0",
                "--pages-address",
                "127.0.0.1:0",
                "--config",
            ])
            .arg(config);
        for inherited in INHERITED {
            command.env_remove(inherited);
        }
        command
            .env("KUBECONFIG", kubeconfig)
            .env("RUST_LOG", "info,jichitai=debug,kube_runtime=debug")
            .envs(aws.iter().cloned());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The last lines of its log.
    pub fn log(&self, lines: usize) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Where it serves something, once it does.
    fn address(&self, what: &str) -> Option<String> {
        let text = std::fs::read_to_string(&self.log).ok()?;
        let line = text.lines().find(|line| line.contains(&format!("serving {what}")))?;
        let (_, address) = line.split_once("127.0.0.1:")?;
        let port: String = address.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("127.0.0.1:{port}"))
    }

    /// What it answers to a GET: the status and the text.
    async fn get(&self, what: &str, path: &str) -> Outcome<(u16, String)> {
        let (head, text) = self.ask(what, path, "").await?;
        let status = head.split(' ').nth(1).ok_or("a status")?.parse()?;
        Ok((status, text))
    }

    /// A page, asked for with a token: the head of the answer and the text.
    pub async fn page(&self, path: &str, token: Option<&str>) -> Outcome<(String, String)> {
        let header = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        self.ask("pages", path, &header).await
    }

    async fn ask(&self, what: &str, path: &str, header: &str) -> Outcome<(String, String)> {
        let address = self.address(what).ok_or_else(|| format!("{what} is not served"))?;
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, text) = answer.split_once("\r\n\r\n").ok_or("an answer")?;
        Ok((head.to_owned(), text.to_owned()))
    }

    /// What it tells Prometheus.
    pub async fn metrics(&self) -> Outcome<String> {
        Ok(self.get("metrics", "/metrics").await?.1)
    }

    /// Whether a probe is content, and why not.
    pub async fn probe(&self, path: &str) -> Outcome<Result<(), String>> {
        let (status, text) = self.get("health", path).await?;
        Ok(if status == 200 { Ok(()) } else { Err(text) })
    }

    /// Waits until its log has these words.
    pub async fn says(&self, words: &str) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while !self.log(usize::MAX).contains(words) {
            if Instant::now() > deadline {
                return Err(format!("the operator never said: {words}\n{}", self.log(20)).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Asks it to end, as Kubernetes does, and waits for that.
    pub async fn stop(mut self) -> Outcome {
        self.signal("-TERM")?;
        self.ended().await
    }

    /// Lets it go on after it was stopped.
    pub fn resume(&self) -> Outcome {
        self.signal("-CONT")
    }

    fn signal(&self, name: &str) -> Outcome {
        let status = Command::new("kill").args([name, &self.id().to_string()]).status()?;
        status.success().then_some(()).ok_or("it had ended before".into())
    }

    /// Whether it has ended, however it came.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Returns when it has ended, however that comes.
    pub async fn death(&mut self) {
        while !self.has_ended() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for the end that is due.
    pub async fn ended(&mut self) -> Outcome {
        if tokio::time::timeout(PATIENCE, self.death()).await.is_err() {
            return Err(format!("the operator did not end; it said:\n{}", self.log(20)).into());
        }
        Ok(())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
