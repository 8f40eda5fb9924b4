//! A holder that is another program: HashiCorp Vault, OpenBao, a cloud's KMS, an HSM.
//!
//! The program is started for each request. It gets one line of JSON on standard input and gives one line of
//! JSON on standard output, then ends with status 0:
//!
//! | request | answer |
//! |---|---|
//! | `{"op":"create","name":N}` | `{"key_ref":R}` |
//! | `{"op":"wrap","key_ref":R,"secret":HEX}` | `{"wrapped":HEX}` |
//! | `{"op":"unwrap","key_ref":R,"wrapped":HEX}` | `{"secret":HEX}`, or `{"refused":"why"}` when the key is gone |
//! | `{"op":"status","key_ref":R}` | `{"status":"active"}`, `scheduled`, `destroyed` or `unknown` |
//! | `{"op":"destroy","key_ref":R}` | the same; repeatable |
//!
//! `create` uses the name it is given as reference, so that a key whose creation was not answered can be
//! destroyed all the same. An answer that is late, longer than 64 KiB, more than one line, or of another shape
//! is no answer: the key is then neither destroyed nor lost, but not known.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::digest::hex;
use super::super::secret::Secret;
use super::super::signature::from_hex;
use super::{Assurance, Holder, HolderError, Status};

/// Longest answer.
const LONGEST: u64 = 64 << 10;

/// A program that keeps keys.
pub struct Outside {
    name: String,
    command: Vec<String>,
    /// How long an answer may take.
    patience: Duration,
}

/// A child that is ended and waited for when nobody looks after it any more.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Outside {
    /// A program with its arguments.
    pub fn new(name: &str, command: Vec<String>, patience: Duration) -> Self {
        Self { name: name.to_owned(), command, patience }
    }

    fn ask(&self, request: &Value) -> Result<Value, HolderError> {
        let (program, arguments) =
            self.command.split_first().ok_or(HolderError::NoAnswer("no program is named"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map(Guard)
            .map_err(|_| HolderError::NoAnswer("the holder's program could not be started"))?;
        let (Some(mut input), Some(output)) = (child.0.stdin.take(), child.0.stdout.take()) else {
            return Err(HolderError::NoAnswer("the holder's program could not be started"));
        };
        let line = Zeroizing::new(format!("{request}\n"));
        let (sender, answers) = mpsc::channel();
        // Threads that outlive this call end with the child's pipes, which the guard closes.
        std::thread::spawn(move || {
            let _ = input.write_all(line.as_bytes());
        });
        std::thread::spawn(move || {
            let mut answer = Zeroizing::new(Vec::new());
            let read = output.take(LONGEST + 1).read_to_end(&mut answer);
            let _ = sender.send(read.map(|_| answer));
        });
        let answer = match answers.recv_timeout(self.patience) {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Err(HolderError::NoAnswer("the holder's answer could not be read")),
            Err(_) => return Err(HolderError::NoAnswer("the holder gave no answer in time")),
        };
        // Its output has ended, so it has all but ended itself; one that stays is ended.
        let ended = self.ended(&mut child);
        if !ended {
            return Err(HolderError::NoAnswer("the holder's program ended with an error"));
        }
        one_line(&answer)
    }

    fn ended(&self, child: &mut Guard) -> bool {
        const STEP: Duration = Duration::from_millis(5);
        let mut waited = Duration::ZERO;
        while waited < self.patience {
            match child.0.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => std::thread::sleep(STEP),
                Err(_) => return false,
            }
            waited += STEP;
        }
        false
    }

    fn status_of(&self, op: &str, key_ref: &str) -> Result<Status, HolderError> {
        let answer = self.ask(&json!({"op": op, "key_ref": key_ref}))?;
        let status = answer.get("status").and_then(Value::as_str).and_then(Status::named);
        status.ok_or(HolderError::Nonsense("the holder's answer has no status"))
    }
}

/// The one object of an answer.
fn one_line(answer: &[u8]) -> Result<Value, HolderError> {
    let nonsense = || HolderError::Nonsense("the holder's answer is not one line of JSON");
    let text = std::str::from_utf8(answer).map_err(|_| nonsense())?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.contains('\n') || answer.len() as u64 > LONGEST {
        return Err(nonsense());
    }
    let value: Value = serde_json::from_str(text).map_err(|_| nonsense())?;
    match value.get("refused") {
        Some(_) => Err(HolderError::Refused("the holder refused")),
        None if value.is_object() => Ok(value),
        None => Err(nonsense()),
    }
}

fn bytes_of(answer: &Value, key: &str) -> Option<Zeroizing<Vec<u8>>> {
    answer.get(key).and_then(Value::as_str).and_then(from_hex).map(Zeroizing::new)
}

