//! Valid national numbers of western countries from a seed.

use super::super::{
    austria, belgium, britain, card, germany_insurance, germany_steuernummer, ireland, luxembourg, poland,
    portugal, spain, spain_accounts, spain_nif, switzerland,
};
use super::{Generator, Seeded, text};

/// A row for each number and written form.
pub static GENERATORS: &[Generator] = &[
    Generator { category: "es-dni", cue: "DNI", make: super::es_dni },
    Generator {
        category: "es-dni",
        cue: "NIF",
        make: |seed| parted(&super::es_dni(seed), &[2, 3, 3], &[".", ".", "-"]),
    },
    Generator { category: "es-nie", cue: "NIE", make: super::es_nie },
    Generator { category: "es-nie", cue: "NIE", make: |seed| parted(&super::es_nie(seed), &[1, 7], &["-"]) },
    Generator { category: "es-nif", cue: "CIF", make: es_nif },
    Generator { category: "es-nif", cue: "NIF", make: |seed| parted(&es_nif(seed), &[1], &["-"]) },
    Generator { category: "es-nif", cue: "NIF", make: es_nif_klm },
    Generator { category: "es-ccc", cue: "cuenta bancaria", make: es_ccc },
    Generator { category: "es-ccc", cue: "CCC", make: |seed| parted(&es_ccc(seed), &[4, 4, 2], &[" "]) },
    Generator { category: "es-nuss", cue: "NUSS", make: es_nuss },
    Generator {
        category: "es-nuss",
        cue: "nº de afiliación",
        make: |seed| parted(&es_nuss(seed), &[2, 8], &["/"]),
    },
    Generator { category: "es-nuss", cue: "seguridad social", make: es_nuss_old },
    Generator { category: "fr-nir", cue: "sécurité sociale", make: super::fr_nir },
    Generator {
        category: "fr-nir",
        cue: "NIR",
        make: |seed| parted(&super::fr_nir(seed), &[1, 2, 2, 2, 3, 3], &[" "]),
    },
    Generator { category: "fr-nir", cue: "NIR", make: super::fr_nir_corsica },
    Generator { category: "fr-nif", cue: "numéro fiscal", make: fr_nif },
    Generator { category: "fr-nif", cue: "SPI", make: |seed| parted(&fr_nif(seed), &[2, 2, 3, 3], &[" "]) },
    Generator { category: "de-steuer-id", cue: "Steuer-ID", make: super::de_steuer_id },
    Generator {
        category: "de-steuer-id",
        cue: "IdNr.",
        make: |seed| parted(&super::de_steuer_id(seed), &[2, 3, 3], &[" "]),
    },
    Generator { category: "de-steuernummer", cue: "Steuernummer", make: de_steuernummer_13 },
    Generator { category: "de-steuernummer", cue: "St.-Nr.", make: de_steuernummer },
    Generator { category: "de-rvnr", cue: "Rentenversicherungsnummer", make: de_rvnr },
    Generator {
        category: "de-rvnr",
        cue: "SV-Nummer",
        make: |seed| parted(&de_rvnr(seed), &[2, 6, 1], &[" "]),
    },
    Generator { category: "de-kvnr", cue: "Krankenversichertennummer", make: de_kvnr },
    Generator { category: "it-codice-fiscale", cue: "codice fiscale", make: super::it_codice_fiscale },
    Generator { category: "it-codice-fiscale", cue: "codice fiscale", make: it_codice_fiscale_numeric },
    Generator { category: "nl-bsn", cue: "BSN", make: super::nl_bsn },
    Generator {
        category: "nl-bsn",
        cue: "burgerservicenummer",
        make: |seed| parted(&super::nl_bsn(seed), &[4, 2], &["."]),
    },
    Generator { category: "be-nn", cue: "rijksregisternummer", make: be_nn },
    Generator {
        category: "be-nn",
        cue: "registre national",
        make: |seed| parted(&be_nn(seed), &[2, 2, 2, 3], &[".", ".", "-", "."]),
    },
    Generator { category: "be-bis", cue: "BIS-nummer", make: be_bis },
    Generator {
        category: "be-bis",
        cue: "numéro BIS",
        make: |seed| parted(&be_bis(seed), &[2, 2, 2, 3], &[".", ".", "-", "."]),
    },
    Generator { category: "pl-pesel", cue: "PESEL", make: super::pl_pesel },
    Generator { category: "pl-nip", cue: "NIP", make: pl_nip },
    Generator { category: "pl-nip", cue: "NIP", make: |seed| parted(&pl_nip(seed), &[3, 3, 2], &["-"]) },
    Generator { category: "pl-nip", cue: "VAT UE", make: |seed| format!("PL{}", pl_nip(seed)) },
    Generator { category: "pt-nif", cue: "contribuinte", make: pt_nif },
    Generator { category: "pt-nif", cue: "NIF", make: |seed| parted(&pt_nif(seed), &[3, 3], &[" "]) },
    Generator { category: "pt-cc", cue: "cartão de cidadão", make: pt_cc },
    Generator { category: "pt-cc", cue: "CC", make: |seed| parted(&pt_cc(seed), &[8, 1], &[" "]) },
    Generator { category: "at-vnr", cue: "SVNR", make: at_vnr },
    Generator {
        category: "at-vnr",
        cue: "Sozialversicherungsnummer",
        make: |seed| parted(&at_vnr(seed), &[4], &[" "]),
    },
    Generator { category: "at-tin", cue: "Abgabenkontonummer", make: at_tin },
    Generator {
        category: "at-tin",
        cue: "Steuernummer",
        make: |seed| parted(&at_tin(seed), &[2, 3], &["-", "/"]),
    },
    Generator { category: "ch-ahv", cue: "AHV", make: ch_ahv },
    Generator { category: "ch-ahv", cue: "N° AVS", make: |seed| parted(&ch_ahv(seed), &[3, 4, 4], &["."]) },
    Generator {
        category: "ch-ahv",
        cue: "AHV-Nr.",
        make: |seed| parted(&ch_ahv_old(seed), &[3, 2, 3], &["."]),
    },
    Generator { category: "lu-nin", cue: "matricule", make: lu_nin },
    Generator { category: "gb-nhs", cue: "NHS number", make: gb_nhs },
    Generator { category: "gb-nhs", cue: "NHS no", make: |seed| parted(&gb_nhs(seed), &[3, 3], &[" "]) },
    Generator { category: "gb-nino", cue: "National Insurance number", make: gb_nino },
    Generator {
        category: "gb-nino",
        cue: "NINO",
        make: |seed| parted(&gb_nino(seed), &[2, 2, 2, 2], &[" "]),
    },
    Generator { category: "gb-utr", cue: "UTR", make: gb_utr },
    Generator { category: "ie-pps", cue: "PPSN", make: ie_pps },
    Generator { category: "ie-pps", cue: "PPS number", make: ie_pps_new },
    Generator { category: "mt-id", cue: "Maltese ID card", make: mt_id },
];

