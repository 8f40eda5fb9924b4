//! Cells of workbooks, old and new: which numbers are dates, and rows as lines of CSV.

use std::ops::Range;

/// A serial number as ISO 8601: days since 30 December 1899, or 1 January 1904, with the day's fraction. The
/// 29 February 1900 that never was makes days before March 1900 one off; they are left as numbers.
pub(in crate::formats) fn date(serial: &str, from_1904: bool) -> Option<String> {
    let serial: f64 = serial.trim().parse().ok()?;
    let first = if from_1904 { 0.0 } else { 61.0 };
    if !(first..2_958_466.0).contains(&serial) {
        return None;
    }
    let epoch = if from_1904 { jiff::civil::date(1904, 1, 1) } else { jiff::civil::date(1899, 12, 30) };
    let seconds = (serial * 86_400.0).round() as i64;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let day = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    Some(match rest {
        0 => day.to_string(),
        _ => format!("{day}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60),
    })
}

/// One row; a line end in a cell is a space, since a line is a row. Cells that say they stand where another
/// does go beside it.
pub(in crate::formats) fn write_row(row: &[(usize, String)], out: &mut String) {
    write_row_at(row, out, &mut |_| {});
}

/// As [`write_row`], which tells where each cell stands in the text, and how many columns the row has.
pub(super) fn write_row_at(
    row: &[(usize, String)],
    out: &mut String,
    each: &mut dyn FnMut(Range<usize>),
) -> usize {
    let mut next = 0;
    for (column, value) in row {
        let at = next.max(*column);
        let separators = at.saturating_sub(next.max(1) - 1).min(at);
        out.extend(std::iter::repeat_n(',', separators));
        next = at + 1;
        let from = out.len();
        let plain = !value.contains(['"', ',', '\n', '\r', ';', '\t']);
        if plain {
            out.push_str(value);
        } else {
            let value = value.replace("\r\n", " ").replace(['\n', '\r'], " ").replace('"', "\"\"");
            out.push_str(&format!("\"{value}\""));
        }
        each(from..out.len());
    }
    out.push('\n');
    next
}

/// What a cell of such a row holds.
pub(super) fn read_cell(written: &str) -> String {
    match written.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest)) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => written.to_owned(),
    }
}

/// Whether a number format every workbook has shows a date (ECMA-376 part 1, 18.8.30).
pub(in crate::formats) fn is_built_in_date(id: u32) -> bool {
    matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}

/// Whether a format code has a day, month or year outside of quotes and brackets.
pub(in crate::formats) fn shows_date(code: &str) -> bool {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            'y' | 'Y' | 'd' | 'D' | 'm' | 'M' if !quoted && !bracket => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{date, shows_date};

    #[test]
    fn dates_are_told_by_their_format() {
        for date in ["yyyy-mm-dd", "dd/mm/yy", "[$-C0A]d mmmm yyyy", "h:mm d"] {
            assert!(shows_date(date), "{date}");
        }
        for number in ["0.00", "General", "#,##0 \"days\"", "[Red]0", "0\\d"] {
            assert!(!shows_date(number), "{number}");
        }
    }

    #[test]
    fn serial_numbers_are_days() {
        assert_eq!(date("45983", false).as_deref(), Some("2025-11-22"));
        assert_eq!(date("45983.5", false).as_deref(), Some("2025-11-22T12:00:00"));
        assert_eq!(date("0", true).as_deref(), Some("1904-01-01"));
        assert_eq!(date("12", false), None);
        assert_eq!(date("x", false), None);
    }
}
