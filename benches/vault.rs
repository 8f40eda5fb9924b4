//! The vault's speed: sealing and opening beside AES-256-GCM by ring over the same bytes, forgetting among a
//! million keys, proofs in a ledger of a million entries. `cargo bench --bench vault`.
//!
//! Files lie where `OLVIDO_BENCH_DIR` says, or in the system's folder for temporary files; ratios are of times
//! measured in one run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark fails loudly"
)]

mod measure;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use olvido::disk::SystemDisk;
use olvido::vault::holders::{Holder, KeyFiles};
use olvido::vault::{
    Change, HolderSettings, Kind, Label, Ledger, NOBODY, NoQuestion, Recovered, Secret, Settings, Signer,
    SlotKind, Vault, Wishes, is_proved,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::json;

use measure::cpu;

const NOW: &str = "2026-11-22T08:00:00Z";
const DISK: &SystemDisk = &SystemDisk;
/// Bytes sealed, and bytes of one object: what the walker hands out at once.
const BYTES: usize = 512 << 20;
const PIECE: usize = 1 << 20;
const KEYS: u64 = 1_000_000;

fn folder() -> tempfile::TempDir {
    match std::env::var_os("OLVIDO_BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

fn settings(keys: &Path) -> Settings {
    let holder =
        HolderSettings::KeyFile { name: "keys".to_owned(), folder: keys.to_path_buf(), elsewhere: false };
    let wishes = Wishes {
        holders: vec![holder],
        approvers: vec![],
        approvals: 0,
        cooling_off_days: 0,
        controller: String::new(),
    };
    Settings::new(wishes, NOW).unwrap()
}

fn holders(keys: &Path) -> Vec<Box<dyn Holder>> {
    vec![Box::new(KeyFiles::new(DISK, "keys", keys, false))]
}

fn made(dir: &Path) -> Vault<'static> {
    let keys = dir.join("keys");
    Vault::create(DISK, &dir.join("v"), settings(&keys), holders(&keys), NOW).unwrap()
}

fn opened(dir: &Path) -> Vault<'static> {
    let settings = Settings::read(&std::fs::read(dir.join("v/vault.json")).unwrap()).unwrap();
    Vault::open(DISK, &dir.join("v"), settings, holders(&dir.join("keys")), NOW).unwrap().0
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, f64, T) {
    let (began, used) = (Instant::now(), cpu());
    let done = work();
    (began.elapsed().as_secs_f64(), cpu() - used, done)
}

fn source(dir: &Path) -> PathBuf {
    let path = dir.join("source");
    let mut file = File::create(&path).unwrap();
    let piece: Vec<u8> = (0..PIECE).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
    (0..BYTES / PIECE).for_each(|_| file.write_all(&piece).unwrap());
    path
}

fn pieces(path: &Path, mut take: impl FnMut(&mut [u8])) {
    let mut file = File::open(path).unwrap();
    let mut buffer = vec![0; PIECE];
    while file.read_exact(&mut buffer).is_ok() {
        take(&mut buffer);
    }
}

/// Writing alone: what sealing cannot do without.
fn written(path: &Path, out: &Path) -> f64 {
    let (_, read, ()) = timed(|| pieces(path, |_| {}));
    let (_, both, ()) = timed(|| {
        let mut file = File::create(out).unwrap();
        pieces(path, |piece| file.write_all(piece).unwrap());
        file.sync_all().unwrap();
    });
    (both - read).max(0.0)
}

/// Reading and ring alone: what nothing that seals can beat.
fn baseline(path: &Path) -> ([f64; 2], [f64; 2]) {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let (seal_wall, seal, ()) = timed(|| {
        pieces(path, |piece| {
            for chunk in piece.chunks_mut(64 << 10) {
                let nonce = Nonce::assume_unique_for_key([0; 12]);
                let _ = key.seal_in_place_separate_tag(nonce, Aad::empty(), chunk).unwrap();
            }
        });
    });
    // Opening costs what sealing costs; the ciphertext is made first, outside the clock.
    let mut sealed = Vec::new();
    pieces(path, |piece| {
        for chunk in piece.chunks_mut(64 << 10) {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), chunk).unwrap();
            sealed.push((chunk.to_vec(), tag));
        }
    });
    let (read_wall, read, ()) = timed(|| pieces(path, |_| {}));
    let (open_wall, open, ()) = timed(|| {
        for (mut chunk, tag) in sealed {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            key.open_in_place_separate_tag(nonce, Aad::empty(), tag, &mut chunk, 0..).unwrap();
        }
    });
    ([seal, seal_wall], [read + open, read_wall + open_wall])
}

