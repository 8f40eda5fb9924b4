//! What stopped half-way and is brought to its end by the next command, and what that command then says.

use super::*;

/// A vault whose only key is kept by a program that does as a file beside it says.
fn with_moody_holder(home: &Path) -> bool {
    if !support::has_python("json") {
        return false;
    }
    fs::create_dir(home.join("mood")).unwrap();
    let script = project("tests/holders/moody_holder.py");
    let holder = format!("command:python3 {} {}", script.display(), home.join("mood").display());
    ok(&run(home, &["vault", "init", "v", "--holder", &holder, "--cooling-off", "0"]));
    true
}

fn plan_as(home: &Path, person: &str, file: &str) {
    put(home, "people.txt", format!("email: {person}\n"));
    let args = ["vault", "shred", "v", "--subjects", "people.txt", "--plan", file, "--requester", "Desk"];
    ok(&run(home, &args));
}

fn apply_as(home: &Path, file: &str, certificate: &str) -> Run {
    let args = ["vault", "shred", "v", "--apply", file, "--executor", "Eva", "--certificate", certificate];
    run(home, &args)
}

fn stopped(run: &Run, code: &str) {
    assert_eq!((run.status, run.stderr.contains(code)), (4, true), "{code}: {}{}", run.stdout, run.stderr);
}

fn json_of(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn certificates(home: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(home.join("v/certificates")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    all.sort();
    all
}

#[test]
fn a_plan_is_not_done_because_another_was_brought_to_its_end() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    if !with_moody_holder(home) {
        return;
    }
    ok(&seal(home, &archive));
    plan_as(home, "ana.prueba@example.com", "ana.json");
    put(home, "mood/deaf", "");
    stopped(&apply_as(home, "ana.json", "ana-cert.json"), "vault-destroying");
    stopped(&run(home, &["vault", "status", "v"]), "vault-destroying");
    fs::remove_file(home.join("mood/deaf")).unwrap();
    // The next command finishes Ana's, and makes a plan for Bea.
    plan_as(home, "bea.ejemplo@example.org", "bea.json");
    assert_eq!(certificates(home).len(), 1, "Ana's certificate is owed");
    let ana = json_of(home.join("ana.json"));
    put(home, "mood/deaf", "");
    stopped(&run(home, &["vault", "rotate", "v"]), "vault-destroying");
    fs::remove_file(home.join("mood/deaf")).unwrap();
    // The rotation is brought to its end, and Bea is forgotten all the same.
    ok(&apply_as(home, "bea.json", "bea-cert.json"));
    let certificate = json_of(home.join("bea-cert.json"));
    assert_ne!(certificate["requester"], Value::Null);
    let plans: Vec<Value> =
        certificates(home).into_iter().map(|path| json_of(path)["plan"].clone()).collect();
    assert!(plans.len() == 2 && plans[0] != plans[1] && plans.contains(&certificate["plan"]), "{plans:?}");
    assert_eq!(certificate["keys"]["counts"]["subject"], 1);
    assert!(ana["keys"].as_array().unwrap().len() > 1);
    ok(&unseal(home, "out"));
    let all: Vec<u8> = files(&home.join("out")).into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert!(!String::from_utf8_lossy(&all).contains("example"), "{}", String::from_utf8_lossy(&all));
}

#[test]
fn a_stopped_shred_gives_its_own_certificate_when_it_is_run_again() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    if !with_moody_holder(home) {
        return;
    }
    ok(&seal(home, &archive));
    plan_as(home, "ana.prueba@example.com", "ana.json");
    put(home, "mood/lies", "");
    stopped(&apply_as(home, "ana.json", "cert.json"), "still unwraps with it");
    assert!(!home.join("cert.json").exists());
    fs::remove_file(home.join("mood/lies")).unwrap();
    assert!(ok(&apply_as(home, "ana.json", "cert.json")).contains("assurance A"));
    assert_eq!(json_of(home.join("cert.json"))["keys"]["counts"]["subject"], 1);
}

#[test]
fn a_certificate_that_was_never_written_is_written_later() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    plan(home, "email: ana.prueba@example.com\n");
    ok(&apply(home, &[]));
    let [path] = certificates(home).try_into().unwrap();
    // As a run leaves it that was killed behind the receipt.
    fs::remove_file(&path).unwrap();
    ok(&run(home, &["vault", "list", "v"]));
    let again = fs::read(&path).unwrap();
    fs::remove_file(path.with_extension("md")).unwrap();
    ok(&run(home, &["vault", "status", "v"]));
    assert!(path.with_extension("md").exists());
    assert_eq!(run(home, &["verify", path.to_str().unwrap(), "--key", &public_key(home)]).status, 0);
    assert!(!again.is_empty());
}

#[test]
fn files_that_did_not_come_out_whole_are_removed() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let id = archive_id(home);
    let path = home.join(format!("v/archives/{id}.sealed"));
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 40;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    stopped(&run(home, &["vault", "unseal", "v", &id, "--out", "out"]), "archive-damaged");
    let left = holding(home, &[b"ana.prueba"], &["archive", "people.txt"]);
    assert_eq!(left, Vec::<String>::new());
    assert!(!home.join("out.partial").exists());
}

