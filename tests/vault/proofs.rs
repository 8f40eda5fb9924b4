//! Certificates and ledgers under another implementation, and every changed byte of them.

use olvido::vault::PublicKey;
use olvido::vault::certificate::read_certificate;

use super::*;

#[test]
fn certificates_hold_under_another_implementation_and_every_changed_byte_is_seen() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    let key = ok(&run(home, &["vault", "approver", "one.key"])).trim().to_owned();
    init(home, &["--approver", &format!("Uno={key}"), "--approvals", "1", "--controller", "Ejemplo SL"]);
    ok(&seal(home, &archive));
    plan(home, "email: ana.prueba@example.com\n");
    ok(&run(home, &["vault", "approve", "plan.json", "--name", "Uno", "--approver-key", "one.key"]));
    ok(&apply(home, &["--backup", "tape 7=2020-01-01", "--lang", "de"]));
    let public = public_key(home);
    let verify = |file: &str| run(home, &["verify", file, "--key", &public]);
    assert!(ok(&verify("cert.json")).contains("pending"));
    let markdown = fs::read_to_string(home.join("cert.md")).unwrap();
    assert!(
        markdown.starts_with("# Löschbescheinigung") && markdown.contains("tape 7 (bis 2020-01-01)"),
        "{markdown}"
    );
    ok(&run(home, &["vault", "approve", "cert.json", "--name", "Uno", "--approver-key", "one.key"]));
    ok(&verify("cert.json"));
    ok(&run(home, &["vault", "shred", "v", "--final", "cert.json", "--certificate", "final.json"]));
    assert!(ok(&verify("final.json")).contains("final"));
    let status = run(home, &["vault", "status", "v"]);
    assert!(ok(&status).lines().any(|line| line.starts_with("shred ") && line.ends_with(": final")));
    let other = "0".repeat(64);
    assert_eq!(run(home, &["verify", "cert.json", "--key", &other]).status, 1);
    assert_eq!(run(home, &["verify", "cert.json", "--key", "zz"]).status, 2);
    let key = PublicKey::parse(&public).unwrap();
    for name in ["cert.json", "final.json"] {
        let bytes = fs::read(home.join(name)).unwrap();
        assert!(read_certificate(&bytes, &key).is_ok_and(|(_, wrong)| wrong.is_empty()));
        for at in 0..bytes.len() {
            for change in [0x01, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let seen = read_certificate(&changed, &key).map_or(true, |(_, wrong)| !wrong.is_empty());
                assert!(seen, "{name}: byte {at} by {change}");
            }
        }
    }
    // And as a user would check it.
    let bytes = fs::read(home.join("cert.json")).unwrap();
    for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        put(home, "changed.json", &changed);
        assert_ne!(verify("changed.json").status, 0, "byte {at}");
    }
    if !support::has_python("cryptography") {
        return;
    }
    let python = |script: &str, what: &str| {
        let script = project(&format!("tests/holders/{script}"));
        let run =
            Command::new("python3").arg(script).arg(home.join(what)).args([&public, "--every-byte"]).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{what}: {}", String::from_utf8_lossy(&run.stdout));
    };
    python("verify_certificate.py", "cert.json");
    python("verify_certificate.py", "final.json");
    python("verify_ledger.py", "v");
}
