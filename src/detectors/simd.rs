//! The classifier in AVX2 and AVX-512: the one place with `unsafe`, beside its portable twin in
//! [`super::candidates`], which tests compare it with.
#![allow(unsafe_code)]
#![allow(clippy::indexing_slicing)] // A mask of eight bits chooses among as many as there are.

use std::arch::x86_64::{
    __m256i, _mm_cvtsi64_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_andnot_si256, _mm256_castsi256_ps,
    _mm256_cmpeq_epi8, _mm256_cmpeq_epi32, _mm256_cmpgt_epi8, _mm256_cvtepu8_epi32, _mm256_i32gather_epi32,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_movemask_ps, _mm256_mullo_epi32, _mm256_or_si256,
    _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi16, _mm256_srli_epi32, _mm256_storeu_si256,
};
use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm256_maskz_compress_epi32, _mm512_add_epi32, _mm512_add_epi64,
    _mm512_and_si512, _mm512_andnot_si512, _mm512_broadcast_i32x4, _mm512_cmpeq_epi8_mask,
    _mm512_cmplt_epu8_mask, _mm512_i32gather_epi32, _mm512_i32gather_epi64, _mm512_i64gather_epi64,
    _mm512_loadu_si512, _mm512_maskz_and_epi32, _mm512_maskz_compress_epi32, _mm512_maskz_mov_epi8,
    _mm512_maskz_mov_epi32, _mm512_mullo_epi32, _mm512_mullo_epi64, _mm512_or_si512, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_srli_epi16, _mm512_srli_epi32, _mm512_srli_epi64, _mm512_srlv_epi64, _mm512_storeu_si512,
    _mm512_sub_epi8, _mm512_sub_epi64, _mm512_test_epi8_mask, _mm512_test_epi32_mask, _mm512_test_epi64_mask,
};

use super::beginnings::{BITS as BEGINNING_BITS, CASE as CASE_64, EIGHT, FACTOR as FACTOR_64, FOUR, Table};
use super::candidates::{Bitmaps, Candidates, WINDOW, Wanted, sweep};
use super::openings::{BITS, CASE, FACTOR, LISTS, Openings};
use super::positions::Positions;
use super::prefixes::{DEPTH, Prefixes};

