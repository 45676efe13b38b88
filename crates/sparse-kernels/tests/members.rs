//! Losses and gradients of all members of a population, against the definition for each alone: the same bits.

mod common;
#[path = "common/networks.rs"]
mod networks;

use common::{Draw, cases};
use networks::network;
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::network::Network;
use sparse_kernels::{ImagePlan, Images, LossPlan, Members, Score, Threads, naive};

/// A network, the parameters of its members, and a batch.
struct Case {
    network: Network,
    members: Vec<Vec<f32>>,
    images: Vec<Vec<f32>>,
    labels: Vec<u32>,
}

/// The bits of one member: all NaN count as one.
type Bits = (u64, u32, Vec<u32>);

impl Case {
    fn draw(draw: &mut Draw, [members, images]: [usize; 2]) -> Case {
        let network = loop {
            let network = network(draw);
            if network.outputs() > 0 && network.parameters() > 0 {
                break network;
            }
        };
        let numbers = draw.one_of(&[Draw::numbers, Draw::spoiled_numbers]);
        Case {
            members: (0..members).map(|_| numbers(draw, network.parameters())).collect(),
            images: (0..images).map(|_| numbers(draw, network.inputs())).collect(),
            labels: (0..images).map(|_| draw.below(network.outputs()) as u32).collect(),
            network,
        }
    }

    fn expected(&self) -> Vec<Bits> {
        let of = |member: &Vec<f32>| {
            let (score, gradient) = naive::loss_gradient(&self.network, member, &self.images, &self.labels);
            bits(score, &gradient)
        };
        self.members.iter().map(of).collect()
    }

    fn found(&self, isa: Isa, threads: Threads<'_>) -> Vec<Bits> {
        let plan = LossPlan::new(isa, &self.network).expect("a plan");
        let count = self.images.len();
        let mut pixels = AlignedBuffer::new(Images::buffer_len(count, plan.pixels_each()));
        self.images.iter().enumerate().for_each(|(index, image)| Images::pack(index, image, &mut pixels));
        let images = Images::new(&pixels, count, plan.pixels_each());
        let values = self.members.concat();
        let members = Members::new(&values, plan.parameters());
        // what the scratch and the blocks hold does not matter
        let mut scratch = vec![f32::NAN; plan.members_scratch_len(threads, images)];
        let nothing = Score { loss: f64::NAN, correct: 7 };
        let mut blocks = vec![nothing; ImagePlan::blocks_len(images, members)];
        let (mut scores, mut gradients) = (vec![nothing; members.count()], vec![f32::NAN; values.len()]);
        plan.gradients_into(
            threads,
            images,
            &self.labels,
            members,
            &mut scratch,
            &mut blocks,
            &mut scores,
            &mut gradients,
        );
        let gradients = gradients.chunks_exact(plan.parameters());
        scores.iter().zip(gradients).map(|(&score, gradient)| bits(score, gradient)).collect()
    }
}

fn bits(score: Score, gradient: &[f32]) -> Bits {
    let loss = if score.loss.is_nan() { u64::MAX } else { score.loss.to_bits() };
    let one = |number: &f32| if number.is_nan() { u32::MAX } else { number.to_bits() };
    (loss, score.correct, gradient.iter().map(one).collect())
}

/// Gradients that are numbers other than zero.
fn numbers(bits: &Bits) -> usize {
    bits.2.iter().filter(|&&number| number != 0 && number != u32::MAX).count()
}

#[test]
fn every_member_has_the_bits_of_the_definition() {
    let mut lively = 0;
    for seed in 0..cases(40) {
        let mut draw = Draw::new("members", seed);
        let sizes = [draw.one_of(&[1, 2, 3, 5]), draw.one_of(&[1, 3, 17])];
        let case = Case::draw(&mut draw, sizes);
        let expected = case.expected();
        lively += u32::from(expected.iter().all(|bits| numbers(bits) > 2));
        for isa in Isa::available() {
            let found = case.found(isa, Threads::Sequential);
            assert_eq!(found, expected, "seed {seed}, {isa}: {:?}", case.network);
        }
    }
    assert!(
        cfg!(miri) || lively > 8,
        "in {lively} cases every member has gradients that are numbers other than zero"
    );
}

#[cfg(feature = "rayon")]
#[test]
fn members_do_not_depend_on_threads() {
    let mut draw = Draw::new("threads of members", 0);
    let (case, expected) = loop {
        let case = Case::draw(&mut draw, [if cfg!(miri) { 3 } else { 5 }, 18]);
        let expected = case.expected();
        if expected.iter().all(|bits| numbers(bits) > 10) {
            break (case, expected);
        }
    };
    for threads in [1, 2, 3, 7, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        for isa in Isa::available() {
            assert_eq!(case.found(isa, Threads::Pool(&pool)), expected, "{threads} threads, {isa}");
        }
    }
}

#[test]
fn without_images_and_without_members_there_is_nothing() {
    let none = Case::draw(&mut Draw::new("no images", 0), [2, 0]);
    let zeros = bits(Score::default(), &vec![0.0; none.network.parameters()]);
    assert_eq!(none.found(Isa::detected(), Threads::Sequential), [zeros.clone(), zeros]);
    let nobody = Case::draw(&mut Draw::new("no members", 0), [0, 2]);
    assert_eq!(nobody.found(Isa::detected(), Threads::Sequential), []);
}
