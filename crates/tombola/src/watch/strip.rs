//! A film strip: a few pictures of an episode as one drawing, for browsers that show nothing else.
//!
//! Bodies are seen from the camera's direction without perspective: capsules are thick lines, boxes the outline of their
//! corners, what is farther is painted first.

use std::collections::BTreeMap;
use std::fmt::Write;

use physics::vector::Vector;

use super::scene::{Bodies, Kind, Scene};

/// Pictures of a strip.
const PICTURES: usize = 8;
/// Width and height of one.
const SIDE: f64 = 140.0;

/// One row of pictures for each agent, of its frames; `seconds` a frame.
pub(super) fn draw(scene: &Scene, agents: &[(String, &[Vec<f32>])], seconds: f64, unit: &str) -> String {
    let (width, height) = (PICTURES as f64 * SIDE, (SIDE + 20.0) * agents.len() as f64);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" font-size=\"11\" fill=\"currentColor\">\n"
    );
    for (row, (label, frames)) in agents.iter().enumerate() {
        let top = row as f64 * (SIDE + 20.0);
        for picture in 0..PICTURES {
            let frame = picture * (frames.len() - 1) / (PICTURES - 1);
            let left = picture as f64 * SIDE;
            let time = if unit == "s" {
                format!("{:.2} s", frame as f64 * seconds)
            } else {
                format!("step {frame}")
            };
            let text = if picture == 0 { format!("{}, {time}", super::escaped(label)) } else { time };
            let _ =
                writeln!(svg, "<svg x=\"{left}\" y=\"{top}\" width=\"{SIDE}\" height=\"{}\">", SIDE + 20.0);
            let _ = writeln!(
                svg,
                "<rect x=\"1\" y=\"1\" width=\"{0}\" height=\"{0}\" fill=\"var(--sky)\"/>",
                SIDE - 2.0
            );
            match scene {
                Scene::Bodies(bodies) => draw_bodies(bodies, &frames[frame], row, &mut svg),
                Scene::Cells(_) => draw_cells(&frames[frame], &mut svg),
            }
            let _ = writeln!(svg, "<text x=\"4\" y=\"{}\">{text}</text>\n</svg>", SIDE + 13.0);
        }
    }
    svg + "</svg>"
}

fn draw_cells(picture: &[f32], svg: &mut String) {
    let edge = (SIDE - 10.0) / 10.0;
    let mut colours: BTreeMap<u32, String> = BTreeMap::new();
    for (cell, &held) in picture.iter().enumerate().filter(|(_, held)| **held != 0.0) {
        let (x, y) = (5.0 + (cell % 10) as f64 * edge, 5.0 + (cell / 10) as f64 * edge);
        // one colour a cell: a strip is no board
        let squares = colours.entry((held as u32).trailing_zeros()).or_default();
        let _ = write!(squares, "M{x:.0} {y:.0}h12v12h-12z");
    }
    for (channel, squares) in colours {
        let hue = (f64::from(channel) * 137.5 + 25.0) % 360.0;
        let _ = writeln!(svg, "<path d=\"{squares}\" fill=\"hsl({hue:.0} 65% 55%)\"/>");
    }
}

/// The screen: x to the right, y upwards, and how far away.
struct Screen {
    axes: [Vector; 3],
    centre: Vector,
    scale: f64,
}

impl Screen {
    fn new(bodies: &Bodies, picture: &[f32]) -> Screen {
        let [yaw, rise] = bodies.view;
        let (sy, cy) = physics::vector::sin_cos(yaw);
        let (sr, cr) = physics::vector::sin_cos(rise);
        let right = Vector([-sy, cy, 0.0]);
        let back = Vector([cr * cy, cr * sy, sr]);
        let Vector([x, y, _]) = Bodies::pose(picture, bodies.follow).0;
        let centre = Vector([x, y, bodies.height]);
        Screen { axes: [right, back.cross(right), back], centre, scale: SIDE / 2.6 / bodies.extent }
    }

    fn see(&self, point: Vector) -> [f64; 3] {
        let [x, y, depth] = self.axes.map(|axis| axis.dot(point - self.centre));
        [SIDE / 2.0 + x * self.scale, SIDE / 2.0 - y * self.scale, depth]
    }
}

fn draw_bodies(bodies: &Bodies, picture: &[f32], agent: usize, svg: &mut String) {
    let screen = Screen::new(bodies, picture);
    if let Some(ground) = bodies.ground {
        let Vector([x, y, _]) = screen.centre;
        let line = screen.see(Vector([x, y, ground]))[1];
        if line < SIDE {
            let _ = writeln!(
                svg,
                "<rect x=\"1\" y=\"{line:.1}\" width=\"{}\" height=\"{:.1}\" fill=\"var(--ground)\"/>",
                SIDE - 2.0,
                SIDE - 1.0 - line
            );
        }
    }
    let mut drawn: Vec<(f64, String)> = Vec::new();
    for piece in &bodies.pieces {
        let (place, rotation) = Bodies::pose(picture, piece.body);
        let middle = place + rotation.rotate(piece.centre);
        let turned = |point: Vector| middle + rotation.rotate(piece.rotation.rotate(point));
        // classes of the style: a letter an agent, a digit how far from the root
        let class = match piece.depth {
            None => "t".to_owned(),
            Some(depth) => format!("{}{}", if agent == 0 { "a" } else { "b" }, depth.min(3)),
        };
        let shape = match piece.kind {
            Kind::Capsule => {
                let end = |side: f64| screen.see(turned(Vector([0.0, 0.0, side * piece.size.0[2]])));
                let ([a, b, _], [x, y, _]) = (end(-1.0), end(1.0));
                let wide = short(2.0 * piece.size.0[0] * screen.scale);
                let (from, to) = (format!("{} {}", short(a), short(b)), format!("{} {}", short(x), short(y)));
                // a line to where it begins is a point, and is drawn where a letter says that there is a line
                format!("<path class=\"{class}\" d=\"M{from}L{to}\" stroke-width=\"{wide}\"/>")
            }
            Kind::Box => {
                let sign = |corner: usize, axis: usize| if corner >> axis & 1 == 0 { -1.0 } else { 1.0 };
                let corner = |corner| {
                    let [x, y, _] = screen
                        .see(turned(Vector([0, 1, 2].map(|axis| sign(corner, axis) * piece.size.0[axis]))));
                    [x, y]
                };
                let points: Vec<String> = outline((0..8).map(corner).collect())
                    .iter()
                    .map(|&[x, y]| format!("{} {}", short(x), short(y)))
                    .collect();
                format!("<path class=\"{class}\" d=\"M{}Z\" stroke-width=\"0\"/>", points.join("L"))
            }
        };
        drawn.push((screen.see(middle)[2], shape));
    }
    drawn.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    drawn.iter().for_each(|(_, shape)| _ = writeln!(svg, "{shape}"));
}

/// A tenth of a pixel, in as few letters as it takes.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// The convex outline of some points (Andrew's chains).
fn outline(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 2 {
        return points;
    }
    let mut all = Vec::new();
    for _ in 0..2 {
        let mut chain: Vec<[f64; 2]> = Vec::new();
        for &point in &points {
            while let [.., a, b] = chain[..] {
                let left = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
                if left > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        all.extend(chain);
        points.reverse();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_has_the_corners_and_nothing_inside() {
        let points = vec![[0.0, 0.0], [2.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.0, 2.0], [1.0, 0.5], [0.0, 0.0]];
        assert_eq!(outline(points), [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]);
        assert_eq!(outline(vec![[1.0, 1.0]; 3]), [[1.0, 1.0]]);
    }
}
