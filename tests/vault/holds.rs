//! Holds stop a shred, whoever wrote them and however late; a plan of `olvido purge` says what goes.

use super::*;

const CONFIG: &str = "schema: olvido/config/v1\nholds: holds.yaml\n";

pub(super) fn refused(run: &Run, code: &str) {
    assert_eq!((run.status, run.stderr.contains(code)), (4, true), "{code}: {}{}", run.stdout, run.stderr);
}

/// A vault with both people's tickets, sealed with the project's key, and the original gone.
fn sealed(home: &Path) {
    let archive = small(home);
    put(&archive, "tickets.ndjson", TICKETS.replace("\"status\"", "\"tags\":[\"VIP\"],\"status\""));
    assert_eq!(run(home, &["key", "create"]).status, 0);
    init(home, &[]);
    ok(&seal(home, &archive));
}

/// Places a hold as a user does; the archive must be there for that.
fn hold(home: &Path, what: &[&str]) {
    let args = ["hold", "add", "archive", "--id", "H-1", "--reason", "a claim", "--by", "legal", "--until"];
    let done = run(home, &[&args[..], &["2099-01-01", "-q"], what].concat());
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    put(home, "olvido.yaml", CONFIG);
}

#[test]
fn a_hold_on_a_ticket_keeps_what_belongs_to_others_in_it() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    plan(home, "email: ana.prueba@example.com\n");
    // Bea's ticket names Ana; forgetting Ana would change it.
    for held in ["record: ticket zendesk 802\n", "id: zendesk 72\n", "email: bea.ejemplo@example.org\n"] {
        put(home, "holds.txt", held);
        refused(&apply(home, &["--holds", "holds.txt"]), "plan-held");
    }
    put(home, "holds.txt", "email: nobody@example.net\n");
    ok(&apply(home, &["--holds", "holds.txt"]));
    let certificate: Value = serde_json::from_slice(&fs::read(home.join("cert.json")).unwrap()).unwrap();
    assert_eq!(certificate["holds"], serde_json::json!({"checked": 1, "files": 1}));
}

#[test]
fn holds_of_the_project_stop_a_shred_though_the_original_is_gone() {
    for what in [&["--subject-file", "held.txt"][..], &["--tickets", "tickets.txt"], &["--tag", "vip"]] {
        let home = folder();
        let home = home.path();
        sealed(home);
        put(home, "held.txt", "ana.prueba@example.com\n");
        put(home, "tickets.txt", "801\n");
        hold(home, what);
        fs::remove_dir_all(home.join("archive")).unwrap();
        let before = files(&home.join("v/archives"));
        plan(home, "email: ana.prueba@example.com\n");
        refused(&apply(home, &[]), "plan-held");
        assert!(files(&home.join("v/archives")) == before);
        ok(&unseal(home, "out"));
        assert!(fs::read_to_string(home.join("out/tickets.ndjson")).unwrap().contains("801"), "{what:?}");
        // A hold that is over holds nothing.
        let text = fs::read_to_string(home.join("holds.yaml")).unwrap();
        let placed = text.lines().find(|line| line.contains("placed_on")).unwrap();
        let over = text.replace("2099-01-01", "2020-02-02").replace(placed, "    placed_on: 2020-01-01");
        put(home, "holds.yaml", over);
        ok(&apply(home, &[]));
    }
}

#[test]
fn a_hold_on_everything_and_one_that_cannot_be_read_stop_all() {
    let home = folder();
    let home = home.path();
    sealed(home);
    plan(home, "email: ana.prueba@example.com\n");
    put(home, "olvido.yaml", CONFIG);
    refused(&apply(home, &[]), "holds-unreadable");
    let row = "schema: olvido/holds/v1\nholds:\n  - {id: H-1, reason: x, ground: archiving, placed_by: x, \
               placed_on: 2026-01-01, until: 2099-01-01, scope: SCOPE}\n";
    put(home, "holds.yaml", row.replace("SCOPE", "{everything: true}"));
    refused(&apply(home, &[]), "plan-held");
    put(home, "holds.yaml", row.replace("until: 2099-01-01, ", "").replace("SCOPE", "{everything: true}"));
    refused(&apply(home, &[]), "hold-without-end");
    put(home, "holds.yaml", row.replace("SCOPE", "{tags: [nobody-has-it]}"));
    ok(&apply(home, &[]));
}

#[test]
fn references_of_another_key_or_of_none_stop_all_and_are_not_passed_over() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    // Sealed without a key: the vault knows no references.
    ok(&seal(home, &archive));
    assert_eq!(run(home, &["key", "create"]).status, 0);
    put(home, "held.txt", "bea.ejemplo@example.org\n");
    hold(home, &["--subject-file", "held.txt"]);
    plan(home, "email: ana.prueba@example.com\n");
    refused(&apply(home, &[]), "holds-unevaluable");
    let other = home.join("other");
    fs::create_dir(&other).unwrap();
    let home = &other;
    sealed(home);
    plan(home, "email: ana.prueba@example.com\n");
    fs::copy(home.parent().unwrap().join("holds.yaml"), home.join("holds.yaml")).unwrap();
    put(home, "olvido.yaml", CONFIG);
    refused(&apply(home, &[]), "holds-unevaluable");
}

