use super::super::Format;
use super::super::collect::{piece, read};
use super::super::rewrite::Rewrite;
use super::*;

const ALL: [&Recording; 7] = [&MP3, &FLAC, &OGG, &WAVE, &AVI, &MP4, &MATROSKA];

fn fixture(name: &str) -> Vec<u8> {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/media");
    std::fs::read(dir.join(name)).unwrap()
}

fn format(bytes: &[u8]) -> &'static dyn Format {
    let head = &bytes[..bytes.len().min(64 << 10)];
    crate::formats::probe(head, "", None)
}

fn wants() -> serde_json::Value {
    serde_json::from_slice(&fixture("want.json")).unwrap()
}

#[test]
fn every_text_is_found_where_it_stands() {
    for (name, wanted) in wants().as_object().unwrap() {
        let bytes = fixture(name);
        let got = read(format(&bytes), &bytes);
        assert_eq!(got.codes(), ["recording-not-read"], "{name}: {:?}", got.gaps);
        for (path, text) in wanted.as_object().unwrap() {
            let text = text.as_str().unwrap();
            let found = match path.strip_suffix('!') {
                Some(member) => got.members.iter().any(|m| m.name == member && *m.bytes == *text.as_bytes()),
                None => got.fields.iter().any(|field| field.path == *path && field.text.contains(text)),
            };
            assert!(found, "{name}: no {path} with {text} in {:?}", got.texts());
        }
    }
}

#[test]
fn what_is_taken_away_leaves_no_text_and_moves_no_sound() {
    for (name, wanted) in wants().as_object().unwrap() {
        let bytes = fixture(name);
        let recording = ALL.iter().find(|known| (known.claims)(&bytes)).unwrap();
        let Some(bare) = recording.bare else {
            assert!(recording.without_extras(&piece(&bytes)).unwrap().is_err(), "{name} is withheld");
            continue;
        };
        if name == "live.webm" {
            assert!(bare(&bytes).is_none(), "a stream without lengths is withheld");
            continue;
        }
        let bare = bare(&bytes).unwrap_or_else(|| panic!("{name} is not written"));
        assert_eq!(format(&bare).name(), recording.name, "{name}");
        let got = read(*recording, &bare);
        assert_eq!(got.codes(), ["recording-not-read"], "{name}");
        assert!(got.members.is_empty(), "{name}");
        for (path, text) in wanted.as_object().unwrap() {
            let text = text.as_str().unwrap();
            let plain = memchr::memmem::find(&bare, text.as_bytes()).is_some();
            assert!(
                !plain && !got.fields.iter().any(|f| f.path == *path && path != "length"),
                "{name}: {path}"
            );
        }
        let sound = b"the sound itself";
        let times = |bytes: &[u8]| memchr::memmem::find_iter(bytes, sound).count();
        assert!(times(&bytes) > 0 && times(&bare) == times(&bytes), "{name} lost its sound");
        let at = |bytes: &[u8]| memchr::memmem::find(bytes, sound);
        if !matches!(recording.name, "mp3" | "flac") {
            assert_eq!((at(&bare), bare.len()), (at(&bytes), bytes.len()), "{name}: something moved");
        }
    }
}

#[test]
fn a_recording_cut_anywhere_is_told_and_never_worse() {
    for name in wants().as_object().unwrap().keys() {
        let bytes = fixture(name);
        for len in 0..bytes.len().min(3000) {
            for recording in ALL {
                let got = read(recording, &bytes[..len]);
                assert!(len == 0 || got.codes().contains(&"recording-not-read"), "{name} {len}");
                recording.without_extras(&piece(&bytes[..len]));
            }
        }
    }
}

#[test]
fn texts_are_no_recordings() {
    for text in [
        &b"ID3 is a form of tags"[..],
        b"OggSound",
        b"fLa",
        b"RIFF is WAVE",
        b"a moov is a box",
        b"\xFF\xFB\x90",
    ] {
        assert!(ALL.iter().all(|known| !(known.claims)(text)), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn positions_are_read_as_iso_6709_writes_them() {
    for (text, wanted) in [
        ("+40.4168-003.7038/", "latitude 40.416800, longitude -3.703800"),
        ("+40.4168-003.7038+667.000/", "latitude 40.416800, longitude -3.703800"),
        ("-1230.5+01530/", "latitude -12.508333, longitude 15.500000"),
        ("+403015.6-0034200CRSWGS_84/", "latitude 40.504333, longitude -3.700000"),
    ] {
        let mut out = Metadata::within(1000);
        position("p", text, 0, &mut out);
        assert_eq!((out.entries[0].text.as_str(), out.has_position), (wanted, true), "{text}");
    }
    let mut out = Metadata::within(1000);
    position("p", "Madrid - centro", 0, &mut out);
    assert_eq!((out.entries[0].text.as_str(), out.has_position), ("Madrid - centro", false));
}
