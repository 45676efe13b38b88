//! What does not fit in memory is refused before it is asked for: what is needed, what is free, and what to change.

use strategies::Method;

use super::CommandError;
use super::plan::size;
use crate::cost::Memory;
use crate::memory::free;

/// A search that is to be held.
pub(super) struct Held<'a> {
    /// By which strategy.
    pub(super) method: &'a Method,
    /// Members of a generation.
    pub(super) members: f64,
    /// What it searches.
    pub(super) coordinates: f64,
    /// What that takes.
    pub(super) memory: Memory,
}

impl Held<'_> {
    /// Refuses what is more than is free, where that is known.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match free() {
            Some(free) if self.memory.bytes() > free => Err(self.refused(free)),
            _ => Ok(()),
        }
    }

    /// Why so much free memory is not enough.
    pub(super) fn refused(&self, free: f64) -> CommandError {
        let Held { method, members, coordinates, memory } = self;
        let Memory { members: population, square, rest } = *memory;
        let name = method.name();
        let parts = [
            (square, format!("for the square of its {coordinates:.0} coordinates")),
            (population, format!("for {members:.0} members of {coordinates:.0} numbers")),
            (rest, "for the rest".to_owned()),
        ];
        let parts = parts.iter().filter(|(bytes, _)| *bytes > 0.0);
        let parts: Vec<String> = parts.map(|(bytes, what)| format!("{} {what}", size(*bytes))).collect();
        let squares = format!(
            "{name} keeps squares of matrices; sep-cma-es does not, and lm-ma-es keeps some vectors in their place. Or \
             take a smaller network"
        );
        let cure = if square > population.max(rest) {
            squares.as_str()
        } else if population > rest {
            "take fewer members (population), or a smaller network"
        } else {
            "take a smaller network"
        };
        CommandError::Request {
            message: format!(
                "{name} would take about {} of memory, and {} are free: {}",
                size(memory.bytes()),
                size(free),
                parts.join(", ")
            ),
            hint: Some(cure.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use strategies::{Quirks, Settings};

    use super::*;

    #[test]
    fn what_is_too_much_is_told_with_its_greatest_part_and_a_cure() {
        let told_of = |search: Settings, coordinates: f64| {
            let memory = Memory::of_search(&search, coordinates, 4.0, false);
            let (method, members) = (&search.method, search.population as f64);
            let error = Held { method, members, coordinates, memory }.refused(1e9);
            assert_eq!(error.exit_code(), 2);
            let CommandError::Request { message, hint } = error else { panic!() };
            format!("{message}\n{}", hint.unwrap())
        };
        let told = |name: &str, members: usize, coordinates: f64| {
            told_of(Settings::new(Method::named(name).unwrap(), members), coordinates)
        };
        let text = told("cma-es", 10, 1e5);
        for part in [
            "cma-es would take about 480 GB of memory, and 1.0 GB are free: 480 GB for the square of its 100000",
            "sep-cma-es",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let text = told("snes", 1_000_000_000, 1e3);
        assert!(
            text.contains(" TB for 1000000000 members of 1000 numbers") && text.contains("fewer members"),
            "{text}"
        );
        assert!(told("snes", 2, 1e9).ends_with("take a smaller network"));
        // its published code keeps a matrix, and says what that takes as others do
        let asebo = Settings::new(Method::named("asebo").unwrap(), 4);
        assert!(!told_of(asebo.clone(), 1e6).contains("for the square"), "directions alone");
        let text = told_of(Settings { quirks: Quirks::ALL, ..asebo }, 1e6);
        assert!(text.contains("48 TB for the square of its 1000000 coordinates"), "{text}");
    }
}