/// A project whose schedule lets two old tickets go.
pub(super) fn purging(home: &Path) -> bool {
    let schedule = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  \
                    - {id: request, on: ticket, keep: P3Y, source: decision 7}\n";
    put(home, "retention.yaml", schedule);
    put(home, "olvido.yaml", "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [fr]\n");
    let mut rows = String::new();
    for name in ["legal", "dpo"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
            .arg(home.join(name))
            .status();
        if !made.is_ok_and(|status| status.success()) {
            support::skipped("ssh-keygen is not installed");
            return false;
        }
        let public = fs::read_to_string(home.join(format!("{name}.pub"))).unwrap();
        rows.push_str(&format!("  - {{name: {name}, key: '{}'}}\n", public.trim()));
    }
    let head = "schema: olvido/approvers/v1\napprovals: 2\ncooling_off_days: 0\nmax_share_percent: 100\n";
    put(home, "approvers.yaml", format!("{head}approvers:\n{rows}"));
    let ticket = |id: u64, year: u64| {
        format!(
            "{{\"id\":{id},\"subject\":\"Printer {id}\",\"description\":\"paper\",\"requester_id\":9,\
             \"status\":\"closed\",\"created_at\":\"2015-01-01T00:00:00Z\",\
             \"closed_at\":\"{year}-01-01T00:00:00Z\",\"tags\":[],\"via\":{{\"channel\":\"web\"}}}}"
        )
    };
    let tickets = [ticket(1, 2016), ticket(2, 2026), ticket(3, 2016)].join(",");
    put(home, "archive/tickets.json", format!("{{\"tickets\":[{tickets}]}}"));
    support::private(home);
    assert_eq!(run(home, &["key", "create"]).status, 0);
    true
}

#[test]
fn the_records_of_a_purge_plan_are_forgotten_with_approval_and_cooling_off() {
    let home = folder();
    let home = home.path();
    if !purging(home) {
        return;
    }
    let key = ok(&run(home, &["vault", "approver", "one.key"])).trim().to_owned();
    init(home, &["--approver", &format!("Uno={key}"), "--approvals", "1"]);
    ok(&seal(home, &home.join("archive")));
    ok(&run(home, &["purge", "plan", "archive", "--by", "ana", "-o", "purge.json", "-q"]));
    let purge: Value = serde_json::from_slice(&fs::read(home.join("purge.json")).unwrap()).unwrap();
    assert_eq!(purge["records"].as_array().unwrap().len(), 2);
    // The vault does not need the original any more.
    fs::remove_dir_all(home.join("archive")).unwrap();
    let args =
        ["vault", "shred", "v", "--purge-plan", "purge.json", "--plan", "plan.json", "--requester", "Desk"];
    let planned = run(home, &args);
    assert!(ok(&planned).contains("record keys: 2") && !planned.stdout.contains("not in the vault"));
    refused(&apply(home, &[]), "approval-missing");
    ok(&run(home, &["vault", "approve", "plan.json", "--name", "Uno", "--approver-key", "one.key"]));
    ok(&apply(home, &[]));
    let certificate: Value = serde_json::from_slice(&fs::read(home.join("cert.json")).unwrap()).unwrap();
    assert_eq!(certificate["purge_plan"].as_str().map(str::len), Some(64));
    ok(&unseal(home, "out"));
    let tickets: Value = serde_json::from_slice(&fs::read(home.join("out/tickets.json")).unwrap()).unwrap();
    let ids: Vec<_> = tickets["tickets"].as_array().unwrap().iter().map(|one| one["id"].as_u64()).collect();
    assert_eq!(ids, [None, Some(2), None]);
    // With a week of cooling-off it is not carried out yet.
    let keys = format!("key-file:{}", home.join("keys2").display());
    ok(&run(home, &["vault", "init", "w", "--holder", &keys]));
    ok(&run(home, &["vault", "seal", "w", "out", "-q"]));
    let mut none = args.map(str::to_owned);
    none[2] = "w".to_owned();
    // What is not in this vault is not planned.
    refused(&run(home, &none), "plan-empty");
}

#[test]
fn a_purge_plan_of_another_key_or_for_another_day_is_refused() {
    let home = folder();
    let home = home.path();
    if !purging(home) {
        return;
    }
    init(home, &[]);
    let without = run(home, &["vault", "seal", "v", "archive", "-q", "--key", "other.key"]);
    assert_eq!(without.status, 2, "a key that is not there");
    assert_eq!(run(home, &["key", "create", "other.key"]).status, 0);
    ok(&run(home, &["vault", "seal", "v", "archive", "-q", "--key", "other.key"]));
    let plan = |more: &[&str]| {
        let args = ["purge", "plan", "archive", "--by", "ana", "-o", "purge.json", "-q"];
        run(home, &[&args[..], more].concat())
    };
    ok(&plan(&[]));
    let args =
        ["vault", "shred", "v", "--purge-plan", "purge.json", "--plan", "plan.json", "--requester", "Desk"];
    refused(&run(home, &args), "purge-plan-unevaluable");
    ok(&plan(&["--as-of", "2026-06-01"]));
    let preview = run(home, &args);
    assert_eq!((preview.status, preview.stderr.contains("purge-preview")), (2, true), "{}", preview.stderr);
    put(home, "purge.json", "{}");
    assert_eq!(run(home, &args).status, 2);
}
