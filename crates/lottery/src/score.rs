//! What the weights of a trained network are worth: a number for each weight that can be pruned.
//!
//! | score | of a weight with mean `m`, deviation `s`, start `b` |
//! |---|---|
//! | magnitude | `abs(m)` |
//! | signal to noise | `abs(m) / s`: how surely the sign of the weight is known |
//! | the same with variances, as published for Sep-CMA-ES | `abs(m) / s^2` |
//! | movement | `abs(m - b)` |
//!
//! A mean of zero is worth nothing, whatever its deviation; a deviation of zero makes any other mean infinitely sure.
//! Weights that the mask removed are worth zero.
//!
//! The published code divides by the variances `C` of Sep-CMA-ES, without its step size. That scales all scores alike, so
//! the order, and with it the mask, is that of `s^2` here.

use networks::Ticket;

use crate::criterion::Score;
use crate::procedure::PruneError;

/// The scores of a trained ticket, a number for each prunable weight of its network, zero where it is pruned. None where
/// chance decides.
///
/// # Errors
///
/// If signals are to be compared with noise that the ticket does not know.
pub fn of(ticket: &Ticket, score: Score, variance: bool) -> Result<Option<Vec<f32>>, PruneError> {
    let contents = ticket.contents();
    let mean = &contents.mean;
    let values: Vec<f32> = match score {
        Score::Chance => return Ok(None),
        Score::Magnitude => mean.iter().map(|mean| mean.abs()).collect(),
        Score::Movement => {
            mean.iter().zip(&contents.start).map(|(mean, start)| (mean - start).abs()).collect()
        }
        Score::SignalToNoise => {
            let deviation = contents.deviation.as_ref().ok_or(PruneError::NoDeviation)?;
            let noise = |&deviation: &f32| if variance { deviation * deviation } else { deviation };
            mean.iter().zip(deviation).map(|(mean, deviation)| ratio(mean.abs(), noise(deviation))).collect()
        }
    };
    Ok(Some(spread(ticket, &values)))
}

/// `signal / noise`, where nothing over nothing is nothing.
fn ratio(signal: f32, noise: f32) -> f32 {
    if signal == 0.0 { 0.0 } else { signal / noise }
}

/// Values of the free coordinates to the weights that can be pruned.
fn spread(ticket: &Ticket, values: &[f32]) -> Vec<f32> {
    let mut scores = vec![0.0; ticket.network().prunable()];
    let mut free = ticket.indices().iter().zip(values).peekable();
    let mut first = 0;
    for tensor in ticket.network().tensors() {
        let range = tensor.range();
        while let Some((&coordinate, &value)) =
            free.next_if(|(coordinate, _)| range.contains(&(**coordinate as usize)))
        {
            if tensor.prunable {
                scores[first + coordinate as usize - range.start] = value;
            }
        }
        first += if tensor.prunable { range.len() } else { 0 };
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use networks::ticket::Contents;
    use networks::{Architecture, Mask};

    fn ticket() -> Ticket {
        // weights 0..6 of a layer and 9..11 of the next; biases at 6..9 and 11
        let network: Architecture = "2: dense 3 relu; dense 1".parse().unwrap();
        let mask = Mask::from_kept(9, [1, 4, 7]);
        let contents = Contents {
            start: vec![1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            mean: vec![-2.0, 0.0, 9.0, 9.0, 9.0, 3.0, 9.0],
            deviation: Some(vec![4.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0]),
            ..Contents::default()
        };
        Ticket::new(network, &mask, contents).unwrap()
    }

    #[test]
    fn scores_stand_at_the_weights_and_biases_have_none() {
        let at = |one: f32, four: f32, seven: f32| Some(vec![0.0, one, 0.0, 0.0, four, 0.0, 0.0, seven, 0.0]);
        let scores = |score, variance| of(&ticket(), score, variance).unwrap();
        assert_eq!(scores(Score::Magnitude, false), at(2.0, 0.0, 3.0));
        assert_eq!(scores(Score::Movement, false), at(3.0, 1.0, 2.0));
        assert_eq!(scores(Score::SignalToNoise, false), at(0.5, 0.0, f32::INFINITY));
        assert_eq!(scores(Score::SignalToNoise, true), at(0.125, 0.0, f32::INFINITY));
        assert_eq!(scores(Score::Chance, false), None);
    }

    #[test]
    fn noise_that_is_not_known_is_refused() {
        let known = ticket();
        let contents = Contents { deviation: None, ..known.contents().clone() };
        let unknown = Ticket::new(known.network().clone(), &known.mask(), contents).unwrap();
        let error = of(&unknown, Score::SignalToNoise, false).unwrap_err();
        assert!(error.to_string().contains("deviation"), "{error}");
        assert!(of(&unknown, Score::Magnitude, false).is_ok());
    }
}
