//! The geometry of a convolution.

use std::fmt;
use std::ops::Range;

use super::error::{NetworkError, fits_lanes};
use crate::{Activation, Pattern};

/// Size of an image. Elements are counted channel by channel, then row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Image {
    /// Numbers at each pixel.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl Image {
    /// Pixels of one channel.
    pub fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Numbers in all.
    #[allow(clippy::len_without_is_empty, reason = "an image without channels is as good as any")]
    pub fn len(self) -> usize {
        self.channels * self.pixels()
    }

    /// [`len`](Self::len), if a block of such images can exist.
    fn checked(self) -> Option<usize> {
        let pixels = self.height.checked_mul(self.width)?;
        self.channels.max(1).checked_mul(pixels).filter(|&len| fits_lanes(len))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} channels of {} x {} pixels", self.channels, self.height, self.width)
    }
}

/// What a window sees beyond the border of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Padding {
    /// Windows stay inside.
    Valid,
    /// Zeros, as many as make the output `ceil(n / stride)` long: `max((output - 1) * stride + kernel - n, 0)` in all,
    /// the smaller half before, as in TensorFlow and JAX.
    Same,
}

/// How a convolution moves over its images. Pairs are vertical, then horizontal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Height and width of the kernel.
    pub kernel: (usize, usize),
    /// Steps between windows.
    pub stride: (usize, usize),
    /// What is beyond the border.
    pub padding: Padding,
    /// Whether only the largest sum of each 2x2 square is kept; an odd last row or column is dropped.
    pub pool: bool,
}

/// A layer that reads windows of images; checked, and never changed.
///
/// The pattern has a row for each output channel and a column for each place of a kernel, in the order channel, row,
/// column: `(channel * kernel height + y) * kernel width + x`.
///
/// ```
/// use sparse_kernels::network::{Convolution, Image, Padding, Window};
/// use sparse_kernels::{Activation, Pattern};
///
/// let window = Window { kernel: (5, 5), stride: (1, 1), padding: Padding::Same, pool: true };
/// let digits = Image { channels: 1, height: 28, width: 28 };
/// let layer = Convolution::new(Pattern::dense(8, 25)?, digits, window, Activation::Relu)?;
/// assert_eq!(layer.output(), Image { channels: 8, height: 14, width: 14 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Convolution {
    pattern: Pattern,
    input: Image,
    window: Window,
    activation: Activation,
    vertical: Axis,
    horizontal: Axis,
    /// Where the initial values of each output channel begin among the parameters, and where the last end.
    initial: Box<[usize]>,
}

/// One direction of the geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Axis {
    size: usize,
    stride: usize,
    before: usize,
    padded: usize,
    sums: usize,
}

/// What one place of the kernel sees in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The sums for which it sees the image; for the others it sees padding.
    pub(crate) sums: Range<usize>,
    /// What it sees for the first of them; each further one is a stride on.
    pub(crate) first: usize,
}

impl Seen {
    /// Whether some of these sums are among those for which it sees the image.
    pub(crate) fn is_for(&self, sums: &Range<usize>) -> bool {
        self.sums.start < sums.end && sums.start < self.sums.end
    }
}

impl Axis {
    /// `None` where a size overflows.
    fn new(size: usize, kernel: usize, stride: usize, padding: Padding) -> Option<Axis> {
        match padding {
            Padding::Valid => {
                let sums = size.checked_sub(kernel).map_or(0, |rest| rest / stride + 1);
                Some(Axis { size, stride, before: 0, padded: size, sums })
            }
            Padding::Same => {
                let sums = size.div_ceil(stride);
                let reach = (sums - 1).checked_mul(stride)?.checked_add(kernel)?;
                let total = reach.saturating_sub(size);
                Some(Axis { size, stride, before: total / 2, padded: size + total, sums })
            }
        }
    }

    fn seen(self, place: usize) -> Seen {
        let end = (self.before + self.size).saturating_sub(place).div_ceil(self.stride).min(self.sums);
        let start = self.before.saturating_sub(place).div_ceil(self.stride).min(end);
        let first = if start == end { 0 } else { start * self.stride + place - self.before };
        Seen { sums: start..end, first }
    }
}

