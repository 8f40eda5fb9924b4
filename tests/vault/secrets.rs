//! Nothing secret is left in files, messages, `ps`, the environment or on a device.

use super::*;

/// Every file below a folder that holds one of these, except those named.
pub(super) fn holding(dir: &Path, values: &[&[u8]], except: &[&str]) -> Vec<String> {
    files(dir)
        .into_iter()
        .filter(|(name, _)| !except.iter().any(|start| name.starts_with(start)))
        .filter(|(_, bytes)| {
            values.iter().any(|value| bytes.windows(value.len()).any(|window| window == *value))
        })
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn no_key_passphrase_or_plain_text_is_left_anywhere() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    put(home, "secret/words", "una frase bastante larga\n");
    let (keys, words) = (home.join("secret/keys"), home.join("secret/locks"));
    let holders = [format!("key-file:{}", keys.display()), format!("passphrase:{}", words.display())];
    let place = ["--passphrase-file", "secret/words"];
    let temporary = home.join("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut said = String::new();
    let mut quiet = |args: &[&str]| {
        let output = olvido(home).env("TMPDIR", &temporary).args(args).args(place).output().unwrap();
        said.push_str(&String::from_utf8(output.stdout).unwrap());
        said.push_str(&String::from_utf8(output.stderr).unwrap());
        output.status.code().unwrap()
    };
    assert_eq!(
        quiet(&[
            "vault",
            "init",
            "v",
            "--holder",
            &holders[0],
            "--holder",
            &holders[1],
            "--cooling-off",
            "0"
        ]),
        0
    );
    assert_eq!(quiet(&["vault", "seal", "v", archive.to_str().unwrap()]), 0);
    let key = fs::read(keys.join(fs::read_dir(&keys).unwrap().next().unwrap().unwrap().file_name())).unwrap();
    let key = key.trim_ascii().to_vec();
    put(home, "secret/people.txt", "email: ana.prueba@example.com\n");
    let planned =
        ["vault", "shred", "v", "--subjects", "secret/people.txt", "--plan", "plan.json", "--requester", "D"];
    assert_eq!(quiet(&planned), 0);
    assert_eq!(quiet(&["vault", "list", "v"]), 0);
    assert_eq!(
        quiet(&["vault", "shred", "v", "--apply", "plan.json", "--executor", "E", "--certificate", "c.json"]),
        0
    );
    assert_eq!(quiet(&["vault", "status", "v"]), 0);
    let values: [&[u8]; 7] = [
        b"ana.prueba",
        b"bea.ejemplo",
        b"Prueba Ficticia",
        b"una frase",
        b"Factura",
        b"tickets.ndjson",
        &key,
    ];
    assert_eq!(holding(home, &values, &["archive", "secret"]), Vec::<String>::new());
    assert!(files(&temporary).len() == 1, "temporary files stay");
    for value in values {
        let value = String::from_utf8_lossy(value).into_owned();
        assert!(!said.contains(&value), "{said}");
    }
    // The test sees what it looks for.
    assert!(!holding(home, &values, &["secret"]).is_empty());
}

/// What the system shows of the processes of a test while a command runs: arguments, environments, and what
/// stands in open files that are neither the archive nor the vault nor a secret's own.
#[cfg(target_os = "linux")]
fn watched(home: &Path, args: &[&str]) -> (i32, Vec<Vec<u8>>) {
    let child = olvido(home).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.map(Guard).unwrap();
    let shown = home.to_str().unwrap().as_bytes();
    let own = ["archive", "v", "secret", "locks"].map(|name| home.join(name));
    let mut seen = Vec::new();
    loop {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            if !entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
            let (arguments, environment) = (read("cmdline"), read("environ"));
            let ours = [&arguments, &environment]
                .iter()
                .any(|text| text.windows(shown.len()).any(|window| window == shown));
            if !ours {
                continue;
            }
            seen.extend([arguments, environment]);
            for open in fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten() {
                let target = fs::read_link(open.path()).unwrap_or_default();
                let file = fs::metadata(open.path()).is_ok_and(|meta| meta.is_file());
                if file && target.starts_with(home) && !own.iter().any(|folder| target.starts_with(folder)) {
                    seen.push(fs::read(open.path()).unwrap_or_default());
                }
            }
        }
        if let Some(status) = child.0.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), seen);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// While commands run, nothing of a secret stands in what the system shows of them.
