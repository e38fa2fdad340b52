//! The `viva` program: see [`viva::cmd`].

use std::process::ExitCode;

fn main() -> ExitCode {
    viva::cmd::main()
}
