//! Which module may import which: the table of DESIGN §3, held against every `use crate::`.

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

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with the modules of ours it may import. `problem` is free for all.
const TABLE: &[(&str, &[&str])] = &[
    ("records", &[]),
    ("problem", &[]),
    ("disk", &[]),
    ("vault", &["disk"]),
    ("sources", &["records"]),
    ("formats", &["records", "sources"]),
    ("detectors", &["records"]),
    ("findings", &["records", "vault"]),
    ("policies", &["records", "findings"]),
    ("reports", &["findings", "records"]),
    ("catalogue", &["detectors", "formats", "policies", "findings", "records", "vault"]),
    ("audit", &["sources", "formats", "detectors", "policies", "findings", "records", "catalogue", "vault"]),
    ("remedies", &["records", "findings", "formats", "audit", "vault", "disk"]),
    (
        "cli",
        &[
            "remedies",
            "sources",
            "formats",
            "detectors",
            "policies",
            "findings",
            "records",
            "catalogue",
            "vault",
            "audit",
            "reports",
            "disk",
        ],
    ),
];

/// Crates only one module may name, and why.
const CRATES: &[(&str, &[&str])] = &[
    ("ring", &["vault"]),
    ("argon2", &["vault"]),
    ("clap", &["cli"]),
    ("serde_sarif", &["reports"]),
    ("cel", &["policies"]),
    ("rayon", &["audit"]),
    ("walkdir", &["sources"]),
    ("mail_parser", &["formats"]),
    ("zip", &["formats"]),
    ("quick_xml", &["formats"]),
];

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The module a file belongs to: the first name below `src`.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap();
    below.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Modules named after `crate::` in a text, braces of `use crate::{a, b}` included.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, content) in text.lines().enumerate() {
        if content.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in content.match_indices("crate::") {
            if content[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &content[at + "crate::".len()..];
            if let Some(list) = rest.strip_prefix('{') {
                for name in list.trim_end_matches(['}', ';']).split(',') {
                    found.push((line + 1, name.trim().split("::").next().unwrap_or("").to_owned()));
                }
            } else {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((line + 1, name));
            }
        }
    }
    found
}

fn violations(module: &str, text: &str, shown: &str) -> Vec<String> {
    let table: BTreeMap<&str, &[&str]> = TABLE.iter().copied().collect();
    let mut out = Vec::new();
    if let Some(allowed) = table.get(module) {
        for (line, name) in imports(text) {
            let known = table.contains_key(name.as_str());
            if known && name != module && name != "problem" && !allowed.contains(&name.as_str()) {
                out.push(format!("{shown}:{line}: {module} must not import {name}"));
            }
        }
    }
    for (line, content) in text.lines().enumerate() {
        let content = content.trim_start();
        for (name, owners) in CRATES {
            let names = content.starts_with(&format!("use {name}::"))
                || content.starts_with(&format!("use {name};"))
                || (content.contains(&format!("{name}::"))
                    && !content.starts_with("//")
                    && names_crate(content, name));
            if names && !owners.contains(&module) {
                out.push(format!("{shown}:{}: only {owners:?} may name the crate {name}", line + 1));
            }
        }
    }
    out
}

/// Whether `name::` stands as a path of its own and not behind another name.
fn names_crate(content: &str, name: &str) -> bool {
    content
        .match_indices(&format!("{name}::"))
        .any(|(at, _)| !content[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

#[test]
fn imports_run_downward() {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    assert!(files.len() > 20, "the sources were not found");
    let mut all = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        all.extend(violations(&module_of(&path), &text, &path.display().to_string()));
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn a_forbidden_import_is_seen() {
    assert_eq!(violations("reports", "use crate::policies::Rule;\n", "x").len(), 1);
    assert_eq!(violations("records", "use crate::{findings, records};\n", "x").len(), 1);
    assert_eq!(violations("audit", "    let k = ring::rand::SystemRandom::new();\n", "x").len(), 1);
    assert_eq!(violations("vault", "use ring::hmac;\nuse crate::disk::Disk;\n", "x").len(), 0);
}

#[test]
fn unsafe_stands_in_one_file_only() {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    let with: Vec<String> = files
        .iter()
        .filter(|path| fs::read_to_string(path).unwrap().contains("allow(unsafe_code)"))
        .map(|path| path.display().to_string())
        .collect();
    assert!(with.len() <= 1, "{with:?}");
}

#[test]
fn no_room_has_a_junk_name() {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    for path in files {
        for junk in ["util", "common", "helpers", "types", "manager", "handler", "processor"] {
            let named =
                path.components().any(|c| c.as_os_str().to_string_lossy().trim_end_matches(".rs") == junk);
            assert!(!named, "{}", path.display());
        }
    }
}