fn speed() {
    let dir = folder();
    let path = source(dir.path());
    let mut vault = made(dir.path());
    let (ring_seal, ring_open) = baseline(&path);
    let mut sealing = vault.begin_seal(json!({})).unwrap();
    let own = sealing.own();
    let archive = sealing.archive();
    let (mut sealed, mut sealed_wall) = (0.0, 0.0);
    let (wall, used, ()) = timed(|| {
        let mut ordinal = 0;
        pieces(&path, |piece| {
            let label = Label { kind: Kind::Frame, record: own, subjects: vec![], item: 1, ordinal };
            sealing.object(&label, &[piece]).unwrap();
            ordinal += 1;
        });
    });
    sealed += used;
    sealed_wall += wall;
    let (mut verified, mut verified_wall) = (0.0, 0.0);
    let (wall, finished, _) = timed(|| {
        sealing
            .finish(json!({}), &mut |opening| {
                let (wall, used, ()) = timed(|| while opening.next_object().unwrap().is_some() {});
                (verified, verified_wall) = (used, wall);
                Ok(())
            })
            .unwrap()
    });
    sealed += finished - verified;
    sealed_wall += wall - verified_wall;
    let (open_wall, open, bytes) = timed(|| {
        let mut opening = vault.open_archive(&archive).unwrap();
        let mut bytes = 0;
        while let Some(object) = opening.next_object().unwrap() {
            bytes += object.opened.map_or(0, |opened| opened.data().len());
        }
        bytes
    });
    assert!(bytes >= BYTES);
    let gib = BYTES as f64 / (1u64 << 30) as f64;
    println!("processor time over {} MiB, reading and writing included:", BYTES >> 20);
    println!(
        "  ring seal {:.2} GiB/s; vault seal {:.2} GiB/s; ratio {:.2}",
        gib / ring_seal[0],
        gib / sealed,
        ring_seal[0] / sealed
    );
    println!(
        "  by the clock, two threads, writing and the sync of the medium included: ring {:.2} s, vault {sealed_wall:.2} s, ratio {:.2} (wanted 0.60)",
        ring_seal[1],
        ring_seal[1] / sealed_wall
    );
    let write = written(&path, &dir.path().join("copy"));
    println!("  beside ring, reading and writing: ratio {:.2}", (ring_seal[0] + write) / sealed);
    println!(
        "  ring open {:.2} GiB/s; vault open {:.2} GiB/s; ratio {:.2}",
        gib / ring_open[0],
        gib / open,
        ring_open[0] / open
    );
    println!(
        "  by the clock: ring {:.2} s, vault {open_wall:.2} s, ratio {:.2} (wanted 0.60)",
        ring_open[1],
        ring_open[1] / open_wall
    );
    println!(
        "  reading everything again after sealing: {verified:.2} s ({verified_wall:.2} s by the clock) beside {sealed:.2} s"
    );
}

fn shreds() {
    let dir = folder();
    let mut vault = made(dir.path());
    let mut sealing = vault.begin_seal(json!({})).unwrap();
    let first = sealing.own() + 1;
    for number in 0..KEYS {
        let mut pseudonym = [0; 32];
        pseudonym[..8].copy_from_slice(&number.to_be_bytes());
        sealing.slot(SlotKind::Subject, pseudonym, NOBODY).unwrap();
    }
    sealing.finish(json!({}), &mut |_| Ok(())).unwrap();
    drop(vault);
    let mut times = Vec::new();
    for victims in [BTreeSet::from([first + 5]), (first + 100..first + 10_100).collect::<BTreeSet<u64>>()] {
        let count = victims.len();
        let (wall, used, recovered) = timed(|| {
            let vault = opened(dir.path());
            let victims = vault.closure(&victims);
            let change = Change { kind: "shred", victims, reasons: json!({}) };
            vault.change(&change, &mut NoQuestion).unwrap().1
        });
        assert!(matches!(recovered, Recovered::Finished(_)));
        println!("shredding {count} among {KEYS} keys: {used:.2} s of processor time, {wall:.2} s");
        times.push(used);
    }
    println!("  one: wanted 3 s; ten thousand: {:.2} times one, wanted 2", times[1] / times[0]);
}

fn proofs() {
    let dir = folder();
    let signer = Signer::new(&Secret::random().unwrap()).unwrap();
    let entry = |number: u64| json!({"at": NOW, "kind": "receipt", "of": number});
    let mut ledger = Ledger::create(DISK, dir.path(), "bench", &signer, &entry(0), json!({})).unwrap();
    let entries: Vec<_> = (1..KEYS).map(entry).collect();
    ledger.append_all(&signer, &entries, json!({})).unwrap();
    let (_, made, proof) = timed(|| ledger.prove(KEYS / 3).unwrap());
    let (wall, used, holds) = timed(|| is_proved(&proof, &entry(KEYS / 3), &signer.public()));
    assert!(holds);
    println!(
        "a ledger of {KEYS} entries: proof made in {made:.3} s, checked in {:.3} ms ({:.3} ms of processor time; wanted 100 ms)",
        wall * 1e3,
        used * 1e3
    );
    let (wall, used, ()) = timed(|| drop(Ledger::open(DISK, dir.path(), &signer.public()).unwrap()));
    println!("  opened and checked against its head in {wall:.2} s ({used:.2} s of processor time)");
}

fn main() {
    speed();
    shreds();
    proofs();
}
