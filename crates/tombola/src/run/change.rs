//! Settings as a tree of names, of which any leaf can be changed.
//!
//! ```text
//! plan.search.method.temperature = 12        the path of a leaf: names of fields with dots between them
//!             method.temperature = 12        any end of it, if no other path has the same end
//!                    temperature = 12
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::suggest::nearest;

/// Settings with one of them changed as `key=value` says.
pub fn assigned<T>(settings: &T, assignment: &str) -> Result<T, SettingsError>
where
    T: Serialize + DeserializeOwned,
{
    let (key, value) =
        assignment.split_once('=').ok_or_else(|| SettingsError::Form { found: assignment.to_owned() })?;
    let parsed = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    changed(settings, key.trim(), parsed)
}

/// Settings with one of them changed, found by the end of its path.
pub fn changed<T>(settings: &T, key: &str, value: Value) -> Result<T, SettingsError>
where
    T: Serialize + DeserializeOwned,
{
    let mut tree = serde_json::to_value(settings).expect("settings are data");
    let paths = paths(&tree);
    let path = matching(&paths, key)?;
    let found = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    *tree.pointer_mut(&pointer(path)).expect("a path of the tree") = value;
    serde_json::from_value(tree).map_err(|error| SettingsError::Value {
        key: path.clone(),
        found,
        expected: expected(&error.to_string()),
    })
}

/// What serde expected, in the words of people.
fn expected(message: &str) -> String {
    let wanted = message.rsplit_once(", expected ").map_or(message, |(_, wanted)| wanted);
    let is_whole = ["u8", "u16", "u32", "u64", "usize"].contains(&wanted);
    match wanted {
        _ if is_whole => "a whole number from 0",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "a text",
        "a sequence" => "a list",
        other => other,
    }
    .to_owned()
}

/// Where a path leads, as JSON writes it.
pub fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

/// The path of every leaf of a tree, in the order of names.
pub fn paths(tree: &Value) -> Vec<String> {
    let Value::Object(fields) = tree else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Object(_) => found.extend(paths(value).into_iter().map(|inner| format!("{name}.{inner}"))),
            _ => found.push(name.clone()),
        }
    }
    found
}

/// The one path that is the key, or ends with it.
fn matching<'a>(paths: &'a [String], key: &str) -> Result<&'a String, SettingsError> {
    if let Some(whole) = paths.iter().find(|path| *path == key) {
        return Ok(whole);
    }
    let ends = |path: &&String| path.strip_suffix(key).is_some_and(|rest| rest.ends_with('.'));
    let found: Vec<&String> = paths.iter().filter(ends).collect();
    match found[..] {
        [path] => Ok(path),
        [] => {
            let last = |path: &'a String| path.rsplit('.').next().unwrap_or(path);
            let names = paths.iter().map(String::as_str).chain(paths.iter().map(last));
            let like = nearest(key, names).map(str::to_owned);
            let known = paths.join(", ");
            Err(SettingsError::Unknown { key: key.to_owned(), like, known })
        }
        _ => {
            let candidates = found.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ");
            Err(SettingsError::Ambiguous { key: key.to_owned(), candidates })
        }
    }
}

/// Why settings cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum SettingsError {
    Form { found: String },
    Unknown { key: String, like: Option<String>, known: String },
    Ambiguous { key: String, candidates: String },
    Value { key: String, found: String, expected: String },
}

impl SettingsError {
    /// What would do instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            SettingsError::Unknown { like: Some(like), .. } => Some(format!("did you mean `{like}`?")),
            SettingsError::Unknown { known, .. } => Some(format!("settings are {known}")),
            _ => None,
        }
    }
}

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SettingsError::Form { found } => write!(f, "`{found}` is no setting; expected key=value"),
            SettingsError::Unknown { key, .. } => write!(f, "there is no setting `{key}`"),
            SettingsError::Ambiguous { key, candidates } => {
                write!(f, "`{key}` could be any of {candidates}")
            }
            SettingsError::Value { key, found, expected } => {
                write!(f, "setting `{key}` is {found}; expected {expected}")
            }
        }
    }
}

impl std::error::Error for SettingsError {}
