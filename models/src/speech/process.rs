//! What the process must have set before the recogniser's threads exist.

use std::{env, io};

const WAIT_POLICY: &str = "OMP_WAIT_POLICY";

/// Makes OpenMP's threads sleep at barriers instead of spinning. Call it first in `main`, before any thread.
///
/// whisper.cpp runs its threads under OpenMP, and by default a waiting thread spins. With fewer free cores than
/// threads, which is usual on a server that records at the same time, that makes decoding 50–100 times slower.
/// The runtime library reads `OMP_WAIT_POLICY` once, when it is loaded, which is before `main`: setting the variable
/// in a running process has no effect. So this replaces the process by itself once, with the variable set; process id,
/// arguments and open files stay. A policy that the user has set is left alone.
///
/// Returns an error where the process cannot be replaced; the caller may go on, only slower.
#[cfg(unix)]
pub fn prepare_process() -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;

    if env::var_os(WAIT_POLICY).is_some() {
        return Ok(());
    }
    let mut arguments = env::args_os();
    let mut command = std::process::Command::new(env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Err(command.args(arguments).env(WAIT_POLICY, "passive").exec())
}

/// Elsewhere than on Unix a process cannot replace itself; set `OMP_WAIT_POLICY=passive` where it is started.
#[cfg(not(unix))]
pub fn prepare_process() -> io::Result<()> {
    if env::var_os(WAIT_POLICY).is_some() { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}
