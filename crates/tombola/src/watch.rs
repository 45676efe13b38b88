//! An episode as one page that shows it: no network, no library, one file.
//!
//! ```text
//!   Agent: network, scale ──(play)──► Take: pictures ──(poses)──► whole numbers ──(pack)──► text ─┐
//!                                     actions, rewards ───────────────────────────┘               │
//!   task ──► Scene: pieces of bodies, or channels of cells ─────────────────────────► JSON ───────┼──► page.html
//!                                                                             film strip (SVG) ───┘    style.css, page.js
//! ```
//!
//! The page unpacks the film with what a browser has, draws bodies by WebGL 2 or cells on a canvas, and shows rewards,
//! returns and actions below. Where there is no WebGL or no script it shows a film strip. It asks for nothing: a policy
//! in its head forbids it to.
//!
//! # Invariants
//!
//! - **A page is a function** of task, networks, episode and number of steps.
//! - **A page is small:** the finest of `FINENESSES` with which it is no longer than [`MOST_BYTES`]. Where none is fine
//!   enough it is longer, and whoever asked for it is to be told so.
//! - **Absent:** files, and any address that a browser would ask.

use serde_json::{Value, json};
use sparse_kernels::network::Network;
use tasks::control::naive::{Moment, watched};
use tasks::control::normaliser::Scale;
use tasks::control::rollouts::Start;
use tasks::control::{self, Actions, Environment};

use self::scene::{Bodies, Kind, Scene};

mod pack;
mod poses;
mod scene;
mod strip;

/// Who acts in an episode.
pub struct Agent<'a> {
    /// Its name on the page.
    pub label: String,
    /// What else is said of it, a line each.
    pub notes: Vec<String>,
    /// Its network, as kernels take it.
    pub network: &'a Network,
    /// The network's parameters.
    pub parameters: &'a [f32],
    /// On which scale it sees; as things are where there is none.
    pub scale: Option<Scale>,
}

/// What was filmed of one agent.
struct Take {
    /// One at the start and one after each step.
    pictures: Vec<Vec<f32>>,
    actions: Vec<Vec<f32>>,
    rewards: Vec<f32>,
    has_ended: bool,
}

/// Texts around the film.
pub struct Words {
    /// In one line, what is shown.
    pub subtitle: String,
    /// Below all.
    pub footer: String,
}

/// Pages are no longer than this, if places and rotations may be coarser for it.
pub const MOST_BYTES: usize = 100_000;

/// How much of an episode is told apart.
#[derive(Clone, Copy)]
struct Fineness {
    /// Part of the size of the scene, and of a half turn.
    places: f64,
    /// Parts of the largest action.
    actions: f64,
    /// Of so many pictures of bodies one is kept; the page draws the others between two.
    every: usize,
}

/// From fine to coarse.
const FINENESSES: [Fineness; 6] = [
    Fineness { places: 1e-3, actions: 100.0, every: 1 },
    Fineness { places: 1.5e-3, actions: 64.0, every: 1 },
    Fineness { places: 2e-3, actions: 40.0, every: 1 },
    Fineness { places: 3e-3, actions: 24.0, every: 1 },
    Fineness { places: 3e-3, actions: 16.0, every: 2 },
    Fineness { places: 4e-3, actions: 12.0, every: 3 },
];

