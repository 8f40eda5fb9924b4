#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| olvido_fuzz::read_as("pst", "store.pst", bytes));
