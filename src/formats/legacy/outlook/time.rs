//! Times of Windows as dates of mails.

/// Days since 1601 to year, month and day of the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Counted from 1 March 1600, so that the leap day is the last of a year and cycles begin with a century.
    let days = days + 306;
    let (cycles, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (1600 + cycles * 400 + year + next, month, of_month)
}

/// A time in hundreds of nanoseconds since 1601 in the form of RFC 5322; none for what is no date.
pub(super) fn rfc5322(time: u64) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time / 10_000_000;
    let (year, month, day) = civil(seconds / 86_400);
    if !(1602..=9999).contains(&year) {
        return None;
    }
    let month = MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    Some(format!("{day} {month} {year} {hours:02}:{minutes:02}:{:02} +0000", seconds % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        assert_eq!(civil(0), (1601, 1, 1));
        assert_eq!(civil(58), (1601, 2, 28));
        assert_eq!(civil(59), (1601, 3, 1));
        // 1970 began 134 774 days later.
        assert_eq!(civil(134_774), (1970, 1, 1));
        assert_eq!(civil(134_774 + 11_016), (2000, 2, 29));
        let time = (134_774 * 86_400 + 1_700_000_000) * 10_000_000;
        assert_eq!(rfc5322(time).unwrap(), "14 Nov 2023 22:13:20 +0000");
        assert_eq!(rfc5322(0), None);
        assert_eq!(rfc5322(u64::MAX), None);
    }
}
