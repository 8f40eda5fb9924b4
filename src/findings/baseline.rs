//! What an earlier run found, and how this one stands to it.
//!
//! A baseline is the JSON Lines of an earlier run under the same key: only keyed fingerprints are the same
//! for the same thing from export to export. It labels, and excuses nothing by itself.

use std::collections::{BTreeMap, HashMap};

use super::lines::{BaselineCounts, GateLine, Line, RunLine, Severity, Standing, SummaryLine, Verdict};
use crate::problem::Problem;

/// What the baseline holds under one fingerprint: several findings may share one.
#[derive(Clone, Copy)]
struct Known {
    /// Position of its rule or category among the names.
    name: u32,
    /// How many were not met again so far.
    left: u32,
    /// How many data, records or files they stood for.
    count: u64,
}

/// What an earlier run found.
pub struct Baseline {
    key: String,
    known: HashMap<u128, Known>,
    names: Vec<String>,
    at: HashMap<String, u32>,
    data: bool,
    new: u64,
    same: u64,
}

impl Baseline {
    /// Of a run, by its first line. `key` is the public name of this run's key.
    ///
    /// # Errors
    /// A [`Problem`] where the two runs cannot be compared: no key, or another one.
    pub fn of(run: &RunLine, key: Option<&str>) -> Result<Baseline, Problem> {
        let problem = |code, what: &str, advice: &str| Err(Problem::new(code, what, advice));
        match (run.key.as_deref(), key) {
            (None, _) => problem(
                "baseline-no-key",
                "the baseline was made without a key, so nothing in it can be told again",
                "make it anew with a key (`olvido key create`, --key FILE)",
            ),
            (Some(_), None) => problem(
                "baseline-key-missing",
                "a baseline can be compared only under the key it was made with",
                "name that key with --key or OLVIDO_KEY_FILE",
            ),
            (Some(then), Some(now)) if then != now => problem(
                "baseline-other-key",
                "the baseline was made under another key",
                "name that key, or make the baseline anew",
            ),
            (Some(then), Some(_)) => Ok(Baseline {
                key: format!("k1:{then}:"),
                known: HashMap::new(),
                names: Vec::new(),
                at: HashMap::new(),
                data: false,
                new: 0,
                same: 0,
            }),
        }
    }

    /// Takes a line of the earlier run.
    pub fn take(&mut self, line: &Line<'_>) {
        let (fingerprint, name, count) = match line {
            Line::Finding(line) => (&line.fingerprint, &line.rule, line.count),
            Line::Detection(line) => {
                self.data = true;
                (&line.fingerprint, &line.category, 1)
            }
            _ => return,
        };
        let Some(fingerprint) = self.parsed(fingerprint) else { return };
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name = *self.at.entry(name.to_string()).or_insert_with_key(|name| {
            self.names.push(name.clone());
            next
        });
        let known = self.known.entry(fingerprint).or_insert(Known { name, left: 0, count: 0 });
        known.left = known.left.saturating_add(1);
        known.count = known.count.max(count);
    }

    /// Whether it holds data beside findings, so that data have to be looked at to tell which are gone.
    pub fn holds_data(&self) -> bool {
        self.data
    }

    fn parsed(&self, fingerprint: &str) -> Option<u128> {
        u128::from_str_radix(fingerprint.strip_prefix(&self.key)?, 16).ok()
    }

    /// How something stands, each entry of the baseline counting once. What stands for more than it did
    /// is new: a finding about the run keeps its fingerprint whatever it counts.
    fn standing(&mut self, fingerprint: &str, count: u64) -> Standing {
        let parsed = self.parsed(fingerprint);
        let known = parsed.and_then(|parsed| self.known.get_mut(&parsed)).filter(|known| known.left > 0);
        match known {
            Some(known) => {
                known.left -= 1;
                if count > known.count {
                    self.new += 1;
                    return Standing::New;
                }
                self.same += 1;
                Standing::Same
            }
            None => {
                self.new += 1;
                Standing::New
            }
        }
    }

    fn counts(&self) -> BaselineCounts {
        let mut gone_by: BTreeMap<&str, u64> = BTreeMap::new();
        for known in self.known.values().filter(|known| known.left > 0) {
            let name = self.names.get(known.name as usize).map_or("", String::as_str);
            *gone_by.entry(name).or_default() += u64::from(known.left);
        }
        BaselineCounts {
            new: self.new,
            same: self.same,
            gone: gone_by.values().sum(),
            gone_by: gone_by.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        }
    }
}

/// Labels the lines of a run as they come.
pub struct Labels {
    baseline: Baseline,
    gate: GateLine,
    gated: bool,
}

impl Labels {
    /// Against a baseline, for a run with this gate.
    pub fn new(baseline: Baseline, gate: GateLine) -> Self {
        Self { baseline, gate, gated: false }
    }

