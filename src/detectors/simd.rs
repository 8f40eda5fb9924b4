//! The classifier in AVX2: the one place with `unsafe`, beside its portable twin in
//! [`super::candidates`], which tests compare it with.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::candidates::{Bitmaps, Candidates, WINDOW, Wanted, sweep};
use super::prefixes::{DEPTH, Prefixes};

/// Finds all candidates where the machine has AVX2; says whether it did.
pub(super) fn find(text: &[u8], wanted: &Wanted, out: &mut Candidates) -> bool {
    if !(is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt"))
    {
        return false;
    }
    // SAFETY: the features the function is compiled for were found just above.
    unsafe { find_avx2(text, wanted, out) };
    true
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn find_avx2(text: &[u8], wanted: &Wanted, out: &mut Candidates) {
    let tables = Tables::new(&wanted.prefixes);
    sweep(text, wanted, |window| classify(window, &tables, wanted.prefixes.any), out);
}

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
    Bitmaps {
        word: digit | letter,
        digit,
        colon: equal(b':'),
        dash: equal(b'-'),
        dot: equal(b'.'),
        plus: equal(b'+'),
        at: equal(b'@'),
        literal,
        beyond: bits(between(first, 0xC0, 64), between(second, 0xC0, 64)),
    }
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
