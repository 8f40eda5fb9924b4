//! From evidence to an estimated probability.
//!
//! Steps are whole bits in log-odds: one bit doubles the odds. Powers of two multiply without
//! rounding, so equal evidence gives equal thousandths on every machine.

use crate::records::Confidence;

/// The largest sum of steps in either direction, in bits.
const BOUND: i32 = 12;

/// The odds of a row's base rate, moved by evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Odds {
    base: f64,
    bits: i32,
}

impl Odds {
    /// Begins with the base rate of a row: the share of its checked matches without a cue that are
    /// the datum, between 0 and 1.
    pub fn of_rate(rate: f64) -> Odds {
        let rate = rate.clamp(0.001, 0.999);
        Odds { base: rate / (1.0 - rate), bits: 0 }
    }

    /// Adds evidence, in bits: positive for, negative against.
    #[must_use]
    pub fn step(self, bits: i32) -> Odds {
        Odds { bits: (self.bits + bits).clamp(-BOUND, BOUND), ..self }
    }

    /// The probability.
    pub fn confidence(self) -> Confidence {
        let odds = self.base * power_of_two(self.bits);
        Confidence::new(odds / (1.0 + odds))
    }
}

/// A power of two as its bits: the exponent's alone.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits((1023 + i64::from(exponent)).cast_unsigned() << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_doubles_the_odds() {
        assert_eq!(Odds::of_rate(0.5).confidence().thousandths(), 500);
        assert_eq!(Odds::of_rate(0.5).step(1).confidence().thousandths(), 667);
        assert_eq!(Odds::of_rate(0.5).step(-1).confidence().thousandths(), 333);
        assert_eq!(Odds::of_rate(0.04).step(6).confidence().thousandths(), 727);
    }

    #[test]
    fn powers_are_those_of_two() {
        assert!((-BOUND..=BOUND).all(|bits| power_of_two(bits) == 2_f64.powi(bits)));
    }

    #[test]
    fn evidence_is_bounded() {
        let most = Odds::of_rate(0.02).step(40).step(40).confidence();
        assert_eq!(most, Odds::of_rate(0.02).step(12).confidence());
        assert!(most.probability() < 1.0);
    }
}
