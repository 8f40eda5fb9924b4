//! The parts for CI servers: they say what the program understands, and do what they say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]
#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::{folder, olvido, private, project, put, run};

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(project(path)).unwrap()).unwrap()
}

/// A folder with the program under its name, an export and its manifest.
fn workspace(home: &Path, line: &str) {
    fs::create_dir(home.join("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_olvido"), home.join("bin/olvido")).unwrap();
    put(home, "export/a b.ndjson", format!("{line}\n{line}\n"));
    private(&home.join("export"));
    let manifest = json!({
        "export_id": "1", "purpose": "migration", "recipient": "the new helpdesk", "allowed_categories": [],
        "encrypted": true, "algorithm": "AES-256-GCM", "complete": true, "contains_keys": false,
    });
    put(home, "manifest.json", manifest.to_string());
}

/// Runs a script as a runner does: in the workspace, with the program on the path.
fn script(home: &Path, shell: &str, script: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let mut command: Command = olvido(home);
    let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
    let mut of_shell = Command::new(shell);
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            of_shell.env(name, value);
        }
    }
    command.env_clear();
    of_shell.arg("-c").arg(script).current_dir(home).env("PATH", path);
    variables.iter().for_each(|(name, value)| drop(of_shell.env(name, value)));
    let output = of_shell.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

const CLEAN: &str = "{\"subject\":\"printer\"}";
const DIRTY: &str = "{\"subject\":\"lucia.marquez@acme-olvido.es\"}";

#[test]
fn the_github_action_gates_and_leaves_no_key() {
    if Command::new("bash").arg("--version").output().is_err() {
        println!("skipped: there is no bash");
        return;
    }
    let action = yaml(".github/actions/gate/action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "gate").unwrap();
    let text = step["run"].as_str().unwrap();
    assert!(!text.contains("${{"), "inputs must not become part of the script");
    for (line, wanted) in [(CLEAN, 0), (DIRTY, 1)] {
        let home = folder();
        workspace(home.path(), line);
        let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        let (temp, key) = (path("temp"), "0b".repeat(32));
        fs::create_dir(&temp).unwrap();
        let (summary, output) = (path("summary.md"), path("output"));
        let variables = [
            ("EXPORT", "export"),
            ("MANIFEST", "manifest.json"),
            ("KEY", key.as_str()),
            ("BASELINE", ""),
            ("ONLY_NEW", "false"),
            ("FAIL_ON", "error"),
            ("ARGUMENTS", "--as-of\n2026-11-22\n"),
            ("REPORTS", "out put"),
            ("RUNNER_TEMP", temp.as_str()),
            ("GITHUB_STEP_SUMMARY", summary.as_str()),
            ("GITHUB_OUTPUT", output.as_str()),
        ];
        let (status, said) = script(home.path(), "bash", text, &variables);
        assert_eq!(status, wanted, "{said}");
        assert_eq!(fs::read_to_string(&output).unwrap(), format!("status={wanted}\n"));
        assert!(fs::read_to_string(&summary).unwrap().starts_with("## olvido"));
        assert_eq!(said.contains("::error title=export/untreated-category"), wanted == 1, "{said}");
        assert!(!said.contains("lucia") && !said.contains(&key));
        for report in ["gate.sarif", "gate.xml", "gate.jsonl", "gate.md"] {
            assert!(home.path().join("out put").join(report).exists(), "{report}");
        }
        assert_eq!(fs::read_dir(&temp).unwrap().count(), 0, "the key is gone");
    }
}

#[test]
fn inputs_and_variables_of_the_action_are_the_same() {
    let action = yaml(".github/actions/gate/action.yml");
    let text = fs::read_to_string(project(".github/actions/gate/action.yml")).unwrap();
    for input in action["inputs"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("${{{{ inputs.{input} }}}}")), "{input} is used nowhere");
    }
}

#[test]
fn the_gitlab_job_gates() {
    let job = &yaml(".gitlab/olvido-gate.yml")[".olvido-gate"];
    let text = job["script"][0].as_str().unwrap();
    for (line, wanted) in [(CLEAN, 0), (DIRTY, 1)] {
        let home = folder();
        workspace(home.path(), line);
        let mut variables: Vec<(&str, &str)> = Vec::new();
        for (name, value) in job["variables"].as_object().unwrap() {
            variables.push((name, value.as_str().unwrap()));
        }
        variables.push(("OLVIDO_MANIFEST", "manifest.json"));
        let (status, said) = script(home.path(), "sh", text, &variables);
        assert_eq!(status, wanted, "{said}");
        let reports = &job["artifacts"]["reports"];
        for report in [&reports["junit"], &reports["codequality"], &job["artifacts"]["paths"][0]] {
            assert!(home.path().join(report.as_str().unwrap()).exists(), "{report}");
        }
        let quality = fs::read_to_string(home.path().join("gate-quality.json")).unwrap();
        let issues: Vec<Value> = serde_json::from_str(&quality).unwrap();
        assert_eq!(issues.iter().any(|issue| issue["severity"] != "info"), wanted == 1, "{quality}");
    }
}

#[test]
fn the_hook_refuses_what_is_about_to_be_committed() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    for key in ["id", "name", "entry", "language"] {
        assert!(hook[key].is_string(), "pre-commit asks for {key}");
    }
    let entry: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
    assert_eq!(entry[0], "olvido");
    for (line, wanted) in [(CLEAN, 0), (DIRTY, 1)] {
        let home = folder();
        workspace(home.path(), line);
        put(home.path(), "empty.json", "");
        let mut args = entry[1..].to_vec();
        args.extend(["--manifest", "manifest.json", "export/a b.ndjson", "empty.json"]);
        let run = run(home.path(), &args);
        assert_eq!(run.status, wanted, "{}{}", run.stdout, run.stderr);
    }
}