/// Plays an episode with each agent, from the same start and with the same draws, and makes the page of it.
///
/// # Panics
///
/// If there is no agent or no step, or if a network does not fit the task.
pub fn page(
    task: &dyn Environment,
    agents: &[Agent<'_>],
    start: &Start,
    steps: u32,
    words: &Words,
) -> String {
    assert!(!agents.is_empty() && steps > 0, "somebody who does something");
    let scene = Scene::new(task, start.state());
    let takes: Vec<Take> = agents.iter().map(|agent| play(task, &scene, agent, start, steps)).collect();
    let rows: Vec<(String, &[Vec<f32>])> =
        agents.iter().zip(&takes).map(|(agent, take)| (agent.label.clone(), &take.pictures[..])).collect();
    let seconds = seconds(task);
    let unit = if seconds.is_some() { "s" } else { "steps" };
    let seconds = seconds.unwrap_or(0.1);
    let strip = strip::draw(&scene, &rows, seconds, unit);
    let shown_by = |fineness: Fineness| {
        let mut packed = Vec::new();
        let film_of = |(agent, take)| film_of(agent, take, &scene, fineness, &mut packed);
        let shown: Vec<Value> = agents.iter().zip(&takes).map(film_of).collect();
        let film = json!({
            "seconds": seconds,
            "unit": unit,
            "scene": scene_of(&scene),
            "actions": task.action_names(),
            "every": scene.every(fineness),
            "chooses": matches!(task.actions(), Actions::OneOf(_)),
            "agents": shown,
            "data": pack::text(&packed),
        });
        filled(&[
            ("title", &escaped(task.name())),
            ("subtitle", &escaped(&words.subtitle)),
            ("footer", &footer(&words.footer, &scene, fineness)),
            ("style", &lean(include_str!("watch/style.css"))),
            ("script", &lean(include_str!("watch/page.js"))),
            ("strip", &strip),
            // nothing in the data may end the script element or begin a comment
            ("film", &film.to_string().replace('<', "\\u003c")),
        ])
    };
    let mut pages = FINENESSES.into_iter().map(shown_by);
    let finest = pages.next().expect("there are finenesses");
    if finest.len() <= MOST_BYTES {
        return finest;
    }
    // where none is small enough the coarsest is the smallest
    let mut coarser = finest;
    for page in pages {
        coarser = page;
        if coarser.len() <= MOST_BYTES {
            break;
        }
    }
    coarser
}

/// What is said below all; also that places between two pictures are drawn, not filmed.
fn footer(text: &str, scene: &Scene, fineness: Fineness) -> String {
    match scene.every(fineness) {
        1 => escaped(text),
        every => format!("One picture in {every} steps was kept; those between are drawn. {}", escaped(text)),
    }
}

/// The template with its places filled, in one pass, so that texts with braces stay what they are.
fn filled(parts: &[(&str, &str)]) -> String {
    let mut page = String::new();
    for (index, piece) in include_str!("watch/page.html").split("{{").enumerate() {
        let Some((name, rest)) = piece.split_once("}}").filter(|_| index > 0) else {
            page.push_str(piece);
            continue;
        };
        let (_, part) =
            parts.iter().find(|(known, _)| *known == name).expect("the template names what there is");
        page.push_str(part);
        page.push_str(rest);
    }
    page
}

/// A script or style without what only its authors read: lines of comment, and spaces at the ends of lines.
fn lean(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How long a step is, where the task has a clock.
fn seconds(task: &dyn Environment) -> Option<f64> {
    match task.name() {
        "CartPole-v1" => Some(0.02),
        "Acrobot-v1" => Some(0.2),
        "Pendulum-v1" => Some(0.05),
        name => {
            let step = physics::models::named(control::base(name)?)?.description().time_step;
            // the model has the nearest number of single precision
            Some((step * 1e6).round() / 1e6)
        }
    }
}

/// Plays one episode, and films it.
fn play(task: &dyn Environment, scene: &Scene, agent: &Agent<'_>, start: &Start, steps: u32) -> Take {
    let mut take = Take {
        pictures: vec![scene.picture(start.state(), start.observation())],
        actions: Vec::new(),
        rewards: Vec::new(),
        has_ended: false,
    };
    let mut film = |moment: Moment<'_>| {
        take.pictures.push(scene.picture(moment.state, moment.observation));
        take.actions.push(moment.actions.to_vec());
        take.rewards.push(moment.reward);
        take.has_ended = moment.has_ended;
    };
    watched(task, agent.network, agent.parameters, agent.scale.as_ref(), start, steps, &mut film);
    take
}

/// One agent for the page, and its columns for the film.
fn film_of(
    agent: &Agent<'_>,
    take: &Take,
    scene: &Scene,
    fineness: Fineness,
    packed: &mut Vec<pack::Packed>,
) -> Value {
    let largest = |rows: &[Vec<f32>]| {
        rows.iter().flatten().filter(|number| number.is_finite()).fold(0.0, |a: f32, b| a.max(b.abs()))
    };
    let mut columns = Vec::new();
    let mut add = |name: &str, rows: usize, part: pack::Packed, step: f64| {
        columns.push(json!([name, part.orders, rows, step]));
        packed.push(part);
    };
    let column = |rows: &[Vec<f32>], column: usize| rows.iter().map(|row| row[column]).collect::<Vec<f32>>();
    let all = |rows: &[Vec<f32>]| (0..rows[0].len()).map(|at| column(rows, at)).collect::<Vec<_>>();
    match scene {
        Scene::Bodies(bodies) => {
            let kept = kept(&take.pictures, scene.every(fineness));
            let pack = |gap: f64| {
                let steps = poses::steps(&bodies.links, &kept, fineness.places, gap);
                Some((pack::whole(&steps.turns)?, pack::whole(&steps.gaps)?))
            };
            let ((turns, gaps), gap) = pack::widened(bodies.extent * fineness.places, pack);
            add("turns", kept.len(), turns, fineness.places);
            add("gaps", kept.len(), gaps, gap);
        }
        Scene::Cells(_) => {
            let (cells, step) = pack::columns(&all(&take.pictures), 1.0);
            add("cells", take.pictures.len(), cells, step);
        }
    }
    let precise = |rows: &[Vec<f32>], parts: f64| f64::from(largest(rows).max(1e-6)) / parts;
    let is_whole = take.actions.iter().flatten().all(|action| action.fract() == 0.0);
    let step = if is_whole { 1.0 } else { precise(&take.actions, fineness.actions) };
    let rewards: Vec<Vec<f32>> = take.rewards.iter().map(|&reward| vec![reward]).collect();
    for (name, rows, step) in
        [("actions", &take.actions, step), ("rewards", &rewards, precise(&rewards, 4000.0))]
    {
        let (part, step) = pack::columns(&all(rows), step);
        add(name, rows.len(), part, step);
    }
    json!({ "label": agent.label, "notes": agent.notes, "ended": take.has_ended, "columns": columns })
}

/// One picture of so many, and the last.
fn kept(pictures: &[Vec<f32>], every: usize) -> Vec<&[f32]> {
    let last = pictures.len() - 1;
    let between = pictures[..last].iter().step_by(every);
    between.chain(&pictures[last..]).map(|picture| &picture[..]).collect()
}

/// A few digits: pixels need no more.
fn round(number: f64) -> f64 {
    (number * 1e5).round() / 1e5
}

fn scene_of(scene: &Scene) -> Value {
    let bodies = match scene {
        Scene::Bodies(bodies) => bodies,
        Scene::Cells(channels) => return json!({ "kind": "cells", "channels": channels, "side": 10 }),
    };
    let Bodies { pieces, ground, follow, height, extent, view, links, .. } = bodies;
    let numbers = |numbers: &[f64]| numbers.iter().map(|&number| round(number)).collect::<Vec<f64>>();
    let piece = |piece: &scene::Piece| {
        let kind = if piece.kind == Kind::Box { "box" } else { "capsule" };
        let depth = piece.depth.map_or(-1, |depth| depth as i64);
        json!([
            piece.body,
            kind,
            numbers(&piece.centre.0),
            numbers(&piece.rotation.0),
            numbers(&piece.size.0),
            depth
        ])
    };
    let link = |link: &poses::Link| {
        let parent = link.parent.map_or(-1, |parent| parent as i64);
        json!([link.body, parent, link.anchors[0].0, link.anchors[1].0, link.axes.0])
    };
    json!({
        "kind": "bodies",
        "links": links.iter().map(link).collect::<Vec<_>>(),
        "pieces": pieces.iter().map(piece).collect::<Vec<_>>(),
        "ground": ground.map(round),
        "follow": follow,
        "height": round(*height),
        "view": numbers(&[view[0], view[1], extent * 3.2]),
        // squares of the ground, a power of ten
        "tile": if *extent > 4.0 { 10.0 } else if *extent > 0.35 { 1.0 } else { 0.1 },
    })
}

impl Scene {
    /// Of how many pictures one is kept: cells have no places between.
    fn every(&self, fineness: Fineness) -> usize {
        if matches!(self, Scene::Bodies(_)) { fineness.every } else { 1 }
    }
}

#[cfg(test)]
mod tests;
