//! Units of offset maps: making them, composing two maps, asking one.

use crate::records::OffsetMap;

/// Offsets inside one layer are 32 bits wide; layers are far smaller.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// One unit of `decoded` bytes for the raw bytes `start..end`.
///
/// Units are at most 255 bytes long on either side. Of a longer raw run (a number padded with zeros,
/// a quantum with white space in it) the last 255 bytes are the unit and those before decode to
/// nothing; a longer decoded run is cut, its tail standing on the unit's last byte.
pub(crate) fn push_unit(map: &mut OffsetMap, start: usize, end: usize, decoded: usize) {
    const MOST: usize = u8::MAX as usize;
    let start = start.max(end.saturating_sub(MOST));
    let mut left = decoded;
    let mut from = start;
    while left > 0 {
        let now = left.min(MOST);
        map.push(offset(from), 1, narrow(end - from), narrow(now));
        left -= now;
        from = end;
    }
}

fn narrow(len: usize) -> u8 {
    u8::try_from(len).unwrap_or(u8::MAX)
}

/// The map of two decodings, one after the other: `outer` leads from raw bytes to middle bytes, `inner`
/// from those to the text. Appended to `out`.
///
/// A unit of the result begins and ends where units of both do. Where they do not meet within 240 raw
/// bytes, which no standard encoded word reaches, the unit is cut at the end of the outer one.
pub(crate) fn compose(outer: &OffsetMap, inner: &OffsetMap, out: &mut OffsetMap) {
    let mut cursor = Cursor { map: outer, segment: 0 };
    let mut open: Option<(usize, usize)> = None;
    let mut end = 0;
    for segment in inner.segments() {
        for unit in 0..segment.units {
            let from = segment.raw + unit * u32::from(segment.raw_unit);
            let to = from + u32::from(segment.raw_unit);
            let (Some(first), Some(last)) = (cursor.unit(from), cursor.unit(to.saturating_sub(1).max(from)))
            else {
                continue;
            };
            let (start, decoded) = open.take().unwrap_or((first.raw.0.max(end), 0));
            let decoded = decoded + usize::from(segment.decoded_unit);
            end = last.raw.1;
            if last.decoded_end == to || end - start > 240 || decoded > 200 {
                push_unit(out, start, end, decoded);
            } else {
                open = Some((start, decoded));
            }
        }
    }
    if let Some((start, decoded)) = open {
        push_unit(out, start, end, decoded);
    }
}

/// A unit of a map: its raw bytes, and where its decoded ones end.
struct Unit {
    raw: (usize, usize),
    decoded_end: u32,
}

/// Finds units of ascending decoded offsets.
struct Cursor<'a> {
    map: &'a OffsetMap,
    segment: usize,
}

impl Cursor<'_> {
    fn unit(&mut self, decoded: u32) -> Option<Unit> {
        while self.map.segments().get(self.segment)?.decoded_end() <= decoded {
            self.segment += 1;
        }
        let segment = self.map.segments().get(self.segment)?;
        let unit = decoded.checked_sub(segment.decoded)? / u32::from(segment.decoded_unit.max(1));
        let raw = segment.raw + unit * u32::from(segment.raw_unit);
        Some(Unit {
            raw: (raw as usize, (raw + u32::from(segment.raw_unit)) as usize),
            decoded_end: segment.decoded + (unit + 1) * u32::from(segment.decoded_unit),
        })
    }
}

/// The first raw byte of the unit that holds the decoded byte; none past the end.
pub(crate) fn raw_at(map: &OffsetMap, decoded: usize) -> Option<usize> {
    let decoded = u32::try_from(decoded).ok()?;
    let at = map.segments().partition_point(|segment| segment.decoded_end() <= decoded);
    Cursor { map, segment: at }.unit(decoded).map(|unit| unit.raw.0)
}

/// Panics where a map is not ascending, leaves the raw bytes, or does not cover the decoded ones.
#[cfg(test)]
pub(crate) fn assert_map_is_sound(map: &OffsetMap, raw_len: usize, decoded_len: usize) {
    let (mut raw, mut decoded) = (0, 0);
    for segment in map.segments() {
        assert!(segment.raw >= raw, "raw offsets descend");
        assert_eq!(segment.decoded, decoded, "decoded offsets leave a hole");
        assert!(segment.units > 0 && segment.decoded_unit > 0);
        raw = segment.raw_end();
        decoded = segment.decoded_end();
    }
    assert!(raw as usize <= raw_len, "the map leaves the input");
    assert_eq!(decoded as usize, decoded_len, "the map is not as long as the text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_units_end_where_both_do() {
        let mut outer = OffsetMap::new();
        outer.push(0, 2, 4, 3); // Base64 of six bytes.
        let mut inner = OffsetMap::new();
        inner.push_verbatim(0, 1);
        inner.push(1, 1, 1, 2); // A letter of windows-1252.
        inner.push_verbatim(2, 4);
        let mut out = OffsetMap::new();
        compose(&outer, &inner, &mut out);
        assert_map_is_sound(&out, 8, 7);
        let units: Vec<(u32, u8, u8)> =
            out.segments().iter().map(|s| (s.raw, s.raw_unit, s.decoded_unit)).collect();
        assert_eq!(units, [(0, 4, 4), (4, 4, 3)]);
        assert_eq!((raw_at(&out, 3), raw_at(&out, 5), raw_at(&out, 7)), (Some(0), Some(4), None));
    }

    #[test]
    fn long_units_are_cut_and_stay_inside() {
        let mut map = OffsetMap::new();
        push_unit(&mut map, 10, 1000, 600);
        assert_map_is_sound(&map, 1000, 600);
    }
}
