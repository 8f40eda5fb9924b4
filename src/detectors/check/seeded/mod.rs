//! Valid values from a seed: for tests, benches and examples, never from real data.

#[cfg(test)]
mod by_cue;
pub mod east;
pub mod west;

use super::{card, germany, iban, italy, spain};

/// Makes values of one category in one written form.
pub struct Generator {
    /// The category's name.
    pub category: &'static str,
    /// A cue of its row.
    pub cue: &'static str,
    /// The value of a seed.
    pub make: fn(u64) -> String,
}

/// Every generator of national numbers.
pub fn generators() -> impl Iterator<Item = &'static Generator> {
    west::GENERATORS.iter().chain(east::GENERATORS)
}

/// The national numbers whose schemes have no check digits: a cue alone says what they are.
const UNCHECKED: [&str; 3] = ["gb-nino", "mt-id", "us-ssn"];

/// The categories whose values are proved by check digits.
pub fn checked() -> impl Iterator<Item = &'static str> {
    let numbers = generators().map(|generator| generator.category);
    numbers.filter(|category| !UNCHECKED.contains(category)).chain(["iban", "payment-card"])
}

/// A small deterministic sequence (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Seeded {
        Seeded(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits().checked_rem(bound).unwrap_or(0)
    }

    /// A decimal digit.
    pub fn digit(&mut self) -> u8 {
        u8::try_from(self.below(10)).unwrap_or(0)
    }

    /// One of these bytes.
    pub fn byte(&mut self, of: &[u8]) -> u8 {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        of.get(at).copied().unwrap_or(b'0')
    }

    /// One of these texts.
    pub fn of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(texts.len() as u64)).unwrap_or(0);
        texts.get(at).copied().unwrap_or("")
    }

    /// Decimal digits as text.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.digit())).collect()
    }
}

fn text(values: &[u8]) -> String {
    values.iter().map(|value| char::from(b'0' + value)).collect()
}

fn letter(number: u64) -> char {
    let at = usize::try_from(number % 23).unwrap_or(0);
    char::from(spain::LETTERS.get(at).copied().unwrap_or(b'T'))
}

/// A Spanish DNI.
pub fn es_dni(seed: u64) -> String {
    let number = 10_000_000 + Seeded::new(seed).below(89_999_999);
    format!("{number}{}", letter(number))
}

/// A Spanish NIE.
pub fn es_nie(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (prefix, number) = (seeded.below(3), seeded.below(10_000_000));
    let first = ["X", "Y", "Z"].get(usize::try_from(prefix).unwrap_or(0)).copied().unwrap_or("X");
    format!("{first}{number:07}{}", letter(prefix * 10_000_000 + number))
}

/// A French NIR with its key, from the mainland.
pub fn fr_nir(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let department = 1 + seeded.below(94);
    let body = format!(
        "{}{:02}{:02}{department:02}{:03}{:03}",
        1 + seeded.below(2),
        seeded.below(100),
        1 + seeded.below(12),
        1 + seeded.below(899),
        1 + seeded.below(999)
    );
    let number: u64 = body.parse().unwrap_or(0);
    format!("{body}{:02}", 97 - number % 97)
}

/// A French NIR with its key, from Corsica.
pub fn fr_nir_corsica(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (letter, digit) = if seeded.below(2) == 0 { ("2A", "19") } else { ("2B", "18") };
    let head = format!("{}{:02}{:02}", 1 + seeded.below(2), seeded.below(100), 1 + seeded.below(12));
    let tail = format!("{:03}{:03}", 1 + seeded.below(300), 1 + seeded.below(999));
    let number: u64 = format!("{head}{digit}{tail}").parse().unwrap_or(0);
    format!("{head}{letter}{tail}{:02}", 97 - number % 97)
}

/// A German Steuer-ID.
pub fn de_steuer_id(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let mut pool: Vec<u8> = (0..10).collect();
    // One digit gives way to a second copy of another; then all are shuffled.
    let gone = usize::try_from(seeded.below(10)).unwrap_or(0);
    let twin = (gone + 1 + usize::try_from(seeded.below(9)).unwrap_or(0)) % 10;
    let copy = pool.get(twin).copied().unwrap_or(1);
    if let Some(slot) = pool.get_mut(gone) {
        *slot = copy;
    }
    for at in (1..10).rev() {
        pool.swap(at, usize::try_from(seeded.below(at as u64 + 1)).unwrap_or(0));
    }
    if pool.first() == Some(&0) {
        let other = pool.iter().position(|digit| *digit != 0).unwrap_or(1);
        pool.swap(0, other);
    }
    let check = germany::mod_11_10(&pool);
    pool.push(check);
    text(&pool)
}

