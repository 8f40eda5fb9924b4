//! SARIF reports keep the OASIS schema with format checks on, the rules of the standard the schema
//! cannot say, and the limits of GitHub code scanning.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs
)]
#![allow(dead_code, reason = "the lines are shared with tests/reports.rs")]

mod lines;

mod support;

use std::collections::{BTreeMap, BTreeSet};

use lines::{detection, finding, gap, hostile, report, report_with, run, summary};
use olvido::findings::{Line, RuleCard, RunLine, Severity, Verdict};
use olvido::reports::{Options, Spool};
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../fixtures/sarif/sarif-2.1.0.json");

fn validator() -> jsonschema::Validator {
    // The published schema has a stray bracket in the pattern of `language`, which no strict reader of
    // ECMA 262 takes; the standard means a language with an optional country (§3.14.7).
    let (published, meant) = ("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    assert!(SCHEMA.contains(published));
    let schema: Value = serde_json::from_str(&SCHEMA.replace(published, meant)).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Everything a report must keep; gives the run.
fn checked(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator().iter_errors(&log).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let runs = list(&log, "runs");
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    rules(run);
    results(run);
    uris(&log);
    notifications(run);
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert!(run["automationDetails"]["id"].as_str().unwrap().ends_with('/'));
    let invocation = &run["invocations"][0];
    for key in [
        "commandLine",
        "arguments",
        "account",
        "machine",
        "environmentVariables",
        "workingDirectory",
        "executableLocation",
        "startTimeUtc",
        "endTimeUtc",
        "processId",
    ] {
        assert!(invocation.get(key).is_none(), "{key}");
    }
    assert!(!text.contains("\"snippet\"") && !text.contains("\"contextRegion\""));
    run.clone()
}

fn rules(run: &Value) {
    let rules = list(&run["tool"]["driver"], "rules");
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted, "rules are sorted and unique");
    for rule in rules {
        for key in ["shortDescription", "fullDescription"] {
            let text = rule[key]["text"].as_str().unwrap();
            assert!(!text.is_empty() && text.chars().count() <= 1024, "{key}");
        }
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
        assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
        assert!(rule["name"].as_str().unwrap().len() <= 255);
        let properties = &rule["properties"];
        let tags: Vec<&str> = list(properties, "tags").iter().map(|tag| tag.as_str().unwrap()).collect();
        assert!(tags.len() <= 10 && tags.contains(&"security"));
        assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len());
        let score: f64 = properties["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&score));
        assert!(["very-high", "high", "medium", "low"].contains(&properties["precision"].as_str().unwrap()));
        for relationship in list(rule, "relationships") {
            let target = &relationship["target"];
            let component = &target["toolComponent"];
            let taxonomy = &run["taxonomies"][component["index"].as_u64().unwrap() as usize];
            assert_eq!(taxonomy["name"], component["name"]);
            assert_eq!(taxonomy.get("guid"), component.get("guid"));
            let taxon = &taxonomy["taxa"][target["index"].as_u64().unwrap() as usize];
            assert_eq!(taxon["id"], target["id"]);
        }
    }
    for (at, supported) in list(&run["tool"]["driver"], "supportedTaxonomies").iter().enumerate() {
        assert_eq!(supported["name"], run["taxonomies"][at]["name"]);
    }
    for taxonomy in list(run, "taxonomies") {
        assert!(taxonomy.get("rules").is_none() && !list(taxonomy, "taxa").is_empty());
    }
}

fn results(run: &Value) {
    let rules = list(&run["tool"]["driver"], "rules");
    let mut fingerprints = BTreeSet::new();
    for result in list(run, "results") {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let fail = result["kind"] == "fail";
        assert_eq!(fail, result["level"] != "none", "§3.27.10");
        let location = &result["locations"][0]["physicalLocation"];
        assert!(location["artifactLocation"]["uri"].is_string());
        assert_eq!(location["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        for key in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(location["region"][key].as_u64().unwrap() >= 1, "{key}");
        }
        let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
        assert!(fingerprints.insert((result["ruleId"].to_string(), hash.to_owned())), "{hash} twice");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(list(result, "relatedLocations").len() <= 10);
        let everywhere = list(result, "locations").iter().chain(list(result, "relatedLocations"));
        for index in everywhere.filter_map(|l| l["physicalLocation"]["artifactLocation"]["index"].as_u64()) {
            let artifact = &run["artifacts"][index as usize];
            assert!(artifact.is_object(), "index {index}");
        }
    }
    for (at, artifact) in list(run, "artifacts").iter().enumerate() {
        if let Some(parent) = artifact["parentIndex"].as_u64() {
            assert!((parent as usize) < at, "a container stands before its members");
        }
    }
}

/// Every `uri` of a location is relative and holds only what RFC 3986 allows.
fn uris(value: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(uri) = map.get("uri").and_then(Value::as_str) {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~%/".contains(c);
                assert!(!uri.is_empty() && uri.chars().all(allowed), "{uri}");
                if map.contains_key("uriBaseId") {
                    assert!(!uri.starts_with('/'), "{uri}");
                }
            }
            map.values().for_each(uris);
        }
        Value::Array(list) => list.iter().for_each(uris),
        _ => {}
    }
}

