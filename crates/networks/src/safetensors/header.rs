//! The JSON of a header.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Dtype, Owned, SafetensorsError, short};

/// The key that holds texts in place of an array.
const METADATA: &str = "__metadata__";

/// Most arrays, texts of the metadata, and axes of an array.
const MOST_ARRAYS: usize = 1 << 16;
const MOST_TEXTS: usize = 1 << 16;
const MOST_AXES: usize = 8;

/// What the header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: Vec<(String, String)>,
    pub(super) arrays: Vec<Entry>,
}

/// One array, not yet checked against the data.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) offsets: (usize, usize),
}

/// Reads the text of a header, which begins at byte 8 of the file.
pub(super) fn parse(text: &[u8]) -> Result<Header, SafetensorsError> {
    let damaged = |place, problem| SafetensorsError::Header { place, problem };
    if let Err(error) = std::str::from_utf8(text) {
        return Err(damaged(8 + error.valid_up_to(), "no UTF-8".to_owned()));
    }
    serde_json::from_slice(text).map_err(|error| {
        // lines and columns count from 1
        let line: usize =
            text.split_inclusive(|&byte| byte == b'\n').take(error.line().max(1) - 1).map(<[u8]>::len).sum();
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        damaged(8 + line + error.column().max(1) - 1, short_message(message))
    })
}

fn short_message(message: &str) -> String {
    if message.len() <= 200 { message.to_owned() } else { message.chars().take(200).collect() }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map of arrays")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header { metadata: Vec::new(), arrays: Vec::new() };
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.len() == MOST_ARRAYS {
                return Err(de::Error::custom(format!("more than {MOST_ARRAYS} arrays")));
            }
            if name == METADATA {
                header.metadata = map.next_value::<Texts>()?.0;
            } else {
                let Info { dtype, shape, data_offsets: Pair(start, end) } = map.next_value()?;
                let offsets = (start, end);
                header.arrays.push(Entry { name: name.clone(), dtype: dtype.0, shape: shape.0, offsets });
            }
            let twice = short(&name);
            if !names.insert(name) {
                return Err(de::Error::custom(format!("the name `{twice}` comes twice")));
            }
        }
        Ok(header)
    }
}

/// The metadata: texts by key, each key once.
struct Texts(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        struct TextsVisitor;
        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts: Vec<(String, String)> = Vec::new();
                let mut keys = BTreeSet::new();
                while let Some((key, text)) = map.next_entry::<String, String>()? {
                    if keys.len() == MOST_TEXTS {
                        return Err(de::Error::custom(format!("more than {MOST_TEXTS} texts")));
                    }
                    if !keys.insert(key.clone()) {
                        return Err(de::Error::custom(format!("the key `{}` comes twice", short(&key))));
                    }
                    texts.push((key, text));
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_map(TextsVisitor)
    }
}

/// What the header says of an array.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    dtype: Type,
    shape: Axes,
    data_offsets: Pair,
}

/// A type by its name.
struct Type(Dtype);

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Type, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || de::Error::custom(format!("unknown type `{}` of elements", short(&name)));
        Dtype::named(&name).map(Type).ok_or_else(unknown)
    }
}

/// A few lengths.
struct Axes(Vec<usize>);

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Axes, D::Error> {
        struct AxesVisitor;
        impl<'de> Visitor<'de> for AxesVisitor {
            type Value = Axes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MOST_AXES} lengths")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Axes, A::Error> {
                let mut axes = Vec::new();
                while let Some(axis) = list.next_element()? {
                    if axes.len() == MOST_AXES {
                        return Err(de::Error::custom(format!("a shape of more than {MOST_AXES} axes")));
                    }
                    axes.push(axis);
                }
                Ok(Axes(axes))
            }
        }
        deserializer.deserialize_seq(AxesVisitor)
    }
}

/// Where an array begins and ends.
#[derive(serde::Deserialize)]
struct Pair(usize, usize);

/// The text of a header for arrays that lie in this order.
pub(super) fn written(metadata: &[(&str, &str)], arrays: &[&Owned]) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("text can be quoted");
    let mut names = BTreeSet::from([METADATA]);
    let mut items = Vec::new();
    if !metadata.is_empty() {
        let mut keys = BTreeSet::new();
        assert!(metadata.iter().all(|(key, _)| keys.insert(key)), "a key of the metadata comes twice");
        let texts: Vec<String> =
            metadata.iter().map(|(key, text)| format!("{}:{}", quoted(key), quoted(text))).collect();
        items.push(format!("{}:{{{}}}", quoted(METADATA), texts.join(",")));
    }
    let mut start = 0;
    for array in arrays {
        assert!(names.insert(&array.name), "the name `{}` comes twice", array.name);
        let end = start + array.bytes.len();
        let (name, dtype, shape) = (quoted(&array.name), quoted(array.dtype.name()), &array.shape);
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        let shape = shape.join(",");
        items.push(format!(
            "{name}:{{\"dtype\":{dtype},\"shape\":[{shape}],\"data_offsets\":[{start},{end}]}}"
        ));
        start = end;
    }
    format!("{{{}}}", items.join(","))
}
