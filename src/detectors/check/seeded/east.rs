//! Valid national numbers of the north, the east and others from a seed.

use super::super::{card, cyprus, finland, germany};
use super::{Generator, Seeded};

/// One row for each written form of each number.
pub static GENERATORS: &[Generator] = &[
    Generator { category: "se-personnummer", cue: "personnummer", make: se_personnummer },
    Generator { category: "se-personnummer", cue: "Mitt personnr är", make: se_personnummer_bare },
    Generator { category: "se-personnummer", cue: "pers.nr:", make: se_personnummer_12 },
    Generator { category: "se-personnummer", cue: "samordningsnummer", make: se_samordningsnummer },
    Generator { category: "dk-cpr", cue: "CPR-nr.", make: dk_cpr },
    Generator { category: "dk-cpr", cue: "mit cpr nummer er", make: dk_cpr_bare },
    Generator { category: "dk-cpr", cue: "cpr:", make: dk_cpr_without_modulus },
    Generator { category: "no-fnr", cue: "fødselsnummer", make: no_fnr },
    Generator { category: "no-fnr", cue: "fnr.", make: no_fnr_spaced },
    Generator { category: "no-fnr", cue: "D-nummer", make: no_dnr },
    Generator { category: "fi-hetu", cue: "henkilötunnus", make: fi_hetu },
    Generator { category: "is-kennitala", cue: "kt.", make: is_kennitala },
    Generator { category: "is-kennitala", cue: "kennitala", make: is_kennitala_bare },
    Generator { category: "ee-ik", cue: "isikukood", make: ee_ik },
    Generator { category: "lt-asmens", cue: "asmens kodas", make: lt_asmens },
    Generator { category: "lv-pk", cue: "personas kods", make: lv_pk },
    Generator { category: "lv-pk", cue: "pers. kods", make: lv_pk_bare },
    Generator { category: "lv-pk", cue: "p.k.", make: lv_pk_new },
    Generator { category: "gr-amka", cue: "ΑΜΚΑ", make: gr_amka },
    Generator { category: "gr-afm", cue: "ΑΦΜ", make: gr_afm },
    Generator { category: "gr-afm", cue: "ΑΦΜ", make: gr_afm_vat },
    Generator { category: "bg-egn", cue: "ЕГН", make: bg_egn },
    Generator { category: "bg-lnch", cue: "ЛНЧ", make: bg_lnch },
    Generator { category: "ro-cnp", cue: "CNP", make: ro_cnp },
    Generator { category: "hr-oib", cue: "OIB", make: hr_oib },
    Generator { category: "hr-oib", cue: "OIB", make: hr_oib_vat },
    Generator { category: "si-emso", cue: "EMŠO", make: si_emso },
    Generator { category: "si-emso", cue: "JMBG", make: si_jmbg },
    Generator { category: "cz-rc", cue: "rodné číslo", make: cz_rc },
    Generator { category: "cz-rc", cue: "české rodné číslo", make: cz_rc_bare },
    Generator { category: "cz-rc", cue: "r. č.", make: cz_rc_old },
    Generator { category: "sk-rc", cue: "slovenské rodné číslo", make: sk_rc },
    Generator { category: "sk-rc", cue: "slovenské rodné číslo", make: sk_rc_bare },
    Generator { category: "cy-tin", cue: "ΑΦΤ", make: cy_tin },
    Generator { category: "cy-tin", cue: "Cyprus TIN", make: cy_tin_vat },
    Generator { category: "hu-taj", cue: "TAJ-szám", make: hu_taj },
    Generator { category: "hu-taj", cue: "TAJ szám:", make: hu_taj_spaced },
    Generator { category: "hu-tax-id", cue: "adóazonosító jel", make: hu_tax_id },
    Generator { category: "tr-tckimlik", cue: "TC kimlik no", make: tr_tckimlik },
    Generator { category: "us-ssn", cue: "SSN", make: us_ssn },
    Generator { category: "us-ssn", cue: "social security number", make: us_ssn_bare },
];

/// The sum of digits times weights.
fn sum(body: &str, weights: &[u32]) -> u32 {
    body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum()
}

fn values(body: &str) -> Vec<u8> {
    body.bytes().map(|digit| digit - b'0').collect()
}