#[cfg(target_os = "linux")]
#[test]
fn arguments_environment_and_open_files_of_running_commands_hold_no_secret() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    put(home, "secret/words", "una frase bastante larga\n");
    put(home, "secret/people.txt", "email: ana.prueba@example.com\n");
    put(home, "holder.py", include_str!("../holders/slow_holder.py"));
    if !support::has_python("json") {
        return;
    }
    let kept = home.join("secret/kept");
    let command = format!("command:python3 {} {}", home.join("holder.py").display(), kept.display());
    let words = format!("passphrase:{}", home.join("locks").display());
    let init = ["vault", "init", "v", "--holder", &command, "--holder", &words, "--cooling-off", "0"];
    let seal = ["vault", "seal", "v", archive.to_str().unwrap()];
    let list = ["--subjects", "secret/people.txt", "--plan", "plan.json", "--requester", "Desk"];
    let plan = [&["vault", "shred", "v"][..], &list].concat();
    let apply = ["vault", "shred", "v", "--apply", "plan.json", "--executor", "Eva"];
    // This holder never destroys anything: the shred waits for it, with both keys at hand.
    let commands: [(&[&str], i32); 4] = [(&init, 0), (&seal, 0), (&plan, 0), (&apply, 4)];
    let mut seen = Vec::new();
    for (args, wanted) in commands {
        let (status, more) = watched(home, &[args, &["--passphrase-file", "secret/words"]].concat());
        assert_eq!(status, wanted, "{args:?}");
        assert!(more.len() > 2, "nothing was seen of {args:?}");
        seen.extend(more);
    }
    let keys = fs::read_to_string(&kept).unwrap();
    assert!(keys.lines().count() > 1, "the holder saw no secret");
    let secrets = ["una frase", "ana.prueba", "Prueba Ficticia", "Factura"].into_iter().chain(keys.lines());
    for secret in secrets {
        let shows = |text: &Vec<u8>| text.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!seen.iter().any(shows), "a secret is shown while a command runs");
    }
}

/// The bytes of a destroyed key on the device itself, on a file system made for it.
#[cfg(target_os = "linux")]
#[test]
fn on_a_medium_of_its_own_the_destroyed_key_is_nowhere() {
    let home = folder();
    let home = home.path();
    let (image, mount) = (home.join("medium.img"), home.join("medium"));
    fs::create_dir(&mount).unwrap();
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    let done = |command: &str, args: &[&str]| {
        Command::new(command).args(args).output().is_ok_and(|output| output.status.success())
    };
    let (image, mounted) = (image.to_str().unwrap(), mount.to_str().unwrap());
    if !done("mkfs.ext4", &["-q", image]) || !done("mount", &["-o", "loop", image, mounted]) {
        support::skipped("an ext4 image cannot be mounted here");
        return;
    }
    let archive = small(home);
    let holder = format!("elsewhere:{mounted}/keys");
    let test = std::panic::catch_unwind(|| {
        ok(&run(home, &["vault", "init", "v", "--holder", &holder, "--cooling-off", "0"]));
        ok(&seal(home, &archive));
        let keys = mount.join("keys");
        let name = fs::read_dir(&keys).unwrap().next().unwrap().unwrap().file_name();
        let key = fs::read(keys.join(name)).unwrap().trim_ascii().to_vec();
        plan(home, "email: ana.prueba@example.com\n");
        assert!(ok(&apply(home, &[])).contains("assurance B"));
        key
    });
    assert!(done("umount", &[mounted]));
    let key = test.unwrap();
    let mut device = Vec::new();
    fs::File::open(image).unwrap().read_to_end(&mut device).unwrap();
    assert!(!device.windows(key.len()).any(|window| window == key), "the key is still on the device");
}
