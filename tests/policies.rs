//! Rules and packs as files: the built-in ones, broken ones, and judging through the public interface.

// Helpers of tests, outside of `#[test]` functions, fail the test by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use olvido::findings::{Severity, Verdict};
use olvido::policies::{Adopted, Judgement, RuleSet, Selection, Subject, Tally, builtin};
use olvido::problem::Problem;
use olvido::records::{
    Category, Confidence, FactId, FactValue, Facts, RecordKind, Stamp, Supplier, Text, ValueClass,
};

fn selection() -> Selection {
    Selection::new(Stamp::parse("2026-11-22T00:00:00Z").unwrap())
}

fn built_in() -> RuleSet {
    load(builtin::RULES, &selection())
}

fn load(files: &[(&str, &str)], selection: &Selection) -> RuleSet {
    match RuleSet::load_selected(files, builtin::PACKS, selection) {
        Ok(rules) => rules,
        Err(problems) => panic!("{}", shown(&problems)),
    }
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn facts(pairs: &[(&str, FactValue)]) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in pairs {
        facts.set(FactId::named(name).unwrap(), value.clone(), Supplier::Export);
    }
    facts
}

fn word(text: &str) -> FactValue {
    FactValue::Word(text.into())
}

fn stamp(text: &str) -> FactValue {
    FactValue::Stamp(Stamp::parse(text).unwrap())
}

fn judged(rules: &RuleSet, subject: &Subject<'_>) -> Vec<Judgement> {
    let mut out = Vec::new();
    rules.judge(subject, &mut out);
    out
}

fn verdict_of(rules: &RuleSet, subject: &Subject<'_>, id: &str) -> Option<Judgement> {
    let index = rules.named(id).unwrap();
    judged(rules, subject).into_iter().find(|judgement| judgement.rule == index)
}

#[test]
fn every_rule_passes_its_own_tests() {
    let problems = built_in().run_tests();
    assert!(problems.is_empty(), "{}", shown(&problems));
}

/// Every rule file with one line of it, and what continues it, in another's place.
fn mutants(starts: &str, broken: &str) -> Vec<(String, String, String)> {
    let mut mutants = Vec::new();
    for (file, text) in builtin::RULES {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with(starts)) {
            let deeper = " ".repeat(starts.len() - starts.trim_start().len() + 1);
            let end = lines[at + 1..].iter().position(|line| !line.starts_with(&deeper)).unwrap() + at + 1;
            let mutant = [&lines[..at], &[broken], &lines[end..]].concat().join("\n");
            // `{hits}` counts nothing in a constant, and nothing else is wrong with it.
            let mutant = mutant.replace("{hits}", "some");
            mutants.push(((*file).to_owned(), format!("{file}:{} ({line}) as {broken}", at + 1), mutant));
        }
    }
    mutants
}

/// Whether the tests of the rules tell a mutant.
fn is_told(file: &str, mutant: &str) -> bool {
    let files: Vec<(&str, &str)> = builtin::RULES
        .iter()
        .map(|(name, text)| (*name, if *name == file { mutant } else { *text }))
        .collect();
    match RuleSet::load_selected(&files, builtin::PACKS, &selection()) {
        Ok(rules) => rules.run_tests().iter().any(|problem| problem.code == "policy-test-failed"),
        // Loading already refuses a rule whose tests do not show every verdict it can give.
        Err(problems) => problems.iter().all(|problem| problem.code == "policy-tests"),
    }
}

