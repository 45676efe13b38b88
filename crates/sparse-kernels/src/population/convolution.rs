//! One convolution for groups of members, a member a lane, with pooling or without, before its activation: there, and back
//! to gradients of its values where the mask has entries and nowhere else, of its biases, and of what it reads.
//!
//! ```text
//!   sum[y][x][copy]     = bias;  value[k] * pixel(k, y, x)[copy] + sum            for the entries k of a row, in order
//!   value[k]           += gradient[y][x][copy] * pixel(k, y, x)[copy]             for rows, columns and copies, in order
//!   bias[row]          += gradient[y][x][copy]                                    for what is kept, in order
//!   pixel[y][x][copy]   = value[k] * gradient(k, y, x)[copy] + ..                 for the entries k that read it, in order
//! ```
//!
//! As lanes are members no sum crosses lanes, and a value is loaded once for several copies. Of a 2x2 square the winner
//! gets the gradient; it is told by a number a lane, compared where a gradient is loaded, so that nothing is spread out in
//! memory and no scratch is needed. What is beyond the border of an image is the number zero, as everywhere
//! ([`naive::convolution_sums`](crate::naive::convolution_sums) and its neighbours are the definition).

mod back;
mod there;

use numerics::{Isa, LANES};

use crate::length::length;
use crate::network::Convolution;
use crate::product::Number;
use crate::{PlanError, Threads};
use back::{OfImages, OfParameters};
use there::Sums;

/// A convolution of members with images of their own, and its gradients, for a number of images a member, in `f32` or
/// `f64`.
///
/// Layouts are those of [`CopyPlan`](crate::CopyPlan): `[group][parameter][LANES]`, values before biases, and
/// `[group][element][copy][LANES]`, where elements of images are counted channel by channel, then row by row. What the layer
/// gives is so what a dense layer reads, and the other way round its gradients.
///
/// The activation is the caller's: `sums_into` gives what it is applied to, and the other two take the gradients of that.
///
/// ```
/// use numerics::{Isa, LANES};
/// use sparse_kernels::network::{Convolution, Image, Padding, Window};
/// use sparse_kernels::{Activation, ConvolutionGradientPlan, Pattern, Threads};
///
/// // a kernel of one pixel over 2 x 2 of them, pooled to one
/// let window = Window { kernel: (1, 1), stride: (1, 1), padding: Padding::Valid, pool: true };
/// let image = Image { channels: 1, height: 2, width: 2 };
/// let layer = Convolution::new(Pattern::dense(1, 1)?, image, window, Activation::Identity)?;
/// let plan = ConvolutionGradientPlan::new(Isa::detected(), &layer, 1)?;
/// let lanes = |numbers: &[f32]| numbers.iter().flat_map(|&number| [number; LANES]).collect::<Vec<f32>>();
/// let (parameters, images) = (lanes(&[2.0, 0.5]), lanes(&[1.0, 4.0, 3.0, 2.0]));
///
/// let (mut sums, mut winners) = (lanes(&[f32::NAN]), vec![0; plan.winners_len(1)]);
/// plan.sums_into(Threads::Sequential, &parameters, &images, &mut sums, &mut winners);
/// assert_eq!((sums, &winners), (lanes(&[2.0 * 4.0 + 0.5]), &vec![1; LANES]));
///
/// let gradients = lanes(&[0.25]);
/// let mut of_parameters = lanes(&[0.0, 0.0]);
/// plan.parameters_acc(Threads::Sequential, &images, &gradients, &winners, &mut of_parameters);
/// assert_eq!(of_parameters, lanes(&[0.25 * 4.0, 0.25]));
/// let mut of_images = lanes(&[f32::NAN; 4]);
/// plan.inputs_into(Threads::Sequential, &parameters, &gradients, &winners, &mut of_images);
/// assert_eq!(of_images, lanes(&[0.0, 0.25 * 2.0, 0.0, 0.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConvolutionGradientPlan {
    isa: Isa,
    layer: Convolution,
    geometry: Geometry,
    copies: usize,
    /// What each entry of the pattern reads, beside the place of the kernel.
    taps: Box<[Tap]>,
    /// Entries by the channel that they read: row by row, each from its last entry to its first.
    readers: Box<[Reader]>,
    /// First reader of each channel, and how many there are.
    starts: Box<[u32]>,
    /// For each row of pixels and of the kernel the row of sums for which the one reads the other, or [`NONE`]; then the
    /// same of columns.
    rows: Box<[u32]>,
    columns: Box<[u32]>,
}

/// No sum.
const NONE: u32 = u32::MAX;

/// Copies whose sums stay in registers together.
const COPIES: usize = 8;

/// Of a layer what kernels count with. Pairs are vertical, then horizontal.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    image: (usize, usize),
    /// What is kept of sums.
    kept: (usize, usize),
    kernel: (usize, usize),
    stride: (usize, usize),
    before: (usize, usize),
}