    /// Whether the baseline holds data beside findings.
    pub fn needs_data(&self) -> bool {
        self.baseline.holds_data()
    }

    /// Labels a line. The summary gets the counts, and where only what is new counts, the status.
    pub fn label(&mut self, line: &mut Line<'_>) {
        match line {
            Line::Finding(line) => {
                let standing = self.baseline.standing(&line.fingerprint, line.count);
                line.baseline = Some(standing);
                let counts = standing == Standing::New && line.suppressed.is_none();
                self.gated |= counts && self.decides(line.verdict, line.severity);
            }
            Line::Detection(line) => {
                line.baseline = Some(self.baseline.standing(&line.fingerprint, 1));
            }
            Line::Summary(line) => self.end(line),
            Line::Run(_) | Line::Gap(_) => {}
        }
    }

    fn decides(&self, verdict: Verdict, severity: Severity) -> bool {
        match verdict {
            Verdict::Fail => self.gate.fail_on.is_some_and(|least| severity >= least),
            Verdict::Open => self.gate.open,
            _ => false,
        }
    }

    fn end(&self, line: &mut SummaryLine) {
        line.baseline = Some(self.baseline.counts());
        // Known findings are excused where that is written out; gaps never are.
        if self.gate.only_new && line.status == 1 && !self.gated {
            line.status = if line.complete { 0 } else { 3 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::FindingLine;

    fn finding(fingerprint: &str, count: u64) -> Line<'static> {
        Line::Finding(Box::new(FindingLine {
            rule: "a/b".into(),
            verdict: Verdict::Fail,
            severity: Severity::Error,
            item: None,
            record: None,
            path: None,
            inner: vec![],
            line: None,
            message: "".into(),
            refs: vec![],
            remedy: "".into(),
            count,
            clock: None,
            missing: vec![],
            policy: "".into(),
            fingerprint: format!("k1:k:{fingerprint:0>32}").into(),
            suppressed: None,
            baseline: None,
        }))
    }

    fn run(key: Option<&str>) -> RunLine {
        RunLine { key: key.map(str::to_owned), ..RunLine::default() }
    }

    fn labelled(then: &[Line<'_>], now: Vec<Line<'static>>, only_new: bool) -> (String, BaselineCounts, u8) {
        let mut baseline = Baseline::of(&run(Some("k")), Some("k")).ok().unwrap();
        then.iter().for_each(|line| baseline.take(line));
        let gate = GateLine { fail_on: Some(Severity::Error), open: false, only_new };
        let mut labels = Labels::new(baseline, gate);
        let mut signs = String::new();
        for mut line in now {
            labels.label(&mut line);
            let Line::Finding(line) = line else { continue };
            signs.push(if line.baseline == Some(Standing::New) { 'n' } else { 's' });
        }
        let mut summary =
            Line::Summary(Box::new(SummaryLine { status: 1, complete: true, ..SummaryLine::default() }));
        labels.label(&mut summary);
        let Line::Summary(summary) = summary else { return (signs, BaselineCounts::default(), 0) };
        (signs, summary.baseline.unwrap(), summary.status)
    }

    #[test]
    fn each_entry_is_met_once_and_what_is_left_is_gone() {
        let then = [finding("1", 1), finding("1", 1), finding("2", 1), finding("3", 1)];
        let now = vec![finding("1", 1), finding("1", 1), finding("1", 1), finding("9", 1)];
        let (signs, counts, _) = labelled(&then, now, false);
        assert_eq!(signs, "ssnn");
        assert_eq!((counts.new, counts.same, counts.gone), (2, 2, 2));
        assert_eq!(counts.gone_by, [("a/b".to_owned(), 2)]);
    }

    #[test]
    fn a_finding_that_stands_for_more_is_new() {
        assert_eq!(labelled(&[finding("1", 2)], vec![finding("1", 3)], false).0, "n");
        assert_eq!(labelled(&[finding("1", 2)], vec![finding("1", 2)], false).0, "s");
    }

    #[test]
    fn only_new_is_what_excuses() {
        let then = [finding("1", 1)];
        assert_eq!(labelled(&then, vec![finding("1", 1)], false).2, 1);
        assert_eq!(labelled(&then, vec![finding("1", 1)], true).2, 0);
        assert_eq!(labelled(&then, vec![finding("1", 1), finding("2", 1)], true).2, 1);
    }

    #[test]
    fn another_key_or_none_is_refused() {
        let code = |then, now| Baseline::of(&run(then), now).err().map(|problem| problem.code);
        assert_eq!(code(Some("k"), Some("j")), Some("baseline-other-key"));
        assert_eq!(code(None, Some("k")), Some("baseline-no-key"));
        assert_eq!(code(Some("k"), None), Some("baseline-key-missing"));
        assert_eq!(code(Some("k"), Some("k")), None);
    }
}
