//! Pictures of tables: pure functions that give text.
//!
//! | file | gives |
//! |---|---|
//! | `chart` | what a chart is: series, axes, ticks |
//! | `svg` | a chart as SVG, for pages |
//! | `braille` | a chart as characters, for terminals |
//! | `bitmap` | dots as PNG |
//!
//! # Invariants
//!
//! - **The same chart has the same bytes** everywhere: numbers are rounded to a tenth of a pixel before they are written.
//! - **Colour never carries meaning alone:** series differ in their marks and are named.
//! - **Absent:** files, fonts, scripts.

mod bitmap;
mod braille;
mod chart;
mod svg;

pub use bitmap::{Bitmap, Dot};
pub use braille::braille;
pub use chart::{Axis, Chart, Place, Series};
pub(crate) use svg::escaped;
pub use svg::{picture, svg};
