//! Where the text of a group belongs to (Rich Text Format 1.9.1, destinations).

/// What becomes of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// The document itself.
    Body,
    /// Headers and footers.
    Headers,
    /// Footnotes and endnotes.
    Notes,
    /// Comments and who wrote them.
    Comments,
    /// Title, author, users' own properties, authors of changes.
    Properties,
    /// Text boxes.
    Boxes,
    /// What fields are made of: addresses of links above all.
    Fields,
    /// Values of shapes: what describes a picture, where it leads to.
    Shapes,
    /// Destinations that are not known.
    Other,
    /// HTML of a mail ([MS-OXRTFEX]).
    HtmlTag,
    /// The list of fonts, whose charsets count.
    Fonts,
    /// A picture's bytes in hexadecimal digits.
    Picture,
    /// An embedded object's bytes.
    Object,
    /// Nothing of people.
    Nothing,
}

use Destination::{
    Body, Boxes, Comments, Fields, Fonts, Headers, HtmlTag, Notes, Nothing, Object, Other, Picture,
    Properties, Shapes,
};

/// Texts a document may have, with what they are called outside.
pub(super) const TEXTS: [(Destination, &str); 9] = [
    (Body, "body.txt"),
    (Headers, "headers-and-footers.txt"),
    (Notes, "notes.txt"),
    (Comments, "comments.txt"),
    (Boxes, "text-boxes.txt"),
    (Fields, "fields.txt"),
    (Properties, "properties.txt"),
    (Shapes, "shapes.txt"),
    (Other, "other.txt"),
];

/// Destinations by their words. Those that only say how things look are nothing; those that are not listed and
/// marked with `\*` are read as `Other`, so that nothing is lost.
const WORDS: [(&[u8], Destination); 86] = [
    (b"header", Headers),
    (b"headerl", Headers),
    (b"headerr", Headers),
    (b"headerf", Headers),
    (b"footer", Headers),
    (b"footerl", Headers),
    (b"footerr", Headers),
    (b"footerf", Headers),
    (b"footnote", Notes),
    (b"annotation", Comments),
    (b"atnauthor", Comments),
    (b"atnid", Comments),
    (b"atnref", Nothing),
    (b"atrfstart", Nothing),
    (b"atrfend", Nothing),
    (b"atndate", Nothing),
    (b"atntime", Nothing),
    (b"atnparent", Nothing),
    (b"atnicn", Nothing),
    (b"info", Nothing),
    (b"title", Properties),
    (b"subject", Properties),
    (b"author", Properties),
    (b"operator", Properties),
    (b"manager", Properties),
    (b"company", Properties),
    (b"category", Properties),
    (b"keywords", Properties),
    (b"comment", Properties),
    (b"doccomm", Properties),
    (b"hlinkbase", Properties),
    (b"userprops", Properties),
    (b"revtbl", Properties),
    (b"protusertbl", Properties),
    (b"template", Properties),
    (b"shptxt", Boxes),
    (b"do", Other),
    (b"dptxbxtext", Boxes),
    (b"fldinst", Fields),
    (b"fldrslt", Body),
    (b"result", Body),
    (b"listtext", Body),
    (b"pntext", Body),
    (b"ud", Body),
    (b"sn", Nothing),
    (b"sv", Shapes),
    (b"shpinst", Other),
    (b"docvar", Other),
    (b"propname", Properties),
    (b"staticval", Properties),
    (b"bkmkstart", Other),
    (b"bkmkend", Nothing),
    (b"fonttbl", Fonts),
    (b"falt", Nothing),
    (b"panose", Nothing),
    (b"fontemb", Nothing),
    (b"colortbl", Nothing),
    (b"stylesheet", Nothing),
    (b"listtable", Nothing),
    (b"listoverridetable", Nothing),
    (b"listpicture", Nothing),
    (b"rsidtbl", Nothing),
    (b"generator", Nothing),
    (b"themedata", Nothing),
    (b"colorschememapping", Nothing),
    (b"latentstyles", Nothing),
    (b"xmlnstbl", Nothing),
    (b"wgrffmtfilter", Nothing),
    (b"passwordhash", Nothing),
    (b"blipuid", Nothing),
    (b"datafield", Nothing),
    (b"mhtmltag", Nothing),
    (b"htmltag", HtmlTag),
    (b"nonesttables", Nothing),
    (b"nonshppict", Nothing),
    (b"ftnsep", Nothing),
    (b"ftnsepc", Nothing),
    (b"ftncn", Nothing),
    (b"aftnsep", Nothing),
    (b"aftnsepc", Nothing),
    (b"aftncn", Nothing),
    (b"pnseclvl", Nothing),
    (b"mmathPr", Nothing),
    (b"pict", Picture),
    (b"objdata", Object),
    (b"datastore", Object),
];

/// The destination a word begins, where it is one.
pub(super) fn of(word: &[u8]) -> Option<Destination> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, destination)| *destination)
}
