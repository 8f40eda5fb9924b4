//! Files that are encrypted as a whole: what they are and what they say of how, by their first bytes.

/// What such a file is called, and how it is encrypted; none for other files.
pub(super) fn encrypted(head: &[u8]) -> Option<(&'static str, String)> {
    let said = |what, how: &str| Some((what, how.to_owned()));
    let starts = |mark: &[u8]| head.starts_with(mark);
    if starts(b"age-encryption.org/v1") || starts(b"-----BEGIN AGE ENCRYPTED FILE-----") {
        return said("the age file", age(head));
    }
    if starts(b"-----BEGIN PGP MESSAGE-----") {
        return said("the OpenPGP message", "for keys or passwords its packets name");
    }
    if starts(b"Salted__") && head.len() > 16 && looks_random(head.get(8..).unwrap_or_default()) {
        return said("the file", "by OpenSSL with a password, by a cipher that it does not name");
    }
    if starts(b"U2FsdGVkX1") {
        return said("the text", "by OpenSSL with a password, by a cipher that it does not name");
    }
    if starts(b"LUKS\xBA\xBE") {
        return Some(("the volume", luks(head)));
    }
    if starts(b"\x03\xD9\xA2\x9A") {
        return Some(("the password store", keepass(head)?));
    }
    if let Some(how) = enveloped(head) {
        return Some(("the S/MIME message", how));
    }
    open_pgp(head).map(|how| ("the OpenPGP message", how))
}

/// Whether bytes are as those of a cipher are, and no text.
fn looks_random(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..256).unwrap_or(bytes);
    let odd = bytes.iter().filter(|byte| !matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t')).count();
    odd * 4 > bytes.len()
}

/// age (age-encryption.org/v1): the kinds of its recipients.
fn age(head: &[u8]) -> &'static str {
    let has = |stanza: &[u8]| memchr::memmem::find(head, stanza).is_some();
    match () {
        () if has(b"\n-> scrypt ") => "with ChaCha20-Poly1305, its key made of a password by scrypt",
        () if has(b"\n-> X25519 ") => "with ChaCha20-Poly1305 for X25519 keys",
        () if has(b"\n-> ssh-") => "with ChaCha20-Poly1305 for SSH keys",
        () => "with ChaCha20-Poly1305",
    }
}

/// LUKS on-disk formats 1 and 2: the former names its cipher in the head, the latter in JSON behind it.
fn luks(head: &[u8]) -> String {
    let word = |from: usize| {
        let bytes = head.get(from..from + 32).unwrap_or_default();
        let word: String =
            bytes.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-:".contains(c));
        if plain { word } else { String::new() }
    };
    match head.get(6..8) {
        Some([0, 1]) => format!("by LUKS 1 with {}-{}", word(8), word(40)),
        Some([0, 2]) => "by LUKS 2".to_owned(),
        _ => "by LUKS".to_owned(),
    }
}

/// KeePass: by the second mark, and for KDBX by the id of the cipher in its header.
fn keepass(head: &[u8]) -> Option<String> {
    const AES: &[u8] =
        &[0x31, 0xC1, 0xF2, 0xE6, 0xBF, 0x71, 0x43, 0x50, 0xBE, 0x58, 0x05, 0x21, 0x6A, 0xFC, 0x5A, 0xFF];
    const CHACHA: &[u8] =
        &[0xD6, 0x03, 0x8A, 0x2B, 0x8B, 0x6F, 0x4C, 0xB5, 0xA5, 0x24, 0x33, 0x9A, 0x31, 0xDB, 0xB5, 0x9A];
    let has = |id: &[u8]| memchr::memmem::find(head.get(..4096).unwrap_or(head), id).is_some();
    Some(match head.get(4..8)? {
        b"\x65\xFB\x4B\xB5" => "by KeePass 1".to_owned(),
        b"\x66\xFB\x4B\xB5" | b"\x67\xFB\x4B\xB5" => {
            let cipher = match () {
                () if has(AES) => " with AES-256",
                () if has(CHACHA) => " with ChaCha20",
                () => "",
            };
            format!("by KeePass 2{cipher}")
        }
        _ => return None,
    })
}

