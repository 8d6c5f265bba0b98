//! A thread with a runtime of its own, so that a registry serves whatever the test's own thread is doing.

use std::future::Future;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Error;

/// The thread; dropping it ends whatever runs there, and waits for that end.
#[derive(Debug)]
pub(crate) struct Background {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Background {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::machine("runtime"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("registry-fixture".to_owned());
        let thread = thread.spawn(move || {
            // A sender that is gone says the same as one that spoke.
            let _ = runtime.block_on(stopped);
        });
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread.map_err(Error::machine("thread"))?),
        })
    }

    /// Has it run there, for as long as it takes or until the end.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }

    /// The context in which sockets are registered with this runtime.
    pub(crate) fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.handle.enter()
    }

    /// Has it run there on a thread that may wait; a push is no future that changes threads.
    pub(crate) fn run<T: Send + 'static, F: Future<Output = T>>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
    ) -> JoinHandle<T> {
        run(&self.handle, work)
    }

    /// The same, and blocks this thread until it is done; it may be one that drives another runtime.
    ///
    /// # Panics
    /// Where `work` does.
    pub(crate) fn wait<T: Send + 'static, F: Future<Output = T>>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
    ) -> T {
        wait(&self.handle, work)
    }
}

fn run<T: Send + 'static, F: Future<Output = T>>(
    runtime: &Handle,
    work: impl FnOnce() -> F + Send + 'static,
) -> JoinHandle<T> {
    let handle = runtime.clone();
    runtime.spawn_blocking(move || handle.block_on(work()))
}

/// As [`Background::wait`], for whoever knows the runtime alone.
pub(crate) fn wait<T: Send + 'static, F: Future<Output = T>>(
    runtime: &Handle,
    work: impl FnOnce() -> F + Send + 'static,
) -> T {
    let (sender, done) = mpsc::sync_channel(1);
    run(runtime, move || async move {
        // Nobody goes away who is blocked.
        let _ = sender.send(work().await);
    });
    done.recv().expect("the work does not panic")
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends with its runtime; a panic there has been shown already.
            let _ = thread.join();
        }
    }
}
