//! What the tasks of bodies share: the engine, the start of an episode, and the order of a step.
//!
//! ```text
//! prepare    actions become those of the model; grasp moves its palm
//! step       the engine
//! observe    the state after the step, with the target as it was
//! judge      reward, end, and whether the target was hit
//! hit        the target goes where it is drawn
//! ```

use numerics::random::Stream;
use numerics::{Isa, LANES};
use physics::naive;
use physics::vector::Vector;
use physics::{Engine, Layout, Model, State, Variation, models};

use super::lanes::{Lanes, Mask, Three, cross, plus, turned};
use super::limits::{Beyond, Limits};
use super::sight::{Sight, axis_name};
use super::{
    Actions, Draw, Draws, Environment, Outcome, ant, ant_modified, arm, cheetah, fetch, grasp, hopper,
    humanoid, reacher, row, walker2d,
};

/// What one task of bodies is: a file each.
pub(super) trait Rules: Send + Sync {
    /// Largest change of an angle, and of a velocity about an axis, at the start.
    fn noise(&self) -> [f64; 2] {
        [0.0; 2]
    }

    /// The body that is the target, if there is one.
    fn target_body(&self) -> Option<usize> {
        None
    }

    /// Where the target goes, drawn from a stream.
    fn draw_target(&self, _stream: Stream) -> [f32; 3] {
        [0.0; 3]
    }

    /// Whether an episode begins with a target that is drawn.
    fn begins_with_a_draw(&self) -> bool {
        self.target_body().is_some()
    }

    /// How many actions a network gives.
    fn actions(&self, model: &Model) -> usize {
        model.actions()
    }

    /// The names of actions that no joint has.
    fn more_action_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes the model's actions of the network's, and moves what is not moved by forces.
    fn prepare(&self, _layout: Layout, _block: &mut [f32], actions: &[f32], inputs: &mut [f32]) {
        inputs.copy_from_slice(actions);
    }

    /// What progress is measured by, before a step.
    fn mark(&self, see: &View<'_>) -> Three {
        see.position(0)
    }

    /// Writes what a network sees.
    fn observe(&self, see: &View<'_>, sight: &mut Sight<'_>);

    /// What a step was worth; `before` is the mark before it.
    fn judge(&self, see: &View<'_>, before: Three) -> Judgement;
}

/// What a step came to.
pub(super) struct Judgement {
    pub(super) reward: Lanes,
    pub(super) done: Mask,
    /// The target was reached.
    pub(super) hit: Mask,
}

impl Judgement {
    /// A step in which no target was hit.
    pub(super) fn new(reward: Lanes, done: Mask) -> Judgement {
        Judgement { reward, done, hit: Mask::NONE }
    }
}

/// A block as a task reads it.
pub(super) struct View<'a> {
    pub(super) model: &'a Model,
    pub(super) layout: Layout,
    pub(super) block: &'a [f32],
    /// Of the network; 0 at the start of an episode.
    pub(super) actions: &'a [f32],
}

