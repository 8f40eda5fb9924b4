//! Each check of a purge alone: with it taken out, a test here or beside the code fails.

use super::*;

fn due(home: &tempfile::TempDir) -> Run {
    run(home.path(), &["purge", "apply", "--due", "-q"])
}

/// Why a planned or expired record stays, by its id.
fn staying(plan: &Value, id: &str) -> String {
    let rows = plan["staying"].as_array().unwrap().iter();
    let why: Vec<&str> = rows.filter(|row| row["id"] == id).map(|row| row["why"].as_str().unwrap()).collect();
    why.join(", ")
}

#[test]
fn what_was_removed_is_not_called_off() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    assert_eq!(apply(&home).status, 0);
    let cancel = run(home.path(), &["purge", "cancel", "plan.json", "--by", "dpo"]);
    refused(&cancel, "purge-not-open");
    // The sealed bytes and their key are there, and everything comes back.
    assert_eq!(run(home.path(), &["purge", "restore", "plan.json"]).status, 0);
}

#[test]
fn a_window_stays_open_to_its_end() {
    let home = small(NO_WAIT);
    let before = tree(&home.path().join("archive"));
    approved(&home, &[]);
    assert_eq!(apply(&home).status, 0);
    let silent = due(&home);
    assert_eq!((silent.status, silent.stdout.as_str()), (0, ""), "{}", silent.stderr);
    assert_eq!(run(home.path(), &["purge", "restore", "plan.json"]).status, 0);
    assert!(tree(&home.path().join("archive")) == before);
}

#[test]
fn a_deletion_is_not_final_before_its_backups_are_over() {
    let home = small(&format!("{NO_WAIT}window_days: 0\nbackup_days: 30\n"));
    approved(&home, &[]);
    assert_eq!(apply(&home).status, 0);
    let ended = due(&home);
    assert!(ended.status == 0 && ended.stdout.contains("backups are over at"), "{}", ended.stdout);
    assert_eq!(due(&home).stdout, "");
    let status = run(home.path(), &["purge", "status"]);
    assert!(status.stdout.contains(" swept ") && !status.stdout.contains(" final "), "{}", status.stdout);
}

#[test]
fn what_was_changed_after_a_purge_is_not_overwritten_by_a_restore() {
    for change in ["{\"tickets\": []}", ""] {
        let home = small(NO_WAIT);
        approved(&home, &[]);
        assert_eq!(apply(&home).status, 0);
        put(home.path(), "archive/tickets.json", change);
        let after = tree(&home.path().join("archive"));
        let back = run(home.path(), &["purge", "restore", "plan.json"]);
        assert_eq!(back.status, 4, "{}{}", back.stdout, back.stderr);
        assert!(back.stdout.contains("1 files were changed since"), "{}", back.stdout);
        assert!(tree(&home.path().join("archive")) == after);
    }
}

#[test]
fn somebody_makes_a_plan() {
    let home = small(NO_WAIT);
    let nobody = ["purge", "plan", "archive", "--by", " ", "-o", "plan.json", "-q"];
    refused(&run(home.path(), &nobody), "purge-no-planner");
    put(home.path(), "who.txt", "eva@tienda-inventada.es\n");
    let erase = [
        "subject",
        "erase",
        "archive",
        "--subject-file",
        "who.txt",
        "--ground",
        " ",
        "--by",
        "ana",
        "-o",
        "plan.json",
        "-q",
    ];
    refused(&run(home.path(), &erase), "subject-no-ground");
    assert!(!home.path().join("plan.json").exists());
}

#[test]
fn a_record_without_an_id_is_never_planned() {
    let home = small(NO_WAIT);
    let mut nameless = ticket(0, "2016-01-01T00:00:00Z", json!([]));
    nameless["id"] = Value::Null;
    put(
        home.path(),
        "archive/tickets.ndjson",
        format!("{}\n{nameless}\n", ticket(21, "2016-01-01T00:00:00Z", json!([]))),
    );
    let made = plan(&home, &[]);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    let planned = read_plan(&home);
    assert_eq!(ids(&planned), ["2", "5", "10", "21"]);
    let why = planned["staying"].as_array().unwrap().iter().filter(|row| row["why"] == "no-id").count();
    assert_eq!(why, 1, "{}", planned["staying"]);
}

#[test]
fn a_person_who_is_held_in_an_attachment_keeps_its_ticket() {
    let home = small(NO_WAIT);
    put(home.path(), "archive/attachments/5/note.txt", "ask dolores.inventada@correo.es about it\n");
    put(home.path(), "who.txt", "dolores.inventada@correo.es\n");
    let hold = [
        "hold",
        "add",
        "archive",
        "--id",
        "H-9",
        "--reason",
        "a claim",
        "--by",
        "legal",
        "--until",
        "2099-01-01",
        "--subject-file",
        "who.txt",
        "-q",
    ];
    let placed = run(home.path(), &hold);
    assert_eq!(placed.status, 0, "{}{}", placed.stdout, placed.stderr);
    put(home.path(), "olvido.yaml", format!("{CONFIG}holds: holds.yaml\n"));
    let made = plan(&home, &[]);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(ids(&read_plan(&home)), ["2", "10"]);
    assert_eq!(staying(&read_plan(&home), "5"), "held by H-9");
}

#[test]
fn what_stands_in_a_damaged_file_stays_even_when_that_is_accepted() {
    let home = small(NO_WAIT);
    let expired = ticket(31, "2016-01-01T00:00:00Z", json!([]));
    put(home.path(), "archive/more.json", format!("{{\"tickets\": [{expired}, {{\"id\": 32, "));
    refused(&plan(&home, &[]), "purge-unread");
    let made = plan(&home, &["--allow-unread"]);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(ids(&read_plan(&home)), ["2", "5", "10"]);
    assert_eq!(staying(&read_plan(&home), "31"), "not-read-whole");
}

#[test]
fn what_the_schedule_asks_otherwise_since_the_approval_drops_out() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    let before = tree(&home.path().join("archive"));
    put(home.path(), "retention.yaml", SCHEDULE.replace("keep: P3Y", "keep: P3Y, block_for: P3Y"));
    let done = apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("0 of 3 records removed"), "{}", done.stdout);
    assert_eq!(done.stdout.matches("the schedule asks for something else now").count(), 3, "{}", done.stdout);
    assert!(tree(&home.path().join("archive")) == before);
}

#[test]
fn what_belongs_to_a_ticket_and_lies_in_a_container_is_counted() {
    let home = small(NO_WAIT);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for id in [901, 902] {
        std::io::Write::write_all(&mut packed, format!("{}\n", comment(id, 5)).as_bytes()).unwrap();
    }
    std::fs::write(home.path().join("archive/more.ndjson.gz"), packed.finish().unwrap()).unwrap();
    let made = plan(&home, &[]);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(read_plan(&home)["inside"], 2);
    assert!(made.stdout.contains("2 records lie inside others or in containers"), "{}", made.stdout);
}
