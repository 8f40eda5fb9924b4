//! `olvido/approvers/v1`: who may approve a purge, how many must, and how long everybody waits.

use serde::Deserialize;

use crate::problem::{Problem, read_yaml};
use crate::vault::{Digest, PublicKey};

const SCHEMA: &str = "olvido/approvers/v1";
/// Longest wait in days.
const LONGEST: u64 = 3660;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    #[serde(default)]
    approvals: Option<u64>,
    approvers: Vec<Row>,
    #[serde(default)]
    single_approver: Option<String>,
    #[serde(default)]
    cooling_off_days: Option<u64>,
    #[serde(default)]
    window_days: Option<u64>,
    #[serde(default)]
    backup_days: Option<u64>,
    #[serde(default)]
    max_share_percent: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    key: String,
}

/// Who may approve, how many must, and how long everybody waits.
pub struct Approvers {
    /// How many approvals a plan needs.
    pub needed: u64,
    people: Vec<(String, PublicKey)>,
    /// Why one person is enough; printed wherever a plan is.
    pub single: Option<String>,
    /// Days between the making of a plan and the first moment it may be carried out.
    pub cooling_off_days: u64,
    /// Days in which what was removed can be brought back.
    pub window_days: u64,
    /// Days for which backups of the archive are kept: a deletion is final behind them.
    pub backup_days: u64,
    /// Share of records, in percent, above which a plan needs its number said.
    pub max_share_percent: u64,
    /// Digest of the file.
    pub digest: String,
}

impl Approvers {
    /// Reads the file; `name` is how the user knows it.
    ///
    /// # Errors
    /// A [`Problem`] where nobody could approve, or fewer than four eyes would and no reason stands there.
    pub fn read(name: &str, text: &str) -> Result<Approvers, Problem> {
        let file: File = read_yaml("approvers-yaml", name, text)?;
        let wrong =
            |what: &str, advice: &str| Err(Problem::new("approvers", format!("{name}: {what}"), advice));
        if file.schema != SCHEMA {
            return wrong("this schema is not known", "write `schema: olvido/approvers/v1`");
        }
        let single = file.single_approver.map(|reason| reason.trim().to_owned());
        if single.as_deref() == Some("") {
            return wrong("`single_approver` gives no reason", "say why one person is enough");
        }
        let needed = file.approvals.unwrap_or(if single.is_some() { 1 } else { 2 });
        if needed == 0 {
            return wrong("nobody has to approve", "write `approvals: 2`");
        }
        if needed == 1 && single.is_none() {
            let advice =
                "write `approvals: 2`, or `single_approver:` with the reason, which is printed everywhere";
            return wrong("one approval is not four eyes", advice);
        }
        let mut people: Vec<(String, PublicKey)> = Vec::new();
        for row in &file.approvers {
            let Some(key) = PublicKey::parse_any(&row.key) else {
                return wrong("a key is no Ed25519 public key", "write the line of id_ed25519.pub");
            };
            let name = row.name.trim();
            let known = people.iter().any(|(other, other_key)| same_name(other, name) || *other_key == key);
            if name.is_empty() || known {
                return wrong("two approvers have one name or one key", "four eyes are two people");
            }
            people.push((name.to_owned(), key));
        }
        if needed > people.len() as u64 {
            return wrong("more approvals are asked for than there are approvers", "name more approvers");
        }
        let days = [file.cooling_off_days, file.window_days, file.backup_days];
        if days.into_iter().flatten().any(|days| days > LONGEST) {
            return wrong("a wait is longer than ten years", "write days");
        }
        if file.max_share_percent.is_some_and(|share| share > 100) {
            return wrong("`max_share_percent` is more than all", "write 0 to 100");
        }
        Ok(Approvers {
            needed,
            people,
            single,
            cooling_off_days: file.cooling_off_days.unwrap_or(7),
            window_days: file.window_days.unwrap_or(7),
            backup_days: file.backup_days.unwrap_or(0),
            max_share_percent: file.max_share_percent.unwrap_or(10),
            digest: Digest::of(text.as_bytes()).to_string(),
        })
    }

    /// Whose key this is.
    pub fn name_of(&self, key: &PublicKey) -> Option<&str> {
        self.people.iter().find(|(_, known)| known == key).map(|(name, _)| name.as_str())
    }
}

/// Whether two names are one person's, however they are written.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Approvers, Problem> {
        Approvers::read("approvers.yaml", text)
    }

    fn two() -> String {
        let keys = ["a1", "b2"].map(|byte| byte.repeat(32));
        format!(
            "schema: olvido/approvers/v1\napprovers:\n  - {{name: dpo, key: '{}'}}\n  - {{name: legal, key: '{}'}}\n",
            keys[0], keys[1]
        )
    }

    #[test]
    fn four_eyes_and_seven_days_are_the_rule() {
        let approvers = read(&two()).ok().unwrap();
        assert_eq!(
            (
                approvers.needed,
                approvers.cooling_off_days,
                approvers.window_days,
                approvers.max_share_percent
            ),
            (2, 7, 7, 10)
        );
        let key = PublicKey::parse(&"b2".repeat(32)).unwrap();
        assert_eq!(approvers.name_of(&key), Some("legal"));
    }

    #[test]
    fn what_would_not_be_four_eyes_is_refused() {
        for (from, to) in [
            ("approvers:", "approvals: 1\napprovers:"),
            ("approvers:", "approvals: 0\napprovers:"),
            ("approvers:", "approvals: 3\napprovers:"),
            ("approvers:", "approvals: 1\nsingle_approver: ' '\napprovers:"),
            ("name: legal", "name: ' DPO'"),
            ("b2b2", "zz"),
            ("approvers/v1", "approvers/v2"),
            ("approvers:", "window_days: 4000\napprovers:"),
            ("approvers:", "max_share: 10\napprovers:"),
        ] {
            assert!(read(&two().replacen(from, to, 1)).is_err(), "{to}");
        }
        assert!(read(&two().replace(&"b2".repeat(32), &"a1".repeat(32))).is_err());
        let single = two().replacen("approvers:", "single_approver: one-person office\napprovers:", 1);
        assert_eq!(read(&single).ok().unwrap().needed, 1);
    }
}
