//! Passwords a run was given to try, and how far it tries them.

use zeroize::Zeroizing;

/// Passwords to try on what is encrypted. They have no `Display` and no `Serialize`, and `Debug` counts them.
#[derive(Default)]
pub struct Passwords {
    words: Vec<Zeroizing<String>>,
}

impl Passwords {
    /// Passwords of one run.
    pub const MOST: usize = 1000;
    /// Bytes of one.
    pub const LONGEST: usize = 1024;

    /// The passwords, in the order in which they are tried.
    pub fn new(words: Vec<Zeroizing<String>>) -> Self {
        Self { words }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.as_str())
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passwords", self.len())
    }
}

/// What came of trying passwords on something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trial<'p> {
    /// This one opens it.
    Opened(&'p str),
    /// None that was tried does.
    Closed(Tried),
}

/// How far passwords were tried in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How many were tried.
    pub tried: usize,
    /// How many there are.
    pub of: usize,
}

/// The tries of one file. Making a key of a password takes long on purpose, and the file says how long: what
/// may be spent on one file is bounded, whatever it says.
pub struct Tries<'p> {
    passwords: &'p Passwords,
    rounds: u64,
    last: Option<&'p str>,
}

impl<'p> Tries<'p> {
    /// Rounds of a digest that failed tries on one file may take together: 128 passwords for a 7z archive, 670
    /// for a document of Office, as they are usually made.
    pub const ROUNDS: u64 = 1 << 26;

    /// All tries of a file.
    pub fn new(passwords: &'p Passwords) -> Self {
        Self { passwords, rounds: Self::ROUNDS, last: None }
    }

    /// The first password that opens something, the one that opened the thing before at first. A failed try
    /// takes so many `rounds`.
    pub fn find(&mut self, rounds: u64, mut opens: impl FnMut(&str) -> bool) -> Trial<'p> {
        let of = self.passwords.len();
        if let Some(last) = self.last.filter(|last| opens(last)) {
            return Trial::Opened(last);
        }
        let mut tried = 0;
        for word in self.passwords.iter() {
            if self.last != Some(word) {
                let Some(left) = self.rounds.checked_sub(rounds.max(1)) else { break };
                if opens(word) {
                    self.last = Some(word);
                    return Trial::Opened(word);
                }
                self.rounds = left;
            }
            tried += 1;
        }
        Trial::Closed(Tried { tried, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(words: &[&str]) -> Passwords {
        Passwords::new(words.iter().map(|word| Zeroizing::new((*word).to_owned())).collect())
    }

    #[test]
    fn the_one_that_opened_the_thing_before_comes_first() {
        let all = passwords(&["one", "two", "three"]);
        let mut tries = Tries::new(&all);
        let mut asked = Vec::new();
        let mut open = |right: &str, asked: &mut Vec<String>| {
            let trial = tries.find(1, |word| {
                asked.push(word.to_owned());
                word == right
            });
            matches!(trial, Trial::Opened(word) if word == right)
        };
        assert!(open("two", &mut asked) && open("two", &mut asked) && open("three", &mut asked));
        assert_eq!(asked, ["one", "two", "two", "two", "one", "three"]);
        assert!(!open("none", &mut asked));
    }

    #[test]
    fn the_bound_cuts_the_list_and_is_told() {
        let all = passwords(&["one", "two", "three"]);
        let mut tries = Tries::new(&all);
        let cut = tries.find(Tries::ROUNDS / 2, |_| false);
        assert!(cut == Trial::Closed(Tried { tried: 2, of: 3 }));
        assert!(tries.find(1, |_| true) == Trial::Closed(Tried { tried: 0, of: 3 }), "all is spent");
        let huge = Tries::new(&all).find(u64::MAX, |_| true);
        assert!(huge == Trial::Closed(Tried { tried: 0, of: 3 }));
    }

    #[test]
    fn debug_shows_none() {
        assert_eq!(format!("{:?}", passwords(&["made-up", "other"])), "2 passwords");
    }
}