/// CMS enveloped data in DER (RFC 5652): the object identifier, then that of the content's cipher.
fn enveloped(head: &[u8]) -> Option<String> {
    const ENVELOPED: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03";
    const AUTHENTICATED: &[u8] = b"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17";
    const CIPHERS: [(&[u8], &str); 9] = [
        (b"\x06\x08\x2A\x86\x48\x86\xF7\x0D\x03\x07", "Triple DES"),
        (b"\x06\x08\x2A\x86\x48\x86\xF7\x0D\x03\x02", "RC2"),
        (b"\x06\x05\x2B\x0E\x03\x02\x07", "DES"),
        (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02", "AES-128 in CBC mode"),
        (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x16", "AES-192 in CBC mode"),
        (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2A", "AES-256 in CBC mode"),
        (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x06", "AES-128 in GCM mode"),
        (b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2E", "AES-256 in GCM mode"),
        (b"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x03\x12", "ChaCha20-Poly1305"),
    ];
    if head.first() != Some(&0x30) {
        return None;
    }
    let begin = head.get(..32.min(head.len())).unwrap_or_default();
    if ![ENVELOPED, AUTHENTICATED].iter().any(|id| memchr::memmem::find(begin, id).is_some()) {
        return None;
    }
    let found = CIPHERS.iter().find(|(id, _)| memchr::memmem::find(head, id).is_some());
    Some(found.map_or_else(|| "by a cipher that is not known".to_owned(), |(_, name)| format!("with {name}")))
}

/// OpenPGP packets (RFC 9580, 4.2 and 5): a session key for a public key or a password, or encrypted data.
fn open_pgp(head: &[u8]) -> Option<String> {
    let tag = *head.first()?;
    let (kind, body) = match tag {
        // Old form: two bits say how long the length is.
        0x80..=0xBF => ((tag >> 2) & 0x0F, 1 + [1, 2, 4, 0].get(usize::from(tag & 3)).copied().unwrap_or(0)),
        0xC0..=0xFF => {
            let len = match *head.get(1)? {
                0..=191 | 224..=254 => 1,
                192..=223 => 2,
                255 => 5,
            };
            (tag & 0x3F, 1 + len)
        }
        _ => return None,
    };
    let at = |offset: usize| head.get(body + offset).copied();
    let looks = looks_random(head.get(body..)?);
    match (kind, at(0)?) {
        (1, 3) if looks && matches!(at(9)?, 1 | 2 | 16 | 18 | 25 | 26) => Some("for a public key".to_owned()),
        (1, 6) if looks => Some("for a public key".to_owned()),
        (3, 4..=6) if looks => {
            let cipher = match at(1)? {
                1 => "IDEA",
                2 => "Triple DES",
                3 => "CAST5",
                4 => "Blowfish",
                7 => "AES-128",
                8 => "AES-192",
                9 => "AES-256",
                10 => "Twofish",
                11..=13 => "Camellia",
                _ => return None,
            };
            Some(format!("with {cipher} and a password"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Gap;

    fn random(len: usize) -> Vec<u8> {
        let mut state = 1_u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(len)
        .collect()
    }

    fn code(bytes: &[u8]) -> (&'static str, String) {
        let (what, how) = encrypted(bytes).unwrap();
        let gap = Gap::encrypted(what, &how);
        (gap.code, gap.message)
    }

    #[test]
    fn each_kind_says_how() {
        let with = |head: &[u8]| [head, &random(200)].concat();
        let kdbx = with(b"\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5\0\0\x04\0\x02\x10\0\0\0\x31\xC1\xF2\xE6\xBF\x71\x43\x50\xBE\x58\x05\x21\x6A\xFC\x5A\xFF");
        let mut luks = b"LUKS\xBA\xBE\0\x01aes".to_vec();
        luks.resize(40, 0);
        luks.extend(b"xts-plain64");
        luks.resize(200, 0);
        for (bytes, wanted) in [
            (with(b"age-encryption.org/v1\n-> X25519 abc\n"), "X25519"),
            (with(b"-----BEGIN AGE ENCRYPTED FILE-----\n"), "age"),
            (with(b"-----BEGIN PGP MESSAGE-----\n\n"), "OpenPGP"),
            (with(b"Salted__"), "OpenSSL"),
            (b"U2FsdGVkX1+abcdefg".to_vec(), "OpenSSL"),
            (luks, "LUKS 1 with aes-xts-plain64"),
            (kdbx, "KeePass 2 with AES-256"),
            (with(b"\x30\x82\x01\x00\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2A"), "AES-256 in CBC"),
            (with(b"\x85\x01\x0C\x03abcdefgh\x01"), "public key"),
            (with(b"\xC3\x0D\x04\x09\x03\x08"), "AES-256 and a password"),
        ] {
            let (code, message) = code(&bytes);
            assert!(code == "encrypted-content" && message.contains(wanted), "{code}: {message}");
        }
    }

    #[test]
    fn broken_ciphers_are_told_apart() {
        let smime =
            |cipher: &[u8]| [b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03", cipher].concat();
        for bytes in [
            smime(b"\x06\x08\x2A\x86\x48\x86\xF7\x0D\x03\x07"),
            smime(b"\x06\x08\x2A\x86\x48\x86\xF7\x0D\x03\x02"),
            [b"\x8C\x0D\x04\x02\x03\x08".as_slice(), &random(60)].concat(),
        ] {
            assert_eq!(code(&bytes).0, crate::records::WEAKLY_ENCRYPTED);
        }
        assert_eq!(Gap::encrypted("x", "with AES-256").code, "encrypted-content");
    }

    #[test]
    fn texts_and_pictures_are_not_encrypted() {
        for bytes in [
            &b"Salted__ peanuts are a snack, says the manual of the kitchen"[..],
            b"\x89PNG\r\n\x1A\n",
            b"\xC3\xA9t\xC3\xA9 en Espa\xC3\xB1a, dijo Ana, y se fue a casa con su hermana mayor",
            b"0 sheets",
            b"",
        ] {
            assert_eq!(encrypted(bytes), None);
        }
    }
}
