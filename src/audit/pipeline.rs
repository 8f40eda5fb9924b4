//! One walker, many workers, one writer: work goes out numbered and comes back in order.
//!
//! The walker takes a permit for each work and the writer gives it back, so the memory of a run is
//! bounded by the permits whatever the sizes of the files, and output is the same at any number of
//! threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::problem::Problem;

/// What the command line can see and stop while a run goes on.
#[derive(Default)]
pub struct Control {
    interrupted: AtomicBool,
    items: AtomicU64,
    bytes: AtomicU64,
}

impl Control {
    /// Asks the run to end: what is being read is finished, nothing more is begun.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to end.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Items and bytes the walker has handed out in this pass.
    pub fn progress(&self) -> (u64, u64) {
        (self.items.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    pub(crate) fn begin_pass(&self) {
        self.items.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, items: u64, bytes: u64) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Hands out work; blocks while too much is under way.
pub(crate) struct Dispatch<W> {
    work: Sender<(u64, W)>,
    permits: Receiver<()>,
    next: u64,
}

impl<W> Dispatch<W> {
    /// Sends a work on. `false` when the workers are gone, and then the walk should end.
    pub(crate) fn send(&mut self, work: W) -> bool {
        if self.permits.recv().is_err() || self.work.send((self.next, work)).is_err() {
            return false;
        }
        self.next += 1;
        true
    }
}

/// Runs `produce` on one thread, `work` on `threads` and `collect`, in the order of production, on
/// the calling one. An error of `collect` (a closed pipe, a full disk) ends the run and comes back.
pub(crate) fn run<W, O, E>(
    threads: usize,
    produce: impl FnOnce(&mut Dispatch<W>) + Send,
    work: impl Fn(W) -> O + Sync,
    mut collect: impl FnMut(O) -> Result<(), E>,
) -> Result<Result<(), E>, Problem>
where
    W: Send,
    O: Send,
{
    let threads = threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|_| {
        Problem::new("no-threads", "the system gave no threads", "run again with a smaller --threads")
    })?;
    let permits = 2 * threads + 2;
    let (work_out, work_in) = bounded::<(u64, W)>(permits);
    let (done_out, done_in) = unbounded::<(u64, O)>();
    let (permit_out, permit_in) = bounded::<()>(permits);
    for _ in 0..permits {
        // The channel was made as large as what is put in.
        let _ = permit_out.send(());
    }
    let dispatch = Mutex::new(Some(Dispatch { work: work_out, permits: permit_in, next: 0 }));
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            if let Some(mut dispatch) = dispatch.lock().ok().and_then(|mut slot| slot.take()) {
                produce(&mut dispatch);
            }
        });
        let work = &work;
        scope.spawn(move || {
            pool.scope(|workers| {
                for _ in 0..threads {
                    let (work_in, done_out) = (work_in.clone(), done_out.clone());
                    workers.spawn(move |_| {
                        for (number, piece) in work_in.iter() {
                            if done_out.send((number, work(piece))).is_err() {
                                break;
                            }
                        }
                    });
                }
                drop((work_in, done_out));
            });
        });
        // Both end with this closure, before the threads are waited for: an error here frees the walker
        // from its permit and the workers from their queue.
        let (done_in, permit_out) = (done_in, permit_out);
        let mut waiting = BTreeMap::new();
        let mut next = 0u64;
        for (number, output) in done_in.iter() {
            waiting.insert(number, output);
            while let Some(output) = waiting.remove(&next) {
                next += 1;
                collect(output)?;
                // The walker may have ended; then nobody waits for permits.
                let _ = permit_out.try_send(());
            }
        }
        Ok(())
    });
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_in_order_at_any_number_of_threads() {
        for threads in [1, 2, 8] {
            let mut out = Vec::new();
            let done: Result<(), ()> = run(
                threads,
                |dispatch| {
                    for number in 0..1000u64 {
                        assert!(dispatch.send(number));
                    }
                },
                |number| (0..(number * 7919) % 97).fold(number, |a, b| a ^ b.wrapping_mul(0)),
                |number| {
                    out.push(number);
                    Ok(())
                },
            )
            .unwrap();
            assert!(done.is_ok());
            assert_eq!(out, (0..1000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_of_the_writer_ends_the_walk() {
        let sent = AtomicU64::new(0);
        let outcome = run(
            2,
            |dispatch| {
                while dispatch.send(()) {
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            },
            |()| (),
            |()| Err("closed"),
        )
        .unwrap();
        assert_eq!(outcome, Err("closed"));
        assert!(sent.load(Ordering::Relaxed) < 100);
    }
}