#[test]
fn a_broken_condition_makes_the_rules_own_tests_fail() {
    let mut count = 0;
    for (starts, broken) in [
        ("    when:", "    when: 'true'"),
        ("    when:", "    when: 'false'"),
        ("    scope:", "    scope: 'true'"),
        ("    scope:", "    scope: 'false'"),
    ] {
        for (file, place, mutant) in mutants(starts, broken) {
            assert!(is_told(&file, &mutant), "{place}");
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
    // Rules that always hold, where a person must answer, become rules that never do.
    for (file, text) in builtin::RULES {
        for row in text.split("\n  - id: ").skip(1).filter(|row| !row.contains("\n    when:")) {
            let mutant = text.replacen(
                row,
                &row.replacen("\n    asks: true", "\n    asks: true\n    when: 'false'", 1),
                1,
            );
            assert!(mutant != *text && is_told(file, &mutant), "{file}: {}", row.lines().next().unwrap());
        }
    }
}

#[test]
fn every_category_counts_under_exactly_one_line_of_the_inventory() {
    let rules = built_in();
    for category in Category::all() {
        for value_class in ValueClass::ALL {
            for thousandths in [1, 499, 500, 501, 999] {
                let confidence = Confidence::new(f64::from(thousandths) / 1000.0);
                let counted = rules.inventory(category, confidence, value_class);
                let wanted = thousandths >= 500 && value_class != ValueClass::Own;
                assert_eq!(counted.is_some(), wanted, "{category} {} {thousandths}", value_class.name());
            }
        }
    }
    // No category is in two of them: without its line it counts nowhere.
    let cards = rules.cards();
    let lines = cards.iter().filter(|card| card.scope == "detection").count();
    let text = builtin::RULES.iter().find(|(file, _)| file.ends_with("personal-data.yaml")).unwrap().1;
    for skipped in 0..lines {
        let rows: Vec<&str> = text.split("  - id: ").collect();
        let left: Vec<&str> =
            rows.iter().enumerate().filter(|(at, _)| *at != skipped + 1).map(|(_, row)| *row).collect();
        let left = left.join("  - id: ");
        let files: Vec<(&str, &str)> = builtin::RULES
            .iter()
            .map(|(name, text)| {
                (*name, if name.ends_with("personal-data.yaml") { left.as_str() } else { *text })
            })
            .collect();
        let without = load(&files, &selection());
        let gone = &cards.iter().filter(|card| card.scope == "detection").nth(skipped).unwrap().id;
        for category in Category::all() {
            let sure = Confidence::new(0.9);
            let before =
                rules.card(rules.inventory(category, sure, ValueClass::Real).unwrap()).unwrap().id.clone();
            let now = without.inventory(category, sure, ValueClass::Real);
            assert_eq!(now.is_none(), before == *gone, "{category} without {gone}");
        }
    }
}

#[test]
fn an_expired_ticket_is_told_with_its_clock_and_without_its_id() {
    let rules = built_in();
    let facts = facts(&[
        ("id", FactValue::Text(Text::new("ana.ruiz@example.com"))),
        ("status", word("closed")),
        ("retention_clock_at", stamp("2011-02-07T00:00:00Z")),
        ("retention_clock", word("closed")),
    ]);
    let subject = Subject {
        kind: RecordKind::Ticket,
        facts: &facts,
        derived: None,
        detections: &[],
        detections_known: true,
    };
    let judgement = verdict_of(&rules, &subject, "retention/ticket-expired").unwrap();
    assert_eq!((judgement.verdict, judgement.severity), (Verdict::Fail, Severity::Warning));
    assert_eq!(
        rules.message(&judgement, &facts, "#7"),
        "Ticket #7 is kept longer than 3 years since its clock, closed, of 2011-02-07T00:00:00Z"
    );
    let (name, at) = rules.clock(judgement.rule, &facts).unwrap();
    assert_eq!((name.as_str(), at.to_rfc3339().as_str()), ("closed", "2011-02-07T00:00:00Z"));
    assert!(rules.card(judgement.rule).unwrap().proposed);
}

#[test]
fn an_adopted_period_is_no_longer_proposed_and_stays_in_bounds() {
    let adopt = |value: &str| {
        let mut selection = selection();
        let (rule, param) = ("retention/ticket-expired".into(), "keep".into());
        selection.adopted.push(Adopted { rule, param, value: value.into() });
        RuleSet::load_selected(builtin::RULES, builtin::PACKS, &selection)
    };
    let rules = adopt("P20Y").unwrap_or_else(|problems| panic!("{}", shown(&problems)));
    let facts = facts(&[("status", word("closed")), ("retention_clock_at", stamp("2011-02-07T00:00:00Z"))]);
    let subject = Subject {
        kind: RecordKind::Ticket,
        facts: &facts,
        derived: None,
        detections: &[],
        detections_known: true,
    };
    let judgement = verdict_of(&rules, &subject, "retention/ticket-expired").unwrap();
    assert_eq!((judgement.verdict, judgement.severity), (Verdict::Pass, Severity::Error));
    assert!(!rules.card(judgement.rule).unwrap().proposed);
    for wrong in ["P31Y", "PT1H", "3 years"] {
        assert_eq!(adopt(wrong).map(|_| ()).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn missing_evidence_is_open_and_named() {
    let rules = built_in();
    let facts = facts(&[("status", word("closed"))]);
    let subject = Subject {
        kind: RecordKind::Ticket,
        facts: &facts,
        derived: None,
        detections: &[],
        detections_known: false,
    };
    let open = verdict_of(&rules, &subject, "retention/ticket-expired").unwrap();
    assert_eq!(open.verdict, Verdict::Open);
    let names: Vec<&str> = open.missing.iter().map(|fact| fact.card().name).collect();
    assert_eq!(names, ["retention_clock_at"]);
    let unread = verdict_of(&rules, &subject, "secrets/credential-in-ticket").unwrap();
    assert_eq!(unread.verdict, Verdict::Open);
    let said = rules.message(&unread, &facts, "#7");
    assert!(said.ends_with("cannot be shown, no evidence of findings"), "{said}");
}

#[test]
fn a_value_of_another_type_is_missing_evidence() {
    let rules = built_in();
    let facts = facts(&[("status", word("closed")), ("retention_clock_at", word("2011-02-07"))]);
    let subject = Subject {
        kind: RecordKind::Ticket,
        facts: &facts,
        derived: None,
        detections: &[],
        detections_known: true,
    };
    let judgement = verdict_of(&rules, &subject, "retention/ticket-expired").unwrap();
    assert_eq!(judgement.verdict, Verdict::Open);
}

#[test]
fn a_word_no_rule_names_is_never_shown() {
    let rules = load(builtin::RULES, &selection());
    let planted = "Ana Ruiz ana.ruiz@example.com";
    let facts = facts(&[
        ("status", word("closed")),
        ("retention_clock_at", stamp("2011-02-07T00:00:00Z")),
        ("retention_clock", word(planted)),
    ]);
    let subject = Subject {
        kind: RecordKind::Ticket,
        facts: &facts,
        derived: None,
        detections: &[],
        detections_known: true,
    };
    let judgement = verdict_of(&rules, &subject, "retention/ticket-expired").unwrap();
    let said =
        format!("{} {:?}", rules.message(&judgement, &facts, "#7"), rules.clock(judgement.rule, &facts));
    assert!(said.contains("(another retention_clock)") && !said.contains("Ana"), "{said}");
}

#[test]
fn rules_without_evidence_are_rolled_up_by_family() {
    let rules = built_in();
    let mut tally = Tally::default();
    let facts = facts(&[("role", word("agent"))]);
    let person = Subject {
        kind: RecordKind::Person,
        facts: &facts,
        derived: None,
        detections: &[],
        detections_known: true,
    };
    for judgement in judged(&rules, &person) {
        tally.count(&judgement);
    }
    let ticket = Subject { kind: RecordKind::Ticket, ..person };
    let mut other = Tally::default();
    for judgement in judged(&rules, &ticket) {
        other.count(&judgement);
    }
    tally.add(&other);
    let unmet = tally.unmet(&rules);
    let families: Vec<(&str, bool)> =
        unmet.iter().map(|unmet| (unmet.family.as_str(), unmet.records_met)).collect();
    // The ticket was read, so `secrets` passed; people and tickets lack facts (of what
    // the ticket speaks is not known here); articles and files never came.
    assert_eq!(
        families,
        [
            ("access-control", true),
            ("accountability", false),
            ("attachments", false),
            ("authentication", true),
            ("backups", false),
            ("breach", true),
            ("encryption-at-rest", false),
            ("encryption-in-transit", false),
            ("erasure", true),
            ("exceptions", false),
            ("knowledge-base", false),
            ("minimisation", true),
            ("rights", true),
            ("training", false),
            ("transfers", true)
        ]
    );
    let rows = tally.rows(&rules);
    assert_eq!(rows.len(), rules.cards().len());
    let secrets = rows.iter().find(|row| row.rule == "secrets/credential-in-ticket").unwrap();
    assert_eq!((secrets.pass, secrets.open, secrets.fail), (1, 0, 0));
}

#[test]
fn cards_are_sorted_and_whole() {
    let cards = built_in().cards();
    assert!(cards.is_sorted_by(|a, b| a.id < b.id));
    for card in &cards {
        let (file, line) = card.policy.split_once(':').unwrap();
        let text = builtin::RULES.iter().find(|(name, _)| *name == file).unwrap().1;
        let row = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
        assert!(row.contains(&format!("id: {}", card.id)), "{row}");
        assert!(!card.refs.is_empty() && !card.dpv.is_empty() && !card.help.is_empty(), "{}", card.id);
        assert!(card.refs.iter().any(|reference| reference.starts_with("GDPR:")), "{}", card.id);
    }
}

/// A rule that is right; the cases below break it in one place each.
const GOOD: &str = "\
schema: olvido/policy/v1
rules:
  - id: trial/old-ticket
    pack: trial
    title: Old ticket
    on: ticket
    severity: warning
    needs: [status, created_at]
    optional: [tags]
    scope: rec.status == 'closed'
    when: elapsed(rec.created_at, params.keep, now)
    params:
      keep: {type: period, default: P1Y, min: P1D, max: P9Y, source: a trial}
    refs: [\"GDPR:5(1)(e)\"]
    dpv: [\"dpv:StorageDuration\"]
    remedy: {offer: [purge], default: purge, note: purge it}
    help: Asks whether it is old.
    message: \"{rec.id} is older than {params.keep}\"
    tests:
      - {rec: {status: closed, created_at: \"2020-01-01T00:00:00Z\"}, expect: fail}
      - {rec: {status: closed, created_at: \"2026-10-01T00:00:00Z\"}, expect: pass}
      - {rec: {status: open, created_at: \"2020-01-01T00:00:00Z\"}, expect: notApplicable}
      - {rec: {status: closed}, expect: open}
    status: stable
    since: 0.1.0
";

const TRIAL_PACK: (&str, &str) = (
    "packs/trial.yaml",
    "schema: olvido/pack/v1\nid: trial\ntitle: Trial\nabout: For tests\ndefault: true\nrules: [trial]\n",
);

fn load_trial(text: &str) -> Result<RuleSet, Vec<Problem>> {
    RuleSet::load_selected(&[("rules/trial.yaml", text)], &[TRIAL_PACK], &selection())
}

#[test]
fn the_rule_the_cases_break_is_right() {
    let rules = load_trial(GOOD).unwrap_or_else(|problems| panic!("{}", shown(&problems)));
    assert!(rules.run_tests().is_empty());
}

/// (what is broken, from, to, code, line, what the caret stands at, advice holds)
type Case = (&'static str, &'static str, &'static str, &'static str, u64, &'static str, &'static str);

const CASES: &[Case] = &[
    ("schema", "policy/v1", "policy/v9", "policy-schema", 1, "olvido/policy/v9", "olvido/policy/v1"),
    ("unknown key", "    severity: w", "    severty: w", "policy-yaml", 7, "severty", "`severity`"),
    ("YAML", "optional: [tags]", "optional: [tags", "policy-yaml", 10, "", ""),
    ("unknown pack", "pack: trial", "pack: trail", "policy-pack", 4, "trail", "`trial`"),
    ("family of no pack", "id: trial/", "id: trail/", "policy-pack", 4, "trial", "`rules` of the pack"),
    ("id", "old-ticket", "Old_Ticket", "policy-id", 3, "trial/Old_Ticket", "kebab"),
    ("kind", "on: ticket", "on: tiket", "policy-kind", 6, "tiket", "`ticket`"),
    ("levels", "on: ticket", "on: [ticket, file]", "policy-kind", 6, "file]", "two rules"),
    ("severity", "severity: warning", "severity: fatal", "policy-yaml", 7, "", ""),
    (
        "misspelt fact in needs",
        "[status, created_at]",
        "[statsu, created_at]",
        "policy-fact",
        8,
        "statsu",
        "`status`",
    ),
    (
        "fact of another kind",
        "[status, created_at]",
        "[status, created_at, draft]",
        "policy-fact",
        8,
        "draft",
        "",
    ),
    (
        "misspelt fact",
        "rec.created_at",
        "rec.craeted_at",
        "policy-fact",
        11,
        "rec.craeted_at",
        "`created_at`",
    ),
    ("undeclared fact", "rec.created_at", "rec.closed_at", "policy-fact", 11, "rec.closed_at", "`needs`"),
    ("unknown variable", "keep, now)", "keep, today)", "policy-name", 11, "today", "now"),
    ("unknown function", "when: elapsed(", "when: elapst(", "policy-function", 11, "elapst", "`elapsed`"),
    (
        "arguments",
        ", params.keep, now)",
        ", params.keep)",
        "policy-function",
        11,
        "elapsed(",
        "params.period, now",
    ),
    (
        "has() on a needed fact",
        "'closed'",
        "'closed' && has(rec.status)",
        "policy-has",
        10,
        "has(rec.status)",
        "`optional`",
    ),
    (
        "optional without has()",
        "'closed'",
        "'closed' && 'vip' in rec.tags",
        "policy-optional",
        10,
        "rec.tags",
        "has(rec.tags)",
    ),
    (
        "no bool",
        "when: elapsed(rec.created_at, params.keep, now)",
        "when: rec.status",
        "policy-type",
        11,
        "rec.status",
        "compare",
    ),
    ("ill-typed", "== 'closed'", "== 3", "policy-type", 10, "rec.status", "one type"),
    ("ill-typed and", "when: elapsed", "when: 1 + 'a' == 2 && elapsed", "policy-type", 11, "'a'", "int"),
    ("status never so", "== 'closed'", "== 'close'", "policy-word", 10, "'close'", "`closed`"),
    ("bad period", "default: P1Y", "default: 1Y", "policy-period", 13, "1Y", "P3Y"),
    ("bad period in when", "params.keep, now", "'3 years', now", "policy-period", 11, "'3 years'", "P3Y"),
    ("period out of bounds", "default: P1Y", "default: P10Y", "policy-bound", 13, "P10Y", "1 day to 9 years"),
    ("parameter type", "type: period", "type: peroid", "policy-type", 13, "peroid", "`period`"),
    ("wrong type of parameter", "default: P1Y", "default: [P1Y]", "policy-type", 13, "[P1Y]", "P3Y"),
    ("misspelt parameter", "params.keep,", "params.kep,", "policy-param", 11, "params.kep", "`keep`"),
    ("CEL syntax", "params.keep, now)", "params.keep, now", "policy-condition", 11, "", "syntax"),
    ("CEL token", "== 'closed'", "=== 'closed'", "policy-condition", 10, "= 'closed'", "syntax"),
    (
        "missing open test",
        "      - {rec: {status: closed}, expect: open}\n",
        "",
        "policy-tests",
        20,
        "- {rec",
        "no_open",
    ),
    ("no tests", "    tests:\n", "    tests: []\n    tets:\n", "policy-yaml", 20, "tets", "`tests`"),
    ("verdict", "expect: open", "expect: opened", "policy-tests", 23, "opened", "`open`"),
    (
        "fact of a test",
        "- {rec: {status: closed}",
        "- {rec: {statsu: closed}",
        "policy-tests",
        23,
        "statsu",
        "`status`",
    ),
    (
        "word of a test",
        "- {rec: {status: closed}",
        "- {rec: {status: shut}",
        "policy-tests",
        23,
        "shut",
        "closed",
    ),
    (
        "parameter of a test",
        "expect: open}",
        "params: {kep: P1Y}, expect: open}",
        "policy-param",
        23,
        "kep",
        "`keep`",
    ),
    ("message with text", "{rec.id} is", "{rec.tags} is", "policy-message", 18, "{rec.tags}", "masked"),
    (
        "message without evidence",
        "{rec.id} is",
        "{rec.solved_at} is",
        "policy-message",
        18,
        "{rec.solved_at}",
        "",
    ),
    ("hits of nothing", "{rec.id} is", "{hits} are", "policy-message", 18, "{hits}", "findings.exists"),
    (
        "brace",
        "older than {params.keep}",
        "older than {params.keep",
        "policy-message",
        18,
        "{params.keep",
        "close",
    ),
    ("remedy", "offer: [purge]", "offer: [burn]", "policy-remedy", 16, "burn", "purge"),
    ("reference", "GDPR:5(1)(e)", "GDPR 5", "policy-ref", 14, "\"GDPR 5", "GDPR:5(1)(e)"),
    ("term", "dpv:StorageDuration", "StorageDuration", "policy-dpv", 15, "\"Storage", "pd:"),
    ("duplicate key", "    on: ticket\n", "    on: ticket\n    on: comment\n", "policy-yaml", 7, "on", ""),
];

#[test]
fn a_wrong_policy_is_told_with_its_line_caret_and_what_to_write_instead() {
    let wrong: Vec<String> = CASES.iter().filter_map(|case| told_wrongly(case).err()).collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Loads a broken rule; what is wrong with the first problem.
fn told_wrongly((name, from, to, code, line, caret, advice): &Case) -> Result<(), String> {
    let text = GOOD.replacen(from, to, 1);
    if text == GOOD {
        return Err(format!("{name}: `{from}` is not there"));
    }
    let problems = load_trial(&text).map(|_| ()).err().ok_or(format!("{name}: accepted"))?;
    let told = shown(&problems);
    let problem = &problems[0];
    let at = problem.at.clone().ok_or(format!("{name}: no place\n{told}"))?;
    let rest: String = at.text.chars().skip(at.column as usize - 1).collect();
    let right = problem.code == *code
        && (at.file.as_str(), at.line) == ("rules/trial.yaml", *line)
        && at.text == text.lines().nth(*line as usize - 1).unwrap_or_default()
        && rest.starts_with(caret)
        && problem.advice.contains(advice)
        && told.contains('^');
    if right { Ok(()) } else { Err(format!("{name}: wanted {code} {line} `{caret}` `{advice}`\n{told}")) }
}

#[test]
fn a_duplicate_id_is_told_at_the_second() {
    let files = [("rules/a.yaml", GOOD), ("rules/b.yaml", GOOD)];
    let problems = RuleSet::load_selected(&files, &[TRIAL_PACK], &selection()).map(|_| ()).unwrap_err();
    assert_eq!(problems[0].code, "policy-duplicate");
    let at = problems[0].at.as_ref().unwrap();
    assert_eq!((at.file.as_str(), at.line, at.column), ("rules/b.yaml", 3, 9));
    assert!(problems[0].what.contains("rules/a.yaml:3"));
}

#[test]
fn unknown_packs_rules_and_countries_of_the_user_are_told() {
    let mut wrong = selection();
    wrong.packs.push("gdpr-cor".into());
    wrong.jurisdictions.push("Spain".into());
    let adopted =
        |rule: &str, param: &str| Adopted { rule: rule.into(), param: param.into(), value: "P1Y".into() };
    wrong.adopted =
        vec![adopted("retention/tickets-expired", "keep"), adopted("retention/ticket-expired", "kep")];
    let problems = RuleSet::load_selected(builtin::RULES, builtin::PACKS, &wrong).map(|_| ()).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["policy-pack", "policy-jurisdiction", "policy-param", "policy-param"]);
    assert!(problems[0].advice.contains("`gdpr-core`"));
    assert!(problems[2].advice.contains("`retention/ticket-expired`"));
    assert!(problems[3].advice.contains("`keep`"));
}

#[test]
fn several_problems_are_told_at_once() {
    let text = GOOD.replace("on: ticket", "on: tiket").replace("offer: [purge]", "offer: [burn]");
    let problems = load_trial(&text).map(|_| ()).unwrap_err();
    let lines: Vec<u64> = problems.iter().map(|problem| problem.at.as_ref().unwrap().line).collect();
    assert!(lines.contains(&6) && lines.contains(&16), "{}", shown(&problems));
}

#[test]
fn a_country_changes_what_its_row_says_and_the_stricter_of_two_wins() {
    let overrides = "    overrides:
      - {jurisdiction: es, params: {keep: P5Y}, source: a trial law}
      - {jurisdiction: de, params: {keep: P2Y}, source: another}
    refs:";
    let text = GOOD.replace("    refs:", overrides).replace("P9Y, source", "P9Y, stricter: less, source");
    let verdict = |countries: &[&str], created: &str| {
        let mut selection = selection();
        selection.jurisdictions = countries.iter().map(|country| country.to_string()).collect();
        let rules = RuleSet::load_selected(&[("rules/trial.yaml", &text)], &[TRIAL_PACK], &selection)
            .unwrap_or_else(|problems| panic!("{}", shown(&problems)));
        let facts = facts(&[("status", word("closed")), ("created_at", stamp(created))]);
        let subject = Subject {
            kind: RecordKind::Ticket,
            facts: &facts,
            derived: None,
            detections: &[],
            detections_known: true,
        };
        judged(&rules, &subject)[0].verdict
    };
    assert_eq!(verdict(&[], "2025-06-01T00:00:00Z"), Verdict::Fail);
    assert_eq!(verdict(&["es"], "2023-06-01T00:00:00Z"), Verdict::Pass);
    assert_eq!(verdict(&["fr"], "2025-06-01T00:00:00Z"), Verdict::Fail);
    assert_eq!(verdict(&["es", "de"], "2023-06-01T00:00:00Z"), Verdict::Fail);
    assert_eq!(verdict(&["de", "es"], "2025-06-01T00:00:00Z"), Verdict::Pass);
    let undecided = text.replace("stricter: less, ", "");
    let mut both = selection();
    both.jurisdictions = vec!["es".into(), "de".into()];
    let problems = RuleSet::load_selected(&[("rules/trial.yaml", &undecided)], &[TRIAL_PACK], &both)
        .map(|_| ())
        .unwrap_err();
    assert!(problems[0].advice.contains("stricter"), "{}", shown(&problems));
}

#[test]
fn an_own_rule_of_detections_takes_precedence_by_severity() {
    let row = GOOD
        .replace("trial/old-ticket", "trial/card")
        .replace("on: ticket", "on: detection")
        .replace("severity: warning", "severity: error")
        .replace("needs: [status, created_at]", "needs: [category, confidence, value_class]")
        .replace("    optional: [tags]\n    scope: rec.status == 'closed'\n", "")
        .replace(
            "elapsed(rec.created_at, params.keep, now)",
            "rec.category == 'payment-card' && rec.confidence > 0.3",
        )
        .replace("\"{rec.id} is older than {params.keep}\"", "a card");
    let tests = "    no_open: it has all
    tests:
      - {rec: {category: payment-card, confidence: 0.31, value_class: real}, expect: fail}
      - {rec: {category: payment-card, confidence: 0.3, value_class: real}, expect: pass}
    status: stable
    since: 0.1.0
";
    let row = format!("{}{tests}", row.split("    tests:").next().unwrap());
    let mut files = builtin::RULES.to_vec();
    files.push(("rules/card.yaml", &row));
    let mut packs = builtin::PACKS.to_vec();
    packs.push(TRIAL_PACK);
    let rules = RuleSet::load_selected(&files, &packs, &selection())
        .unwrap_or_else(|problems| panic!("{}", shown(&problems)));
    assert!(rules.run_tests().is_empty(), "{}", shown(&rules.run_tests()));
    let rule_of = |confidence: f64| {
        let card = Category::named("payment-card").unwrap();
        rules
            .inventory(card, Confidence::new(confidence), ValueClass::Real)
            .map(|rule| rules.card(rule).unwrap().id.clone())
    };
    assert_eq!(rule_of(0.3), None);
    assert_eq!(rule_of(0.301).as_deref(), Some("trial/card"));
    assert_eq!(rule_of(0.9).as_deref(), Some("trial/card"));
}
