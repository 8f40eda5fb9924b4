//! Output is the same to the byte at any number of threads, and from run to run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use support::{folder, project, put, run};

#[test]
fn one_two_and_eight_threads_write_the_same_bytes() {
    let home = folder();
    support::copy_tree(&project("fixtures"), &home.path().join("in"));
    let mut big = String::new();
    for number in 0..20_000 {
        big.push_str(&format!(
            "{{\"id\":{number},\"subject\":\"Pedido {number}\",\"body\":\"correo persona{number}@acme-olvido.es, tel. +34 600 {:03} {:03}\"}}\n",
            number % 1000,
            (number * 7) % 1000
        ));
    }
    put(home.path(), "in/big.ndjson", &big);
    for format in ["jsonl", "human", "sarif", "csv"] {
        let first =
            run(home.path(), &["scan", "in", "--format", format, "--as-of", "2026-11-22", "--threads", "1"]);
        assert!(first.stdout.len() > 1000, "{format}: {}", first.stderr);
        for threads in ["2", "8", "1"] {
            let again = run(
                home.path(),
                &["scan", "in", "--format", format, "--as-of", "2026-11-22", "--threads", threads],
            );
            assert!(again.stdout == first.stdout, "{format} differs with {threads} threads");
            assert_eq!(again.status, first.status);
        }
    }
}
