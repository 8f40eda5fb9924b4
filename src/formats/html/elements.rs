//! What the names of elements and attributes mean for reading.

/// Elements that begin a line of their own, or part texts as cells do.
const BLOCKS: [&str; 74] = [
    "address",
    "article",
    "aside",
    "audio",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "iframe",
    "input",
    "legend",
    "li",
    "listing",
    "main",
    "map",
    "marquee",
    "menu",
    "nav",
    "object",
    "ol",
    "optgroup",
    "option",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "video",
    "xmp",
    "noscript",
    "noframes",
];

/// Other elements of HTML, WHATWG HTML §4 and §16.2.
const INLINE: [&str; 66] = [
    "a",
    "abbr",
    "acronym",
    "applet",
    "area",
    "b",
    "base",
    "basefont",
    "bdi",
    "bdo",
    "bgsound",
    "big",
    "blink",
    "cite",
    "code",
    "command",
    "data",
    "datalist",
    "del",
    "dfn",
    "em",
    "embed",
    "fencedframe",
    "font",
    "i",
    "image",
    "img",
    "ins",
    "isindex",
    "kbd",
    "keygen",
    "label",
    "link",
    "mark",
    "math",
    "menuitem",
    "meta",
    "meter",
    "multicol",
    "nextid",
    "nobr",
    "noembed",
    "output",
    "param",
    "picture",
    "progress",
    "q",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "script",
    "slot",
    "small",
    "source",
    "spacer",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
];

/// The rest of [`INLINE`] and the elements of SVG and MathML that mails and knowledge bases hold.
const INLINE_MORE: [&str; 41] = [
    "time",
    "track",
    "tt",
    "u",
    "var",
    "wbr",
    "path",
    "g",
    "rect",
    "circle",
    "line",
    "polygon",
    "polyline",
    "ellipse",
    "defs",
    "use",
    "text",
    "tspan",
    "symbol",
    "stop",
    "filter",
    "mask",
    "desc",
    "switch",
    "foreignobject",
    "lineargradient",
    "radialgradient",
    "clippath",
    "pattern",
    "marker",
    "mi",
    "mo",
    "mn",
    "mrow",
    "msup",
    "msub",
    "mfrac",
    "mtext",
    "xml",
    "semantics",
    "annotation",
];

/// Elements without contents, WHATWG HTML §13.1.2.
const VOID: [&str; 19] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input",
    "keygen", "link", "meta", "param", "source", "track", "wbr",
];

/// Attributes that hold an address.
const URLS: [&str; 14] = [
    "href",
    "src",
    "action",
    "formaction",
    "cite",
    "data",
    "poster",
    "background",
    "longdesc",
    "ping",
    "xlink:href",
    "manifest",
    "profile",
    "data-saferedirecturl",
];

/// Attributes that hold text for people.
const TEXTS: [&str; 12] = [
    "alt",
    "title",
    "value",
    "content",
    "placeholder",
    "aria-label",
    "aria-description",
    "label",
    "summary",
    "abbr",
    "srcdoc",
    "download",
];

/// Attributes that say how something looks; a value without `@` and without a long number in it is no
/// text.
const LOOKS: [&str; 40] = [
    "align",
    "valign",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "class",
    "color",
    "colspan",
    "rowspan",
    "dir",
    "face",
    "frame",
    "frameborder",
    "height",
    "hspace",
    "lang",
    "language",
    "link",
    "vlink",
    "alink",
    "marginheight",
    "marginwidth",
    "media",
    "method",
    "nowrap",
    "rel",
    "rev",
    "role",
    "rules",
    "scope",
    "shape",
    "size",
    "span",
    "style",
    "tabindex",
    "target",
    "type",
    "vspace",
    "width",
];

/// Whether the element parts the text before it from that behind it.
pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// Whether the element has no contents.
pub(super) fn is_void(name: &str) -> bool {
    VOID.contains(&name)
}

/// Whether a tag of this name is markup. What people write between angle brackets (`<juan@example.com>`,
/// `<Juan Pérez>`) looks like a tag to a tokenizer and is text.
pub(super) fn is_markup(name: &str) -> bool {
    if is_block(name) || INLINE.contains(&name) || INLINE_MORE.contains(&name) {
        return true;
    }
    // Word's `o:p`, and custom elements: letters with a colon or hyphen inside.
    let joint = name.find([':', '-']).is_some_and(|at| at > 0 && at + 1 < name.len());
    joint && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b':' | b'-'))
}

/// What an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An address, percent-encoded.
    Url,
    /// Text for people.
    Text,
    /// Anything else that is worth a look.
    Other,
    /// Nothing but looks.
    Nothing,
}

/// What the value of an attribute (name in lower case) is.
pub(super) fn value_of(name: &str, value: &str) -> Value {
    if value.is_empty() {
        Value::Nothing
    } else if URLS.contains(&name) {
        Value::Url
    } else if TEXTS.contains(&name) {
        Value::Text
    } else if LOOKS.contains(&name) && is_looks(value) {
        Value::Nothing
    } else {
        Value::Other
    }
}

/// Nothing that could be a datum: short plain words and lengths.
fn is_looks(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" \t\r\n#%.,;:()'\"_-/!".contains(&byte);
    let long_number = |word: &str| word.len() > 7 && word.bytes().any(|byte| byte.is_ascii_digit());
    value.bytes().all(plain)
        && !value.split([' ', ';', ':', ',', '(', ')', '\t', '\r', '\n']).any(long_number)
        && value.bytes().filter(u8::is_ascii_digit).count() < 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_in_angle_brackets_is_text() {
        for name in ["juan@example.com", "juan", "x1234567-l", "https:", "-x"] {
            assert!(!is_markup(name), "{name}");
        }
        for name in ["p", "o:p", "time", "my-card"] {
            assert!(is_markup(name), "{name}");
        }
    }

    #[test]
    fn looks_with_data_in_them_are_read() {
        assert_eq!(value_of("style", "color:#fff;width:100px"), Value::Nothing);
        assert_eq!(value_of("class", "u-juan@example.com"), Value::Other);
        assert_eq!(value_of("class", "dni-12345678Z"), Value::Other);
        assert_eq!(value_of("data-user", "Juan"), Value::Other);
        assert_eq!(value_of("href", "mailto:x"), Value::Url);
    }
}