/// A value parted after runs of these lengths by these signs in turn, the last of them repeated.
fn parted(value: &str, runs: &[usize], signs: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = value;
    for (at, run) in runs.iter().enumerate() {
        let Some((head, tail)) = rest.split_at_checked(*run) else { break };
        out.push_str(head);
        out.push_str(signs.get(at).or(signs.last()).copied().unwrap_or(""));
        rest = tail;
    }
    out + rest
}

fn values(digits: &str) -> Vec<u8> {
    digits.bytes().map(|digit| digit.wrapping_sub(b'0')).collect()
}

/// A number of this many digits closed by a check digit, drawn until one is given out.
fn closed(seeded: &mut Seeded, count: usize, check: impl Fn(&[u8]) -> u32) -> String {
    loop {
        let mut drawn = vec![1 + seeded.digit() % 9];
        drawn.extend((1..count).map(|_| seeded.digit()));
        if let Ok(last @ 0..=9) = u8::try_from(check(&drawn)) {
            drawn.push(last);
            return text(&drawn);
        }
    }
}

/// A date of birth: year, month and day.
fn birth(seeded: &mut Seeded) -> (u64, u64, u64) {
    (1930 + seeded.below(90), 1 + seeded.below(12), 1 + seeded.below(28))
}

/// A Spanish NIF of an entity, with the digit or the letter its kind carries.
pub fn es_nif(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let kind = char::from(seeded.byte(b"ABCDEFGHJNPQRSUVW"));
    let seven = seeded.digits(7);
    let check = spain_nif::luhn(&values(&seven));
    if "NPQRSW".contains(kind) {
        let letter = spain_nif::CONTROLS.get(usize::from(check)).copied().unwrap_or(b'J');
        format!("{kind}{seven}{}", char::from(letter))
    } else {
        format!("{kind}{seven}{check}")
    }
}