fn notifications(run: &Value) {
    let descriptors = list(&run["tool"]["driver"], "notifications");
    for notification in list(&run["invocations"][0], "toolExecutionNotifications") {
        let reference = &notification["descriptor"];
        assert_eq!(descriptors[reference["index"].as_u64().unwrap() as usize]["id"], reference["id"]);
        assert!(!notification["message"]["text"].as_str().unwrap().is_empty());
    }
}

fn notices(run: &Value) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for notification in list(&run["invocations"][0], "toolExecutionNotifications") {
        *out.entry(notification["descriptor"]["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    out
}

#[test]
fn the_schema_and_its_formats_are_really_checked() {
    let log = |uri: &str, line: u64| {
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}]}]}]})
    };
    let validator = validator();
    assert!(validator.is_valid(&log("a%20b", 1)));
    assert!(!validator.is_valid(&log("a b", 1)), "a blank is no URI reference");
    assert!(!validator.is_valid(&log("a", 0)), "lines begin at 1");
}

#[test]
fn hostile_names_members_and_every_verdict() {
    let text = report("sarif", &hostile());
    let run = checked(&text);
    for bad in ["\u{1b}", "\u{202e}", "::error", "##["] {
        assert!(!text.contains(bad), "{bad:?}");
    }
    let kinds: BTreeSet<&str> = list(&run, "results").iter().map(|r| r["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["fail", "open", "review"]));
    let codes = notices(&run);
    assert_eq!(codes["gap/no-reader"], 5 * lines::HOSTILE.len());
    assert!(codes.contains_key("run/no-key") && codes.contains_key("run/incomplete"));
    assert!(!codes.contains_key("report/rolled-up"));
    let strangers = list(&run["tool"]["driver"], "rules").iter().filter(|r| r["id"] == "not/among-the-cards");
    assert_eq!(strangers.count(), 1);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    let worst = list(&run, "results")[0]["level"].as_str().unwrap();
    assert_eq!(worst, "error", "worst first");
}

#[test]
fn the_inventory_is_one_result_a_file_with_capped_places() {
    let run = checked(&report("sarif", &hostile()));
    let inventory: Vec<&Value> =
        list(&run, "results").iter().filter(|r| r["ruleId"] == "personal-data/contact").collect();
    assert_eq!(inventory.len(), lines::HOSTILE.len());
    assert_eq!(inventory[0]["occurrenceCount"], 13);
    assert_eq!(list(inventory[0], "relatedLocations").len(), 10);
    assert_eq!(inventory[0]["properties"]["categories"]["email-address"], 13);
    let region = &inventory[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"], &region["endColumn"]),
        (&json!(2), &json!(23), &json!(43))
    );
}

#[test]
fn a_member_is_placed_in_its_outermost_file() {
    let run = checked(&report("sarif", &hostile()));
    let result = list(&run, "results")
        .iter()
        .find(|r| r["ruleId"] == "secrets/credential-in-ticket" && r["kind"] == "fail")
        .unwrap();
    let place = &result["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "a%20b/c%20d.json");
    assert_eq!(place["physicalLocation"]["region"]["startLine"], 1);
    let names: Vec<&str> =
        list(place, "logicalLocations").iter().map(|l| l["fullyQualifiedName"].as_str().unwrap()).collect();
    assert!(names.contains(&"a b/c d.json!inner/ñ.eml"), "{names:?}");
    let inside = &result["relatedLocations"][0]["physicalLocation"];
    assert_eq!(inside["region"]["startLine"], 3);
    let artifact = &run["artifacts"][inside["artifactLocation"]["index"].as_u64().unwrap() as usize];
    let outer = &run["artifacts"][artifact["parentIndex"].as_u64().unwrap() as usize];
    assert_eq!(outer["location"]["uri"], "a%20b/c%20d.json");
}

#[test]
fn grounds_lead_to_the_law() {
    let run = checked(&report("sarif", &hostile()));
    let names: Vec<&str> = list(&run, "taxonomies").iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["GDPR", "DPV", "ES-LOPDGDD", "X-LAW"]);
    let taxa = list(&run["taxonomies"][0], "taxa");
    assert_eq!(
        taxa.iter().map(|t| t["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["4(1)", "5(1)(e)", "32(1)(b)"]
    );
    assert_eq!(taxa[1]["helpUri"], "https://eur-lex.europa.eu/eli/reg/2016/679/art_5/par_1/pnt_e/oj");
}

fn many(files: usize, each: usize) -> Spool {
    let mut spool = Spool::new();
    spool.push(&run()).unwrap();
    for file in 0..files {
        let path = format!("y{}/m{}/f{file}.json", file % 7, file % 90);
        for record in 0..each {
            let mut line =
                finding("retention/ticket-expired", Verdict::Fail, &path, format!("{file}-{record}"));
            let item = file.to_string();
            line.item = Some(item.into());
            spool.push(&Line::Finding(Box::new(line))).unwrap();
        }
    }
    spool.push(&Line::Summary(Box::new(summary()))).unwrap();
    spool
}

/// How many findings the results stand for.
fn stood_for(run: &Value) -> u64 {
    list(run, "results").iter().map(|r| r["properties"]["findings"].as_u64().unwrap()).sum()
}

#[test]
fn thirty_thousand_findings_are_rolled_up_and_the_report_says_so() {
    for (files, each, per, count) in
        [(30, 1000, "file", 30), (30_000, 1, "folder", 630), (5_000, 1, "record", 5_000)]
    {
        let text = report("sarif", &many(files, each));
        let run = checked(&text);
        assert_eq!(run["properties"]["rollUp"]["per"], per);
        assert_eq!(list(&run, "results").len(), count, "{per}");
        assert_eq!(stood_for(&run), (files * each) as u64, "nothing is dropped");
        assert_eq!(notices(&run).contains_key("report/rolled-up"), per != "record");
        assert!(text.len() < 40_000_000);
    }
}

#[test]
fn a_lower_limit_rolls_up_to_the_whole_archive() {
    let options = Options { results: 1, ..Options::default() };
    let run = checked(&report_with("sarif", &many(100, 2), &options));
    assert_eq!(list(&run, "results").len(), 1);
    assert_eq!(run["properties"]["rollUp"]["per"], "archive");
    assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], ".");
    assert_eq!(stood_for(&run), 200);
}

#[test]
fn many_gaps_are_counted_and_not_listed() {
    let mut spool = Spool::new();
    spool.push(&run()).unwrap();
    for n in 0..3_000 {
        let path = format!("photos/{n}.jpg");
        spool.push(&Line::Gap(Box::new(gap(&path, "no-reader", "unread")))).unwrap();
    }
    spool.push(&Line::Summary(Box::new(summary()))).unwrap();
    let run = checked(&report("sarif", &spool));
    let codes = notices(&run);
    assert_eq!(codes["gap/no-reader"], 1);
    assert_eq!(codes["report/gaps-rolled-up"], 1);
    let notifications = list(&run["invocations"][0], "toolExecutionNotifications");
    let gaps = notifications.iter().find(|n| n["descriptor"]["id"] == "gap/no-reader").unwrap();
    assert_eq!(gaps["properties"]["count"], 3_000);
    assert_eq!(gaps["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "photos/");
}

#[test]
fn nothing_found_is_an_empty_list_and_a_whole_report() {
    let mut spool = Spool::new();
    spool.push(&run()).unwrap();
    let mut clean = summary();
    (clean.complete, clean.status, clean.not_read) = (true, 0, 0);
    spool.push(&Line::Summary(Box::new(clean))).unwrap();
    let run = checked(&report("sarif", &spool));
    assert!(run["results"].as_array().unwrap().is_empty());
    assert_eq!(list(&run["tool"]["driver"], "rules").len(), 5, "every active rule is listed");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn lines_that_end_early_are_no_success() {
    let mut spool = Spool::new();
    spool.push(&run()).unwrap();
    let run = checked(&report("sarif", &spool));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert!(notices(&run).contains_key("run/cut-off"));
    let empty = checked(&report("sarif", &Spool::new()));
    assert_eq!(empty["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn an_interrupted_run_is_no_success() {
    let mut spool = Spool::new();
    spool.push(&run()).unwrap();
    let mut cut = summary();
    (cut.interrupted, cut.status) = (true, 130);
    spool.push(&Line::Summary(Box::new(cut))).unwrap();
    let run = checked(&report("sarif", &spool));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert!(notices(&run).contains_key("run/interrupted"));
}

#[test]
fn cards_without_words_still_make_whole_rules() {
    let mut spool = Spool::new();
    let bare = RuleCard { id: "a/b".into(), severity: Some(Severity::Note), ..RuleCard::default() };
    spool.push(&Line::Run(Box::new(RunLine { rules: vec![bare], ..RunLine::default() }))).unwrap();
    let line = detection("x", "1", 1);
    spool.push(&Line::Detection(Box::new(line))).unwrap();
    checked(&report("sarif", &spool));
}

#[test]
fn the_same_lines_give_the_same_bytes() {
    let spool = hostile();
    assert_eq!(report("sarif", &spool), report("sarif", &spool));
    assert_eq!(report("sarif", &hostile()), report("sarif", &spool));
}

#[test]
fn a_fingerprint_outlives_the_line_number_and_the_walk_number() {
    let hashes = |line_number: u64, item: &str| {
        let mut spool = Spool::new();
        spool.push(&run()).unwrap();
        let mut found = detection("a.json", item, 1);
        found.line = line_number;
        found.end_line = line_number;
        spool.push(&Line::Detection(Box::new(found))).unwrap();
        let mut expired = finding("retention/ticket-expired", Verdict::Fail, "a.json", "7".into());
        expired.line = Some(line_number);
        spool.push(&Line::Finding(Box::new(expired))).unwrap();
        let run = checked(&report("sarif", &spool));
        let hash = |r: &Value| r["partialFingerprints"]["primaryLocationLineHash"].to_string();
        list(&run, "results").iter().map(hash).collect::<Vec<_>>()
    };
    assert_eq!(hashes(3, "4"), hashes(900, "5"));
}

#[test]
fn the_report_of_the_zendesk_archive_is_valid_and_points_at_files_that_are_there() {
    let home = support::folder();
    support::copy_tree(&support::project("fixtures/helpdesks/zendesk/archive"), &home.path().join("archive"));
    let run = support::run(home.path(), &["scan", "archive", "--format", "sarif", "--as-of", "2026-11-22"]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let errors: Vec<String> = validator().iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 20, "{}", results.len());
    for result in results {
        for location in result["locations"].as_array().unwrap() {
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(home.path().join(uri).exists(), "{uri}");
        }
    }
}
