//! What a grid says, in the order in which it applies.

use serde_json::Value;

use super::error::Place;

/// Something that a spec says: a key, and what it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// `temperature`, `method.temperature`, ...
    pub key: String,
    /// The strategy, task or criterion whose cells it concerns; none for all.
    pub only: Option<String>,
    /// What it may be: at least one value.
    pub values: Vec<Value>,
    /// Where it is said.
    pub place: Place,
    /// Where each of its values is, in the order of the values.
    pub places: Vec<Place>,
}

impl Field {
    /// What only one of may be said: the key, and whom it concerns. `seed` and `seeds` are one.
    fn slot(&self) -> (&str, Option<&str>) {
        let key = if self.key == "seeds" { "seed" } else { &self.key };
        (key, self.only.as_deref())
    }
}

/// A product of lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Where it begins.
    pub place: Place,
    fields: Vec<Field>,
}

impl Grid {
    /// Of layers, each of which is stronger than those before it.
    pub(super) fn new(place: Place, layers: [Vec<Field>; 3]) -> Grid {
        let mut fields: Vec<Field> = Vec::new();
        for layer in layers {
            let (all, some): (Vec<Field>, Vec<Field>) =
                layer.into_iter().partition(|field| field.only.is_none());
            for field in all.into_iter().chain(some) {
                fields.retain(|weaker| weaker.slot() != field.slot());
                fields.push(field);
            }
        }
        Grid { place, fields }
    }

    /// The field of this key that concerns all cells, if it is there.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key && field.only.is_none())
    }

    /// All fields, the weakest first.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
}
