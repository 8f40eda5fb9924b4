#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| olvido_fuzz::read_as("mail", "mail.eml", bytes));