/// Finds all candidates where the machine has AVX2 or AVX-512; says whether it did.
pub(super) fn find(text: &[u8], wanted: &Wanted, out: &mut Candidates) -> bool {
    if !(is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt"))
    {
        return false;
    }
    // Machines with VBMI2 are not slowed down by the width of their registers, as the first with AVX-512 are.
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi2")
    {
        // SAFETY: the features the function is compiled for were found just above.
        unsafe { find_avx512(text, wanted, out) };
        return true;
    }
    // SAFETY: the same.
    unsafe { find_avx2(text, wanted, out) };
    true
}

/// What each of the classifiers finds that this machine can run.
#[cfg(test)]
pub(super) fn find_each(text: &[u8], wanted: &Wanted) -> Vec<Candidates> {
    let mut found = Vec::new();
    let mut out = Candidates::default();
    if find(text, wanted, &mut out) {
        found.push(out.clone());
        // SAFETY: what was found with AVX2 at least shows that the machine has it.
        unsafe { find_avx2(text, wanted, &mut out) };
        found.push(out);
    }
    found
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
fn find_avx2(text: &[u8], wanted: &Wanted, out: &mut Candidates) {
    let tables = Tables::new(&wanted.prefixes);
    let words = |words: &mut Positions, from, bits| words.push::<16>(from, bits);
    sweep(text, wanted, |window| classify(window, &tables, wanted.prefixes.any), words, out);
    let Candidates { words, literals, cues, terms, .. } = out;
    sift(text, words.as_slice(), &wanted.openings, [literals, cues, terms]);
}

/// How many words are looked up at once.
const LANES: usize = 8;

/// The twin of [`Openings::sift`], eight words at a time.
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
fn sift(text: &[u8], starts: &[u32], openings: &Openings, out: [&mut Positions; LISTS]) {
    let (starts, rest) = gatherable(text, starts, (LANES, 4));
    let [a, b, c] = out;
    let mut counts = [0; LISTS];
    let rooms = [&mut *a, &mut *b, &mut *c].map(|list| list.free(starts.len() + LANES).as_mut_ptr());
    let factor = _mm256_set1_epi32(FACTOR.cast_signed());
    let case = _mm256_set1_epi32(CASE.cast_signed());
    let hash = |head| _mm256_srli_epi32::<{ (32 - BITS).cast_signed() }>(_mm256_mullo_epi32(head, factor));
    let table = openings.slots().as_ptr().cast::<i32>();
    for group in starts.chunks_exact(LANES) {
        // SAFETY: a group has eight numbers of four bytes; a load needs no alignment.
        let at = unsafe { _mm256_loadu_si256(group.as_ptr().cast()) };
        // SAFETY: four bytes of the text begin at every start of a group.
        let bytes = unsafe { _mm256_i32gather_epi32::<1>(text.as_ptr().cast(), at) };
        let head = _mm256_or_si256(bytes, case);
        let letter = between(head, b'a', 26);
        let plain = _mm256_and_si256(head, _mm256_or_si256(letter, between(bytes, b'0', 10)));
        let none = |bits| _mm256_cmpeq_epi32(_mm256_and_si256(plain, bits), _mm256_setzero_si256());
        let second = _mm256_andnot_si256(none(_mm256_set1_epi32(0xFF)), plain);
        let second = _mm256_and_si256(second, _mm256_set1_epi32(0xFF00));
        let third = _mm256_and_si256(plain, _mm256_set1_epi32(0x00FF_0000));
        let third = _mm256_andnot_si256(_mm256_cmpeq_epi32(second, _mm256_setzero_si256()), third);
        let first = _mm256_and_si256(head, _mm256_set1_epi32(0xFF));
        let three = hash(_mm256_or_si256(first, _mm256_or_si256(second, third)));
        // SAFETY: a hash is less than `1 << BITS`, and the table has three bytes more.
        let lists = unsafe {
            let four = _mm256_i32gather_epi32::<1>(table, hash(head));
            _mm256_or_si256(four, _mm256_i32gather_epi32::<1>(table, three))
        };
        let masks =
            [_mm256_slli_epi32::<31>(lists), _mm256_slli_epi32::<30>(lists), _mm256_slli_epi32::<29>(lists)];
        for ((mask, room), count) in masks.into_iter().zip(rooms).zip(&mut counts) {
            let mask = _mm256_movemask_ps(_mm256_castsi256_ps(mask)).cast_unsigned() as usize;
            let order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(CHOSEN[mask].cast_signed()));
            let chosen = _mm256_permutevar8x32_epi32(at, order);
            // SAFETY: the room is for as many as there are starts and eight more; no more were counted than
            // starts were looked at before this group.
            unsafe { _mm256_storeu_si256(room.add(*count).cast(), chosen) };
            *count += mask.count_ones() as usize;
        }
    }
    for (list, count) in [&mut *a, &mut *b, &mut *c].into_iter().zip(counts) {
        list.take_up(count);
    }
    openings.sift(text, rest, [a, b, c]);
}

/// The starts at which so many bytes of the text begin, at places that gathers can name, in whole groups; and the
/// rest. Starts ascend, so that these are all but the last few; since what is read rests on it, it is looked at.
#[inline(always)]
fn gatherable<'a>(text: &[u8], starts: &'a [u32], (lanes, bytes): (usize, usize)) -> (&'a [u32], &'a [u32]) {
    let last = text.len().min(1 << 31).saturating_sub(bytes);
    let whole = starts.iter().rposition(|at| *at as usize <= last).map_or(0, |at| at + 1);
    let (whole, rest) = starts.split_at(whole - whole % lanes);
    let most = whole.iter().fold(0, |most, at| *at.max(&most));
    if text.len() < bytes || most as usize > last { (&[], starts) } else { (whole, rest) }
}

/// For every choice among eight lanes, the numbers of those that are chosen, one a byte, the first lowest.
static CHOSEN: [u64; 256] = {
    let mut chosen = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut lane, mut byte) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                chosen[mask] |= lane << (8 * byte);
                byte += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    chosen
};

/// The sieve's tables, each twice for the two lanes of a shuffle.
struct Tables {
    low: [__m256i; DEPTH],
    high: [__m256i; DEPTH],
}

