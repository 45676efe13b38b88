//! Tasks as commands take them: control by its name, image sets with their data.

use std::path::Path;

use networks::Ticket;
use tasks::Task;
use tasks::control::scoring::{Control, Scoring};
use tasks::control::{base, canonical};
use tasks::vision::classification::Classification;
use tasks::vision::images::ImageSet;

use super::{CommandError, data};
use crate::run::settings::{Evaluation, RunSettings};
use crate::suggest::nearest;

/// The task of a run, evaluated as its settings say.
pub(super) fn of_run(
    settings: &RunSettings,
    data: Option<&Path>,
) -> Result<Box<dyn Task + Send + Sync>, CommandError> {
    match settings.evaluation {
        Evaluation::Control { repeats, steps, tests, normalise } => {
            settings.check(None)?;
            let steps = u32::try_from(steps).unwrap_or(u32::MAX);
            let control = Control::named(&settings.task).ok_or_else(|| unknown(&settings.task))?;
            Ok(Box::new(control.with_scoring(Scoring { repeats, steps, tests, normalise })))
        }
        Evaluation::Images { batch } => of_images(settings, batch, data::image_set(&settings.task, data)?),
    }
}

/// The task of a run on images that were read.
pub(super) fn of_images(
    settings: &RunSettings,
    batch: usize,
    set: ImageSet,
) -> Result<Box<dyn Task + Send + Sync>, CommandError> {
    settings.check(Some(set.train().len()))?;
    Ok(Box::new(Classification::new(set).with_batch(batch)))
}

/// The task of a name, to test a ticket on.
pub(super) fn of_ticket(
    name: &str,
    ticket: &Ticket,
    data: Option<&Path>,
) -> Result<Box<dyn Task>, CommandError> {
    if canonical(name).is_none() {
        return Ok(Box::new(Classification::new(data::image_set(name, data)?)));
    }
    let control = Control::named(name).ok_or_else(|| unknown(name))?;
    let scoring = scoring_of(name, ticket).unwrap_or_else(|| {
        let contents = ticket.contents();
        // a ticket that nobody trained has seen nothing yet
        let is_fresh = contents.mean == contents.start && contents.deviation.is_none();
        let normalise = contents.normaliser.is_some() || (is_fresh && control.scoring().normalise);
        Scoring { normalise, ..control.scoring() }
    });
    Ok(Box::new(control.with_scoring(scoring)))
}

/// How a ticket was scored while it was trained on this task.
fn scoring_of(name: &str, ticket: &Ticket) -> Option<Scoring> {
    let settings = ticket.contents().provenance.get("settings")?;
    let settings: RunSettings = serde_json::from_str(settings).ok()?;
    let is_same = canonical(&settings.task) == canonical(name) && settings.check(None).is_ok();
    match settings.evaluation {
        Evaluation::Control { repeats, steps, tests, normalise } if is_same => {
            Some(Scoring { repeats, steps: u32::try_from(steps).unwrap_or(u32::MAX), tests, normalise })
        }
        _ => None,
    }
}

/// There is no such control task.
pub(super) fn unknown(name: &str) -> CommandError {
    CommandError::Request {
        message: tasks::control::refusal(name)
            .unwrap_or_else(|| format!("there is no control task `{name}`")),
        hint: meant(name),
    }
}

/// What a variation can be of.
const VARIED: [&str; 5] = ["mass", "friction", "gravity", "strength", "corrected"];

/// The control task, varied or not, that somebody probably wanted.
pub(super) fn meant(name: &str) -> Option<String> {
    let (first, variation) =
        name.split_once('+').map_or((name, None), |(first, variation)| (first, Some(variation)));
    let like = match variation {
        Some(variation) if base(first).is_some() => meant_variation(first, variation)?,
        variation => {
            let task = nearest(first, tasks::control::NAMES)?;
            let varied = variation.map(|variation| format!("{task}+{variation}"));
            varied.filter(|varied| canonical(varied).is_some()).unwrap_or_else(|| task.to_owned())
        }
    };
    Some(format!("did you mean `{like}`?"))
}

/// The same where the task is right, and what stands behind it is not.
fn meant_variation(task: &str, variation: &str) -> Option<String> {
    let meant = |part: &str| {
        let (factor, number) = part.split_once('-').unwrap_or((part, ""));
        match nearest(factor, VARIED) {
            Some("corrected") => "corrected".to_owned(),
            Some(like) => format!("{like}-{number}"),
            None => part.to_owned(),
        }
    };
    let parts: Vec<String> = variation.split('+').map(meant).collect();
    let varied = format!("{task}+{}", parts.join("+"));
    canonical(&varied).map(|_| varied)
}
