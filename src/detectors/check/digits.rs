//! Digits of a matched span without what stands between them.
#![allow(clippy::indexing_slicing)] // `len` never exceeds `MAX`, the length of the array.

const MAX: usize = 40;

/// The values of the ASCII digits of a span, 0 to 9.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    values: [u8; MAX],
    len: usize,
    /// How many runs of digits there were.
    pub(super) groups: usize,
}

impl Digits {
    /// The digits of a span; none past the fortieth.
    pub(super) fn of(bytes: &[u8]) -> Digits {
        let mut out = Digits { values: [0; MAX], len: 0, groups: 0 };
        let mut inside = false;
        for byte in bytes {
            if byte.is_ascii_digit() {
                if out.len < MAX {
                    out.values[out.len] = byte - b'0';
                    out.len += 1;
                }
                out.groups += usize::from(!inside);
                inside = true;
            } else {
                inside = false;
            }
        }
        out
    }

    /// The digits.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.values[..self.len]
    }

    /// The digits where there are exactly `N`.
    pub(super) fn exactly<const N: usize>(&self) -> Option<[u8; N]> {
        self.as_slice().try_into().ok()
    }
}

/// Decimal digits as a number; the caller bounds how many.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(*digit)))
}

/// The sum of digits times weights.
pub(super) fn weighted(digits: &[u8], weights: &[u8]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * u32::from(*weight)).sum()
}

/// Whether all digits are the same.
pub(super) fn uniform(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

/// Whether the day exists.
pub(super) fn is_date(year: i16, month: u8, day: u8) -> bool {
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    jiff::civil::Date::new(year, month, day).is_ok()
}
