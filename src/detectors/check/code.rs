//! What a program writes where people write values: types, numbers of a type, calls. `password: &[u8]` declares
//! a parameter and tells no password.

/// Types and words of declarations.
#[rustfmt::skip]
const TYPES: &[&[u8]] = &[
    b"u8", b"u16", b"u32", b"u64", b"u128", b"usize", b"i8", b"i16", b"i32", b"i64", b"i128", b"isize", b"f32",
    b"f64", b"str", b"bool", b"char", b"mut", b"const", b"dyn", b"impl", b"void", b"c_char", b"wchar_t", b"self",
    b"Option", b"Cow", b"Box", b"Vec", b"String", b"CString", b"Result", b"match",
];
/// What names of types end with, in C, Java and Rust.
const ENDS: &[&[u8]] = &[b"Ref", b"Ptr", b"Type", b"Handle", b"Credential", b"Credentials"];

/// Whether an unquoted value is written by a program; `after` is what follows it.
pub(super) fn is_code(value: &[u8], after: &[u8]) -> bool {
    let bare = value.iter().position(|byte| !matches!(byte, b'&' | b'*' | b'[' | b'('));
    let bare = bare.and_then(|at| value.get(at..)).unwrap_or(&[]);
    let wrapped = bare.len() < value.len();
    TYPES.contains(&bare) && (wrapped || after.first() != Some(&b'\n'))
        || bare.is_empty()
        || is_typed_number(bare)
        || is_declared(value, after)
        || is_type_name(value)
        || is_reference(value, after)
        || is_generic(value, after)
        || is_call(bare)
        || wrapped && value.first() == Some(&b'&') && is_indexed(bare)
}

/// `nobody.into(`, `Some(password`, `parse_user_info(&value`: a name without digits, then a bracket.
fn is_call(value: &[u8]) -> bool {
    // `algorithm.sanitize_r4(`: digits are a method's where the name has a dot and an underscore.
    let method =
        value.contains(&b'.') && value.contains(&b'_') && value.first().is_some_and(u8::is_ascii_lowercase);
    let name = |byte: &&u8| {
        byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_') || method && byte.is_ascii_digit()
    };
    let len = value.iter().take_while(name).count();
    let (called, rest) = value.split_at(len);
    let known = matches!(called, b"Some" | b"Ok") || called.contains(&b'.') || called.contains(&b'_');
    len > 0 && rest.first() == Some(&b'(') && (known || rest.len() == 1)
}

/// `&Password`, the last thing of its line or of a list of parameters.
fn is_reference(value: &[u8], after: &[u8]) -> bool {
    let ends = [b",\n".as_slice(), b",\r\n", b") ->"].iter().any(|end| after.starts_with(end));
    let name = value.strip_prefix(b"&").unwrap_or(&[]);
    ends && name.first().is_some_and(u8::is_ascii_uppercase) && name.iter().all(u8::is_ascii_alphabetic)
}

/// `DoubleQuoted<String>`, of which the value ends before the bracket.
fn is_generic(value: &[u8], after: &[u8]) -> bool {
    let inner = after.strip_prefix(b"<").and_then(|after| after.split(|byte| *byte == b'>').next());
    let named =
        value.first().is_some_and(u8::is_ascii_uppercase) && value.iter().all(u8::is_ascii_alphabetic);
    named && inner.is_some_and(|inner| TYPES.contains(&inner))
}

/// `args[4`, of which the value ends before the bracket.
fn is_indexed(value: &[u8]) -> bool {
    let len = value.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'_').count();
    len > 0 && value.get(len) == Some(&b'[')
}

/// `0i32`, `65535u32`, `0x04`.
fn is_typed_number(value: &[u8]) -> bool {
    if let Some(hex) = value.strip_prefix(b"0x") {
        return (1..=8).contains(&hex.len()) && hex.iter().all(u8::is_ascii_hexdigit);
    }
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = value.split_at(digits);
    !number.is_empty() && matches!(rest.first(), Some(b'i' | b'u' | b'f')) && TYPES.contains(&rest)
}

/// `PASSWORD_ID: DEVICE_PASSWORD_ID = 4`: a name behind which a value is assigned.
fn is_declared(value: &[u8], after: &[u8]) -> bool {
    let name = value.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    // `Verano2024 = …` may be somebody's note.
    let named = value.contains(&b'_') || value.iter().all(u8::is_ascii_alphabetic);
    let first = value.first().is_some_and(u8::is_ascii_uppercase) || value.contains(&b'_');
    name && named && first && [b" = ", b" + ", b" | "].iter().any(|sign| after.starts_with(*sign))
}

/// `CFStringRef`, `EapCredentialType`.
fn is_type_name(value: &[u8]) -> bool {
    let letters = value.iter().all(u8::is_ascii_alphabetic);
    let humps = value.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    letters && humps >= 2 && value.len() >= 8 && ENDS.iter().any(|end| value.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_and_calls_are_code_and_passwords_are_not() {
        for (value, after) in [
            ("&[u8", "],"),
            ("[u16", "; 256]"),
            ("&str", ") -> X"),
            ("*const", " u16"),
            ("65535i32", ";"),
            ("DOT11_WPS_DEVICE_PASSWORD_ID", " = 4i32;"),
            ("EapCredentialType", ","),
            ("CFStringRef", ","),
            ("nobody.into(", ");"),
            ("Some(password", "),"),
            ("&[", "]"),
            ("algorithm.sanitize_password(password)?", ";"),
            ("&args[4", "]"),
            ("[0x01", "; 32]"),
            ("0x100", ","),
            ("B_MAIL_ERROR_BASE", " + 2;"),
            ("Option", "<TUsername>,"),
            ("&Password", ",\n    thread: u32"),
            ("&Password", ") -> Result<()>"),
            ("DoubleQuoted", "<String>,"),
            ("algorithm.sanitize_password_r4(owner)?", ";"),
        ] {
            assert!(is_code(value.as_bytes(), after.as_bytes()), "{value}");
        }
        for (value, after) in [
            ("Verano2024", "\n"),
            ("S3cret!", "."),
            ("123456", "\n"),
            ("2024i", "\n"),
            ("const", "\n"),
            ("MiClave(2024", ")"),
            ("&Segura9", " gracias"),
            ("Verano_2024", " y"),
            ("MeinHund", "\n"),
            ("clave(9", "\n"),
            ("0xDEADBEEF99", "\n"),
            ("&Password", ", gracias"),
            ("&Segura9", ",\n"),
            ("Casa", "<br>"),
            ("Casa9", "<String>"),
            ("Ana_2024(x", "\n"),
            ("Ana.2024_(x", "\n"),
        ] {
            assert!(!is_code(value.as_bytes(), after.as_bytes()), "{value}");
        }
    }
}
