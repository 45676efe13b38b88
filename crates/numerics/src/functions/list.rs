//! Every function of one variable, so that no test, check or bench forgets one.

use super::{Exp, Function, Ln, Tanh};

/// What is done with each function.
pub trait Visitor {
    /// Called once a function.
    fn visit<F: Function>(&mut self, function: F);
}

/// Calls `visitor` with every function of one variable, in alphabetical order of their names.
pub fn for_each(visitor: &mut impl Visitor) {
    visitor.visit(Exp);
    visitor.visit(Ln);
    visitor.visit(Tanh);
}