impl Geometry {
    fn new(layer: &Convolution) -> Geometry {
        let (image, kept, window) = (layer.input(), layer.output(), layer.window());
        Geometry {
            image: (image.height, image.width),
            kept: (kept.height, kept.width),
            kernel: window.kernel,
            stride: window.stride,
            before: layer.before(),
        }
    }

    /// The pixel that a tap sees for a sum, counted within the stack of channels, if it sees any.
    #[inline(always)]
    fn pixel(self, y: usize, x: usize, tap: Tap) -> Option<usize> {
        // above and to the left of the border these wrap to below and to the right of it
        let y = (y * self.stride.0 + tap.y as usize).wrapping_sub(self.before.0);
        let x = (x * self.stride.1 + tap.x as usize).wrapping_sub(self.before.1);
        let (height, width) = self.image;
        (y < height && x < width).then(|| (tap.channel as usize * height + y) * width + x)
    }

    /// Place of the sum, among what is kept, and which of its square it is.
    #[inline(always)]
    fn kept<const POOL: bool>(self, row: usize, y: usize, x: usize) -> (usize, u32) {
        let (height, width) = self.kept;
        if POOL {
            ((row * height + y / 2) * width + x / 2, (y % 2 * 2 + x % 2) as u32)
        } else {
            ((row * height + y) * width + x, 0)
        }
    }
}

/// For each of `pixels`, and of the places of a kernel, the one of `sums` for which the place reads the pixel.
fn readers_of_axis(pixels: usize, kernel: usize, stride: usize, before: usize, sums: usize) -> Box<[u32]> {
    let reader = |pixel: usize, place: usize| {
        let from = (pixel + before).checked_sub(place).filter(|from| from % stride == 0);
        from.map(|from| from / stride).filter(|&sum| sum < sums).map_or(NONE, |sum| sum as u32)
    };
    (0..pixels).flat_map(|pixel| (0..kernel).map(move |place| reader(pixel, place))).collect()
}

/// What an entry of the pattern reads: a channel, and a place of the kernel.
#[derive(Clone, Copy, Debug)]
struct Tap {
    channel: u32,
    y: u32,
    x: u32,
}

/// An entry of the pattern, its row, and its place of the kernel.
#[derive(Clone, Copy, Debug)]
struct Reader {
    entry: u32,
    row: u32,
    y: u32,
    x: u32,
}

impl ConvolutionGradientPlan {
    /// Plans for `copies` images a member: the pattern twice, by rows and by channels that are read, so it takes time in
    /// proportion to entries, rows and channels. The activation of the layer does not matter.
    ///
    /// # Errors
    ///
    /// If there are no copies, or sums of the layer begin with planes, as compilation makes them.
    pub fn new(isa: Isa, layer: &Convolution, copies: usize) -> Result<ConvolutionGradientPlan, PlanError> {
        if copies == 0 {
            return Err(PlanError::NoCopies);
        }
        let (pattern, channels) = (layer.pattern(), layer.input().channels);
        if (0..pattern.rows()).any(|row| layer.initial(row).len() != 1) {
            return Err(PlanError::Planes { layer: 0 });
        }
        let tap = |&column: &u32| {
            let (channel, y, x) = layer.tap(column as usize);
            Tap { channel: channel as u32, y: y as u32, x: x as u32 }
        };
        let taps: Box<[Tap]> = pattern.indices().iter().map(tap).collect();
        let mut starts = vec![0; channels + 1].into_boxed_slice();
        taps.iter().for_each(|tap| starts[tap.channel as usize + 1] += 1);
        (0..channels).for_each(|channel| starts[channel + 1] += starts[channel]);
        let mut next = starts.clone();
        let mut readers = vec![Reader { entry: 0, row: 0, y: 0, x: 0 }; taps.len()].into_boxed_slice();
        for row in 0..pattern.rows() {
            for entry in pattern.row_range(row).rev() {
                let Tap { channel, y, x } = taps[entry];
                let place = &mut next[channel as usize];
                readers[*place as usize] = Reader { entry: entry as u32, row: row as u32, y, x };
                *place += 1;
            }
        }
        let geometry = Geometry::new(layer);
        let tall = if layer.window().pool { 2 } else { 1 };
        let Geometry { image, kept, kernel, stride, before } = geometry;
        Ok(ConvolutionGradientPlan {
            isa,
            layer: layer.clone(),
            geometry,
            copies,
            taps,
            readers,
            starts,
            rows: readers_of_axis(image.0, kernel.0, stride.0, before.0, kept.0 * tall),
            columns: readers_of_axis(image.1, kernel.1, stride.1, before.1, kept.1 * tall),
        })
    }

    /// Values and biases of a member.
    pub fn parameters(&self) -> usize {
        self.layer.parameters()
    }

    /// Length of the values and biases of this many groups, and of their gradients.
    ///
    /// # Panics
    ///
    /// This and the lengths below: if so many numbers do not fit the address space.
    pub fn parameters_len(&self, groups: usize) -> usize {
        length("parameters", [groups, self.parameters(), LANES])
    }

