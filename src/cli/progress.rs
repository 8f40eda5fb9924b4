//! The progress bar: on a terminal only, and gone when the run ends.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::audit::Control;

/// A bar that follows a [`Control`] until it is dropped.
pub(super) struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows how far `control` is, unless standard error is no terminal or the user wants quiet.
    pub(super) fn show(control: &Arc<Control>, what: &'static str, quiet: bool) -> Progress {
        let done = Arc::new(AtomicBool::new(false));
        if quiet || !io::stderr().is_terminal() {
            return Progress { done, thread: None };
        }
        let (control, flag) = (Arc::clone(control), Arc::clone(&done));
        let thread = thread::spawn(move || {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
                bar.set_style(style);
            }
            while !flag.load(Ordering::Relaxed) {
                let (items, bytes) = control.progress();
                bar.set_message(format!("{what}: {items} items, {}", HumanBytes(bytes)));
                bar.tick();
                thread::park_timeout(Duration::from_millis(120));
            }
            bar.finish_and_clear();
        });
        Progress { done, thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A bar that failed to draw is no reason to fail the run.
            let _ = thread.join();
        }
    }
}
