//! The shapes of an export's own ids: numbers that look like somebody's and are a record's.

use std::collections::BTreeMap;

use crate::detectors::IdRange;
use crate::records::Text;

/// Fewer ids of one length show no range.
const LEAST: u64 = 50;

/// Ids met, by their number of digits: how many, the least, the greatest.
#[derive(Default)]
pub(crate) struct IdShapes(BTreeMap<u8, (u64, u64, u64)>);

impl IdShapes {
    /// Takes an id; only numbers that some national number could be are of interest.
    pub(crate) fn take(&mut self, id: &Text) {
        let text = id.expose();
        if !(7..=16).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        let (Ok(value), Ok(digits)) = (text.parse::<u64>(), u8::try_from(text.len())) else { return };
        self.widen(digits, (1, value, value));
    }

    /// Takes what another part of the archive has.
    pub(crate) fn add(&mut self, other: IdShapes) {
        for (digits, met) in other.0 {
            self.widen(digits, met);
        }
    }

    fn widen(&mut self, digits: u8, (count, least, most): (u64, u64, u64)) {
        let met = self.0.entry(digits).or_insert((0, u64::MAX, 0));
        *met = (met.0 + count, met.1.min(least), met.2.max(most));
    }

    /// The ranges narrow enough to say something: less than a tenth of the numbers of their length.
    pub(crate) fn ranges(&self) -> Vec<IdRange> {
        let narrow = |digits: u8, least: u64, most: u64| most - least < 10u64.pow(u32::from(digits) - 1);
        self.0
            .iter()
            .filter(|(digits, (count, least, most))| *count >= LEAST && narrow(**digits, *least, *most))
            .map(|(digits, (_, least, most))| IdRange { digits: *digits, least: *least, most: *most })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ids_close_together_are_a_range() {
        let mut shapes = IdShapes::default();
        for at in 0..60u64 {
            shapes.take(&Text::new(format!("{}", 360_041_200_000 + at * 97)));
            shapes.take(&Text::new(format!("{}", 100_000_000 + at * 14_000_000)));
            shapes.take(&Text::new("x1234567"));
        }
        for _ in 0..40 {
            shapes.take(&Text::new("12345678"));
        }
        let wanted = IdRange { digits: 12, least: 360_041_200_000, most: 360_041_205_723 };
        assert_eq!(shapes.ranges(), [wanted]);
    }
}
