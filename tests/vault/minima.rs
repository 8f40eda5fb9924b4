//! What law keeps is not forgotten by a list, and a purge plan that was called off forgets nothing.

use super::holds::{purging, refused};
use super::*;

/// Ana's three tickets: one that law keeps until 2031, one that it does not, one of which nobody can tell.
fn three(home: &Path) {
    let ticket = |id: u64, requester: u64, closed: &str| {
        format!(
            "{{\"id\":{id},\"url\":\"https://acme.zendesk.com/api/v2/tickets/{id}.json\",\"subject\":\"Pedido\",\
             \"description\":\"papel\",\"requester_id\":{requester},\"status\":\"closed\",{closed}\
             \"created_at\":\"2015-01-02T00:00:00Z\"}}\n"
        )
    };
    let rows = [
        ticket(811, 71, "\"closed_at\":\"2025-05-06T07:00:00Z\","),
        ticket(812, 71, "\"closed_at\":\"2016-01-01T00:00:00Z\","),
        ticket(813, 72, "\"closed_at\":\"yesterday\","),
        // Its periods have not begun.
        ticket(814, 72, "").replace("closed", "open"),
    ];
    put(home, "archive/users.json", USERS);
    put(home, "archive/tickets.ndjson", rows.concat());
    let schedule = "schema: olvido/retention/v1\nkinds:\n  - {id: request, on: ticket, minimum: P6Y, keep: P7Y, \
                    source: decision 7}\n";
    put(home, "retention.yaml", schedule);
    put(home, "olvido.yaml", "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [es]\n");
    init(home, &[]);
    ok(&seal(home, &home.join("archive")));
}

fn shred(home: &Path, list: &str, what: &str, more: &[&str]) -> Run {
    put(home, "list.txt", what);
    let args = ["vault", "shred", "v", list, "list.txt", "--plan", "plan.json", "--requester", "Desk"];
    run(home, &[&args[..], more].concat())
}

#[test]
fn a_list_cannot_forget_what_law_keeps_unless_somebody_says_why() {
    let home = folder();
    let home = home.path();
    three(home);
    // What the schedule said when it was sealed counts: neither original nor schedule is needed any more.
    fs::remove_dir_all(home.join("archive")).unwrap();
    fs::remove_file(home.join("olvido.yaml")).unwrap();
    let kept = shred(home, "--records", "record: ticket zendesk 811\n", &[]);
    refused(&kept, "plan-minimum");
    assert!(
        kept.stderr.contains("1 records") && kept.stderr.contains("2031-05-07T00:00:00Z"),
        "{}",
        kept.stderr
    );
    // A person's own ticket is within it: the person cannot be forgotten, nor the record of which nobody knows.
    refused(&shred(home, "--subjects", "email: ana.prueba@example.com\n", &[]), "plan-minimum");
    let unknown = shred(home, "--records", "record: ticket zendesk 813\n", &[]);
    refused(&unknown, "plan-minimum");
    assert!(unknown.stderr.contains("of 1 nobody can tell"), "{}", unknown.stderr);
    refused(&shred(home, "--records", "record: ticket zendesk 814\n", &[]), "plan-minimum");
    assert!(!home.join("plan.json").exists());
    let free = shred(home, "--records", "record: ticket zendesk 812\n", &[]);
    assert!(!ok(&free).contains("MINIMUM") && !free.stdout.contains("nobody knows"), "{}", free.stdout);
    ok(&apply(home, &[]));
    let no_reason = shred(home, "--records", "record: ticket zendesk 811\n", &["--despite-minima", " "]);
    refused(&no_reason, "despite-no-reason");
    let why = "order 12/2026 of the court";
    let said = shred(home, "--subjects", "email: ana.prueba@example.com\n", &["--despite-minima", why]);
    assert!(ok(&said).contains("DESPITE THE LEGAL MINIMUM of 1 records") && said.stdout.contains(why));
    ok(&apply(home, &[]));
    let certificate: Value = serde_json::from_slice(&fs::read(home.join("cert.json")).unwrap()).unwrap();
    assert_eq!(certificate["despite_minima"], why);
    let readable = fs::read_to_string(home.join("cert.md")).unwrap();
    assert!(readable.contains("- **Despite the legal minimum**: order 12/2026 of the court"), "{readable}");
    ok(&unseal(home, "out"));
    let left = fs::read_to_string(home.join("out/tickets.ndjson")).unwrap();
    assert!(
        left.contains("\"id\":813") && !left.contains("\"id\":811") && !left.contains("\"id\":812"),
        "{left}"
    );
}

#[test]
fn the_minimum_is_asked_again_when_the_plan_is_carried_out() {
    let home = folder();
    let home = home.path();
    three(home);
    ok(&shred(home, "--records", "record: ticket zendesk 811\n", &["--despite-minima", "a court"]));
    // A plan without the reason is no plan of this command; somebody took it out.
    let text = fs::read_to_string(home.join("plan.json")).unwrap();
    put(home, "plan.json", text.replace("\"a court\"", "null"));
    refused(&apply(home, &[]), "plan-minimum");
    ok(&unseal(home, "out"));
    assert!(fs::read_to_string(home.join("out/tickets.ndjson")).unwrap().contains("\"id\":811"));
}

#[test]
fn archives_sealed_without_a_schedule_are_told() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let planned = shred(home, "--subjects", "email: ana.prueba@example.com\n", &[]);
    assert!(ok(&planned).contains("whose legal minima nobody knows: 1"), "{}", planned.stdout);
}

#[test]
fn a_purge_plan_that_was_called_off_forgets_nothing() {
    let home = folder();
    let home = home.path();
    if !purging(home) {
        return;
    }
    init(home, &[]);
    ok(&seal(home, &home.join("archive")));
    ok(&run(home, &["purge", "plan", "archive", "--by", "ana", "-o", "purge.json", "-q"]));
    let args =
        ["vault", "shred", "v", "--purge-plan", "purge.json", "--plan", "plan.json", "--requester", "Desk"];
    ok(&run(home, &args));
    ok(&run(home, &["purge", "cancel", "purge.json", "--by", "ana"]));
    // A plan of a shred that was made before is not carried out either.
    refused(&apply(home, &[]), "purge-plan-over");
    fs::remove_file(home.join("plan.json")).unwrap();
    assert_eq!((run(home, &args).status, home.join("plan.json").exists()), (2, false));
    let elsewhere = run(home, &[&args[..], &["--project", "nowhere"]].concat());
    assert!(
        elsewhere.stderr.contains("whether the purge plan was called off is not known"),
        "{}",
        elsewhere.stderr
    );
    assert_eq!(elsewhere.status, 0);
}
