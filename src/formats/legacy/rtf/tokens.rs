//! Tokens of RTF (Rich Text Format 1.9.1, "RTF Syntax").

use super::super::bytes::at_most;

/// One token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A control word and its number.
    Word(&'a [u8], Option<i32>),
    /// A backslash and one character that is no letter.
    Symbol(u8),
    /// `\'hh`: a byte of the text's code page.
    Byte(u8),
    /// Bytes as they are, behind `\bin`.
    Binary(&'a [u8]),
    /// Characters up to the next token or line end.
    Text(&'a [u8]),
}

/// Splits RTF into tokens.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn control(&mut self) -> Token<'a> {
        let Some(first) = self.peek(0) else { return Token::Text(b"") };
        if first == b'\'' {
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            return match (digit(self.peek(1)), digit(self.peek(2))) {
                (Some(high), Some(low)) => {
                    self.at += 3;
                    Token::Byte((high * 16 + low) as u8)
                }
                _ => {
                    self.at += 1;
                    Token::Symbol(first)
                }
            };
        }
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            return Token::Symbol(first);
        }
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphabetic()) && self.at - start < 64 {
            self.at += 1;
        }
        let name = self.bytes.get(start..self.at).unwrap_or_default();
        let number = self.number();
        if self.peek(0) == Some(b' ') {
            self.at += 1;
        }
        if name == b"bin" {
            let len = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            let binary = at_most(self.bytes, self.at, len);
            self.at += binary.len();
            return Token::Binary(binary);
        }
        Token::Word(name, number)
    }

    fn number(&mut self) -> Option<i32> {
        let negative = self.peek(0) == Some(b'-') && self.peek(1).is_some_and(|byte| byte.is_ascii_digit());
        if negative {
            self.at += 1;
        }
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) && self.at - start < 10 {
            self.at += 1;
        }
        let digits = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        let number = digits.parse::<i64>().ok()?;
        i32::try_from(if negative { -number } else { number }).ok()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while matches!(self.peek(0), Some(b'\r' | b'\n' | 0)) {
            self.at += 1;
        }
        let first = self.peek(0)?;
        self.at += 1;
        Some(match first {
            b'{' => Token::Open,
            b'}' => Token::Close,
            b'\\' => self.control(),
            _ => {
                let start = self.at - 1;
                while self
                    .peek(0)
                    .is_some_and(|byte| !matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0))
                {
                    self.at += 1;
                }
                Token::Text(self.bytes.get(start..self.at).unwrap_or_default())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_bytes() {
        let tokens: Vec<Token<'_>> = Tokens::of(b"{\\rtf1\\u-10 ?a\r\nb\\'f1\\'g\\*\\bin3 }}}\\x}").collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Word(b"rtf", Some(1)),
                Token::Word(b"u", Some(-10)),
                Token::Text(b"?a"),
                Token::Text(b"b"),
                Token::Byte(0xF1),
                Token::Symbol(b'\''),
                Token::Text(b"g"),
                Token::Symbol(b'*'),
                Token::Binary(b"}}}"),
                Token::Word(b"x", None),
                Token::Close,
            ]
        );
    }
}
