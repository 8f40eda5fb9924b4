//! Commands that are killed at random moments.

use super::*;

/// Kills a command after a while; gives whether it was still running.
fn killed(home: &Path, args: &[&str], after: Duration) -> bool {
    let mut child = olvido(home).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    let _ = child.wait();
    running
}

/// Random moments at which shredding, rotating and sealing are killed: `OLVIDO_KILLS=500 cargo test --test vault
/// killed` is the campaign; a few in every run of the tests.
#[test]
fn a_vault_that_is_killed_at_any_moment_comes_back() {
    let kills: u32 = std::env::var("OLVIDO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let before: Vec<(String, Vec<u8>)> = files(&home.join("v")).into_iter().chain(Vec::new()).collect();
    let keys = files(&home.join("keys"));
    let restore = || {
        for (name, all) in [("v", &before), ("keys", &keys)] {
            fs::remove_dir_all(home.join(name)).unwrap();
            for (path, bytes) in all {
                let path = home.join(name).join(path);
                if bytes.is_empty() && !path.ends_with("lock") {
                    fs::create_dir_all(path).unwrap();
                } else {
                    fs::write(path, bytes).unwrap();
                }
            }
        }
    };
    plan(home, "email: ana.prueba@example.com\n");
    let shred = ["vault", "shred", "v", "--apply", "plan.json", "--executor", "Eva"];
    let began = Instant::now();
    ok(&run(home, &shred));
    let usual = began.elapsed().as_micros() as u64 * 8 / 10;
    let mut random = 88172645463325252u64;
    restore();
    let more = home.join("more");
    copy_tree(&archive, &more);
    let sealing = ["vault", "seal", "v", more.to_str().unwrap(), "-q"];
    let began = Instant::now();
    ok(&run(home, &sealing));
    let seal_time = began.elapsed().as_micros() as u64;
    let (mut stopped, mut outcomes, mut sealed) = ([0, 0, 0], [0, 0], [0, 0]);
    for _ in 0..kills {
        restore();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let rotate = ["vault", "rotate", "v"];
        let which = (random >> 40) as usize % 3;
        let (command, time) = [(&shred[..], usual), (&rotate[..], usual), (&sealing[..], seal_time)][which];
        stopped[which] += u32::from(killed(home, command, Duration::from_micros(random % time)));
        let verified = run(home, &["vault", "verify", "v"]);
        assert_eq!(verified.status, 0, "{}{}", verified.stdout, verified.stderr);
        let gone = !verified.stdout.contains("forgotten: 0 records, 0 spans");
        assert!(!gone || which == 0, "something else than a shred forgot: {}", verified.stdout);
        outcomes[usize::from(gone)] += 1;
        // Of a stopped sealing the second archive is there whole, or not at all.
        let archives: Vec<String> = listed(home);
        assert!(archives.len() == 1 || (archives.len() == 2 && which == 2), "{archives:?}");
        sealed[archives.len() - 1] += u32::from(which == 2);
        let left: Vec<_> = fs::read_dir(home.join("v/archives")).unwrap().collect();
        assert_eq!(left.len(), archives.len(), "a stopped sealing left something");
        for id in &archives {
            fs::remove_dir_all(home.join("out")).unwrap_or_default();
            ok(&run(home, &["vault", "unseal", "v", id, "--out", "out"]));
            assert!(gone || files(&home.join("out")) == files(&archive), "something did not come back");
        }
        let tickets = fs::read_to_string(home.join("out/tickets.ndjson")).unwrap();
        assert!(tickets.contains("\"id\":802"), "Bea's ticket is lost");
        assert_eq!(tickets.contains("\"id\":801"), !gone);
    }
    let (shreds, rotations, seals) = (stopped[0], stopped[1], stopped[2]);
    println!(
        "{kills} runs; killed while running: {shreds} shreds, {rotations} rotations, {seals} sealings; forgotten \
         after {} of {kills}, sealed after {} of {}",
        outcomes[1],
        sealed[1],
        sealed[0] + sealed[1]
    );
}

/// The archives of the vault, by their ids.
fn listed(home: &Path) -> Vec<String> {
    let list = run(home, &["vault", "list", "v"]);
    ok(&list).lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}
