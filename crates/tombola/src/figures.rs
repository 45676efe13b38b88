//! Pictures of tables: pure functions that give text.
//!
//! | file | gives |
//! |---|---|
//! | `chart` | what a chart is: series, axes, ticks |
//! | `scene` | what a chart is drawn with, and where |
//! | `svg` | a chart as SVG, for pages |
//! | `dots` | a chart as a picture of dots, for other documents |
//! | `canvas` | outlines filled with a colour |
//! | `letters` | letters as strokes |
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
mod canvas;
mod chart;
mod dots;
mod letters;
mod scene;
mod svg;

pub use bitmap::{Bitmap, Dot};
pub use braille::braille;
pub use chart::{Axis, Chart, Place, Series};
pub use dots::dots;
pub(crate) use svg::escaped;
pub use svg::{picture, svg};
