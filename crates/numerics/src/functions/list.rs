//! Every function of one variable, so that no test, check or bench forgets one.

use super::{Acos, Asin, Cos, Exp, Function, Ln, Rsqrt, Sigmoid, Sin, Softplus, Swish, Tanh, TanhFast};

/// What is done with each function.
pub trait Visitor {
    /// Called once a function.
    fn visit<F: Function>(&mut self, function: F);
}

/// Calls `visitor` with every function of one variable, in alphabetical order of their names.
pub fn for_each(visitor: &mut impl Visitor) {
    visitor.visit(Acos);
    visitor.visit(Asin);
    visitor.visit(Cos);
    visitor.visit(Exp);
    visitor.visit(Ln);
    visitor.visit(Rsqrt);
    visitor.visit(Sigmoid);
    visitor.visit(Sin);
    visitor.visit(Softplus);
    visitor.visit(Swish);
    visitor.visit(Tanh);
    visitor.visit(TanhFast);
}