/// An Italian codice fiscale.
pub fn it_codice_fiscale(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let mut code: Vec<u8> = (0..6).map(|_| seeded.byte(b"BCDFGLMNPRSTV")).collect();
    code.extend(format!("{:02}", seeded.below(100)).bytes());
    code.push(seeded.byte(b"ABCDEHLMPRST"));
    let day = 1 + seeded.below(28) + 40 * seeded.below(2);
    code.extend(format!("{day:02}").bytes());
    code.push(seeded.byte(b"ABCDEFGHIL"));
    code.extend(seeded.digits(3).bytes());
    let check = italy::check_character(&code);
    code.push(check);
    code.into_iter().map(char::from).collect()
}

/// A Dutch BSN.
pub fn nl_bsn(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    loop {
        let mut value = vec![1 + seeded.digit() % 9];
        value.extend((0..7).map(|_| seeded.digit()));
        let sum: u32 = value.iter().zip((2..=9).rev()).map(|(d, w)| u32::from(*d) * w).sum();
        if let Ok(last @ 0..=9) = u8::try_from(sum % 11) {
            value.push(last);
            return text(&value);
        }
    }
}

/// A Polish PESEL of someone born between 1900 and 2099.
pub fn pl_pesel(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let month = 1 + seeded.below(12) + 20 * seeded.below(2);
    let body =
        format!("{:02}{month:02}{:02}{:04}", seeded.below(100), 1 + seeded.below(28), seeded.below(10_000));
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
    let sum: u32 = body.bytes().zip(weights).map(|(c, w)| u32::from(c - b'0') * w).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A payment card of 15 or 16 digits.
pub fn payment_card(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (prefix, length) = match seeded.below(6) {
        0 => (format!("4{}", seeded.digits(5)), 16),
        1 => (format!("5{}{}", 1 + seeded.below(5), seeded.digits(4)), 16),
        2 => (format!("{}{}", 2221 + seeded.below(500), seeded.digits(2)), 16),
        3 => (format!("37{}", seeded.digits(4)), 15),
        4 => (format!("6011{}", seeded.digits(2)), 16),
        _ => (format!("35{}{}", 30 + seeded.below(50), seeded.digits(2)), 16),
    };
    let mut value: Vec<u8> = prefix.bytes().map(|c| c - b'0').collect();
    while value.len() < length - 1 {
        value.push(seeded.digit());
    }
    value.push(0);
    for check in 0..10 {
        if let Some(last) = value.last_mut() {
            *last = check;
        }
        if card::luhn(&value) {
            break;
        }
    }
    text(&value)
}

/// An IBAN of any country of the registry.
pub fn iban(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let count = iban::countries().count() as u64;
    let at = usize::try_from(seeded.below(count)).unwrap_or(0);
    let (country, runs) = iban::countries().nth(at).unwrap_or((b"ES", "20n"));
    iban_of(*country, runs, &mut seeded)
}

/// A Spanish IBAN.
pub fn es_iban(seed: u64) -> String {
    iban_of(*b"ES", "20n", &mut Seeded::new(seed))
}

fn iban_of(country: [u8; 2], runs: &str, seeded: &mut Seeded) -> String {
    let mut plain = vec![country[0], country[1], b'0', b'0'];
    for kind in iban::kinds(runs) {
        plain.push(match kind {
            b'n' => b'0' + seeded.digit(),
            b'a' => seeded.byte(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            _ => seeded.byte(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        });
    }
    let check = 98 - iban::remainder(&plain);
    let body: String = plain.iter().skip(4).copied().map(char::from).collect();
    format!("{}{}{check:02}{body}", char::from(country[0]), char::from(country[1]))
}

/// Compares a check with a second implementation on 1,000 valid values and 1,000 mutations of one digit.
///
/// # Panics
/// Where they differ, or where a valid value is refused.
#[cfg(test)]
pub(super) fn agree(
    check: for<'a> fn(&super::Probe<'a>) -> Option<super::Found>,
    second: impl Fn(&str) -> bool,
    generate: impl Fn(u64) -> String,
) {
    let validated = |text: &str| super::whole(text, check).is_some_and(|found| found.validated);
    let mut refused = 0;
    for seed in 0..1_000 {
        let value = generate(seed);
        assert!(validated(&value), "seed {seed}: valid value refused: {value}");
        assert!(second(&value), "seed {seed}: the second implementation refuses {value}");
        let mut mutated = value.clone().into_bytes();
        let mut seeded = Seeded::new(seed);
        let digits: Vec<usize> = (0..mutated.len()).filter(|at| mutated[*at].is_ascii_digit()).collect();
        let at = digits[seeded.below(digits.len() as u64) as usize];
        mutated[at] = b'0' + (mutated[at] - b'0' + 1 + seeded.below(9) as u8) % 10;
        let mutated = String::from_utf8(mutated).unwrap();
        assert_eq!(validated(&mutated), second(&mutated), "seed {seed}: {mutated}");
        refused += usize::from(!validated(&mutated));
    }
    assert!(refused > 900, "only {refused} of 1000 mutations were refused");
}
