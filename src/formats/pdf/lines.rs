//! Glyphs with where they stand become lines of text.

/// Of the size of a font: a gap that parts words, what is a step back, and what is another line.
const WORD: f64 = 0.14;
const BACK: f64 = 0.6;
const LINE: f64 = 0.35;

/// Where a glyph stands on the page: its origin, the direction of writing, its size and how far it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) at: (f64, f64),
    pub(super) along: (f64, f64),
    pub(super) size: f64,
    pub(super) width: f64,
}

/// Text while it is put together.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
    last: Option<Place>,
    /// Where and what the glyph before was: bold text may be drawn twice.
    twice: Option<((f64, f64), String)>,
}

impl Lines {
    /// Adds a glyph.
    pub(super) fn glyph(&mut self, text: &str, place: Place) {
        if let Some(last) = self.last {
            let near = place.size.max(1e-6) * 0.08;
            let again = self.twice.as_ref().is_some_and(|((x, y), known)| {
                (x - place.at.0).abs() < near && (y - place.at.1).abs() < near && known == text
            });
            if again && !text.trim().is_empty() {
                return;
            }
            self.part(last, place);
        }
        let blank = text.chars().all(char::is_whitespace);
        if !(blank && (self.text.is_empty() || self.text.ends_with(['\n', ' ']))) {
            self.text.push_str(if blank { " " } else { text });
        }
        self.twice = Some((place.at, text.to_owned()));
        self.last = Some(place);
    }

    /// What stands between two glyphs: nothing, a space, or the end of a line.
    fn part(&mut self, last: Place, next: Place) {
        let size = last.size.max(next.size).max(1e-6);
        let (dx, dy) = (next.at.0 - last.at.0, next.at.1 - last.at.1);
        let along = dx * last.along.0 + dy * last.along.1 - last.width;
        let across = (dy * last.along.0 - dx * last.along.1).abs();
        let turned = last.along.0 * next.along.0 + last.along.1 * next.along.1 < 0.9;
        if turned || across > LINE * size || along < -BACK * size {
            self.end_line();
        } else if along > WORD * size && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    /// Ends a line.
    pub(super) fn end_line(&mut self) {
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Adds a line that stands nowhere.
    pub(super) fn line(&mut self, text: &str) {
        self.end_line();
        self.text.push_str(text.trim());
        self.end_line();
        (self.last, self.twice) = (None, None);
    }
}
