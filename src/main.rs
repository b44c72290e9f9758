//! The program: hands over to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    drplan::cli::run(std::env::args_os())
}
