//! Writes the CustomResourceDefinitions to `crds/`, or checks that they are written.
//!
//! `crdgen [--check] [--out DIR]…`: without `--out` the directory is `crds` at the root of the repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("crdgen: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let mut check = false;
    let mut directories: Vec<PathBuf> = Vec::new();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => check = true,
            "--out" => directories.push(args.next().ok_or("--out needs a directory")?.into()),
            other => {
                return Err(format!(
                    "unknown argument {other}; usage: crdgen [--check] [--out DIR]…"
                ));
            }
        }
    }
    if directories.is_empty() {
        directories.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crds"));
    }
    let files = jichitai_api::crd::files().map_err(|error| format!("render the definitions: {error}"))?;
    for directory in &directories {
        for (name, text) in &files {
            let path = directory.join(name);
            if check {
                compare(&path, text)?
            } else {
                write(&path, text)?
            }
        }
    }
    Ok(())
}

fn compare(path: &Path, text: &str) -> Result<(), String> {
    match fs::read_to_string(path) {
        Ok(found) if found == text => Ok(()),
        _ => Err(format!(
            "{} is not what src/api generates; run: cargo run -p jichitai-api --bin crdgen",
            path.display()
        )),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|error| format!("create {}: {error}", directory.display()))?;
    fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()))
}