    /// Length of the images of this many groups, and of their gradients.
    pub fn inputs_len(&self, groups: usize) -> usize {
        length("images", [groups, self.layer.input().len(), self.copies, LANES])
    }

    /// Length of what is kept of the sums of this many groups, and of its gradients.
    pub fn sums_len(&self, groups: usize) -> usize {
        length("sums", [groups, self.layer.output().len(), self.copies, LANES])
    }

    /// Length of the winners of this many groups: one for each sum that is kept, 0 to 3 row by row of its square; none where
    /// nothing is pooled.
    pub fn winners_len(&self, groups: usize) -> usize {
        if self.layer.window().pool { self.sums_len(groups) } else { 0 }
    }

    /// Bytes that the plan holds: beside the layer 28 an entry, and four for each row of the kernel and row of pixels that it
    /// may read, and for columns likewise. It needs no scratch.
    pub fn size(&self) -> usize {
        let initial = (self.layer.pattern().rows() + 1) * size_of::<usize>();
        let axes = size_of_val(&*self.rows) + size_of_val(&*self.columns) + size_of_val(&*self.starts);
        let lists = size_of_val(&*self.taps) + size_of_val(&*self.readers) + axes;
        self.layer.pattern().size() + initial + lists
    }

    /// Overwrites what is kept of the sums, and who won each square.
    ///
    /// # Panics
    ///
    /// If the lengths are not those of one number of groups.
    pub fn sums_into<T: Number>(
        &self,
        threads: Threads<'_>,
        parameters: &[T],
        images: &[T],
        sums: &mut [T],
        winners: &mut [u32],
    ) {
        let groups = self.groups(parameters.len(), images.len(), sums.len(), winners.len());
        if sums.is_empty() {
            return;
        }
        let (share, mut winners) = (threads.share(groups), winners);
        let parts = sums.chunks_mut(share * self.sums_len(1)).enumerate().map(|(part, sums)| {
            let own = if self.layer.window().pool { sums.len() } else { 0 };
            let (own, rest) = std::mem::take(&mut winners).split_at_mut(own);
            winners = rest;
            Sums { plan: self, parameters, images, sums, winners: own, first: part * share }
        });
        threads.for_each(parts, |part| self.isa.run(part));
    }

    /// Adds the gradients of values and biases to what is there, given those of what is kept, and the winners.
    ///
    /// # Panics
    ///
    /// If the lengths are not those of one number of groups.
    pub fn parameters_acc<T: Number>(
        &self,
        threads: Threads<'_>,
        images: &[T],
        gradients: &[T],
        winners: &[u32],
        of_parameters: &mut [T],
    ) {
        let groups = self.groups(of_parameters.len(), images.len(), gradients.len(), winners.len());
        if of_parameters.is_empty() {
            return;
        }
        let share = threads.share(groups);
        let parts = of_parameters.chunks_mut(share * self.parameters_len(1)).enumerate();
        threads.for_each(parts, |(part, parameters)| {
            let first = part * share;
            self.isa.run(OfParameters { plan: self, images, gradients, winners, parameters, first });
        });
    }

    /// Overwrites the gradients of images, given those of what is kept, and the winners.
    ///
    /// # Panics
    ///
    /// If the lengths are not those of one number of groups.
    pub fn inputs_into<T: Number>(
        &self,
        threads: Threads<'_>,
        parameters: &[T],
        gradients: &[T],
        winners: &[u32],
        of_images: &mut [T],
    ) {
        let groups = self.groups(parameters.len(), of_images.len(), gradients.len(), winners.len());
        if of_images.is_empty() {
            return;
        }
        let share = threads.share(groups);
        let parts = of_images.chunks_mut(share * self.inputs_len(1)).enumerate();
        threads.for_each(parts, |(part, of_images)| {
            let first = part * share;
            self.isa.run(OfImages { plan: self, parameters, gradients, winners, of_images, first });
        });
    }

    /// How many groups these are, all lengths checked. A layer without rows has no parameters to count.
    fn groups(&self, parameters: usize, images: usize, sums: usize, winners: usize) -> usize {
        let groups = match (self.parameters_len(1), self.inputs_len(1)) {
            (0, 0) => 0,
            (0, each) => images / each,
            (each, _) => parameters / each,
        };
        assert_eq!(parameters, self.parameters_len(groups), "parameters of {groups} groups");
        assert_eq!(images, self.inputs_len(groups), "images of {groups} groups");
        assert_eq!(sums, self.sums_len(groups), "sums of {groups} groups");
        assert_eq!(winners, self.winners_len(groups), "winners of {groups} groups");
        groups
    }

    /// Readers of a channel.
    fn readers_of(&self, channel: usize) -> &[Reader] {
        &self.readers[self.starts[channel] as usize..self.starts[channel + 1] as usize]
    }
}
