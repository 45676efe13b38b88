//! The weights of a layer as a picture: what the mask left, and how large it is.
//!
//! A dot is a weight: orange above zero and blue below, the more opaque the larger, and faint grey where the mask removed it.
//! Weights that read an image lie as its pixels do, unit by unit; those of a window lie as the window does, a row of windows
//! an output channel; others are a table of outputs by inputs.

use networks::{Input, Tensor, Ticket};

use crate::figures::{Bitmap, Dot};

/// Dots between two images.
const GAP: usize = 1;

/// No picture has more dots.
const MOST_DOTS: usize = 1 << 20;

const REMOVED: Dot = [128, 128, 128, 36];
/// Vermilion and blue of Okabe and Ito.
const ABOVE: [u8; 3] = [213, 94, 0];
const BELOW: [u8; 3] = [0, 114, 178];
/// The opacity of the least weight that is kept.
const FAINTEST: f32 = 90.0;

/// How the weights of a tensor lie: equal images, `per_row` beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    images: usize,
    height: usize,
    width: usize,
    per_row: usize,
}

impl Grid {
    fn of(ticket: &Ticket, tensor: &Tensor) -> Grid {
        let image = |images: usize, height: usize, width: usize, beside: usize| {
            let per_row = if beside > 1 { beside } else { images.isqrt().max(1) };
            Grid { images, height, width, per_row }
        };
        match (tensor.shape.as_slice(), ticket.network().reads(tensor.layer)) {
            (&[outputs, inputs, height, width], _) => image(outputs * inputs, height, width, inputs),
            (&[outputs, _], Input::Image(read)) => {
                image(outputs * read.channels, read.height, read.width, read.channels)
            }
            _ => {
                let height = tensor.shape.first().copied().unwrap_or(1);
                Grid { images: 1, height, width: tensor.len() / height.max(1), per_row: 1 }
            }
        }
    }

    /// Dots of the picture, across and down.
    fn size(self) -> (usize, usize) {
        let spread = |count: usize, each: usize| (count * (each + GAP)).saturating_sub(GAP);
        (spread(self.per_row, self.width), spread(self.images.div_ceil(self.per_row), self.height))
    }

    /// Row and column of a weight.
    fn place(self, index: usize) -> (usize, usize) {
        let each = self.height * self.width;
        let (image, inside) = (index / each, index % each);
        let row = image / self.per_row * (self.height + GAP) + inside / self.width;
        (row, image % self.per_row * (self.width + GAP) + inside % self.width)
    }
}

/// The weights of a tensor that masks may remove, after training; none where they would be too many dots.
pub fn picture(ticket: &Ticket, tensor: &Tensor) -> Option<Bitmap> {
    let grid = Grid::of(ticket, tensor);
    let (width, height) = grid.size();
    if width.checked_mul(height).is_none_or(|dots| dots > MOST_DOTS) {
        return None;
    }
    let mut picture = Bitmap::new(width, height);
    for index in 0..tensor.len() {
        let (row, column) = grid.place(index);
        *picture.dot(row, column) = REMOVED;
    }
    let values = ticket.indices().iter().zip(&ticket.contents().mean);
    let here = values.filter(|(index, _)| tensor.range().contains(&(**index as usize)));
    let here: Vec<(usize, f32)> =
        here.map(|(&index, &value)| (index as usize - tensor.start, value)).collect();
    let largest = here.iter().fold(0.0, |largest: f32, (_, value)| largest.max(value.abs()));
    for (index, value) in here {
        let (row, column) = grid.place(index);
        *picture.dot(row, column) = dot(value, largest);
    }
    Some(picture)
}

/// A weight among weights of which the largest is so large.
fn dot(value: f32, largest: f32) -> Dot {
    let [red, green, blue] = if value < 0.0 { BELOW } else { ABOVE };
    let share = if largest > 0.0 { value.abs() / largest } else { 0.0 };
    [red, green, blue, (FAINTEST + share * (255.0 - FAINTEST)) as u8]
}

#[cfg(test)]
mod tests {
    use networks::ticket::Contents;
    use networks::{Architecture, Mask, MaskedNetwork};

    use super::*;

    fn ticket(network: &str, is_kept: impl Fn(usize) -> bool) -> Ticket {
        let network: Architecture = network.parse().expect("a network");
        let mask = Mask::from_fn(network.prunable(), is_kept);
        let masked = MaskedNetwork::new(&network, &mask).expect("a mask of the network");
        let values: Vec<f32> = (0..masked.dims()).map(|place| 1.0 - place as f32).collect();
        let contents = Contents { start: values.clone(), mean: values, ..Contents::default() };
        Ticket::new(network, &mask, contents).expect("a ticket")
    }

    fn drawn(ticket: &Ticket, layer: usize) -> Bitmap {
        let tensor = ticket.network().tensor(layer, networks::Role::Weight).expect("a layer with weights");
        picture(ticket, tensor).expect("a small layer")
    }

    #[test]
    fn a_table_of_units_shows_what_is_kept_its_sign_and_its_size() {
        // weights 0, 2, 4 of the first layer are 1, 0, -1
        let mut found = drawn(&ticket("3: dense 2 tanh; dense 1", |place| place % 2 == 0), 0);
        assert_eq!((found.width, found.height), (3, 2));
        let [first, second, third] = [(0, 0), (0, 2), (1, 1)].map(|(row, column)| *found.dot(row, column));
        assert_eq!((first[..3].to_vec(), first[3]), (ABOVE.to_vec(), 255));
        assert_eq!((second[..3].to_vec(), second[3]), (ABOVE.to_vec(), FAINTEST as u8));
        assert_eq!((third[..3].to_vec(), third[3]), (BELOW.to_vec(), 255));
        assert_eq!(*found.dot(0, 1), REMOVED);
    }

    #[test]
    fn weights_of_pixels_and_windows_lie_as_these_do() {
        // four units that read 1 x 2 x 3 pixels: images of 2 by 3, two beside each other
        let dense = drawn(&ticket("1x2x3: dense 4 relu; dense 2", |_| true), 0);
        assert_eq!((dense.width, dense.height), (3 + 1 + 3, 2 + 1 + 2));
        // two channels that read two of 4 by 4 through windows of 3 by 3
        let windows = drawn(&ticket("2x4x4: conv 2 3x3 same relu; dense 2", |_| true), 0);
        assert_eq!((windows.width, windows.height), (3 + 1 + 3, 3 + 1 + 3));
        // the second layer reads 2 x 4 x 4: a row of two images a unit
        let mut after = drawn(&ticket("2x4x4: conv 2 3x3 same relu; dense 2", |place| place == 36 + 16), 1);
        assert_eq!((after.width, after.height), (4 + 1 + 4, 4 + 1 + 4));
        assert!(
            *after.dot(0, 5) != REMOVED && *after.dot(0, 4) == [0; 4],
            "the first weight of the second image"
        );
    }

    #[test]
    fn what_is_too_large_has_no_picture() {
        let large = ticket("1100: dense 1000 tanh; dense 1", |place| place == 0);
        let tensor = &large.network().tensors()[0];
        assert_eq!(picture(&large, tensor), None);
    }
}
