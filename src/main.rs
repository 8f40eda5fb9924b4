//! Finds, judges and removes personal data in what a helpdesk leaves behind.

fn main() {}
