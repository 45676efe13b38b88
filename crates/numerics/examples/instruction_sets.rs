//! Prints the instruction sets of this machine on one line, slowest first.
#![allow(clippy::print_stdout, reason = "this is what the example is for")]

use numerics::Isa;

fn main() {
    let names: Vec<&str> = Isa::available().into_iter().map(Isa::name).collect();
    println!("instruction sets: {}", names.join(" "));
}