/// Year in two digits, month, day.
fn birth(seeded: &mut Seeded) -> (u64, u64, u64) {
    (seeded.below(100), 1 + seeded.below(12), 1 + seeded.below(28))
}

fn day_month_year(seeded: &mut Seeded) -> String {
    let (year, month, day) = birth(seeded);
    format!("{day:02}{month:02}{year:02}")
}

/// The first of the bodies that has a check digit, with it.
fn first(mut body: impl FnMut() -> String, check: impl Fn(&str) -> Option<String>) -> String {
    loop {
        let body = body();
        if let Some(check) = check(&body) {
            return format!("{body}{check}");
        }
    }
}

/// The body with its Luhn digit.
fn luhn(body: &str) -> String {
    (0..10).map(|check| format!("{body}{check}")).find(|all| card::luhn(&values(all))).unwrap_or_default()
}

/// The digits with a text after the first `at`.
fn part(all: &str, at: usize, sign: &str) -> String {
    let (head, tail) = all.split_at_checked(at).unwrap_or((all, ""));
    format!("{head}{sign}{tail}")
}

fn se(seed: u64, day_added: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = birth(&mut seeded);
    luhn(&format!("{year:02}{month:02}{:02}{:03}", day + day_added, 1 + seeded.below(999)))
}

/// A Swedish personnummer with a dash.
pub fn se_personnummer(seed: u64) -> String {
    part(&se(seed, 0), 6, "-")
}

/// A Swedish personnummer of ten digits.
pub fn se_personnummer_bare(seed: u64) -> String {
    se(seed, 0)
}

/// A Swedish personnummer of twelve digits with a dash.
pub fn se_personnummer_12(seed: u64) -> String {
    format!("{}{}", 19 + seed % 2, se_personnummer(seed))
}

/// A Swedish samordningsnummer.
pub fn se_samordningsnummer(seed: u64) -> String {
    part(&se(seed, 60), 6, "-")
}

/// A Danish CPR-nummer with its modulus and a dash.
pub fn dk_cpr(seed: u64) -> String {
    part(&dk_cpr_bare(seed), 6, "-")
}

/// A Danish CPR-nummer with its modulus.
pub fn dk_cpr_bare(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    first(
        || format!("{}{:03}", day_month_year(&mut seeded), seeded.below(1_000)),
        |body| match 11 - sum(body, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
            11 => Some("0".to_owned()),
            10 => None,
            check => Some(check.to_string()),
        },
    )
}

/// A Danish CPR-nummer of 1 January that fails the modulus.
pub fn dk_cpr_without_modulus(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    loop {
        let all = format!("0101{:02}{:04}", 60 + seeded.below(36), seeded.below(4_000));
        if !sum(&all, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11) {
            return part(&all, 6, "-");
        }
    }
}

/// A Norwegian number; what is added to day and month says of which kind.
fn no(seed: u64, day_added: u64, month_added: u64) -> String {
    let mut seeded = Seeded::new(seed);
    first(
        || {
            let (year, month, day) = birth(&mut seeded);
            let series = if year < 40 && seeded.below(2) == 0 { 500 } else { 0 } + seeded.below(500);
            format!("{:02}{:02}{year:02}{series:03}", day + day_added, month + month_added)
        },
        norwegian_check,
    )
}