impl Holder for Outside {
    fn name(&self) -> &str {
        &self.name
    }

    fn assurance(&self) -> Assurance {
        Assurance::A
    }

    fn kind(&self) -> &'static str {
        "command"
    }

    fn create(&self, name: &str) -> Result<String, HolderError> {
        let answer = self.ask(&json!({"op": "create", "name": name}))?;
        let key_ref = answer.get("key_ref").and_then(Value::as_str);
        match key_ref.filter(|key_ref| !key_ref.is_empty() && key_ref.len() <= 512) {
            Some(key_ref) => Ok(key_ref.to_owned()),
            None => Err(HolderError::Nonsense("the holder's answer has no key_ref")),
        }
    }

    fn wrap(&self, key_ref: &str, secret: &Secret) -> Result<Vec<u8>, HolderError> {
        let request = json!({"op": "wrap", "key_ref": key_ref, "secret": hex(secret.expose())});
        let wrapped = bytes_of(&self.ask(&request)?, "wrapped").filter(|wrapped| !wrapped.is_empty());
        let wrapped = wrapped.ok_or(HolderError::Nonsense("the holder's answer has no wrapped key"))?;
        // A wrap that shows the key wraps nothing.
        if wrapped.windows(32).any(|window| window == secret.expose()) {
            return Err(HolderError::Nonsense("the holder gave the key back unwrapped"));
        }
        Ok(wrapped.to_vec())
    }

    fn unwrap(&self, key_ref: &str, wrapped: &[u8]) -> Result<Secret, HolderError> {
        let answer = self.ask(&json!({"op": "unwrap", "key_ref": key_ref, "wrapped": hex(wrapped)}))?;
        bytes_of(&answer, "secret")
            .and_then(|bytes| Secret::from_slice(&bytes))
            .ok_or(HolderError::Nonsense("the holder's answer has no key of 32 bytes"))
    }

    fn status(&self, key_ref: &str) -> Result<Status, HolderError> {
        self.status_of("status", key_ref)
    }

    fn destroy(&self, key_ref: &str) -> Result<Status, HolderError> {
        self.status_of("destroy", key_ref)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Outside {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        Outside::new("test", command, Duration::from_millis(600))
    }

    #[test]
    fn an_answer_of_one_line_is_taken() {
        let holder = shell(r#"read line; echo '{"status":"active"}'"#);
        assert_eq!(holder.status("k"), Ok(Status::Active));
        assert_eq!(shell(r#"read line; echo '{"key_ref":"k1"}'"#).create("n"), Ok("k1".to_owned()));
    }

    #[test]
    fn silence_lies_and_chatter_are_no_answers() {
        for (script, wanted) in [
            ("sleep 5", HolderError::NoAnswer("the holder gave no answer in time")),
            (
                r#"echo '{"status":"destroyed"}'; exec >&-; sleep 5"#,
                HolderError::NoAnswer("the holder's program ended with an error"),
            ),
            (
                r#"echo '{"status":"destroyed"}'; exit 3"#,
                HolderError::NoAnswer("the holder's program ended with an error"),
            ),
            (
                r#"echo '{"status":"destroyed"}'; echo '{"status":"active"}'"#,
                HolderError::Nonsense("the holder's answer is not one line of JSON"),
            ),
            ("echo destroyed", HolderError::Nonsense("the holder's answer is not one line of JSON")),
            (r#"echo '{"status":"gone"}'"#, HolderError::Nonsense("the holder's answer has no status")),
            (
                "head -c 200000 /dev/zero | tr '\\0' ' '; echo '{}'",
                HolderError::Nonsense("the holder's answer is not one line of JSON"),
            ),
            (r#"echo '{"refused":"destroyed"}'"#, HolderError::Refused("the holder refused")),
        ] {
            let got = shell(script).destroy("k").unwrap_err();
            // A program that closes its output before it read everything may be ended by the full pipe.
            assert!(got == wanted || script.starts_with("head"), "{script}: {got:?}");
        }
        let absent = Outside::new("x", vec!["/nonexistent/holder".to_owned()], Duration::from_secs(1));
        assert!(matches!(absent.status("k"), Err(HolderError::NoAnswer(_))));
    }

    #[test]
    fn a_holder_that_gives_the_key_back_as_wrapped_is_refused() {
        let holder = shell(r#"sed -e 's/.*"secret":"\([0-9a-f]*\)".*/{"wrapped":"aa\1"}/'"#);
        assert!(matches!(holder.wrap("k", &Secret::new(&[3; 32])), Err(HolderError::Nonsense(_))));
    }
}
