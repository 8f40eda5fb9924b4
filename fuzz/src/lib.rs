//! What all fuzz targets share: one reader, small bounds, and what must hold.

#[path = "../../tests/soundness/mod.rs"]
mod soundness;

use std::sync::OnceLock;

use olvido::formats::format_named;
use olvido::formats::mapping::Mappings;

/// The longest input that is looked at.
const LONGEST: usize = 256 << 10;

fn mappings() -> &'static Mappings {
    static MAPPINGS: OnceLock<Mappings> = OnceLock::new();
    MAPPINGS.get_or_init(soundness::mappings)
}

/// Reads bytes as one format, whatever they look like. `name` is what the file is called.
///
/// # Panics
/// Where a reader does, or there is no such format.
pub fn read_as(format: &str, name: &str, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    let Some(format) = format_named(format) else { panic!("no format is called {format}") };
    soundness::exercise(soundness::in_process(format), bytes, name, mappings(), &soundness::small_limits());
}

/// Reads bytes as whatever they look like.
///
/// # Panics
/// Where a reader does.
pub fn read_any(name: &str, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    let format = soundness::format_of(bytes, name);
    soundness::exercise(format, bytes, name, mappings(), &soundness::small_limits());
}
