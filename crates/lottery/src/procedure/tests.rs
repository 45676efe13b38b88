use super::*;
use crate::criterion::Criterion;
use networks::Architecture;

const TEXT: &str = "1x8x8: conv 3 3x3 same pool relu; dense 5 relu; dense 4";

fn preset() -> Preset {
    let cnn = Preset::named("cnn", "1x28x28".parse().unwrap(), 10).unwrap();
    Preset { name: "small".into(), architecture: TEXT.parse::<Architecture>().unwrap(), start: cnn.start }
}

fn procedure(pruning: Pruning, seed: u64) -> Procedure {
    Procedure::new(preset(), "test", pruning, seed).unwrap()
}

/// A ticket as if somebody had trained it: means and deviations of any size.
fn trained(ticket: &Ticket, seed: u64) -> Ticket {
    let stream = Stream::new(seed, "training");
    let drawn = |child: u64| -> Vec<f32> {
        (0..ticket.indices().len()).map(|index| stream.child(child).normal(index as u64)).collect()
    };
    let deviation = drawn(1).iter().map(|deviate| 0.1 + deviate.abs()).collect();
    let contents = Contents { mean: drawn(0), deviation: Some(deviation), ..ticket.contents().clone() };
    Ticket::new(ticket.network().clone(), &ticket.mask(), contents).unwrap()
}

/// All levels of a criterion, trained by chance; the magnitude levels are those to be matched.
fn levels(pruning: &Pruning, seed: u64) -> Vec<Ticket> {
    let magnitude = Pruning { criterion: Criterion::Magnitude, ..pruning.clone() };
    let (cell, reference) = (procedure(pruning.clone(), seed), procedure(magnitude, seed));
    let (mut tickets, mut likes) = (vec![cell.first()], reference.first());
    for level in 1..pruning.levels {
        let before = trained(&tickets[level as usize - 1], u64::from(level));
        likes = reference.next(level, &trained(&likes, 77), None).unwrap().ticket;
        tickets.push(cell.next(level, &before, Some(&likes.mask())).unwrap().ticket);
    }
    tickets
}

fn pruning(criterion: Criterion) -> Pruning {
    Pruning { criterion, levels: 6, keep: 0.6, ..Pruning::default() }
}

#[test]
fn every_criterion_keeps_exactly_so_many_at_every_level() {
    for criterion in Criterion::ALL {
        for quirks in [crate::PruningQuirks::NONE, crate::PruningQuirks::ALL] {
            for scope in [Scope::Network, Scope::Layer] {
                let pruning = Pruning { scope, quirks, ..pruning(criterion) };
                let tickets = levels(&pruning, 3);
                for (level, ticket) in (0..).zip(&tickets) {
                    let expected = match scope {
                        Scope::Network => pruning.kept(level, 287),
                        Scope::Layer => [27, 240, 20].iter().map(|&layer| pruning.kept(level, layer)).sum(),
                    };
                    assert_eq!(ticket.mask().kept(), expected, "{criterion} level {level}");
                    assert_eq!(ticket.contents().mean, ticket.contents().start, "nobody has trained it");
                }
                let nests = tickets.windows(2).all(|two| two[1].mask().is_within(&two[0].mask()));
                let is_nested = matches!(criterion.shape(), Shape::AsScored | Shape::Given);
                assert_eq!(nests, is_nested, "{criterion}");
            }
        }
    }
}

#[test]
fn starts_are_what_the_criterion_says() {
    for criterion in Criterion::ALL {
        let tickets = levels(&pruning(criterion), 5);
        let dense = tickets[0].dense();
        for ticket in &tickets[1..] {
            let flat = ticket.dense();
            let same = ticket.indices().iter().filter(|&&at| flat[at as usize] == dense[at as usize]).count();
            let biases = 3 + 5 + 4;
            match criterion.start() {
                Start::Rewound => assert_eq!(same, ticket.indices().len(), "{criterion}"),
                // only the last biases are zero in both
                Start::Fresh => assert_eq!(same, 4, "{criterion}"),
                Start::Shuffled => {
                    assert!((biases..ticket.indices().len()).contains(&same), "{criterion} {same}")
                }
            }
        }
    }
}

