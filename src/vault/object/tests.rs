//! Objects sealed and opened, cut and forged.

use super::*;

const HOME: Home = Home { vault: [7; 16], archive: [9; 16] };

fn keys() -> (Secret, Secret) {
    (Secret::new(&[1; 32]), Secret::new(&[2; 32]))
}

fn label(kind: Kind, subjects: &[u64]) -> Label {
    Label { kind, record: 3, subjects: subjects.to_vec(), item: 5, ordinal: 8 }
}

fn sealed(label: &Label, keys: &[&Secret], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut whole = Vec::new();
    let flush: &mut Flush<'_> = &mut |out| {
        whole.append(out);
        Ok(())
    };
    let (one, two) = data.split_at(data.len() / 3);
    seal(&HOME, label, keys, &[one, b"", two], &mut Randomness::new(), (&mut out, flush)).unwrap();
    whole.append(&mut out);
    whole
}

fn opened(bytes: &[u8], home: &Home, keys: &[&Secret]) -> Result<Vec<u8>, Unopened> {
    let object = Sealed::read(&mut &bytes[..]).map_err(|_| Unopened::Damaged)?.ok_or(Unopened::Damaged)?;
    object.open(home, keys).map(|opened| opened.data().to_vec())
}

#[test]
fn what_is_sealed_opens_at_every_length() {
    let (a, b) = keys();
    for len in
        [0, 1, 247, 248, 249, 1000, CHUNK - 9, CHUNK - 8, CHUNK, CHUNK + 1, 3 * CHUNK, 200_001, 900_000]
    {
        let data: Vec<u8> = (0..len).map(|at| (at * 7 % 251) as u8).collect();
        let bytes = sealed(&label(Kind::Span, &[4]), &[&a, &b], &data);
        assert!(opened(&bytes, &HOME, &[&a, &b]).unwrap() == data, "{len}");
    }
}

#[test]
fn lengths_are_padded() {
    let (a, _) = keys();
    let len = |data: usize| sealed(&label(Kind::Frame, &[]), &[&a], &vec![0; data]).len();
    assert_eq!(len(0), len(248));
    assert_eq!(len(100_000), len(100_100));
    // Nikitin et al., table of examples: 9 becomes 10, 1000 becomes 1024 at E=9, S=4.
    assert_eq!([padme(9), padme(1000), padme(1024), padme(1025)], [10, 1024, 1024, 1088]);
    assert!((1..100_000u64).all(|len| padme(len) >= len && padme(len) * 100 <= len * 112 + 200));
}

#[test]
fn every_flipped_bit_is_seen() {
    let (a, b) = keys();
    let bytes = sealed(&label(Kind::Span, &[4]), &[&a, &b], b"ana@example.com");
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(opened(&changed, &HOME, &[&a, &b]).is_err(), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn every_cut_is_seen() {
    let (a, _) = keys();
    let bytes = sealed(&label(Kind::Frame, &[]), &[&a], &vec![1; 2 * CHUNK]);
    for at in (1..bytes.len()).step_by(997) {
        assert!(opened(&bytes[..at], &HOME, &[&a]).is_err(), "{at}");
    }
    // A whole chunk and its tag taken out, the length corrected.
    let mut changed = bytes.clone();
    let body = (bytes.len() - FIXED) as u64;
    changed.drain(FIXED..FIXED + CHUNK);
    changed.drain(bytes.len() - CHUNK - TAG..);
    changed[16..24].copy_from_slice(&(body - (CHUNK + TAG) as u64).to_be_bytes());
    assert!(opened(&changed, &HOME, &[&a]).is_err());
}

#[test]
fn swapped_chunks_are_seen() {
    let (a, _) = keys();
    let mut bytes = sealed(&label(Kind::Frame, &[]), &[&a], &vec![1; 3 * CHUNK]);
    let tags = bytes.len() - 4 * TAG;
    let (first, second) = bytes[FIXED..FIXED + 2 * CHUNK].split_at_mut(CHUNK);
    first.swap_with_slice(second);
    let (first, second) = bytes[tags..tags + 2 * TAG].split_at_mut(TAG);
    first.swap_with_slice(second);
    assert_eq!(opened(&bytes, &HOME, &[&a]), Err(Unopened::Damaged));
}

#[test]
fn an_object_opens_only_with_all_its_keys_and_at_home() {
    let (a, b) = keys();
    let bytes = sealed(&label(Kind::Span, &[4]), &[&a, &b], b"x");
    for wrong in [&[&a][..], &[&b], &[&b, &a], &[&a, &b, &b], &[&a, &a]] {
        assert_eq!(opened(&bytes, &HOME, wrong), Err(Unopened::OtherKey));
    }
    for elsewhere in [Home { vault: [0; 16], ..HOME }, Home { archive: [0; 16], ..HOME }] {
        assert_eq!(opened(&bytes, &elsewhere, &[&a, &b]), Err(Unopened::OtherKey));
    }
}

#[test]
fn a_forged_commitment_does_not_open() {
    let (a, b) = keys();
    let mut bytes = sealed(&label(Kind::Frame, &[]), &[&a], b"x");
    let header = bytes[..FIXED].to_vec();
    let other = derive(&[&b], salt_of(&header), KEY_LABEL, &context(&HOME, &header)).ok().unwrap();
    bytes[64..96].copy_from_slice(&other.commitment);
    assert_eq!(opened(&bytes, &HOME, &[&a]), Err(Unopened::OtherKey));
    assert_eq!(opened(&bytes, &HOME, &[&b]), Err(Unopened::Damaged));
}

#[test]
fn a_record_sealed_twice_never_looks_the_same() {
    let (a, _) = keys();
    let one = sealed(&label(Kind::Frame, &[]), &[&a], b"x");
    let two = sealed(&label(Kind::Frame, &[]), &[&a], b"x");
    assert_ne!(one[FIXED..], two[FIXED..]);
}

/// Objects that another implementation made from the description above, most of them attacked.
#[test]
fn the_vectors_open_or_fail_as_they_say() {
    let rows: serde_json::Value =
        serde_json::from_str(include_str!("../../../fixtures/vault/objects-v1.json")).unwrap();
    let hex = |value: &serde_json::Value| crate::vault::from_hex(value.as_str().unwrap()).unwrap();
    for row in rows.as_array().unwrap() {
        let keys: Vec<Secret> = row["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(hex)
            .map(|key| Secret::from_slice(&key).unwrap())
            .collect();
        let keys: Vec<&Secret> = keys.iter().collect();
        let home = Home {
            vault: hex(&row["vault"]).try_into().unwrap(),
            archive: hex(&row["archive"]).try_into().unwrap(),
        };
        let is = match Sealed::read(&mut hex(&row["object"]).as_slice()) {
            Err(_) | Ok(None) => Err("unreadable"),
            Ok(Some(object)) => match object.open(&home, &keys) {
                Ok(opened) => Ok(opened.data().to_vec()),
                Err(Unopened::OtherKey) => Err("other-key"),
                Err(Unopened::Damaged) => Err("damaged"),
                Err(Unopened::NoKey) => Err("no-key"),
            },
        };
        let wanted = match row.get("opens") {
            Some(data) => Ok(hex(data)),
            None => Err(row["fails"].as_str().unwrap()),
        };
        assert_eq!(is, wanted, "{}", row["name"]);
    }
    assert!(rows.as_array().unwrap().len() > 20);
}
