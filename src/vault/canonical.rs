//! JSON in one form only: the JSON Canonicalization Scheme, RFC 8785.
//!
//! Numbers are integers within ±(2^53 − 1); nothing olvido signs needs others, and what has others is
//! refused rather than written in a form that another implementation might round.

use serde_json::Value;

use crate::problem::Problem;

const LARGEST: i64 = (1 << 53) - 1;

/// The canonical bytes of a value.
///
/// # Errors
/// `not-canonical` for a number that is no safe integer.
pub fn canonical(value: &Value) -> Result<String, Problem> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), Problem> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if (-LARGEST..=LARGEST).contains(&whole) => out.push_str(&whole.to_string()),
            _ => {
                let what = "a number is no integer that every reader of JSON keeps exactly";
                return Err(Problem::new("not-canonical", what, "write it as a string"));
            }
        },
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(Vec<u16>, &String, &Value)> =
                members.iter().map(|(key, value)| (key.encode_utf16().collect(), key, value)).collect();
            sorted.sort_by(|one, two| one.0.cmp(&two.0));
            out.push('{');
            for (at, (_, key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                string(key, out);
                out.push(':');
                write(value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// RFC 8785 §3.2.2.2: the short escapes, `\u00xx` for other control characters, all else as it is.
fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_by_utf16_and_strings_escaped_as_the_rfc_says() {
        // RFC 8785 §3.2.3: U+1F600 sorts by its surrogates, before U+FB33.
        let value: Value = serde_json::from_str(
            r#"{"\u20ac":"Euro","\r":"CR","\ufb33":"Dalet","1":"One","\ud83d\ude00":"Smile","\u0080":"C","\u00f6":"o"}"#,
        )
        .unwrap();
        let wanted = "{\"\\r\":\"CR\",\"1\":\"One\",\"\u{80}\":\"C\",\"\u{f6}\":\"o\",\"\u{20ac}\":\"Euro\",\"\u{1f600}\":\"Smile\",\"\u{fb33}\":\"Dalet\"}";
        assert_eq!(canonical(&value).unwrap(), wanted);
        assert_eq!(
            canonical(&Value::from("€$\u{f}\nA'B\"\\\\\"/")).unwrap(),
            "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""
        );
    }

    #[test]
    fn numbers_that_others_could_round_are_refused() {
        assert_eq!(
            canonical(&serde_json::json!([1, -5, 9_007_199_254_740_991u64])).unwrap(),
            "[1,-5,9007199254740991]"
        );
        for bad in
            [serde_json::json!(1.5), serde_json::json!(9_007_199_254_740_992u64), serde_json::json!(1e3)]
        {
            assert_eq!(canonical(&bad).unwrap_err().code, "not-canonical");
        }
    }
}
