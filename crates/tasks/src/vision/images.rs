//! An image set: grey pixels as bytes, labels, and how many classes there are.
//!
//! Pixels stay bytes for as long as possible: 47 MB for a set of 60,000, where numbers would take 188. What a network sees
//! is made of them batch by batch ([`normalise`](super::normalise)).

use std::fmt;

use super::checksum::Checksum;

/// Images of one size, each with a label.
#[derive(Clone, PartialEq, Eq)]
pub struct Labelled {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Labelled {
    /// Puts images (`[image][row][column]`) and labels together.
    pub fn new(height: usize, width: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Result<Labelled, SetError> {
        let each = height * width;
        if each == 0 || pixels.len() != each * labels.len() {
            let images = pixels.len().checked_div(each).unwrap_or(0);
            return Err(SetError::Counts { images, labels: labels.len() });
        }
        Ok(Labelled { height, width, pixels, labels })
    }

    /// How many images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Rows of an image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of an image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// `[row][column]` of an image.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[u8] {
        let each = self.height * self.width;
        &self.pixels[index * each..(index + 1) * each]
    }

    /// `[image][row][column]`
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The class of each image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The same labels with other pixels of the same size: `change` is given the number of an image and its pixels.
    pub fn map(&self, mut change: impl FnMut(usize, &mut [u8])) -> Labelled {
        let mut changed = self.clone();
        let each = self.height * self.width;
        for (index, image) in changed.pixels.chunks_exact_mut(each).enumerate() {
            change(index, image);
        }
        changed
    }
}

impl fmt::Debug for Labelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} images of {} x {} pixels", self.len(), self.height, self.width)
    }
}

/// Images to train with and images to test with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSet {
    name: String,
    classes: usize,
    train: Labelled,
    test: Labelled,
}

impl ImageSet {
    /// Checks that the parts fit each other: not empty, of one size, labels below `classes`.
    pub fn new(
        name: impl Into<String>,
        classes: usize,
        train: Labelled,
        test: Labelled,
    ) -> Result<ImageSet, SetError> {
        for (part, images) in [(Part::Train, &train), (Part::Test, &test)] {
            if images.is_empty() {
                return Err(SetError::Empty { part });
            }
            let wrong = images.labels.iter().position(|&label| usize::from(label) >= classes);
            if let Some(image) = wrong {
                return Err(SetError::Label { part, image, label: images.labels[image], classes });
            }
        }
        let (size, other) = ((train.height, train.width), (test.height, test.width));
        if size != other {
            return Err(SetError::Sizes { train: size, test: other });
        }
        Ok(ImageSet { name: name.into(), classes, train, test })
    }

    /// The same, with as many classes as the largest label asks for.
    pub fn with_classes_of_labels(
        name: impl Into<String>,
        train: Labelled,
        test: Labelled,
    ) -> Result<ImageSet, SetError> {
        let largest = train.labels.iter().chain(&test.labels).max();
        let classes = largest.map_or(0, |&label| usize::from(label) + 1);
        ImageSet::new(name, classes, train, test)
    }

    /// What it is called in commands and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Labels are below this.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Images to train with.
    pub fn train(&self) -> &Labelled {
        &self.train
    }

    /// Images to test with.
    pub fn test(&self) -> &Labelled {
        &self.test
    }

    /// Rows of every image.
    pub fn height(&self) -> usize {
        self.train.height
    }

    /// Columns of every image.
    pub fn width(&self) -> usize {
        self.train.width
    }

    /// Pixels of every image.
    pub fn pixels_each(&self) -> usize {
        self.train.height * self.train.width
    }

    /// SHA-256 of all that the set is but its name: sizes, pixels and labels. However its files are packed, it is the same.
    pub fn checksum(&self) -> String {
        let ImageSet { name: _, classes, train, test } = self;
        let (height, width, images, tests) = (train.height, train.width, train.len(), test.len());
        let mut checksum = Checksum::default();
        checksum.update(format!("{classes} {height} {width} {images} {tests}\n").as_bytes());
        for part in [train, test] {
            checksum.update(&part.pixels);
            checksum.update(&part.labels);
        }
        checksum.hexadecimal()
    }

    /// The same set under another name, its parts changed one by one.
    pub fn map(
        &self,
        name: impl Into<String>,
        mut change: impl FnMut(Part, &Labelled) -> Labelled,
    ) -> ImageSet {
        let (train, test) = (change(Part::Train, &self.train), change(Part::Test, &self.test));
        ImageSet { name: name.into(), classes: self.classes, train, test }
    }
}

/// One of the two parts of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Images to train with.
    Train,
    /// Images to test with.
    Test,
}

impl Part {
    /// Both, in the order of tables.
    pub const BOTH: [Part; 2] = [Part::Train, Part::Test];

    /// As it stands in messages.
    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "training",
            Part::Test => "test",
        }
    }
}