#[test]
fn criteria_share_their_first_level_and_seeds_do_not() {
    let first = |criterion, seed| procedure(pruning(criterion), seed).first();
    for criterion in Criterion::ALL {
        assert_eq!(first(criterion, 1), first(Criterion::Magnitude, 1));
        assert_ne!(first(criterion, 1), first(criterion, 2));
    }
    let masks = |seed| levels(&pruning(Criterion::Random), seed).pop().unwrap().mask();
    assert_ne!(masks(1), masks(2));
    assert_eq!(masks(1), masks(1));
}

#[test]
fn layers_are_matched_where_they_should_be() {
    let architecture = preset().architecture;
    let (matched, unmatched) =
        (levels(&pruning(Criterion::LayerRandom), 4), levels(&pruning(Criterion::Random), 4));
    let reference = procedure(pruning(Criterion::Magnitude), 4);
    let mut like = reference.first();
    for level in 1..6 {
        like = reference.next(level, &trained(&like, 77), None).unwrap().ticket;
        let expected = rewind::kept_in_tensors(&architecture, &like.mask());
        let found =
            |tickets: &[Ticket]| rewind::kept_in_tensors(&architecture, &tickets[level as usize].mask());
        assert_eq!(found(&matched), expected);
        assert_ne!(matched[level as usize].mask(), like.mask());
        assert_ne!(found(&unmatched), expected, "by chance layers would differ");
    }
    let alone = procedure(pruning(Criterion::LayerRandom), 4);
    assert!(matches!(alone.next(1, &alone.first(), None), Err(PruneError::NoReference)));
}

#[test]
fn masks_are_taken_as_they_are() {
    let reference = procedure(pruning(Criterion::SignalToNoise), 4);
    let like = reference.next(1, &trained(&reference.first(), 77), None).unwrap().ticket;
    let cell = procedure(pruning(Criterion::Transferred), 4);
    let taken = cell.next(1, &cell.first(), Some(&like.mask())).unwrap();
    assert_eq!((taken.ticket.mask(), taken.threshold), (like.mask(), None));
    assert_eq!(taken.ticket.contents().start, like.contents().start, "one seed, one start");
    let other = Mask::full(7);
    for like in [None, Some(&other)] {
        assert!(matches!(cell.next(1, &cell.first(), like), Err(PruneError::NoReference)));
    }
}

#[test]
fn excluded_layers_stay_whole() {
    for criterion in Criterion::ALL {
        let pruning = Pruning { excluded: vec!["dense_1".into()], ..pruning(criterion) };
        for (level, ticket) in (0..).zip(levels(&pruning, 6)) {
            let kept = rewind::kept_in_tensors(ticket.network(), &ticket.mask());
            assert_eq!(kept[2], 20, "{criterion}");
            assert_eq!(kept[0] + kept[1], pruning.kept(level, 267), "{criterion}");
        }
    }
    let unknown = Pruning { excluded: vec!["dense_7".into()], ..Pruning::default() };
    let error = Procedure::new(preset(), "test", unknown, 0).unwrap_err().to_string();
    assert!(error.contains("`dense_7`") && error.contains("conv_0, dense_0, dense_1"), "{error}");
}

#[test]
fn percentiles_keep_the_counts_of_the_published_code_and_give_the_threshold() {
    let published = Pruning { levels: 6, ..Pruning::published(Criterion::SignalToNoise) };
    let cell = procedure(published.clone(), 8);
    let mut ticket = cell.first();
    for level in 1..6 {
        let before = trained(&ticket, level.into());
        let pruned = cell.next(level, &before, None).unwrap();
        ticket = pruned.ticket;
        assert_eq!(ticket.mask().kept(), published.kept(level, 287));
        let scores = score::of(&before, Score::SignalToNoise, true).unwrap().unwrap();
        let stays = |weight: usize| scores[weight] >= pruned.threshold.unwrap();
        assert!((0..287).all(|weight| stays(weight) == ticket.mask().keeps(weight)));
    }
}

#[test]
fn tickets_of_other_networks_are_refused() {
    let other: Architecture = "1x8x8: dense 4".parse().unwrap();
    let other =
        Procedure::new(Preset { architecture: other, ..preset() }, "test", Pruning::default(), 0).unwrap();
    let error = procedure(Pruning::default(), 0).next(1, &other.first(), None).unwrap_err();
    assert!(matches!(error, PruneError::Network { .. }), "{error}");
}
