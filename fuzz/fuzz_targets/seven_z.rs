#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| olvido_fuzz::read_as("7z", "archive.7z", bytes));
