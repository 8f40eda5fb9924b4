//! International telephone numbers (ITU-T E.164: country code and at most fifteen digits; E.123 for the
//! plus sign and the spaces).
//!
//! Lengths of national numbers are those the national plans filed with the ITU give; where a plan is not
//! known here its number may have 6 to 12 digits. The table is from the ITU's list of assigned codes.

use super::digits::{Digits, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Country code, least and most digits of a national number.
#[rustfmt::skip]
const PLANS: [(u16, u8, u8); 215] = [
    (1, 10, 10), (7, 10, 10), (20, 8, 10), (27, 9, 9), (30, 10, 10), (31, 9, 11), (32, 8, 9), (33, 9, 9),
    (34, 9, 9), (36, 8, 9), (39, 6, 11), (40, 9, 9), (41, 9, 12), (43, 6, 13), (44, 9, 10), (45, 8, 8),
    (46, 7, 10), (47, 8, 8), (48, 9, 9), (49, 6, 13), (51, 8, 9), (52, 10, 11), (53, 6, 8), (54, 10, 11),
    (55, 10, 11), (56, 9, 9), (57, 8, 10), (58, 10, 10), (60, 8, 10), (61, 8, 10), (62, 8, 12), (63, 8, 10),
    (64, 8, 10), (65, 8, 8), (66, 8, 9), (81, 9, 10), (82, 8, 11), (84, 9, 10), (86, 9, 11), (90, 10, 10),
    (91, 10, 10), (92, 9, 10), (93, 9, 9), (94, 9, 9), (95, 7, 10), (98, 10, 10), (211, 9, 9), (212, 9, 9),
    (213, 8, 9), (216, 8, 8), (218, 8, 9), (220, 7, 7), (221, 9, 9), (222, 8, 8), (223, 8, 8), (224, 8, 9),
    (225, 10, 10), (226, 8, 8), (227, 8, 8), (228, 8, 8), (229, 8, 10), (230, 7, 8), (231, 7, 9),
    (232, 8, 8), (233, 9, 9), (234, 8, 10), (235, 8, 8), (236, 8, 8), (237, 9, 9), (238, 7, 7), (239, 7, 7),
    (240, 9, 9), (241, 7, 8), (242, 9, 9), (243, 7, 9), (244, 9, 9), (245, 7, 9), (246, 7, 7), (247, 4, 6),
    (248, 7, 7), (249, 9, 9), (250, 9, 9), (251, 9, 9), (252, 7, 9), (253, 8, 8), (254, 9, 9), (255, 9, 9),
    (256, 9, 9), (257, 8, 8), (258, 8, 9), (260, 9, 9), (261, 9, 9), (262, 9, 9), (263, 7, 10),
    (264, 8, 10), (265, 7, 9), (266, 8, 8), (267, 7, 8), (268, 8, 8), (269, 7, 7), (290, 4, 5), (291, 7, 7),
    (297, 7, 7), (298, 6, 6), (299, 6, 6), (350, 8, 8), (351, 9, 9), (352, 6, 11), (353, 7, 10), (354, 7, 9),
    (355, 8, 9), (356, 8, 8), (357, 8, 8), (358, 6, 11), (359, 7, 9), (370, 8, 8), (371, 8, 8), (372, 7, 8),
    (373, 8, 8), (374, 8, 8), (375, 9, 9), (376, 6, 9), (377, 8, 9), (378, 6, 10), (380, 9, 9), (381, 8, 9),
    (382, 8, 8), (383, 8, 9), (385, 8, 9), (386, 8, 8), (387, 8, 8), (389, 8, 8), (420, 9, 9), (421, 9, 9),
    (423, 7, 9), (500, 5, 5), (501, 7, 7), (502, 8, 8), (503, 8, 8), (504, 8, 8), (505, 8, 8), (506, 8, 8),
    (507, 7, 8), (508, 6, 9), (509, 8, 8), (590, 9, 9), (591, 8, 8), (592, 7, 7), (593, 8, 9), (594, 9, 9),
    (595, 8, 9), (596, 9, 9), (597, 6, 7), (598, 8, 8), (599, 7, 8), (670, 7, 8), (672, 5, 6), (673, 7, 7),
    (674, 7, 7), (675, 7, 8), (676, 5, 7), (677, 5, 7), (678, 5, 7), (679, 7, 7), (680, 7, 7), (681, 6, 6),
    (682, 5, 5), (683, 4, 7), (685, 5, 7), (686, 5, 8), (687, 6, 6), (688, 5, 7), (689, 8, 8), (690, 4, 7),
    (691, 7, 7), (692, 7, 7), (800, 8, 8), (808, 8, 8), (850, 6, 10), (852, 8, 8), (853, 8, 8), (855, 8, 9),
    (856, 8, 10), (870, 9, 9), (878, 12, 12), (880, 8, 10), (881, 8, 9), (882, 7, 12), (883, 7, 12),
    (886, 8, 10), (888, 11, 11), (960, 7, 7), (961, 7, 8), (962, 8, 9), (963, 8, 9), (964, 8, 10),
    (965, 8, 8), (966, 9, 9), (967, 7, 9), (968, 8, 8), (970, 8, 9), (971, 8, 9), (972, 8, 9), (973, 8, 8),
    (974, 8, 8), (975, 7, 8), (976, 8, 8), (977, 8, 10), (979, 9, 9), (992, 9, 9), (993, 8, 8), (994, 9, 9),
    (995, 9, 9), (996, 9, 9), (998, 9, 9),
];

/// Numbers set aside for fiction: Ofcom (GB), ARCEP (FR), Bundesnetzagentur (DE), ACMA (AU), ComReg (IE),
/// PTS (SE). Country code and national number begin with these digits.
#[rustfmt::skip]
const DRAMA: [&str; 37] = [
    "441632960", "442079460", "447700900", "441214960", "441134960", "441174960", "441914980", "441614960",
    "441314960", "441414960", "442890180", "442920180", "448081570", "449098790", "443069990", "441144960",
    "33199000", "33261910", "33353010", "33465710", "33536490", "3363998", "493023125", "496990009",
    "494066969", "492214710", "498999998", "4917139200", "61491570", "61255501", "61355501", "61755501",
    "61855501", "35320915", "46313900", "46406280", "46846500",
];

/// Splits digits after the plus sign into country code and national number where the plan allows the
/// length; the national number without a trunk zero.
pub fn significant(digits: &[u8]) -> Option<(u16, &[u8])> {
    let (code, rest) = country(digits)?;
    let (_, least, most) = *PLANS.iter().find(|(known, _, _)| *known == code)?;
    let fits = |national: &[u8]| (usize::from(least)..=usize::from(most)).contains(&national.len());
    // Italy and San Marino keep the zero; elsewhere it is a trunk prefix written by mistake: +44 (0)20.
    let trunk = rest.first() == Some(&0) && !matches!(code, 39 | 378 | 225 | 241 | 242);
    let national = if trunk { rest.get(1..)? } else { rest };
    (fits(national) && national.first() != Some(&0) || !trunk && fits(national) && code == 39)
        .then_some((code, national))
        .or_else(|| (!trunk && fits(national)).then_some((code, national)))
}

fn country(digits: &[u8]) -> Option<(u16, &[u8])> {
    (1..=3).find_map(|len| {
        let (head, rest) = digits.split_at_checked(len)?;
        let code = head.iter().fold(0_u16, |code, digit| code * 10 + u16::from(*digit));
        (head.first() != Some(&0) && PLANS.iter().any(|(known, _, _)| *known == code)).then_some((code, rest))
    })
}

/// The ways one number is written, as digits: with country code, and national without trunk zeros.
pub fn national_forms(digits: &[u8], plus: bool) -> Vec<Vec<u8>> {
    let bare: &[u8] = match digits {
        [0, 0, rest @ ..] => rest,
        all => all,
    };
    if plus || digits.starts_with(&[0, 0]) {
        if let Some((code, national)) = significant(bare) {
            let mut full: Vec<u8> = code.to_string().bytes().map(|c| c - b'0').collect();
            full.extend_from_slice(national);
            return vec![full, national.to_vec()];
        }
        return vec![bare.to_vec()];
    }
    let zeros = bare.iter().take_while(|digit| **digit == 0).count();
    vec![bare.get(zeros..).unwrap_or(&[]).to_vec()]
}

/// The longest beginning of the match, ending where a group ends, whose length its country allows.
pub(super) fn international(probe: &Probe<'_>) -> Option<Found> {
    let plus = probe.matched().first() == Some(&b'+');
    let mut matched = probe.matched();
    loop {
        if let Some(found) = number(matched, plus, probe) {
            return Some(found);
        }
        let last = matched.iter().rposition(u8::is_ascii_digit)?;
        let cut = matched.get(..last)?.iter().rposition(|byte| !byte.is_ascii_digit())?;
        let end = matched.get(..cut)?.iter().rposition(u8::is_ascii_digit)? + 1;
        matched = matched.get(..end)?;
    }
}

fn number(matched: &[u8], plus: bool, probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(matched);
    let all = digits.as_slice();
    let bare = if plus { all } else { all.get(2..)? };
    let (code, national) = significant(bare)?;
    let total = bare.len();
    if total > 16 || uniform(national) {
        return None;
    }
    let grouped = digits.groups > 1;
    let bits = match (plus, grouped) {
        (true, true) => 1,
        (true, false) => 0,
        (false, true) => -3,
        (false, false) => -4,
    };
    // A decimal fraction or a date behind a plus sign has one point or dash only.
    let pointed = matched.contains(&b'.') && digits.groups == 2;
    // `(+34) 612 …`: the parenthesis that closes inside opens right before.
    let opened = probe.before() == Some(b'(') && matched.contains(&b')') && !matched.contains(&b'(');
    let start = if opened { probe.start - 1 } else { probe.start };
    let found = Found { start, end: probe.start + matched.len(), ..Found::formed(probe) };
    Some(found.of_class(class(code, national)).step(if pointed { bits - 3 } else { bits }))
}

fn class(code: u16, national: &[u8]) -> ValueClass {
    let mut full: Vec<u8> = code.to_string().into_bytes();
    full.extend(national.iter().map(|digit| digit + b'0'));
    let drama = DRAMA.iter().any(|start| full.starts_with(start.as_bytes()));
    // 555-0100 to 555-0199 in every area of the North American plan (ATIS-0300115).
    let fictional = code == 1 && national.get(3..8) == Some(&[5, 5, 5, 0, 1]);
    if drama || fictional { ValueClass::Documentation } else { ValueClass::Real }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    fn end_of(text: &str) -> Option<usize> {
        whole(text, international).map(|found| found.end)
    }

    #[test]
    fn plans_are_sorted_and_unambiguous() {
        assert!(PLANS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, least, most) in PLANS {
            assert!(least <= most, "{code}");
            let text = code.to_string();
            for len in 1..text.len() {
                let head: u16 = text[..len].parse().unwrap();
                assert!(!PLANS.iter().any(|(known, _, _)| *known == head), "{head} begins {code}");
            }
        }
    }

    #[test]
    fn forms_people_write() {
        for text in [
            "+34 612 345 678",
            "+34612345678",
            "0034 612 345 678",
            "+44 (0)20 7123 4567",
            "+49 30 1234567",
            "+49 (0) 30 / 123 45 67",
            "+1-202-456-1414",
            "+33.6.12.34.56.78",
            "+39 06 698 12345",
            "00 34 612 345 678",
            "+351 912 345 678",
            "+359 2 123 456",
            "+263 13 12345",
            "+243 12 34567",
            "+886 70 1234 5678",
        ] {
            assert_eq!(end_of(text), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn what_follows_is_left_off_and_wrong_lengths_are_none() {
        assert_eq!(end_of("+34 612 345 678 12 34"), Some("+34 612 345 678".len()));
        for text in ["+34 612 345", "+999 123 456 789", "+0 123 456 789", "0012 3456"] {
            assert_eq!(end_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_parenthesis_belongs_to_the_number_on_both_sides() {
        let text = b"tel (+34) 612 345 678";
        assert_eq!(international(&Probe { field: text, start: 5, end: 21 }).unwrap().start, 4);
        let text = b"tel (+34 612 345 678)";
        assert_eq!(international(&Probe { field: text, start: 5, end: 20 }).unwrap().start, 5);
    }

    #[test]
    fn numbers_of_fiction() {
        for text in ["+1 212 555 0147", "+44 7700 900123", "+33 6 39 98 12 34", "+44 (0)20 7946 0018"] {
            assert_eq!(
                whole(text, international).map(|f| f.class),
                Some(ValueClass::Documentation),
                "{text}"
            );
        }
    }

    #[test]
    fn one_number_has_few_forms() {
        let d = |text: &str| text.bytes().map(|c| c - b'0').collect::<Vec<u8>>();
        assert_eq!(national_forms(&d("34612345678"), true), [d("34612345678"), d("612345678")]);
        assert_eq!(national_forms(&d("0034612345678"), false), [d("34612345678"), d("612345678")]);
        assert_eq!(national_forms(&d("02071234567"), false), [d("2071234567")]);
    }
}