fn norwegian_check(body: &str) -> Option<String> {
    let one = (11 - sum(body, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
    let two = (11 - (sum(body, &[5, 4, 3, 2, 7, 6, 5, 4, 3]) + 2 * one) % 11) % 11;
    (one < 10 && two < 10).then(|| format!("{one}{two}"))
}

/// A Norwegian fødselsnummer.
pub fn no_fnr(seed: u64) -> String {
    no(seed, 0, 0)
}

/// A Norwegian fødselsnummer with a space.
pub fn no_fnr_spaced(seed: u64) -> String {
    part(&no(seed, 0, 0), 6, " ")
}

/// A Norwegian D-number.
pub fn no_dnr(seed: u64) -> String {
    no(seed, 40, 0)
}

/// A Norwegian H-number.
pub fn no_hnr(seed: u64) -> String {
    no(seed, 0, 40)
}

/// A Norwegian FH-number.
pub fn no_fhnr(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    first(|| format!("{}{}", 8 + seeded.below(2), seeded.digits(8)), norwegian_check)
}

/// A number of a synthetic Norwegian.
pub fn no_synthetic(seed: u64) -> String {
    no(seed, 0, 80)
}

/// A Finnish henkilötunnus.
pub fn fi_hetu(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (date, individual) = (day_month_year(&mut seeded), 2 + seeded.below(898));
    let sign = char::from(seeded.byte(b"---AAYXWVUBCDEF"));
    let number: usize = format!("{date}{individual:03}").parse().unwrap_or(0);
    let control = char::from(finland::CONTROL.get(number % 31).copied().unwrap_or(b'0'));
    format!("{date}{sign}{individual:03}{control}")
}

/// An Icelandic kennitala with a dash.
pub fn is_kennitala(seed: u64) -> String {
    part(&is_kennitala_bare(seed), 6, "-")
}

/// An Icelandic kennitala.
pub fn is_kennitala_bare(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let nine = first(
        || format!("{}{:02}", day_month_year(&mut seeded), 20 + seeded.below(80)),
        |body| match (11 - sum(body, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 {
            10 => None,
            check => Some(check.to_string()),
        },
    );
    format!("{nine}{}", if seed.is_multiple_of(3) { 0 } else { 9 })
}

fn baltic(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = birth(&mut seeded);
    let sex = 3 + seeded.below(4);
    let body = format!("{sex}{year:02}{month:02}{day:02}{:03}", seeded.below(1_000));
    let check = match sum(&body, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11 {
        10 => sum(&body, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10,
        check => check,
    };
    format!("{body}{check}")
}

/// An Estonian isikukood.
pub fn ee_ik(seed: u64) -> String {
    baltic(seed)
}

/// A Lithuanian asmens kodas.
pub fn lt_asmens(seed: u64) -> String {
    baltic(seed.wrapping_add(1 << 32))
}

fn latvian(body: String) -> String {
    let check = (1 + sum(&body, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10;
    format!("{body}{check}")
}

/// A Latvian personas kods with a date and a dash.
pub fn lv_pk(seed: u64) -> String {
    part(&lv_pk_bare(seed), 6, "-")
}

/// A Latvian personas kods with a date.
pub fn lv_pk_bare(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let date = day_month_year(&mut seeded);
    latvian(format!("{date}{}{:03}", 1 + seeded.below(2), seeded.below(1_000)))
}

/// A Latvian personas kods without a date.
pub fn lv_pk_new(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    part(&latvian(format!("3{}{}", 2 + seeded.below(8), seeded.digits(8))), 6, "-")
}

/// A Greek AMKA.
pub fn gr_amka(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let date = day_month_year(&mut seeded);
    luhn(&format!("{date}{}", seeded.digits(4)))
}

/// A Greek AFM.
pub fn gr_afm(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("{}{}", 1 + seeded.below(4), seeded.digits(7));
    let check = sum(&body, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10;
    format!("{body}{check}")
}

/// A Greek AFM as a VAT number.
pub fn gr_afm_vat(seed: u64) -> String {
    format!("EL{}", gr_afm(seed))
}

/// A Bulgarian EGN of someone born between 1900 and 2099.
pub fn bg_egn(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = birth(&mut seeded);
    let month = month + 40 * seeded.below(2);
    let body = format!("{year:02}{month:02}{day:02}{}", seeded.digits(3));
    let check = sum(&body, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    format!("{body}{check}")
}

/// A Bulgarian LNCh.
pub fn bg_lnch(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("{}{}", 1 + seeded.below(9), seeded.digits(8));
    format!("{body}{}", sum(&body, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10)
}

/// A Romanian CNP.
pub fn ro_cnp(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = birth(&mut seeded);
    let sex = seeded.of(&["1", "2", "5", "6", "7", "8"]).to_owned();
    let county = match 1 + seeded.below(49) {
        47 => 51,
        48 => 52,
        49 => 70,
        county => county,
    };
    let body = format!("{sex}{year:02}{month:02}{day:02}{county:02}{:03}", 1 + seeded.below(999));
    let check = match sum(&body, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
        10 => 1,
        check => check,
    };
    format!("{body}{check}")
}

/// A Croatian OIB.
pub fn hr_oib(seed: u64) -> String {
    let body = Seeded::new(seed).digits(10);
    format!("{body}{}", germany::mod_11_10(&values(&body)))
}

/// A Croatian OIB as a VAT number.
pub fn hr_oib_vat(seed: u64) -> String {
    format!("HR{}", hr_oib(seed))
}

fn former_yugoslavia(seed: u64, registers: (u64, u64)) -> String {
    let mut seeded = Seeded::new(seed);
    first(
        || {
            let (_, month, day) = birth(&mut seeded);
            let year = (920 + seeded.below(106)) % 1_000;
            let register = registers.0 + seeded.below(registers.1);
            format!("{day:02}{month:02}{year:03}{register:02}{:03}", seeded.below(1_000))
        },
        |body| match (11 - sum(body, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 {
            10 => None,
            check => Some(check.to_string()),
        },
    )
}

/// A Slovenian EMŠO.
pub fn si_emso(seed: u64) -> String {
    former_yugoslavia(seed, (50, 10))
}

/// A JMBG of another part of Yugoslavia.
pub fn si_jmbg(seed: u64) -> String {
    former_yugoslavia(seed, (10, 40))
}

fn rodne_cislo(seed: u64, added: &[&str]) -> String {
    let mut seeded = Seeded::new(seed);
    first(
        || {
            let (year, month, day) =
                ((54 + seeded.below(72)) % 100, 1 + seeded.below(12), 1 + seeded.below(28));
            let add: u64 = seeded.of(added).parse().unwrap_or(0);
            // Months +20 and +70 are of 2004 and later.
            let add = if (4..54).contains(&year) || add == 50 { add } else { 0 };
            format!("{year:02}{:02}{day:02}{}", month + add, seeded.digits(3))
        },
        |body| match body.parse::<u64>().unwrap_or(0) % 11 {
            10 => None,
            check => Some(check.to_string()),
        },
    )
}

/// A Czech rodné číslo of ten digits.
pub fn cz_rc_bare(seed: u64) -> String {
    rodne_cislo(seed, &["0", "50", "20", "70"])
}

/// A Czech rodné číslo with its slash.
pub fn cz_rc(seed: u64) -> String {
    part(&cz_rc_bare(seed), 6, "/")
}

/// A Czech rodné číslo of before 1954.
pub fn cz_rc_old(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = (20 + seeded.below(34), 1 + seeded.below(12), 1 + seeded.below(28));
    format!("{year:02}{:02}{day:02}/{}", month + 50 * seeded.below(2), seeded.digits(3))
}

/// A Slovak rodné číslo of ten digits.
pub fn sk_rc_bare(seed: u64) -> String {
    rodne_cislo(seed.wrapping_add(1 << 32), &["0", "50"])
}

/// A Slovak rodné číslo with its slash.
pub fn sk_rc(seed: u64) -> String {
    part(&sk_rc_bare(seed), 6, "/")
}

/// A Cypriot TIN of a person.
pub fn cy_tin(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("{}{}", seeded.of(&["0", "6", "9"]), seeded.digits(7));
    let digits: [u8; 8] = values(&body).try_into().unwrap_or_default();
    format!("{body}{}", char::from(cyprus::check_letter(&digits)))
}

/// A Cypriot TIN as a VAT number.
pub fn cy_tin_vat(seed: u64) -> String {
    format!("CY{}", cy_tin(seed))
}

/// A Hungarian TAJ-szám.
pub fn hu_taj(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("{}{}", seeded.below(2), seeded.digits(7));
    format!("{body}{}", sum(&body, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10)
}

/// A Hungarian TAJ-szám in groups of three.
pub fn hu_taj_spaced(seed: u64) -> String {
    part(&part(&hu_taj(seed), 6, " "), 3, " ")
}

/// A Hungarian adóazonosító jel of someone born between 1920 and 2010.
pub fn hu_tax_id(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    first(
        || format!("8{}{}", 19_360 + seeded.below(32_800), seeded.digits(3)),
        |body| match sum(body, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 {
            10 => None,
            check => Some(check.to_string()),
        },
    )
}

/// A Turkish kimlik number.
pub fn tr_tckimlik(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("{}{}", 1 + seeded.below(9), seeded.digits(8));
    let tenth = sum(&body, &[7, 9, 7, 9, 7, 9, 7, 9, 7]) % 10;
    let eleventh = (sum(&body, &[1; 9]) + tenth) % 10;
    format!("{body}{tenth}{eleventh}")
}

/// A US social security number with dashes; no check digit.
pub fn us_ssn(seed: u64) -> String {
    part(&part(&us_ssn_bare(seed), 5, "-"), 3, "-")
}

/// A US social security number.
pub fn us_ssn_bare(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let area = match 1 + seeded.below(898) {
        666 => 667,
        area => area,
    };
    format!("{area:03}{:02}{:04}", 1 + seeded.below(99), 1 + seeded.below(9_999))
}

/// The calendar by hand: what the checks ask `jiff`, second implementations ask this.
#[cfg(test)]
pub(in super::super) fn is_day<T: TryInto<i64>>(year: T, month: T, day: T) -> bool {
    let [Ok(year), Ok(month), Ok(day)] = [year, month, day].map(TryInto::try_into) else { return false };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::people;
    use super::super::super::super::{Catalogue, Engine, Matcher};
    use super::*;
    use crate::records::Detection;

    /// Looks for everything in texts of one field.
    struct Seeker {
        catalogue: Catalogue,
        matcher: Matcher,
    }

    impl Seeker {
        fn new() -> Seeker {
            let catalogue = Catalogue::embedded().unwrap_or_else(|_| panic!("the rows load"));
            let matcher = Matcher::new(&catalogue, Engine::Fast).unwrap_or_else(|_| panic!("they build"));
            Seeker { catalogue, matcher }
        }

        fn of(&self, text: &str) -> Vec<Detection> {
            people::example(&self.matcher, &self.catalogue.detectors()[0], text, None, None)
        }
    }

    #[test]
    fn every_form_is_found_with_its_cue() {
        let seeker = Seeker::new();
        let mut poor = Vec::new();
        for generator in GENERATORS {
            let mut missed = Vec::new();
            for seed in 0..200 {
                let value = (generator.make)(seed);
                let text = match seed % 4 {
                    0 => format!("{} {value}", generator.cue),
                    1 => format!("Order 4471-20 of 12.11.2024. {}: {value}, thanks!", generator.cue),
                    2 => format!("{} = \"{value}\"\nPhone: 555 0147", generator.cue),
                    _ => format!("{} ({value}).", generator.cue.to_uppercase()),
                };
                let start = text.find(&value).unwrap() as u32;
                let found = seeker.of(&text).into_iter().any(|hit| {
                    let named = hit.category.name() == generator.category
                        || hit.also.iter().any(|other| other.name() == generator.category);
                    let whole = hit.start == start && hit.end == start + value.len() as u32;
                    named && whole && hit.confidence.probability() >= 0.5
                });
                if !found {
                    missed.push(text);
                }
            }
            if missed.len() > 2 {
                let some: Vec<String> =
                    missed.iter().take(3).map(|t| format!("{t:?} {:?}", seeker.of(t))).collect();
                poor.push(format!(
                    "{} {}: {} missed: {}",
                    generator.category,
                    generator.cue,
                    missed.len(),
                    some.join("\n")
                ));
            }
        }
        assert!(poor.is_empty(), "{}", poor.join("\n"));
    }

    #[test]
    fn plain_numbers_stay_below_what_is_redacted() {
        let seeker = Seeker::new();
        let mut seeded = Seeded::new(7);
        let (mut loud, mut all) = (Vec::new(), 0);
        for _ in 0..2_500 {
            let stamp = 1_500_000_000 + seeded.below(300_000_000);
            let clock = format!("{:02}{:02}{:02}", seeded.below(24), seeded.below(60), seeded.below(60));
            let date = format!(
                "20{:02}{:02}{:02}",
                15 + seeded.below(15),
                1 + seeded.below(12),
                1 + seeded.below(28)
            );
            for text in [
                seeded.digits(9),
                seeded.digits(10),
                seeded.digits(11),
                stamp.to_string(),
                format!("{stamp}{}", seeded.digits(3)),
                format!("{date}{}", &clock[..4]),
                format!("{date}-{clock}"),
                format!("{date}{clock}"),
            ] {
                all += 1;
                let hits = seeker.of(&text);
                if hits.iter().any(|hit| hit.confidence.probability() >= 0.1) {
                    loud.push(format!(
                        "{text} {:?}",
                        hits.iter()
                            .map(|h| (h.category.name(), h.confidence.probability()))
                            .collect::<Vec<_>>()
                    ));
                }
            }
        }
        assert!(loud.len() * 100 <= all, "{} of {all}: {:?}", loud.len(), &loud[..20]);
    }
}
