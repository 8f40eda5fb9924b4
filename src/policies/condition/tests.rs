//! The language: what is refused and where, and that both engines agree on generated expressions.

use super::*;
use crate::policies::judge::Observed;
use crate::policies::period::Period;
use crate::records::{Category, Confidence, FactValue, Facts, Stamp, Supplier, ValueClass};

fn fact(name: &str) -> FactId {
    FactId::named(name).unwrap()
}

fn params() -> Vec<(String, ParamType, ParamValue)> {
    let words = |list: &[&str]| ParamValue::Words(list.iter().map(|word| word.to_string()).collect());
    vec![
        ("keep".into(), ParamType::Period, ParamValue::Period(Period::parse("P1Y6M").unwrap())),
        ("least".into(), ParamType::Number, ParamValue::Number(0.7)),
        ("most".into(), ParamType::Int, ParamValue::Int(3)),
        ("strict".into(), ParamType::Bool, ParamValue::Bool(true)),
        ("word".into(), ParamType::Word, ParamValue::Word("vip".into())),
        ("labels".into(), ParamType::Words, words(&["vip", "staff"])),
        ("block".into(), ParamType::Categories, words(&["iban", "email-address"])),
    ]
}

/// Compiles for tickets with `tags` and `soft_deleted` optional.
fn compile(text: &str, witnesses: usize) -> Result<Condition, Fault> {
    let needs =
        ["id", "status", "channel", "created_at", "closed_at", "redacted", "findings"].map(fact).to_vec();
    let optional = ["tags", "soft_deleted"].map(fact).to_vec();
    let params = params();
    let names = Names { kinds: &[RecordKind::Ticket], needs: &needs, optional: &optional, params: &params };
    Condition::compile(text, &names, witnesses)
}

/// The character a fault points at, and its code.
fn fault(text: &str) -> (usize, &'static str) {
    match compile(text, 16) {
        Ok(_) => panic!("{text} is accepted"),
        Err(fault) => (fault.offset, fault.code),
    }
}