impl View<'_> {
    fn three(&self, first: usize) -> Three {
        [0, 1, 2].map(|axis| Lanes::of(row(self.block, first + axis)))
    }

    pub(super) fn bodies(&self) -> usize {
        self.layout.bodies()
    }

    pub(super) fn position(&self, body: usize) -> Three {
        self.three(self.layout.position(body))
    }

    pub(super) fn rotation(&self, body: usize) -> [Lanes; 4] {
        [0, 1, 2, 3].map(|part| Lanes::of(row(self.block, self.layout.rotation(body) + part)))
    }

    pub(super) fn velocity(&self, body: usize) -> Three {
        self.three(self.layout.velocity(body))
    }

    pub(super) fn angular(&self, body: usize) -> Three {
        self.three(self.layout.angular(body))
    }

    /// What contacts added to the velocity of a body.
    pub(super) fn pushed(&self, body: usize) -> Three {
        self.three(self.layout.pushed(body))
    }

    /// The components of what contacts added to the velocities of all bodies.
    pub(super) fn pushes(&self) -> impl Iterator<Item = Lanes> {
        self.components(Layout::pushed)
    }

    /// The components of what contacts added to the angular velocities of all bodies.
    pub(super) fn twists(&self) -> impl Iterator<Item = Lanes> {
        self.components(Layout::twisted)
    }

    /// The components of a vector of all bodies, which begins in some row.
    fn components(&self, first: fn(Layout, usize) -> usize) -> impl Iterator<Item = Lanes> {
        let place = move |part: usize| first(self.layout, part / 3) + part % 3;
        (0..3 * self.bodies()).map(move |part| Lanes::of(row(self.block, place(part))))
    }

    /// The angles of joints, joints by kind.
    pub(super) fn angles(&self) -> impl Iterator<Item = Lanes> {
        (0..self.model.axis_count()).map(|axis| Lanes::of(row(self.block, self.layout.angle(axis))))
    }

    /// The velocities about the axes of joints, joints by kind.
    pub(super) fn angle_velocities(&self) -> impl Iterator<Item = Lanes> {
        (0..self.model.axis_count()).map(|axis| Lanes::of(row(self.block, self.layout.angle_velocity(axis))))
    }

    /// Where a point of a body is, and its velocity.
    pub(super) fn point(&self, body: usize, point: Three) -> (Three, Three) {
        let arm = turned(self.rotation(body), point);
        let velocity = plus(self.velocity(body), cross(self.angular(body), arm));
        (plus(self.position(body), arm), velocity)
    }

    /// A direction of a body in the world.
    pub(super) fn turned(&self, body: usize, v: Three) -> Three {
        turned(self.rotation(body), v)
    }

    /// Whether something touched a body in the step.
    pub(super) fn is_touched(&self, body: usize) -> Mask {
        let pushed = self.pushed(body);
        super::lanes::dot(pushed, pushed).greater(1e-5)
    }

    /// The sum of the squares of all actions.
    pub(super) fn effort(&self) -> Lanes {
        let actions = self.actions.chunks_exact(LANES).map(Lanes::of);
        actions.fold(Lanes::all(0.0), |sum, action| sum + action * action)
    }

    /// Duration of a step.
    pub(super) fn time_step(&self) -> f32 {
        self.model.description().time_step as f32
    }
}

/// A task of bodies.
pub struct BodyEnvironment {
    name: String,
    model: Model,
    engine: Engine,
    layout: Layout,
    rules: Box<dyn Rules>,
    isa: Isa,
    limits: Limits,
}

impl BodyEnvironment {
    /// The task of a name or of a common other name of it, varied as the text behind the name says.
    pub fn named(name: &str, isa: Isa) -> Option<BodyEnvironment> {
        let (base, variation) = super::parts(name)?;
        BodyEnvironment::varied(base, variation, isa)
    }

    /// The task of a name, in another world; none where the task does not bear it or does not notice it.
    pub fn varied(name: &str, variation: Variation, isa: Isa) -> Option<BodyEnvironment> {
        let rules: Box<dyn Rules> = match name {
            "ant" => Box::new(ant::Ant),
            "ant_modified" => Box::new(ant_modified::rules()),
            "fetch" => Box::new(fetch::Fetch),
            "grasp" => Box::new(grasp::Grasp),
            "halfcheetah" => Box::new(cheetah::Cheetah),
            "hopper" => Box::new(hopper::Hopper::one_leg(isa)),
            "humanoid" => Box::new(humanoid::Humanoid { corrected: variation.corrected }),
            "reacher" => Box::new(reacher::Reacher { isa }),
            "ur5e" => Box::new(arm::Arm),
            "walker2d" => Box::new(walker2d::rules(isa)),
            _ => return None,
        };
        super::check(name, variation).ok()?;
        let limits = Limits::of(name).expect("every task of bodies has limits");
        let model = variation.of(models::named(name)?.description()).ok()?;
        let model = Model::new(model).expect("a model with other factors is a model");
        let name = format!("{name}{variation}");
        let engine = Engine::new(isa, &model);
        let layout = State::new(&model, 0).layout();
        Some(BodyEnvironment { name, model, engine, layout, rules, isa, limits })
    }

    /// The same with bodies that have another mass, which they may not bear.
    #[cfg(test)]
    pub(super) fn with_mass(self, factor: f64) -> BodyEnvironment {
        let mut description = self.model.description().clone();
        for body in &mut description.bodies {
            body.mass *= factor;
            body.inverse_inertia = body.inverse_inertia * (1.0 / factor);
        }
        let model = Model::new(description).expect("a model with other masses is a model");
        BodyEnvironment { engine: Engine::new(self.isa, &model), model, ..self }
    }

    /// The bodies and what acts on them.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Beyond what a copy is lost.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Which row of a state holds what.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The state of a copy whose bodies are like this, with what is read from joints and contacts.
    ///
    /// # Panics
    ///
    /// If there are not as many bodies as the model has.
    pub fn state_of(&self, world: &[naive::Motion]) -> Vec<f32> {
        let mut state = State::new(&self.model, 1);
        state.set(0, world);
        self.engine.sense(&mut state);
        state.snapshot(0)
    }

