//! Whether an element's text is hidden from the reader of a page.

/// What an element's attributes say of its looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    /// It shows nothing.
    pub(super) hidden: bool,
    /// Its own background, in normal form.
    pub(super) background: Option<String>,
    /// Its own text colour, in normal form.
    pub(super) colour: Option<String>,
}

impl Looks {
    /// Reads one attribute (name in lower case).
    pub(super) fn read(&mut self, name: &str, value: &str) {
        match name {
            "hidden" => self.hidden |= !value.eq_ignore_ascii_case("until-found"),
            "bgcolor" => self.background = Some(colour(value)),
            "color" => self.colour = Some(colour(value)),
            "style" => self.style(value),
            _ => {}
        }
    }

    fn style(&mut self, style: &str) {
        for declaration in style.split(';') {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let property = property.trim().to_ascii_lowercase();
            let value = value.trim().to_ascii_lowercase();
            let value = value.trim_end_matches("!important").trim_end();
            match property.as_str() {
                "display" => self.hidden |= value == "none",
                "visibility" => self.hidden |= matches!(value, "hidden" | "collapse"),
                "mso-hide" => self.hidden |= value == "all",
                "opacity" | "font-size" | "max-height" | "max-width" => self.hidden |= is_nothing(value),
                "color" => self.colour = Some(colour(value)),
                "background-color" => self.background = Some(colour(value)),
                "background" => {
                    let first = value.split_ascii_whitespace().next().unwrap_or("");
                    if !first.starts_with("url") && !first.is_empty() {
                        self.background = Some(colour(first));
                    }
                }
                _ => {}
            }
        }
    }
}

/// `0`, `0.0`, `0px`
fn is_nothing(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    !number.is_empty() && number.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// A colour in normal form: six hexadecimal digits where it can be, else as it is written.
pub(super) fn colour(value: &str) -> String {
    let value: String = value.trim().to_ascii_lowercase().split_ascii_whitespace().collect();
    if let Some(hex) = value.strip_prefix('#') {
        return match hex.len() {
            3 | 4 => hex.chars().take(3).flat_map(|digit| [digit, digit]).collect(),
            _ => hex.chars().take(6).collect(),
        };
    }
    let inside = value.strip_prefix("rgb(").or_else(|| value.strip_prefix("rgba("));
    if let Some(numbers) = inside.and_then(|inside| inside.strip_suffix(')')) {
        let parts: Vec<u8> = numbers.split(',').take(3).filter_map(|part| part.parse().ok()).collect();
        if let [red, green, blue] = parts.as_slice() {
            return format!("{red:02x}{green:02x}{blue:02x}");
        }
    }
    match value.as_str() {
        "white" => String::from(WHITE),
        "black" => String::from("000000"),
        _ => value,
    }
}

/// The colour of a page that names none.
pub(super) const WHITE: &str = "ffffff";

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(name: &str, value: &str) -> Looks {
        let mut looks = Looks::default();
        looks.read(name, value);
        looks
    }

    #[test]
    fn hidden_in_many_ways() {
        for style in [
            "display:none",
            "DISPLAY : None !important",
            "visibility:hidden",
            "font-size:0px",
            "mso-hide:all",
            "max-height:0;overflow:hidden",
            "opacity:0.0",
        ] {
            assert!(looks("style", style).hidden, "{style}");
        }
        assert!(looks("hidden", "").hidden);
        for style in
            ["display:block", "font-size:10px", "opacity:0.5", "max-height:100px", "font-size:inherit"]
        {
            assert!(!looks("style", style).hidden, "{style}");
        }
    }

    #[test]
    fn colours_are_compared_in_one_form() {
        for white in ["#fff", "#FFFFFF", "white", "rgb(255, 255, 255)", "rgba(255,255,255,0.5)", "#ffff"] {
            assert_eq!(colour(white), WHITE, "{white}");
        }
        assert_eq!(looks("style", "background: #eee url(x)").background.as_deref(), Some("eeeeee"));
    }
}
