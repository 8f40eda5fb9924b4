//! One personal datum in a field.

use super::category::Category;

/// Estimated probability, in thousandths, that a span is the datum its category names.
///
/// Thousandths and not a float: equal inputs give equal bytes on every machine, and verdicts can
/// be remembered by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u16);

impl Confidence {
    /// Below this nothing is written, 0.02.
    pub const WRITTEN: Confidence = Confidence(20);
    /// From here redaction acts, 0.1.
    pub const REDACTED: Confidence = Confidence(100);
    /// From here rules act unless they say otherwise, 0.5.
    pub const JUDGED: Confidence = Confidence(500);

    /// The most there is, 0.999: what the user says must be found.
    pub const MOST: Confidence = Confidence(999);

    /// From a probability; values outside 0.001..=0.999 are clamped, since nothing here is certain.
    pub fn new(probability: f64) -> Self {
        let thousandths = (probability * 1000.0 + 0.5).clamp(1.0, 999.5);
        // Clamped just above: the cast can neither wrap nor lose more than the rounding.
        Self(thousandths as u16)
    }

    /// The probability, 0 to 1.
    pub fn probability(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// The probability in thousandths.
    pub fn thousandths(self) -> u16 {
        self.0
    }
}

/// What kind of value a detection is, apart from its category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueClass {
    /// A value that may belong to a person.
    Real,
    /// Set aside by a standard so that it can belong to nobody (RFC 2606 names, private addresses).
    Reserved,
    /// A published test value (card schemes' test numbers).
    Test,
    /// Set aside for documentation (RFC 5737, RFC 3849, drama phone numbers).
    Documentation,
    /// Of the organisation that runs the helpdesk itself.
    Own,
}

impl ValueClass {
    /// Every class, in the order of counters.
    pub const ALL: [ValueClass; 5] = [Self::Real, Self::Reserved, Self::Test, Self::Documentation, Self::Own];

    /// Stable name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Reserved => "reserved",
            Self::Test => "test",
            Self::Documentation => "documentation",
            Self::Own => "own",
        }
    }
}

/// What became of the check digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckOutcome {
    /// The row has none.
    None,
    /// They are right.
    Passed,
}

/// Why a span is believed to be a datum: the detector's own words, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What became of the check digits.
    pub check: CheckOutcome,
    /// Whether a cue of the row stands near.
    pub cue: bool,
    /// Whether the span lies inside something that looks technical (UUID, hash, version …).
    pub shielded: bool,
    /// Whether the value is that of a person the archive itself names.
    pub known_person: bool,
    /// What each of these weighed.
    pub weights: Weights,
}

/// Steps in log-odds to the base 2 from the row's base rate, in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weights {
    /// Of the value's own form.
    pub form: i32,
    /// Of the nearest cue.
    pub cue: i32,
    /// Of the field's role.
    pub role: i32,
    /// Of technical surroundings.
    pub shield: i32,
}

/// Position of a detector in the loaded catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DetectorIndex(pub u16);

/// One personal datum found in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// What it is.
    pub category: Category,
    /// Which row found it.
    pub detector: DetectorIndex,
    /// Position of the field in its block.
    pub field: u32,
    /// First byte, in the block's text.
    pub start: u32,
    /// One past the last byte, in the block's text.
    pub end: u32,
    /// How likely it is the datum.
    pub confidence: Confidence,
    /// Real, reserved, test, documentation or own.
    pub value_class: ValueClass,
    /// Why it is believed.
    pub evidence: Evidence,
    /// Other categories that claim the same span with at least half the confidence.
    pub also: Vec<Category>,
    /// The bytes redaction edits, in the block's text: the span, and whatever was claimed with at least
    /// [`Confidence::REDACTED`] and lost to this detection because it overlaps it. A house number that is
    /// part of a longer address is gone with the address, and the rest of an address whose middle reads
    /// as a name is gone with the name.
    pub covers: (u32, u32),
}