/// Why images and labels are no set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum SetError {
    /// Images and labels disagree.
    Counts { images: usize, labels: usize },
    /// A part without images.
    Empty { part: Part },
    /// A label out of range.
    Label { part: Part, image: usize, label: u8, classes: usize },
    /// The parts disagree.
    Sizes { train: (usize, usize), test: (usize, usize) },
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            SetError::Counts { images, labels } => {
                write!(f, "there are {images} images and {labels} labels; each image needs one")
            }
            SetError::Empty { part } => write!(f, "there are no {} images", part.name()),
            SetError::Label { part, image, label, classes } => {
                write!(
                    f,
                    "the label of {} image {image} is {label}; with {classes} classes it must be below {classes}",
                    part.name()
                )
            }
            SetError::Sizes { train, test } => {
                write!(
                    f,
                    "training images have {} x {} pixels, test images {} x {}; they must have the same",
                    train.0, train.1, test.0, test.1
                )
            }
        }
    }
}

impl std::error::Error for SetError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(labels: &[u8]) -> Labelled {
        Labelled::new(2, 3, vec![7; 6 * labels.len()], labels.to_vec()).unwrap()
    }

    #[test]
    fn images_and_labels_that_disagree_are_refused() {
        for (pixels, labels) in [(12, 1), (12, 3), (11, 2), (0, 1)] {
            assert!(Labelled::new(2, 3, vec![0; pixels], vec![0; labels]).is_err(), "{pixels} {labels}");
        }
        assert!(Labelled::new(0, 3, vec![], vec![]).is_err());
        assert_eq!(
            Labelled::new(2, 3, vec![0; 12], vec![0]).unwrap_err().to_string(),
            "there are 2 images and 1 labels; each image needs one"
        );
    }

    #[test]
    fn labels_are_below_the_classes() {
        let error = ImageSet::new("x", 3, labelled(&[0, 1, 2]), labelled(&[1, 3])).unwrap_err();
        assert_eq!(error, SetError::Label { part: Part::Test, image: 1, label: 3, classes: 3 });
        assert_eq!(error.to_string(), "the label of test image 1 is 3; with 3 classes it must be below 3");
        let set = ImageSet::with_classes_of_labels("x", labelled(&[0, 61]), labelled(&[3])).unwrap();
        assert_eq!(set.classes(), 62);
    }

    #[test]
    fn parts_have_images_and_one_size() {
        assert_eq!(
            ImageSet::new("x", 3, labelled(&[]), labelled(&[1])),
            Err(SetError::Empty { part: Part::Train })
        );
        let other = Labelled::new(3, 2, vec![0; 6], vec![0]).unwrap();
        let error = ImageSet::new("x", 3, labelled(&[1]), other).unwrap_err();
        assert_eq!(error, SetError::Sizes { train: (2, 3), test: (3, 2) });
    }

    #[test]
    fn changed_images_keep_their_labels_and_places() {
        let set = ImageSet::new("x", 3, labelled(&[0, 1]), labelled(&[2])).unwrap();
        let changed = set.map("y", |_, part| part.map(|index, image| image[0] = index as u8));
        assert_eq!(changed.train().image(1), [1, 7, 7, 7, 7, 7]);
        assert_eq!((changed.name(), changed.train().labels()), ("y", &[0, 1][..]));
        assert_eq!(set.train().image(1), [7; 6]);
    }

    #[test]
    fn a_checksum_is_of_pixels_labels_and_sizes_and_of_no_name() {
        let set = ImageSet::new("x", 3, labelled(&[0, 1]), labelled(&[2])).unwrap();
        let changed = |image: usize, pixel: usize| {
            set.map("x", |_, part| part.map(|index, pixels| pixels[pixel] ^= u8::from(index == image)))
        };
        let relabelled = ImageSet::new("x", 3, labelled(&[1, 0]), labelled(&[2])).unwrap();
        let flat = |part: &Labelled| Labelled::new(3, 2, part.pixels.clone(), part.labels.clone()).unwrap();
        let turned = set.map("x", |_, part| flat(part));
        let wider = ImageSet::new("x", 4, labelled(&[0, 1]), labelled(&[2])).unwrap();
        let moved = ImageSet::new("x", 3, labelled(&[0]), labelled(&[1, 2])).unwrap();
        let others = [changed(1, 5), changed(0, 0), relabelled, turned, wider, moved];
        let sums: std::collections::BTreeSet<String> =
            others.iter().chain([&set]).map(ImageSet::checksum).collect();
        assert_eq!(sums.len(), 1 + others.len());
        assert_eq!(set.map("y", |_, part| part.clone()).checksum(), set.checksum());
        // Python: hashlib.sha256(b"3 2 3 2 1\n" + bytes([7] * 12 + [0, 1] + [7] * 6 + [2])).hexdigest()
        assert_eq!(set.checksum(), "908f37d24092ae4e749f47c6a394dfecc96447255553699b2cfa3945d6b5ea92");
    }
}