impl Tables {
    #[target_feature(enable = "avx2")]
    fn new(prefixes: &Prefixes) -> Tables {
        Tables {
            low: prefixes.low.map(|table| doubled(&table)),
            high: prefixes.high.map(|table| doubled(&table)),
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn doubled(table: &[u8; 16]) -> __m256i {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = table.map(u8::cast_signed);
    _mm256_setr_epi8(
        a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
    )
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(window: &[u8; WINDOW], at: usize) -> __m256i {
    debug_assert!(at + 32 <= WINDOW);
    // SAFETY: callers pass 0..=3 or 32..=35, and 35 + 32 is the length of the window; the load needs no
    // alignment.
    unsafe { _mm256_loadu_si256(window.as_ptr().add(at).cast()) }
}

/// The bitmaps of single signs.
#[inline(always)]
fn signs(equal: impl Fn(u8) -> u64) -> Bitmaps {
    Bitmaps {
        colon: equal(b':'),
        dash: equal(b'-'),
        dot: equal(b'.'),
        plus: equal(b'+'),
        at: equal(b'@'),
        ..Bitmaps::default()
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn classify(window: &[u8; WINDOW], tables: &Tables, literals: bool) -> Bitmaps {
    let (first, second) = (load(window, 0), load(window, 32));
    let equal = |byte: u8| {
        let wanted = _mm256_set1_epi8(byte.cast_signed());
        bits(_mm256_cmpeq_epi8(first, wanted), _mm256_cmpeq_epi8(second, wanted))
    };
    let digit = bits(between(first, b'0', 10), between(second, b'0', 10));
    // Bit 5 is the case of a letter; digits are marked on their own.
    let case = _mm256_set1_epi8(0x20);
    let lower = (_mm256_or_si256(first, case), _mm256_or_si256(second, case));
    let letter = bits(between(lower.0, b'a', 26), between(lower.1, b'a', 26));
    let literal = if literals { bits(sieve(window, 0, tables), sieve(window, 32, tables)) } else { 0 };
    let beyond = bits(between(first, 0xC0, 64), between(second, 0xC0, 64));
    Bitmaps { word: digit | letter, digit, literal, beyond, ..signs(equal) }
}

/// Bytes from `from` on, `count` of them, by one signed comparison.
#[inline]
#[target_feature(enable = "avx2")]
fn between(bytes: __m256i, from: u8, count: u8) -> __m256i {
    // Moves the range to the bottom of the signed bytes.
    let moved = _mm256_add_epi8(bytes, _mm256_set1_epi8(0x80_u8.wrapping_sub(from).cast_signed()));
    _mm256_cmpgt_epi8(_mm256_set1_epi8(0x80_u8.wrapping_add(count).cast_signed()), moved)
}

/// All ones where a literal may begin.
#[inline]
#[target_feature(enable = "avx2")]
fn sieve(window: &[u8; WINDOW], from: usize, tables: &Tables) -> __m256i {
    let nibble = _mm256_set1_epi8(15);
    let mut buckets = _mm256_set1_epi8(-1);
    for (at, (low, high)) in tables.low.iter().zip(&tables.high).enumerate() {
        let bytes = load(window, from + at);
        let lows = _mm256_shuffle_epi8(*low, _mm256_and_si256(bytes, nibble));
        let highs = _mm256_shuffle_epi8(*high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
        buckets = _mm256_and_si256(buckets, _mm256_and_si256(lows, highs));
    }
    let none = _mm256_cmpeq_epi8(buckets, _mm256_setzero_si256());
    _mm256_cmpeq_epi8(none, _mm256_setzero_si256())
}

#[inline]
#[target_feature(enable = "avx2")]
fn bits(first: __m256i, second: __m256i) -> u64 {
    let (low, high) =
        (_mm256_movemask_epi8(first).cast_unsigned(), _mm256_movemask_epi8(second).cast_unsigned());
    u64::from(low) | u64::from(high) << 32
}

/// The twin of [`find_avx2`], with registers of 64 bytes and a bit for each.
#[target_feature(enable = "avx512f,avx512bw,avx2,popcnt,bmi1,bmi2,lzcnt")]
fn find_avx512(text: &[u8], wanted: &Wanted, out: &mut Candidates) {
    let tables = [
        wanted.prefixes.low.map(|table| fourfold(&table)),
        wanted.prefixes.high.map(|table| fourfold(&table)),
    ];
    let numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let words = |words: &mut Positions, from: usize, bits: u64| {
        let room = words.free(80).as_mut_ptr();
        let mut count = 0;
        for quarter in 0..4 {
            let mask = (bits >> (16 * quarter)) as u16;
            let from = _mm512_set1_epi32((from as u32).wrapping_add(16 * quarter).cast_signed());
            let chosen = _mm512_maskz_compress_epi32(mask, _mm512_add_epi32(from, numbers));
            // SAFETY: there is room for 80 numbers; 48 at most were counted before the sixteen that are written.
            unsafe { _mm512_storeu_si512(room.add(count).cast(), chosen) };
            count += mask.count_ones() as usize;
        }
        words.take_up(count);
    };
    sweep(text, wanted, |window| classify_512(window, &tables, wanted.prefixes.any), words, out);
    let Candidates { words, literals, cues, terms, .. } = out;
    sift_512(text, words.as_slice(), &wanted.openings, [literals, cues, terms]);
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn fourfold(table: &[u8; 16]) -> __m512i {
    // SAFETY: the table has the sixteen bytes that are loaded; the load needs no alignment.
    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn classify_512(window: &[u8; WINDOW], [low, high]: &[[__m512i; DEPTH]; 2], literals: bool) -> Bitmaps {
    let load = |at: usize| {
        debug_assert!(at + 64 <= WINDOW);
        // SAFETY: `at` is 0..=3, and 3 + 64 is the length of the window; the load needs no alignment.
        unsafe { _mm512_loadu_si512(window.as_ptr().add(at).cast()) }
    };
    let bytes = load(0);
    let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
    let digit = between_512(bytes, b'0', 10);
    let letter = between_512(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), b'a', 26);
    let mut literal = 0;
    if literals {
        let nibble = _mm512_set1_epi8(15);
        let mut buckets = _mm512_set1_epi8(-1);
        for (at, (low, high)) in low.iter().zip(high).enumerate() {
            let bytes = load(at);
            let lows = _mm512_shuffle_epi8(*low, _mm512_and_si512(bytes, nibble));
            let highs = _mm512_shuffle_epi8(*high, _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), nibble));
            buckets = _mm512_and_si512(buckets, _mm512_and_si512(lows, highs));
        }
        literal = _mm512_test_epi8_mask(buckets, buckets);
    }
    Bitmaps { word: digit | letter, digit, literal, beyond: between_512(bytes, 0xC0, 64), ..signs(equal) }
}

/// The twin of [`between`], as a bit for each byte.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn between_512(bytes: __m512i, from: u8, count: u8) -> u64 {
    let moved = _mm512_sub_epi8(bytes, _mm512_set1_epi8(from.cast_signed()));
    _mm512_cmplt_epu8_mask(moved, _mm512_set1_epi8(count.cast_signed()))
}

/// The twin of [`sift`], sixteen words at a time.
#[target_feature(enable = "avx512f,avx512bw,avx2,popcnt,bmi1,bmi2,lzcnt")]
fn sift_512(text: &[u8], starts: &[u32], openings: &Openings, out: [&mut Positions; LISTS]) {
    const LANES: usize = 16;
    let (starts, rest) = gatherable(text, starts, (LANES, 4));
    let [a, b, c] = out;
    let mut counts = [0; LISTS];
    let rooms = [&mut *a, &mut *b, &mut *c].map(|list| list.free(starts.len() + LANES).as_mut_ptr());
    let factor = _mm512_set1_epi32(FACTOR.cast_signed());
    let case = _mm512_set1_epi32(CASE.cast_signed());
    let hash = |head| _mm512_srli_epi32::<{ 32 - BITS }>(_mm512_mullo_epi32(head, factor));
    let table = openings.slots().as_ptr().cast::<i32>();
    for group in starts.chunks_exact(LANES) {
        // SAFETY: a group has sixteen numbers of four bytes; a load needs no alignment.
        let at = unsafe { _mm512_loadu_si512(group.as_ptr().cast()) };
        // SAFETY: four bytes of the text begin at every start of a group.
        let bytes = unsafe { _mm512_i32gather_epi32::<1>(at, text.as_ptr().cast()) };
        let head = _mm512_or_si512(bytes, case);
        let plain = _mm512_maskz_mov_epi8(between_512(head, b'a', 26) | between_512(bytes, b'0', 10), head);
        let begun = _mm512_test_epi32_mask(plain, _mm512_set1_epi32(0xFF));
        let second = _mm512_maskz_and_epi32(begun, plain, _mm512_set1_epi32(0xFF00));
        let third = _mm512_and_si512(plain, _mm512_set1_epi32(0x00FF_0000));
        let third = _mm512_maskz_mov_epi32(_mm512_test_epi32_mask(second, second), third);
        let first = _mm512_and_si512(head, _mm512_set1_epi32(0xFF));
        let three = hash(_mm512_or_si512(first, _mm512_or_si512(second, third)));
        // SAFETY: a hash is less than `1 << BITS`, and the table has three bytes more.
        let lists = unsafe {
            let four = _mm512_i32gather_epi32::<1>(hash(head), table);
            _mm512_or_si512(four, _mm512_i32gather_epi32::<1>(three, table))
        };
        for (list, (room, count)) in (0..).zip(rooms.into_iter().zip(&mut counts)) {
            let mask = _mm512_test_epi32_mask(lists, _mm512_set1_epi32(1 << list));
            let chosen = _mm512_maskz_compress_epi32(mask, at);
            // SAFETY: the room is for as many as there are starts and sixteen more; no more were counted than starts
            // were looked at before this group.
            unsafe { _mm512_storeu_si512(room.add(*count).cast(), chosen) };
            *count += mask.count_ones() as usize;
        }
    }
    for (list, count) in [&mut *a, &mut *b, &mut *c].into_iter().zip(counts) {
        list.take_up(count);
    }
    openings.sift(text, rest, [a, b, c]);
}

/// Leaves out positions at which no word may begin, as [`Beginnings::sift`](super::beginnings::Beginnings::sift) does,
/// eight at a time. Says how many were looked at, and how many of them stay: none where the machine has no AVX-512.
pub(super) fn narrow(text: &[u8], heads: &Table, likely: &mut Positions) -> (usize, usize) {
    if is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
    {
        // SAFETY: the features the function is compiled for were found just above.
        return unsafe { narrow_512(text, heads, likely.as_mut_slice()) };
    }
    (0, 0)
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,popcnt")]
fn narrow_512(text: &[u8], heads: &Table, likely: &mut [u32]) -> (usize, usize) {
    const LANES: usize = 8;
    let each = |byte: u64| _mm512_set1_epi64((0x0101_0101_0101_0101 * byte).cast_signed());
    let all = |bits: u64| _mm512_set1_epi64(bits.cast_signed());
    let looked = gatherable(text, likely, (LANES, 8)).0.len();
    let table = heads.as_ptr().cast::<i64>();
    let holds = |head, end| {
        let kept = _mm512_or_si512(_mm512_and_si512(head, _mm512_sub_epi64(end, all(1))), end);
        let bit = _mm512_srli_epi64::<{ 64 - BEGINNING_BITS }>(_mm512_mullo_epi64(kept, all(FACTOR_64)));
        // SAFETY: the table has a bit for every hash.
        let word = unsafe { _mm512_i64gather_epi64::<8>(_mm512_srli_epi64::<6>(bit), table) };
        _mm512_srlv_epi64(word, _mm512_and_si512(bit, all(63)))
    };
    let mut kept = 0;
    for at in (0..looked).step_by(LANES) {
        // SAFETY: eight positions of the slice are left; a load needs no alignment.
        let places = unsafe { _mm256_loadu_si256(likely.as_ptr().add(at).cast()) };
        // SAFETY: eight bytes of the text begin at every one of them.
        let bytes = unsafe { _mm512_i32gather_epi64::<1>(places, text.as_ptr().cast()) };
        let head = _mm512_or_si512(bytes, all(CASE_64));
        let (lower, plain) = (_mm512_and_si512(head, each(0x7F)), _mm512_and_si512(bytes, each(0x7F)));
        // As in the portable twin: the highest bit of each byte says whether it is from one byte on, up to another.
        let between = |bytes, from: u64, to: u64| {
            let (from, to) =
                (_mm512_add_epi64(bytes, each(0x80 - from)), _mm512_add_epi64(bytes, each(0x80 - to)));
            _mm512_andnot_si512(to, from)
        };
        let word = _mm512_or_si512(between(lower, 0x61, 0x7B), between(plain, 0x30, 0x3A));
        let other = _mm512_andnot_si512(_mm512_andnot_si512(bytes, word), each(0x80));
        let first = _mm512_and_si512(other, _mm512_sub_epi64(_mm512_setzero_si512(), other));
        let run = _mm512_srli_epi64::<7>(first);
        let held = _mm512_or_si512(
            holds(head, run),
            _mm512_or_si512(holds(head, all(FOUR)), holds(head, all(EIGHT))),
        );
        let mask = _mm512_test_epi64_mask(held, all(1));
        let chosen = _mm256_maskz_compress_epi32(mask, places);
        // SAFETY: no more were kept than were looked at, so that what is written over was read.
        unsafe { _mm256_storeu_si256(likely.as_mut_ptr().add(kept).cast(), chosen) };
        kept += mask.count_ones() as usize;
    }
    (looked, kept)
}