impl Convolution {
    /// A convolution of images of size `input`.
    pub fn new(
        pattern: Pattern,
        input: Image,
        window: Window,
        activation: Activation,
    ) -> Result<Convolution, NetworkError> {
        let sizes = [
            ("height of the images", input.height),
            ("width of the images", input.width),
            ("height of the kernel", window.kernel.0),
            ("width of the kernel", window.kernel.1),
            ("vertical stride", window.stride.0),
            ("horizontal stride", window.stride.1),
        ];
        if let Some(&(what, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(NetworkError::Zero { what });
        }
        let places = window.kernel.0.checked_mul(window.kernel.1);
        let expected = places.and_then(|places| places.checked_mul(input.channels));
        if expected != Some(pattern.columns()) {
            return Err(NetworkError::Columns { expected, found: pattern.columns() });
        }
        let too_large = NetworkError::TooLarge { input };
        let vertical =
            Axis::new(input.height, window.kernel.0, window.stride.0, window.padding).ok_or(too_large)?;
        let horizontal =
            Axis::new(input.width, window.kernel.1, window.stride.1, window.padding).ok_or(too_large)?;
        let padded = Image { height: vertical.padded, width: horizontal.padded, ..input };
        let sums = Image { channels: pattern.rows(), height: vertical.sums, width: horizontal.sums };
        padded.checked().ok_or(too_large)?;
        sums.checked().ok_or(too_large)?;

        let initial = (0..=pattern.rows()).map(|row| pattern.nnz() + row).collect();
        let layer = Convolution { pattern, input, window, activation, vertical, horizontal, initial };
        let output = layer.output();
        if output.height == 0 || output.width == 0 {
            return Err(NetworkError::NothingLeft { input, sums: (sums.height, sums.width) });
        }
        Ok(layer)
    }

    /// The same with initial values as compilation makes them: for the output channels that say so a
    /// plane, one number for each sum, in place of one number for all.
    pub fn with_planes(mut self, planes: &[bool]) -> Result<Convolution, NetworkError> {
        let expected = self.pattern.rows();
        if planes.len() != expected {
            return Err(NetworkError::Planes { expected, found: planes.len() });
        }
        let pixels = self.sums().pixels();
        let mut end = self.pattern.nnz();
        for (channel, &plane) in planes.iter().enumerate() {
            end += if plane { pixels } else { 1 };
            self.initial[channel + 1] = end;
        }
        Ok(self)
    }

    /// Rows are output channels, columns places of a kernel.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The images that are read.
    pub fn input(&self) -> Image {
        self.input
    }

    /// How kernels move over them.
    pub fn window(&self) -> Window {
        self.window
    }

    /// What follows the sums.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Rows above and columns to the left of an image that are seen as zeros.
    pub fn before(&self) -> (usize, usize) {
        (self.vertical.before, self.horizontal.before)
    }

    /// Height and width of an image with the zeros around it.
    pub fn padded(&self) -> (usize, usize) {
        (self.vertical.padded, self.horizontal.padded)
    }

    /// The images of sums, before pooling.
    pub fn sums(&self) -> Image {
        Image { channels: self.pattern.rows(), height: self.vertical.sums, width: self.horizontal.sums }
    }

    /// The images that the layer gives.
    pub fn output(&self) -> Image {
        let sums = self.sums();
        if self.window.pool { Image { height: sums.height / 2, width: sums.width / 2, ..sums } } else { sums }
    }

    /// Channel, row and column of the kernel that a column of the pattern stands for.
    pub fn tap(&self, column: usize) -> (usize, usize, usize) {
        let (height, width) = self.window.kernel;
        (column / (height * width), column / width % height, column % width)
    }

    /// What a place of the kernel (a column of the pattern, whatever the channel) sees from top to bottom and from left
    /// to right.
    pub(crate) fn seen(&self, place: usize) -> (Seen, Seen) {
        let (_, y, x) = self.tap(place);
        (self.vertical.seen(y), self.horizontal.seen(x))
    }

    /// Whether a place of the kernel ever sees padding.
    pub(crate) fn sees_padding(&self, place: usize) -> bool {
        let (rows, columns) = self.seen(place);
        rows.sums.len() < self.vertical.sums || columns.sums.len() < self.horizontal.sums
    }

    /// What the sums of a channel begin with, among the layer's parameters: one number, or one a pixel of
    /// [`sums`](Self::sums).
    ///
    /// # Panics
    ///
    /// If there is no such channel.
    pub fn initial(&self, channel: usize) -> Range<usize> {
        let channels = self.pattern.rows();
        assert!(channel < channels, "channel {channel} of {channels}");
        self.initial[channel]..self.initial[channel + 1]
    }

    /// Values and initial values of one member.
    pub fn parameters(&self) -> usize {
        self.initial[self.pattern.rows()]
    }
}