/// A Spanish NIF that begins with K, L or M.
pub fn es_nif_klm(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (kind, seven) = (char::from(seeded.byte(b"KLM")), seeded.digits(7));
    let letter = if seeded.below(2) == 0 {
        spain_nif::CONTROLS.get(usize::from(spain_nif::luhn(&values(&seven)))).copied()
    } else {
        spain::LETTERS.get(seven.parse::<usize>().unwrap_or(0) % 23).copied()
    };
    format!("{kind}{seven}{}", char::from(letter.unwrap_or(b'T')))
}

/// A Spanish bank account code.
pub fn es_ccc(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (bank, account) = (format!("{}{}", seeded.below(4), seeded.digits(7)), seeded.digits(10));
    let first = spain_accounts::control(&values(&format!("00{bank}")));
    format!("{bank}{first}{}{account}", spain_accounts::control(&values(&account)))
}

/// A Spanish social security number of twelve digits.
pub fn es_nuss(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (province, order) = (1 + seeded.below(52), 1 + seeded.below(99_999_999));
    format!("{province:02}{order:08}{:02}", spain_accounts::nuss_control(province, order))
}

/// An old Spanish social security number of eleven digits.
pub fn es_nuss_old(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (province, order) = (1 + seeded.below(52), 1 + seeded.below(9_999_999));
    format!("{province:02}{order:07}{:02}", spain_accounts::nuss_control(province, order))
}

/// A French tax number.
pub fn fr_nif(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let number = 1 + seeded.below(3_999_999_999);
    format!("{number:010}{:03}", number % 511)
}

/// A German Steuernummer in ELSTER's thirteen digits.
pub fn de_steuernummer_13(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let states =
        ["9", "5", "10", "11", "21", "22", "23", "24", "26", "27", "28", "30", "31", "32", "40", "41"];
    loop {
        let state = seeded.of(&states).to_owned();
        let office = seeded.digits(4 - state.len());
        let twelve = values(&format!("{state}{office}0{}", seeded.digits(7)));
        let Ok(body) = <[u8; 12]>::try_from(twelve.as_slice()) else { continue };
        let right = |check: &u8| germany_steuernummer::is_right(&body, *check) == Some(true);
        if let Some(check) = (0..10).find(right) {
            return format!("{}{check}", text(&body));
        }
    }
}

/// A German Steuernummer as on letters of a tax office.
pub fn de_steuernummer(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    match seeded.below(4) {
        0 => format!("{}/{}/{}", seeded.digits(2), seeded.digits(3), seeded.digits(5)),
        1 => format!("{}/{}/{}", seeded.digits(3), seeded.digits(3), seeded.digits(5)),
        2 => format!("{}/{}/{}", seeded.digits(3), seeded.digits(4), seeded.digits(4)),
        _ => format!("{}/{}", seeded.digits(5), seeded.digits(5)),
    }
}

/// A German pension insurance number.
pub fn de_rvnr(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let area = loop {
        let drawn = u8::try_from(seeded.below(90)).unwrap_or(2);
        if germany_insurance::is_area(drawn) {
            break drawn;
        }
    };
    let (year, month, day) = birth(&mut seeded);
    let eight = format!("{area:02}{day:02}{month:02}{:02}", year % 100);
    let letter = seeded.byte(b"ABCDEFGHIJKLMNOPRSTUVWZ");
    let serial = seeded.digits(2);
    let check = germany_insurance::rvnr_check(&values(&eight), letter, &values(&serial)).unwrap_or(0);
    format!("{eight}{}{serial}{check}", char::from(letter))
}

