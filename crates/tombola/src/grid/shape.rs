//! What the networks of a task read and give, as far as the task's name says it.

use networks::Input;
use numerics::Isa;
use sparse_kernels::network::Image;
use tasks::control;

/// Numbers that a network reads, and how many it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What it reads.
    pub input: Input,
    /// How many numbers it gives.
    pub outputs: usize,
}

/// Of every set that has a name: small grey images in ten classes.
const IMAGES: Shape =
    Shape { input: Input::Image(Image { channels: 1, height: 28, width: 28 }), outputs: 10 };

/// The shape of a task; none for an image set in a folder, which is not looked at.
pub fn shape(task: &str) -> Option<Shape> {
    if let Some(environment) = control::named(task, Isa::detected()) {
        let input = match environment.image() {
            Some([channels, height, width]) => Input::Image(Image { channels, height, width }),
            None => Input::Vector(environment.observation_names().len()),
        };
        return Some(Shape { input, outputs: environment.actions().outputs() });
    }
    (!task.contains(['/', '\\'])).then_some(IMAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_those_of_the_tasks() {
        assert_eq!(shape("ant"), Some(Shape { input: Input::Vector(87), outputs: 8 }));
        assert_eq!(shape("acrobot"), Some(Shape { input: Input::Vector(6), outputs: 3 }));
        let game = Image { channels: 4, height: 10, width: 10 };
        assert_eq!(shape("breakout"), Some(Shape { input: Input::Image(game), outputs: 3 }));
        assert_eq!(shape("mnist+noise-3"), Some(IMAGES));
        assert_eq!(shape("./mine"), None);
    }
}