#[test]
fn leftovers_of_stopped_runs_and_old_key_files_are_swept() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let old = fs::read(home.join("v/keys.0")).unwrap();
    plan_as(home, "ana.prueba@example.com", "ana.json");
    ok(&apply_as(home, "ana.json", "cert.json"));
    assert_eq!(json_of(home.join("cert.json"))["swept"]["key_files"], 1);
    // Put back, and what a killed run leaves.
    fs::write(home.join("v/keys.0"), &old).unwrap();
    fs::write(home.join("v/keys.7.tmp"), &old).unwrap();
    fs::write(home.join("v/archives/x.tmp"), "rest").unwrap();
    fs::write(home.join("v/keys.of-mine"), "not of the vault").unwrap();
    plan_as(home, "bea.ejemplo@example.org", "bea.json");
    ok(&apply_as(home, "bea.json", "cert.json"));
    let swept = &json_of(home.join("cert.json"))["swept"];
    assert_eq!((&swept["key_files"], &swept["temporary"]), (&Value::from(3), &Value::from(1)), "{swept}");
    let names: Vec<String> = files(&home.join("v")).into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"keys.2".to_owned()) && names.contains(&"keys.of-mine".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with(".tmp") || name == "keys.0"), "{names:?}");
}

#[test]
fn a_certificate_says_what_was_found_and_what_is_assumed() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let second = home.join("second");
    copy_tree(&archive, &second);
    ok(&seal(home, &second));
    fs::remove_dir_all(&second).unwrap();
    ok(&run(home, &["vault", "unseal", "v", &archive_id(home), "--out", "out"]));
    plan(home, "email: ana.prueba@example.com\n");
    ok(&apply(home, &["--backup", "tape 7=2099-01-01"]));
    let certificate = json_of(home.join("cert.json"));
    let of = |what: &str| {
        let all = certificate["not_reached"].as_array().unwrap();
        all.iter().find(|one| one["what"] == what).cloned().unwrap_or_default()
    };
    assert_eq!(of("live-system")["systems"], serde_json::json!(["zendesk"]));
    assert_eq!(
        (of("originals")["count"].as_u64(), of("originals-moved")["count"].as_u64()),
        (Some(1), Some(1))
    );
    assert_eq!(of("unsealed")["count"], 1);
    assert_eq!((&of("snapshots")["basis"], &of("unsealed")["basis"]), (&"assumed".into(), &"found".into()));
    assert_eq!(of("tape 7")["until"], "2099-01-01");
    assert_eq!(certificate["state"], "pending");
    assert_eq!(certificate["effective_at"], Value::Null);
    let archives = certificate["detectors"]["archives"].as_array().unwrap();
    assert!(archives.len() == 2 && archives[0]["count"].as_u64() > Some(50), "{archives:?}");
    assert!(certificate["detectors"]["recall"] != Value::Null);
    assert!(certificate["verification"]["objects"]["tried"].as_u64() > Some(0));
    let early = run(home, &["vault", "shred", "v", "--final", "cert.json", "--certificate", "final.json"]);
    stopped(&early, "certificate-pending");
    let status = run(home, &["vault", "status", "v"]);
    assert!(ok(&status).contains("swept; copies out of reach until 2099-01-01"), "{}", status.stdout);
    assert!(run(home, &["ledger", "show", "v"]).stdout.contains("\"kind\":\"unsealed\""));
}

/// A key on another medium is level B only while nothing there keeps a copy.
#[cfg(target_os = "linux")]
#[test]
fn a_second_name_of_a_key_file_lowers_the_assurance() {
    use std::os::unix::fs::MetadataExt;
    let home = folder();
    let home = home.path();
    let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    let elsewhere = Path::new("/dev/shm");
    if device(elsewhere).is_none() || device(elsewhere) == device(home) {
        return support::skipped("there is no second medium at /dev/shm");
    }
    let medium = tempfile::tempdir_in(elsewhere).unwrap();
    let archive = small(home);
    let keys = medium.path().join("keys");
    let holder = format!("elsewhere:{}", keys.display());
    ok(&run(home, &["vault", "init", "v", "--holder", &holder, "--cooling-off", "0"]));
    ok(&seal(home, &archive));
    plan_as(home, "ana.prueba@example.com", "ana.json");
    assert!(ok(&apply_as(home, "ana.json", "cert.json")).contains("assurance B"));
    let key = fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path());
    let key = key.filter(|path| path.extension().is_some_and(|e| e == "key")).last().unwrap();
    fs::hard_link(key, medium.path().join("kept")).unwrap();
    plan_as(home, "bea.ejemplo@example.org", "bea.json");
    assert!(ok(&apply_as(home, "bea.json", "cert.json")).contains("assurance C"));
}

#[test]
fn a_key_file_of_another_moment_is_refused_with_the_reason() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    let empty = files(&home.join("v"));
    ok(&seal(home, &archive));
    let restored = |names: &[&str], wanted: &str| {
        let now = files(&home.join("v"));
        for (name, bytes) in empty.iter().filter(|(name, _)| names.contains(&name.as_str())) {
            fs::write(home.join("v").join(name), bytes).unwrap();
        }
        let refused = run(home, &["vault", "verify", "v"]);
        assert_eq!((refused.status, refused.stderr.contains(wanted)), (4, true), "{}", refused.stderr);
        for (name, bytes) in now.iter().filter(|(name, _)| names.contains(&name.as_str())) {
            fs::write(home.join("v").join(name), bytes).unwrap();
        }
    };
    // Older than archive and ledger.
    restored(&["keys.0"], "keyfile-older");
    // Newer than the ledger: its keys are somebody's, and are not cut off.
    let keys = fs::read(home.join("v/keys.0")).unwrap();
    restored(&["ledger.head", "ledger.entries", "ledger.leaves"], "keyfile-newer");
    assert!(fs::read(home.join("v/keys.0")).unwrap() == keys);
    ok(&run(home, &["vault", "verify", "v"]));
}