#[test]
fn faults_point_at_the_expression_that_is_wrong() {
    let cases = [
        ("rec.statsu == 'open'", "rec.statsu", "policy-fact"),
        ("'ñandú' == rec.channel && rec.statsu == 'open'", "rec.statsu", "policy-fact"),
        ("rec.redacted &&\n  rec.statsu == 'open'", "rec.statsu", "policy-fact"),
        ("rec.redacted && elapst(rec.created_at)", "elapst", "policy-function"),
        ("rec.redacted && rec.findings.any(f, true)", "rec.findings.any", "policy-function"),
        ("rec.findings.exists(f, f.kategory == 'iban')", "f.kategory", "policy-fact"),
        ("rec.findings.exists(f, f.category == 'e-mail')", "'e-mail'", "policy-word"),
        ("rec.findings.exists(f, f.category in ['iban', 'card'])", "'card'", "policy-word"),
        ("rec.status in params.labels", "params.labels", "policy-word"),
        ("rec.findings.exists(f, g.category == 'iban')", "g.category", "policy-name"),
        ("rec.findings.exists(rec, true)", "rec, true", "policy-name"),
        ("rec.redacted == 'yes'", "rec.redacted", "policy-type"),
        ("rec.created_at < 5", "rec.created_at", "policy-type"),
        ("rec.created_at == params.keep", "rec.created_at", "policy-type"),
        ("params.keep == 'P1Y'", "params.keep", "policy-type"),
        ("elapsed(rec.created_at, rec.status, now)", "rec.status", "policy-type"),
        ("elapsed(rec.created_at, 'P1', now)", "'P1'", "policy-period"),
        ("elapsed(rec.status, 'P1Y', now)", "rec.status", "policy-type"),
        ("timestamp('yesterday') < now", "'yesterday'", "policy-type"),
        ("rec.redacted && 'ñandú' = rec.channel", "= rec", "policy-condition"),
        ("rec.redacted &&\n  'ñandú' = rec.channel", "= rec", "policy-condition"),
        ("rec.id.matches('(')", "'('", "policy-type"),
        ("rec.redacted ? 1 : 2", "rec.redacted", "policy-type"),
        ("size(rec.redacted) > 1", "rec.redacted", "policy-type"),
        ("rec", "rec", "policy-type"),
        ("rec.tags.exists(t, t == 'vip')", "rec.tags", "policy-optional"),
        ("has(rec.tags) || 'vip' in rec.tags", "rec.tags)", "policy-optional"),
        ("!has(rec.tags) && 'vip' in rec.tags", "rec.tags)", "policy-optional"),
        ("has(rec.tags) ? true : 'vip' in rec.tags", "rec.tags)", "policy-optional"),
        ("has(params.keep)", "has(params", "policy-has"),
        ("has(rec.status)", "has(rec", "policy-has"),
        ("size(rec.findings) / 2 > 1", "size", "policy-function"),
        ("{'a': 1} == {'a': 1}", "{'a'", "policy-function"),
        ("null == rec.status", "null", "policy-type"),
        ("[1, 2].exists(x, x == 1)", "1, 2", "policy-type"),
    ];
    let mut wrong = Vec::new();
    for (text, at, code) in cases {
        let wanted = text.find(at).map(|byte| text[..byte].chars().count());
        // `rec.tags)` stands at its last occurrence, behind the has().
        let wanted = if at == "rec.tags)" { text.rfind("rec.tags") } else { wanted };
        let got = fault(text);
        if (Some(got.0), got.1) != (wanted, code) {
            wrong.push(format!("{text}: wanted {wanted:?} {code}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_right_is_accepted_and_lowered() {
    let lowered = [
        "has(rec.tags) && 'vip' in rec.tags",
        "!has(rec.tags) || rec.tags.all(t, t.startsWith('v'))",
        "has(rec.tags) ? params.word in rec.tags : rec.redacted",
        "!(has(rec.tags) && has(rec.soft_deleted)) || rec.soft_deleted == ('vip' in rec.tags)",
        "rec.findings.exists(f, f.category in params.block && f.confidence >= params.least)",
        "rec.findings.exists_one(f, f.value_class != 'own')",
        "rec.findings.exists(f, rec.findings.exists(g, f.category != g.category))",
        "rec.findings.all(f, params.labels.exists(l, f.category.contains(l)))",
        "size(rec.findings) > params.most || rec.id.size() == 3",
        // Characters, not bytes.
        "rec.id.startsWith('ñandú') && rec.id.size() == 5",
        "elapsed(rec.created_at, 'P30D', rec.closed_at)",
        "rec.created_at < timestamp('2024-02-29T00:00:00Z') && now > rec.closed_at",
        "rec.status in ['closed', 'solved'] && params.strict && rec.channel != params.word",
        "rec.findings.exists(f, f.confidence == 1.0) || rec.findings.exists(f, f.confidence > 0)",
        "true",
        "rec.redacted == (rec.status == 'open')",
        "rec.channel.endsWith(params.word) || rec.channel == rec.id",
    ];
    for text in lowered {
        let condition = compile(text, 512).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert!(condition.is_lowered(), "{text}");
    }
    let other = [
        "rec.id.matches('^[0-9]+$')",
        "size(rec.findings) + 1 > params.most * 2",
        "size(rec.findings.filter(f, f.confidence > 0.5)) > 2",
    ];
    for text in other {
        let condition = compile(text, 512).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert!(!condition.is_lowered(), "{text}");
    }
}

/// A ticket with the facts the tests above need.
fn ticket(facts: &mut Facts) {
    let stamp = |text: &str| FactValue::Stamp(Stamp::parse(text).unwrap());
    facts.set(fact("id"), FactValue::Text(crate::records::Text::new("4711")), Supplier::Export);
    facts.set(fact("status"), FactValue::Word("closed".into()), Supplier::Export);
    facts.set(fact("created_at"), stamp("2024-02-29T10:00:00Z"), Supplier::Export);
    facts.set(fact("closed_at"), stamp("2025-02-28T10:00:00Z"), Supplier::Export);
}

#[test]
fn the_rest_of_the_language_runs_in_the_crate() {
    let mut facts = Facts::default();
    ticket(&mut facts);
    let detections = ["iban", "iban", "health"].map(|name| Observed {
        category: Category::named(name).unwrap(),
        confidence: Confidence::new(0.9),
        value_class: ValueClass::Real,
    });
    let evidence = Evidence::of_record(&facts, Some(&detections), 0);
    let holds = |text: &str| compile(text, 16).unwrap().holds(&evidence);
    assert_eq!(holds("rec.id.matches('^[0-9]+$')"), Some(true));
    assert_eq!(holds("rec.id.matches('^[a-z]+$')"), Some(false));
    assert_eq!(holds("size(rec.findings.filter(f, f.category == 'iban')) == 2"), Some(true));
    assert_eq!(holds("size(rec.findings) - 1 == params.most"), Some(false));
    // The host function in both engines: the period ends on 28 February 2025, 10:00.
    assert_eq!(holds("elapsed(rec.created_at, 'P1Y', rec.closed_at)"), Some(true));
    assert_eq!(holds("elapsed(rec.created_at, 'P1YT1S', rec.closed_at)"), Some(false));
    assert_eq!(holds("elapsed(rec.created_at, 'P1Y', rec.closed_at) && rec.id.matches('4')"), Some(true));
}

#[test]
fn an_expression_that_overflows_gives_no_verdict() {
    let mut facts = Facts::default();
    ticket(&mut facts);
    let evidence = Evidence::of_record(&facts, Some(&[]), 0);
    // The dry run meets the overflow too and refuses the rule.
    let text = "size(rec.findings) + 9223372036854775807 > 0";
    assert!(compile(text, 64).is_err());
    // Run all the same, it gives no answer rather than a pass.
    let program = language::compile("size(rec.findings) + 9223372036854775807 + 1 > 0").unwrap();
    let params = language::params(&[]);
    assert_eq!(language::run(&program, &params, &[fact("findings")], &evidence), None);
}

#[test]
fn a_condition_that_is_too_deep_or_long_is_refused() {
    let repeated =
        |head: &str, part: &str, count: usize, tail: &str| format!("{head}{}{tail}", part.repeat(count));
    for text in [
        format!("{}true{}", "(".repeat(500), ")".repeat(500)),
        format!("{}true{}", "!(".repeat(500), ")".repeat(500)),
        repeated("", "!", 3_000, "true"),
        repeated("size(rec.findings)", "+1", 1_900, " > 0"),
        repeated("size(rec.id)", "+size(rec.id)", 250, " > 0"),
        repeated("true", " == true", 490, ""),
        repeated("rec", ".a", 1_900, ""),
        repeated("", "rec.redacted ? true : ", 180, "true"),
        repeated("size(rec.findings) > ", "-", 3_000, "1"),
        vec!["rec.redacted"; 400].join(" || "),
    ] {
        assert_eq!(fault(&text).1, "policy-condition", "{}", &text[..40]);
    }
    let flat = vec!["rec.redacted"; 250].join("||");
    assert!(compile(&flat, 4).is_ok(), "a long flat chain is no nesting");
    // Quotes keep what looks like operators.
    assert!(compile(&format!("rec.id == '{}'", "+(".repeat(200)), 4).is_ok());
}

/// Expressions of the lowered language by a fixed sequence of choices.
struct Generator(u64);

impl Generator {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    fn pick(&mut self, from: &[&str]) -> String {
        from[self.next(from.len())].to_string()
    }

    fn word(&mut self, bound: Option<&str>) -> String {
        match bound {
            Some(name) if self.next(2) == 0 => format!("{name}.{}", self.pick(&["category", "value_class"])),
            _ => self.pick(&["rec.channel", "rec.id", "params.word", "'vip'", "'iban'", "'ñandú'", "''"]),
        }
    }

    fn number(&mut self, bound: Option<&str>) -> String {
        match bound {
            Some(name) if self.next(2) == 0 => format!("{name}.confidence"),
            _ => self.pick(&[
                "size(rec.findings)",
                "rec.id.size()",
                "params.most",
                "params.least",
                "2",
                "0.5",
                "-1",
            ]),
        }
    }

    fn time(&mut self) -> String {
        self.pick(&["rec.created_at", "rec.closed_at", "now", "timestamp('2024-02-29T12:00:00Z')"])
    }

    fn truth(&mut self, depth: usize, bound: Option<&str>) -> String {
        if depth == 0 {
            return self.leaf(bound);
        }
        let (a, b) = (self.truth(depth - 1, bound), self.truth(depth - 1, bound));
        match self.next(8) {
            0 | 1 => format!("({a} && {b})"),
            2 | 3 => format!("({a} || {b})"),
            4 => format!("!{a}"),
            5 => format!("({a} ? {b} : {})", self.leaf(bound)),
            6 => format!("({a} == {b})"),
            _ if bound.is_none() => {
                let inner = self.truth(depth - 1, Some("f"));
                format!("rec.findings.{}(f, {inner})", self.pick(&["exists", "all", "exists_one"]))
            }
            _ => format!("({a} != {b})"),
        }
    }

    fn leaf(&mut self, bound: Option<&str>) -> String {
        match self.next(9) {
            0 => format!("({} {} {})", self.word(bound), self.pick(&["==", "!="]), self.word(None)),
            1 => format!("({} in params.labels)", self.word(bound)),
            2 => {
                let operator = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("({} {operator} {})", self.number(bound), self.number(bound))
            }
            3 => {
                let operator = self.pick(&["==", "<", "<=", ">", ">="]);
                format!("({} {operator} {})", self.time(), self.time())
            }
            4 => {
                let period = self.pick(&["params.keep", "'P30D'", "'P1M'", "'PT36H'"]);
                format!("elapsed({}, {period}, {})", self.time(), self.time())
            }
            5 => {
                let test = self.pick(&["contains", "startsWith", "endsWith"]);
                format!("{}.{test}({})", self.word(bound), self.word(None))
            }
            6 => String::from("(has(rec.soft_deleted) && rec.soft_deleted)"),
            7 => String::from("(has(rec.tags) && rec.tags.exists(t, t in params.labels))"),
            _ => self.pick(&["rec.redacted", "params.strict", "(rec.status in ['open', 'closed'])", "false"]),
        }
    }
}

/// Compiling runs both engines on the witnesses and refuses a rule on which they differ.
#[test]
fn both_engines_agree_on_generated_expressions() {
    let mut generator = Generator(7);
    let mut lowered = 0;
    for round in 0..250 {
        let text = generator.truth(1 + round % 3, None);
        match compile(&text, 150) {
            Ok(condition) => lowered += usize::from(condition.is_lowered()),
            // Words with a closed vocabulary are not compared with anything else.
            Err(fault) => assert_eq!(fault.code, "policy-word", "{text}: {fault:?}"),
        }
    }
    assert!(lowered > 150, "only {lowered} of 250 were compared");
}
