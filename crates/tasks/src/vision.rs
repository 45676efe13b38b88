//! Image sets: where they come from, and how they become what a network sees.
//!
//! | module | what |
//! |---|---|
//! | [`images`] | [`ImageSet`](images::ImageSet): pixels as bytes, labels, classes, for training and for testing |
//! | [`glyphs`] | the embedded sets, drawn from a seed |
//! | [`sets`] | the table of published sets: names, files, sizes, checksums, licences, addresses |
//! | [`files`] | the loader: the only room that reads files |
//! | [`idx`] | the format of the files, gzip included |
//! | [`checksum`] | SHA-256 |
//! | [`normalise`] | bytes to numbers, at one place |
//! | [`batches`] | which images a generation sees |
//! | [`classification`] | fitness of networks that name the class of an image |
//! | [`corruption`] | noise, blur, contrast, shift, inversion |

pub mod batches;
pub mod checksum;
pub mod classification;
pub mod corruption;
pub mod files;
pub mod glyphs;
mod gzip;
pub mod idx;
pub mod images;
pub mod normalise;
pub mod sets;
