//! The plan: what will be done to which item, bound to digests; and the manifest of what was done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::choice::Left;
use super::operators::Operator;
use super::piece::Account;
use crate::problem::Problem;
use crate::records::Category;

/// The schema of plans this version writes and reads.
const SCHEMA: &str = "olvido/redaction-plan/v1";

/// Counts by category, and within it by operator or reason.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// What is done to one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemPlan {
    /// Number of the item in the walk; `olvido where` gives its real path.
    pub item: u32,
    /// Its path below the output, data masked.
    pub output: String,
    /// Whether its name is another than it was, because it held data.
    pub renamed: bool,
    /// `unchanged`, `edited` or `withheld`.
    pub outcome: String,
    /// Why it is withheld.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// Keyed digest of what was read; none where nothing could be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<String>,
    /// Keyed digest of the edits in order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub edits: Option<String>,
    /// How many values go, by category and operator.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was seen and stays, by category and reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub left: BTreeMap<String, BTreeMap<String, u64>>,
    /// Members that are withheld, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub withheld_members: BTreeMap<String, u64>,
    /// Previews and signatures inside that went, since what they show or sign changed or they hold data.
    #[serde(skip_serializing_if = "is_none", default)]
    pub stale_members: u64,
    /// Gaps let through by `--allow-gaps`, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub allowed_gaps: BTreeMap<String, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl ItemPlan {
    /// Whether it or any member of it is withheld.
    pub fn withholds(&self) -> bool {
        self.outcome == "withheld" || !self.withheld_members.is_empty()
    }

    /// How many values go.
    pub fn edited(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).sum()
    }
}

/// The plan of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    schema: String,
    /// The version that made it.
    pub version: String,
    /// Operators of all categories, and the language of labels.
    pub operators: String,
    /// The domain of pseudonyms.
    pub domain: String,
    /// Public name of the key of the digests.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// Key of the digests where there is no project's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub salt: Option<String>,
    /// Files that `ignore:` leaves out, which are not copied.
    pub excluded: u64,
    /// Every item, in the order of the walk.
    pub items: Vec<ItemPlan>,
}

impl Plan {
    pub(super) fn new(operators: String, domain: &str, key: Option<String>, salt: Option<String>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            operators,
            domain: domain.to_owned(),
            key,
            salt,
            excluded: 0,
            items: Vec::new(),
        }
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// A [`Problem`] where the text is no plan of this version.
    pub fn read(text: &str) -> Result<Plan, Problem> {
        let no_plan = |_| {
            Problem::new(
                "plan-unreadable",
                "this is no plan",
                "name a file that `olvido redact --plan` wrote",
            )
        };
        let plan: Plan = serde_json::from_str(text).map_err(no_plan)?;
        if plan.schema != SCHEMA || plan.version != env!("CARGO_PKG_VERSION") {
            let what = "the plan was made by another version of olvido";
            return Err(Problem::new("plan-version", what, "make the plan again"));
        }
        Ok(plan)
    }

    /// The file.
    pub fn to_file(&self) -> String {
        json(self)
    }

    /// Takes in what a later reading withheld, by the name the item had.
    pub(super) fn withhold(&mut self, later: Vec<(PathBuf, ItemPlan)>) {
        for (name, one) in later {
            let same = |item: &&mut ItemPlan| Path::new(&item.output) == name;
            let Some(item) = self.items.iter_mut().find(same) else { continue };
            if one.outcome == "withheld" {
                (item.outcome, item.code) = (one.outcome, one.code);
                item.counts.clear();
            }
            for (code, members) in one.withheld_members {
                *item.withheld_members.entry(code).or_default() += members;
            }
        }
    }

    /// Numbers of the items that are not as they were planned.
    pub(super) fn differences(&self, now: &Plan) -> Vec<u32> {
        let by_number = |plan: &Plan| -> BTreeMap<u32, ItemPlan> {
            plan.items.iter().map(|item| (item.item, item.clone())).collect()
        };
        let (then, now) = (by_number(self), by_number(now));
        let mut numbers: Vec<u32> = then.keys().chain(now.keys()).copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.retain(|number| then.get(number) != now.get(number));
        numbers
    }
}

/// What an output is and what it is not.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Manifest {
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    /// `redacted`, or `pseudonymised-keyed`: never anonymous.
    pub(super) result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    pub(super) items: u64,
    pub(super) edited: u64,
    pub(super) unchanged: u64,
    pub(super) withheld: u64,
    pub(super) renamed: u64,
    pub(super) excluded: u64,
    pub(super) counts: Counts,
    pub(super) left: Counts,
    pub(super) withheld_by_code: BTreeMap<String, u64>,
    pub(super) proof: ProofPart,
}

/// What the proof did and did not do.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ProofPart {
    /// Times the output was read until nothing was left.
    pub(super) readings: u32,
    /// Values that only a later reading removed: they stood elsewhere as well.
    pub(super) removed_later: u64,
    pub(super) values_looked_for: u64,
    /// Values of fewer than three letters and digits, which were not.
    pub(super) values_too_short: u64,
    /// Pairs of values that share a pseudonym, since their reserved range is small.
    pub(super) shared_pseudonyms: u64,
    /// Gaps let through by `--allow-gaps`: what lies in them was not searched.
    pub(super) not_searched: BTreeMap<String, u64>,
}

impl Manifest {
    pub(super) fn to_file(&self) -> String {
        json(self)
    }
}

fn json(value: &impl Serialize) -> String {
    // These types hold words and numbers only and cannot fail to serialise.
    let mut out = serde_json::to_string_pretty(value).unwrap_or_default();
    out.push('\n');
    out
}

/// Counts of edits as they are written.
pub(super) fn counted(edits: &BTreeMap<(Category, Operator), u64>) -> Counts {
    nested(edits.iter().map(|((category, operator), count)| (*category, operator.name(), *count)))
}

/// Counts of what stays as they are written.
pub(super) fn kept(left: &Left) -> Counts {
    nested(left.iter().map(|((category, why), count)| (*category, *why, *count)))
}

fn nested<'r>(rows: impl Iterator<Item = (Category, &'r str, u64)>) -> Counts {
    let mut out = Counts::new();
    for (category, inner, count) in rows {
        *out.entry(category.name().to_owned()).or_default().entry(inner.to_owned()).or_default() += count;
    }
    out
}

/// Adds counts to counts.
pub(super) fn add(to: &mut Counts, from: &Counts) {
    for (category, rows) in from {
        for (inner, count) in rows {
            *to.entry(category.clone()).or_default().entry(inner.clone()).or_default() += count;
        }
    }
}

/// Codes with their counts as they are written.
pub(super) fn codes(of: &BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    of.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

/// The row of an item that was or will be written.
pub(super) fn row(
    item: u32,
    (output, renamed): (String, bool),
    outcome: &str,
    account: &Account,
    (input, edits): (Option<String>, Option<String>),
) -> ItemPlan {
    ItemPlan {
        item,
        output,
        renamed,
        outcome: outcome.to_owned(),
        code: None,
        input,
        edits,
        counts: counted(&account.edits),
        left: kept(&account.left),
        withheld_members: codes(&account.members),
        stale_members: account.stale,
        allowed_gaps: codes(&account.allowed),
    }
}
