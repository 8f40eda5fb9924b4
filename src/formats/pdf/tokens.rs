//! Tokens of content streams and of character maps (ISO 32000-1, 7.2 and 7.8.2).

/// How deep arrays and dictionaries may lie in each other.
const DEPTH: usize = 32;

/// A token, or an array or dictionary of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Token>),
    Dictionary(Vec<(Vec<u8>, Token)>),
    /// Anything else: an operator, `true`, `null`.
    Word(Vec<u8>),
}

impl Token {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Reads tokens one after the other; damage is stepped over.
pub(super) struct Tokens<'b> {
    rest: &'b [u8],
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'b> Tokens<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn space(&mut self) {
        loop {
            match self.rest.first() {
                Some(byte) if is_space(*byte) => self.skip(1),
                Some(b'%') => {
                    let end = memchr::memchr2(b'\n', b'\r', self.rest).unwrap_or(self.rest.len());
                    self.skip(end);
                }
                _ => return,
            }
        }
    }

    /// Steps over the bytes of an inline image (8.9.7): from behind `ID` to behind the `EI` that ends it.
    pub(super) fn image(&mut self) {
        for at in memchr::memmem::find_iter(self.rest, b"EI") {
            let before =
                at.checked_sub(1).and_then(|at| self.rest.get(at)).is_none_or(|byte| is_space(*byte));
            let after = self.rest.get(at + 2).is_none_or(|byte| is_space(*byte));
            // Bytes of a picture may read like its end; what follows an end is text.
            let near = self.rest.get(at + 2..(at + 12).min(self.rest.len())).unwrap_or_default();
            if before && after && near.iter().all(|byte| is_space(*byte) || (32..127).contains(byte)) {
                self.skip(at + 2);
                return;
            }
        }
        self.rest = &[];
    }

    fn one(&mut self, depth: usize) -> Option<Token> {
        self.space();
        let first = *self.rest.first()?;
        match first {
            b'(' => Some(Token::Text(self.literal())),
            b'<' if self.rest.get(1) == Some(&b'<') => {
                self.skip(2);
                Some(self.dictionary(depth))
            }
            b'<' => Some(Token::Text(self.hexadecimal())),
            b'[' => {
                self.skip(1);
                Some(self.array(depth))
            }
            b'/' => {
                self.skip(1);
                Some(Token::Name(self.name()))
            }
            b')' | b'>' | b']' | b'{' | b'}' => {
                self.skip(1);
                Some(Token::Word(vec![first]))
            }
            _ => Some(self.word()),
        }
    }

    fn array(&mut self, depth: usize) -> Token {
        let mut items = Vec::new();
        if depth < DEPTH {
            while let Some(token) = self.one(depth + 1) {
                match token {
                    Token::Word(word) if word == b"]" => break,
                    token => items.push(token),
                }
            }
        }
        Token::Array(items)
    }

    fn dictionary(&mut self, depth: usize) -> Token {
        let mut members = Vec::new();
        let mut key: Option<Vec<u8>> = None;
        if depth >= DEPTH {
            return Token::Dictionary(members);
        }
        loop {
            self.space();
            if self.rest.starts_with(b">>") {
                self.skip(2);
                break;
            }
            let Some(token) = self.one(depth + 1) else { break };
            match (key.take(), token) {
                (None, Token::Name(name)) => key = Some(name),
                (Some(name), value) => members.push((name, value)),
                _ => {}
            }
        }
        Token::Dictionary(members)
    }

    fn run(&mut self) -> &'b [u8] {
        let end = self.rest.iter().position(|byte| is_space(*byte) || is_delimiter(*byte));
        let (run, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        run
    }

    fn name(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut bytes = self.run().iter();
        while let Some(byte) = bytes.next() {
            let pair = bytes.as_slice().first_chunk::<2>().filter(|_| *byte == b'#');
            match pair.and_then(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)) {
                Some(value) => {
                    out.push(value);
                    bytes.nth(1);
                }
                None => out.push(*byte),
            }
        }
        out
    }

    fn word(&mut self) -> Token {
        let run = self.run();
        let number = std::str::from_utf8(run).ok().filter(|text| {
            text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'))
        });
        match number.map(|text| (text, text.parse::<f64>())) {
            Some((_, Ok(number))) => Token::Number(number),
            // `--5` and `5-3` are written by some programs: the first number counts, the sign once.
            Some((text, Err(_))) => {
                let text = text.trim_start_matches(['-', '+']);
                let end = text.find(['-', '+']).unwrap_or(text.len());
                Token::Number(text.get(..end).and_then(|text| text.parse().ok()).unwrap_or(0.0))
            }
            None => Token::Word(run.to_vec()),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        self.skip(1);
        let end = memchr::memchr(b'>', self.rest).unwrap_or(self.rest.len());
        let digits: Vec<u8> = self.rest.iter().take(end).filter_map(|byte| digit(*byte)).collect();
        self.skip(end + 1);
        let pair = |pair: &[u8]| pair.first().unwrap_or(&0) * 16 + pair.get(1).unwrap_or(&0);
        digits.chunks(2).map(pair).collect()
    }

    fn literal(&mut self) -> Vec<u8> {
        self.skip(1);
        let mut out = Vec::new();
        let mut open = 1;
        while let Some(byte) = self.rest.first().copied() {
            self.skip(1);
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut out);
                    continue;
                }
                _ => {}
            }
            out.push(byte);
        }
        out
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.rest.first().copied() else { return };
        let octal = self.rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        if octal > 0 {
            let value = self.rest.iter().take(octal).fold(0u32, |sum, byte| sum * 8 + u32::from(byte - b'0'));
            out.push(u8::try_from(value & 0xff).unwrap_or_default());
            return self.skip(octal);
        }
        self.skip(1);
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\r' if self.rest.first() == Some(&b'\n') => self.skip(1),
            b'\r' | b'\n' => {}
            other => out.push(other),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.one(0)
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_token() {
        let bytes = br"/F1 12 Tf [(a\(b\)\101\n(c)) -120.5 <4 142>] TJ % no
            /A#42 <</K 1 /L [2]>> --5 .5 true";
        let tokens: Vec<Token> = Tokens::new(bytes).collect();
        let text = |bytes: &[u8]| Token::Text(bytes.to_vec());
        let name = |bytes: &[u8]| Token::Name(bytes.to_vec());
        let word = |bytes: &[u8]| Token::Word(bytes.to_vec());
        assert_eq!(
            tokens,
            [
                name(b"F1"),
                Token::Number(12.0),
                word(b"Tf"),
                Token::Array(vec![text(b"a(b)A\n(c)"), Token::Number(-120.5), text(b"AB")]),
                word(b"TJ"),
                name(b"AB"),
                Token::Dictionary(vec![
                    (b"K".to_vec(), Token::Number(1.0)),
                    (b"L".to_vec(), Token::Array(vec![Token::Number(2.0)]))
                ]),
                Token::Number(5.0),
                Token::Number(0.5),
                word(b"true"),
            ]
        );
    }

    #[test]
    fn damage_ends_and_does_not_loop() {
        for bytes in [&b"(never closed"[..], b"<41", b"[1 2", b"<</A", b">>]})", b"/", &b"[".repeat(100_000)]
        {
            assert!(Tokens::new(bytes).count() < 100_001);
        }
        let mut tokens = Tokens::new(b"\x01\x02EI\x00\x80 EI Q (x)");
        tokens.image();
        assert_eq!(tokens.next(), Some(Token::Word(b"Q".to_vec())));
    }
}
