//! Every dependency has a licence we may ship, and none that is banned is in the tree.

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

use std::process::Command;

/// Licences that may stand in the tree; an expression passes when one of its alternatives does.
const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "CC0-1.0",
    "0BSD",
    "bzip2-1.0.6",
    "BSL-1.0",
];

/// Crates that must never come in, and why.
const BANNED: &[(&str, &str)] = &[
    ("evalexpr", "AGPL"),
    ("serde_yml", "unsound, RUSTSEC-2025-0068"),
    ("libyml", "unsound, RUSTSEC-2025-0067"),
    ("unrar", "not an open-source licence"),
    ("nom-exif", "publishes no licence"),
    ("openssl", "ring is the one cryptographic library"),
    ("reqwest", "no command opens a socket"),
    ("hyper", "no command opens a socket"),
    ("tokio", "threads, not async"),
];

/// Whether an SPDX expression allows use under an allowed licence: `OR` needs one side, `AND` both.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let mut parts = Vec::new();
    let mut depth = 0usize;
    let mut from = 0;
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && expression[at..].starts_with(" AND ") {
            parts.push(&expression[from..at]);
            from = at + " AND ".len();
        }
    }
    parts.push(&expression[from..]);
    parts.iter().all(|part| {
        let flat = part.trim().trim_start_matches('(').trim_end_matches(')');
        flat.split(" OR ").any(|one| ALLOWED.contains(&one.trim()))
    })
}

fn packages() -> Vec<serde_json::Value> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    // Only what this system builds is sure to be downloaded, and the check must not need the network.
    let version =
        Command::new(option_env!("RUSTC").unwrap_or("rustc")).arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host])
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn every_licence_is_permissive() {
    let packages = packages();
    assert!(packages.len() > 100, "the tree was not read");
    let bad: Vec<String> = packages
        .iter()
        .filter(|p| !allowed(p["license"].as_str().unwrap_or("")))
        .map(|p| format!("{} {}: {}", p["name"], p["version"], p["license"]))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn nothing_banned_and_nothing_from_outside_the_registry() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            panic!("{name} is banned: {why}");
        }
        let source = package["source"].as_str();
        let registry =
            source.is_none_or(|s| s.starts_with("registry+https://github.com/rust-lang/crates.io-index"));
        assert!(registry, "{name} comes from {source:?}");
        assert!(source.is_some() || name == "olvido", "{name} is a path dependency");
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    assert!(allowed("MIT OR Apache-2.0"));
    assert!(allowed("MIT/Apache-2.0"));
    assert!(allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!allowed("AGPL-3.0-only"));
    assert!(!allowed("MIT AND GPL-3.0-only"));
    assert!(!allowed(""));
}
