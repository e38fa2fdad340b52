//! What the process must have set before its first thread exists, for the sake of the networks that run in it.

use std::{env, io};

/// OpenMP's threads sleep at barriers instead of spinning: whisper.cpp runs its threads under OpenMP, and with fewer free
/// cores than threads, which is usual on a server that records at the same time, spinning makes decoding 50–100 times slower.
const WAIT_POLICY: (&str, &str) = ("OMP_WAIT_POLICY", "passive");

/// What networks and pictures give back goes back to the system. By itself glibc takes the largest block that was ever freed, up
/// to 32 MB, for the size below which it keeps blocks for later, and twice that for what each of its arenas may keep at its
/// end: a server that measures answer after answer then grows by megabytes with each (mallopt(3)).
const MEMORY: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=262144:glibc.malloc.trim_threshold=262144");

/// Sets what has to be set. Call it first in `main`, before any thread.
///
/// The libraries read it when they are loaded, which is before `main`: setting it in a running process has no effect. So this
/// replaces the process by itself once, with everything set; process id, arguments and open files stay. What the user has
/// set is left alone.
///
/// Returns an error where the process cannot be replaced; the caller may go on, only slower and larger.
#[cfg(unix)]
pub fn prepare_process() -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;

    let missing: Vec<_> = missing().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut arguments = env::args_os();
    let mut command = std::process::Command::new(env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Err(command.args(arguments).envs(missing).exec())
}

/// Elsewhere than on Unix a process cannot replace itself; set `OMP_WAIT_POLICY=passive` where it is started.
#[cfg(not(unix))]
pub fn prepare_process() -> io::Result<()> {
    if missing().next().is_none() { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

fn missing() -> impl Iterator<Item = (&'static str, &'static str)> {
    let settings = [Some(WAIT_POLICY), cfg!(target_env = "gnu").then_some(MEMORY)];
    settings.into_iter().flatten().filter(|(name, _)| env::var_os(name).is_none())
}
