//! A run of bytes as objects: the frame, and what stands in its holes.

use std::ops::Range;

use super::frame::{Hole, head};
use super::parts::{Part, Span};
use super::writer::Writer;
use crate::problem::Problem;
use crate::vault::Kind;

impl Writer<'_, '_, '_> {
    /// Seals a run of bytes: the frame first, then what stands in its holes.
    pub(super) fn frame(
        &mut self,
        slot: u64,
        (start, end): (u64, u64),
        bytes: &[u8],
        base: u64,
        holes: Vec<(Range<u64>, Content<'_>)>,
        spans: &[Span],
    ) -> Result<(), Problem> {
        let slice = |from: u64, to: u64| {
            let at = |place: u64| usize::try_from(place.saturating_sub(base)).unwrap_or(usize::MAX);
            bytes.get(at(from)..at(to)).unwrap_or(&[])
        };
        let owner = self.owner(slot);
        let mut cut = Vec::new();
        let mut literal: Vec<&[u8]> = Vec::new();
        let (mut at, mut written) = (start, 0u64);
        let mut contents = Vec::new();
        for (range, content) in holes {
            let subjects = match &content {
                Content::Span(span) => self.subjects(&span.people, owner)?,
                Content::Record(..) => Vec::new(),
            };
            // What belongs to the person the record is about needs no key of its own.
            if matches!(content, Content::Span(_)) && subjects.is_empty() {
                continue;
            }
            let before = slice(at, range.start);
            literal.push(before);
            written += before.len() as u64;
            let replacement = match &content {
                Content::Span(span) => span.replacement.clone(),
                Content::Record(record, _) => record.replacement.to_vec(),
            };
            cut.push(Hole { at: written, replacement });
            at = range.end;
            contents.push((range, content, subjects));
        }
        literal.push(slice(at, end));
        let head = head(&cut);
        let data: Vec<&[u8]> = std::iter::once(head.as_slice()).chain(literal).collect();
        self.object(Kind::Frame, slot, Vec::new(), &data)?;
        for (range, content, subjects) in contents {
            match content {
                Content::Span(_) => {
                    self.count("spans", 1);
                    self.object(Kind::Span, slot, subjects, &[slice(range.start, range.end)])?;
                }
                Content::Record(_, inner) => {
                    let from = spans.partition_point(|span| span.range.start < range.start);
                    let inside = spans
                        .iter()
                        .skip(from)
                        .take_while(|span| span.range.end <= range.end)
                        .map(|span| (span.range.clone(), Content::Span(span)))
                        .collect();
                    self.frame(inner, (range.start, range.end), bytes, base, inside, &[])?;
                }
            }
        }
        Ok(())
    }
}

/// What stands in a hole.
pub(super) enum Content<'p> {
    Span(&'p Span),
    Record(&'p Part, u64),
}
