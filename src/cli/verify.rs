//! `olvido verify`: a certificate offline, with the public key alone.

use std::fs;

use serde_json::Value;

use crate::problem::Problem;
use crate::vault::PublicKey;
use crate::vault::certificate::read_certificate;

use super::Failure;
use super::exit::Exit;
use super::output::{print, tell};
use super::shred::read;
use super::vault_args::VerifyArgs;

/// Checks a certificate; status 1 says that it does not hold.
pub(super) fn verify(args: &VerifyArgs) -> Result<Exit, Failure> {
    let key = PublicKey::parse(&args.key)
        .or_else(|| fs::read_to_string(&args.key).ok().and_then(|text| PublicKey::parse(&text)));
    let key = key.ok_or_else(|| {
        Problem::new(
            "key-malformed",
            "the public key is neither 64 digits nor a file that holds them",
            "see `olvido vault status`",
        )
    })?;
    let (certificate, wrong) = read_certificate(&read(&args.certificate)?, &key)?;
    for what in &wrong {
        tell(&Problem::new("certificate-invalid", *what, "ask whoever issued it for the original"));
    }
    if !wrong.is_empty() {
        return Ok(Exit::Findings);
    }
    let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    print(&format!(
        "the certificate holds: {}, {}, assurance {}\n",
        text("id"),
        text("state"),
        text("assurance")
    ))?;
    Ok(Exit::Clean)
}