    /// The bodies at the start of an episode: angles and velocities of joints with noise, on the ground; and the target.
    pub fn start_of(&self, stream: Stream) -> Vec<naive::Motion> {
        let [angle, velocity] = self.rules.noise();
        let axes = self.model.axis_count() as u64;
        let noise = |element: u64| 2.0 * stream.uniform_f64(element) - 1.0;
        let angles = self.model.rest().into_iter().zip(0..).map(|(rest, axis)| rest + angle * noise(axis));
        let velocities = (0..axes).map(|axis| velocity * noise(axes + axis));
        let mut world =
            naive::start(&self.model, &angles.collect::<Vec<_>>(), &velocities.collect::<Vec<_>>());
        if let Some(body) = self.rules.target_body().filter(|_| self.rules.begins_with_a_draw()) {
            world[body].position = Vector(self.rules.draw_target(stream.child(0)).map(f64::from));
        }
        world
    }

    fn view<'a>(&'a self, block: &'a [f32], actions: &'a [f32]) -> View<'a> {
        View { model: &self.model, layout: self.layout, block, actions }
    }

    fn action_rows(&self) -> usize {
        self.rules.actions(&self.model)
    }
}

impl Environment for BodyEnvironment {
    fn name(&self) -> &str {
        &self.name
    }

    fn observation_names(&self) -> Vec<String> {
        let (mut names, block) = (Vec::new(), vec![0.0; self.layout.block()]);
        let actions = vec![0.0; self.action_rows() * LANES];
        self.rules.observe(&self.view(&block, &actions), &mut Sight::Names(&mut names));
        names
    }

    fn action_names(&self) -> Vec<String> {
        let description = self.model.description();
        let mut names = vec![String::new(); self.model.actions()];
        for actuator in &description.actuators {
            let joint = &description.joints[actuator.joint];
            for (axis, &action) in actuator.actions.iter().enumerate() {
                names[action] = axis_name(joint, axis);
            }
        }
        names.extend(self.rules.more_action_names().iter().map(|&name| name.to_owned()));
        names
    }

    fn actions(&self) -> Actions {
        Actions::Numbers(self.action_rows())
    }

    fn rows(&self) -> usize {
        self.layout.rows()
    }

    fn start(&self, stream: Stream) -> Vec<f32> {
        self.state_of(&self.start_of(stream))
    }

    fn draw(&self, stream: Stream) -> Draw {
        let mut draw = [0.0; 16];
        draw[..3].copy_from_slice(&self.rules.draw_target(stream));
        draw
    }

    fn drawn(&self) -> &'static [(&'static str, usize)] {
        if self.rules.target_body().is_some() { &[("next_target_draw", 3)] } else { &[] }
    }

    fn lost(&self, block: &[f32]) -> [bool; LANES] {
        assert_eq!(block.len(), self.layout.block(), "one block");
        self.isa.run(Beyond { limits: self.limits, layout: self.layout, block })
    }

    fn penalty(&self) -> f64 {
        self.limits.penalty
    }

    fn sensed(&self, state: &[f32]) -> Vec<f32> {
        let mut whole = State::new(&self.model, 1);
        whole.restore(0, state);
        self.engine.sense(&mut whole);
        whole.snapshot(0)
    }

    fn look(&self, block: &[f32], observation: &mut [f32]) {
        let actions = vec![0.0; self.action_rows() * LANES];
        self.rules.observe(&self.view(block, &actions), &mut Sight::rows(observation));
    }

    fn step(
        &self,
        block: &mut [f32],
        actions: &[f32],
        draws: Draws<'_>,
        observation: &mut [f32],
        outcome: &mut Outcome,
    ) {
        assert_eq!(block.len(), self.layout.block(), "one block");
        assert_eq!(actions.len(), self.action_rows() * LANES, "the actions of a block");
        let before = self.rules.mark(&self.view(block, actions));
        let mut inputs = vec![0.0; self.engine.actions_len()];
        self.rules.prepare(self.layout, block, actions, &mut inputs);
        self.engine.step_blocks(block, &inputs);

        let see = self.view(block, actions);
        self.rules.observe(&see, &mut Sight::rows(observation));
        let Judgement { reward, done, hit } = self.rules.judge(&see, before);
        *outcome = Outcome { reward: reward.0, done: done.0 };
        let Some(body) = self.rules.target_body() else { return };
        for lane in (0..LANES).filter(|&lane| hit.0[lane]) {
            for (axis, value) in draws(lane).into_iter().take(3).enumerate() {
                block[(self.layout.position(body) + axis) * LANES + lane] = value;
            }
        }
    }
}