/// A German health insurance number.
pub fn de_kvnr(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let letter = seeded.byte(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    let eight = seeded.digits(8);
    let check = germany_insurance::kvnr_check(letter, &values(&eight)).unwrap_or(0);
    format!("{}{eight}{check}", char::from(letter))
}

/// A numeric Italian codice fiscale.
pub fn it_codice_fiscale_numeric(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("{}{:03}", seeded.digits(7), 1 + seeded.below(100));
    with_luhn(&body)
}

fn with_luhn(body: &str) -> String {
    let mut digits = values(body);
    digits.push(0);
    for check in 0..10 {
        if let Some(last) = digits.last_mut() {
            *last = check;
        }
        if card::luhn(&digits) {
            break;
        }
    }
    text(&digits)
}

/// A Belgian national number.
pub fn be_nn(seed: u64) -> String {
    belgian(seed, |_| 0)
}

/// A Belgian BIS number.
pub fn be_bis(seed: u64) -> String {
    belgian(seed, |seeded| 20 + 20 * seeded.below(2))
}

fn belgian(seed: u64, add: impl Fn(&mut Seeded) -> u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = birth(&mut seeded);
    let month = month + add(&mut seeded);
    let nine = format!("{:02}{month:02}{day:02}{:03}", year % 100, 1 + seeded.below(998));
    let check = belgium::check_of(nine.parse().unwrap_or(0), year >= 2000);
    format!("{nine}{check:02}")
}

/// A Polish NIP.
pub fn pl_nip(seed: u64) -> String {
    closed(&mut Seeded::new(seed), 9, poland::nip_check)
}

/// A Portuguese NIF.
pub fn pt_nif(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let prefix = seeded.of(&["1", "2", "3", "5", "6", "45", "71", "90", "98"]).to_owned();
    let eight = format!("{prefix}{}", seeded.digits(8 - prefix.len()));
    format!("{eight}{}", portugal::mod_11(&values(&eight)))
}

/// A Portuguese citizen card number.
pub fn pt_cc(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let eight = seeded.digits(8);
    let civil = portugal::mod_11(&values(&eight));
    let eleven = format!("{eight}{civil}Z{}", char::from(seeded.byte(b"VWXYZ")));
    format!("{eleven}{}", portugal::card_check(eleven.as_bytes()))
}

/// An Austrian social insurance number.
pub fn at_vnr(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    loop {
        let serial = format!("{}", 100 + seeded.below(900));
        let (year, month, day) = birth(&mut seeded);
        let date = format!("{day:02}{month:02}{:02}", year % 100);
        let check = austria::vnr_check(&values(&serial), &values(&date));
        if check < 10 {
            return format!("{serial}{check}{date}");
        }
    }
}

/// An Austrian tax number.
pub fn at_tin(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    with_luhn(&format!("{:02}{}", 3 + seeded.below(95), seeded.digits(6)))
}

/// A Swiss AHV number of thirteen digits.
pub fn ch_ahv(seed: u64) -> String {
    let body = format!("756{}", Seeded::new(seed).digits(9));
    format!("{body}{}", switzerland::ean(&values(&body)))
}

/// A Swiss AHV number of before 2008.
pub fn ch_ahv_old(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    loop {
        let ten = format!(
            "{}{}{}{:02}{}",
            100 + seeded.below(900),
            seeded.digits(2),
            1 + seeded.below(8),
            1 + seeded.below(93),
            seeded.digits(2)
        );
        let check = switzerland::old_check(&values(&ten));
        if check < 10 {
            return format!("{ten}{check}");
        }
    }
}

/// A Luxembourg identification number of thirteen digits.
pub fn lu_nin(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let (year, month, day) = birth(&mut seeded);
    let eleven = format!("{year}{month:02}{day:02}{}", seeded.digits(3));
    format!("{}{}", with_luhn(&eleven), luxembourg::verhoeff(&values(&eleven)))
}

/// A British NHS number of the ranges given out in England and Wales.
pub fn gb_nhs(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    loop {
        let drawn = closed(&mut seeded, 9, britain::nhs_check);
        if drawn.starts_with(['4', '6', '7']) {
            return drawn;
        }
    }
}

/// A British National Insurance number.
pub fn gb_nino(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let prefix = seeded.of(&["AB", "CE", "EA", "HJ", "JK", "LM", "NP", "PW", "RS", "ST", "WX", "YZ"]);
    format!("{prefix}{}{}", seeded.digits(6), char::from(seeded.byte(b"ABCD")))
}

/// A British UTR.
pub fn gb_utr(seed: u64) -> String {
    let nine = Seeded::new(seed).digits(9);
    format!("{}{nine}", britain::utr_check(&values(&nine)))
}

/// An Irish PPS number with one letter.
pub fn ie_pps(seed: u64) -> String {
    let seven = Seeded::new(seed).digits(7);
    format!("{seven}{}", char::from(ireland::letter(&values(&seven), 0)))
}

/// An Irish PPS number with two letters, as since 2013.
pub fn ie_pps_new(seed: u64) -> String {
    let seven = Seeded::new(seed).digits(7);
    format!("{seven}{}A", char::from(ireland::letter(&values(&seven), 1)))
}

/// A Maltese identity card number.
pub fn mt_id(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    format!("0{}{}", seeded.digits(6), char::from(seeded.byte(b"MGAPLH")))
}
