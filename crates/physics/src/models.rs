//! The models of the papers' control tasks, with the numbers of the reference.

use crate::Model;

/// Every model: its name and its description.
const MODELS: [(&str, &str); 10] = [
    ("ant", include_str!("../models/ant.json")),
    ("ant_modified", include_str!("../models/ant_modified.json")),
    ("fetch", include_str!("../models/fetch.json")),
    ("grasp", include_str!("../models/grasp.json")),
    ("halfcheetah", include_str!("../models/halfcheetah.json")),
    ("hopper", include_str!("../models/hopper.json")),
    ("humanoid", include_str!("../models/humanoid.json")),
    ("reacher", include_str!("../models/reacher.json")),
    ("ur5e", include_str!("../models/ur5e.json")),
    ("walker2d", include_str!("../models/walker2d.json")),
];

/// The names of all models, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODELS.iter().map(|(name, _)| *name)
}

/// The model of a name.
pub fn named(name: &str) -> Option<Model> {
    let (_, text) = MODELS.iter().find(|(found, _)| *found == name)?;
    Some(Model::from_json(text).expect("the models here are tested"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_its_name_and_is_written_as_it_is_read() {
        assert!(names().is_sorted());
        for (name, text) in MODELS {
            let model = Model::from_json(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(model.description().name, name);
            assert_eq!(model.description().to_json(), text, "{name}");
        }
        assert!(named("centipede").is_none());
    }
}
