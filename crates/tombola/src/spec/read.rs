//! From TOML to fields, each with its place.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, Problem, SpecError, short};
use super::fields::Field;
use super::names;

/// Keys whose value is a list; a list of lists is several of them.
const LISTS: [&str; 2] = ["excluded", "bounds"];

/// What a study can be called.
pub(super) const NAME: &str =
    "a line of text with 1 to 100 characters, and no path; blanks neither begin nor end it";

/// Most characters of a name.
const LONGEST_NAME: usize = 100;

/// A file: what belongs to all grids, and the grids.
pub(super) struct Document {
    pub(super) name: Option<String>,
    pub(super) shared: Vec<Field>,
    pub(super) grids: Vec<(Place, Vec<Field>)>,
}

/// Reads a file.
pub(super) fn document(file: &str, text: &str) -> Result<Document, SpecError> {
    let reader = Reader { file, text, argument: None };
    let table = reader.parse()?;
    let mut document = Document { name: None, shared: Vec::new(), grids: Vec::new() };
    let mut own = Vec::new();
    for entry in entries(table.get_ref()) {
        match entry.key {
            "name" => document.name = Some(reader.name(entry.value)?),
            "grid" => {
                for (table, span) in reader.tables(&entry)? {
                    let mut fields = Vec::new();
                    reader.fields(table, &mut fields)?;
                    reader.each_once(&fields)?;
                    document.grids.push((reader.place(span), fields));
                }
            }
            _ => own.push(entry),
        }
    }
    for entry in own {
        reader.entry(&entry, &mut document.shared)?;
    }
    reader.each_once(&document.shared)?;
    if document.grids.is_empty() {
        document.grids.push((Place::Line { line: 1, column: 1 }, Vec::new()));
    }
    Ok(document)
}

/// Whether a study can be called so: results go to a folder of this name.
pub(super) fn is_name(name: &str) -> bool {
    let is_path = name.contains(['/', '\\']) || name == "." || name == "..";
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME && name.trim() == name;
    fits && !name.contains(char::is_control) && !is_path
}

/// Reads an assignment of the command line: TOML, or a text that needs no quotes.
pub(super) fn assignment(file: &str, change: &str) -> Result<Vec<Field>, SpecError> {
    let reader = Reader { file, text: change, argument: Some(change) };
    let (key, value) = change.split_once('=').ok_or_else(|| reader.refuse(0..0, Problem::Form))?;
    let (key, value) = (key.trim(), value.trim());
    let whole = format!("{key} = {value}");
    let quoted = format!("{key} = {}", Value::String(value.to_owned()));
    let is_one_line = !change.contains('\n');
    let text = if is_one_line && DeTable::parse(&whole).is_ok() { whole } else { quoted };
    let reader = Reader { file, text: &text, argument: Some(change) };
    let table = reader.parse()?;
    let mut fields = Vec::new();
    reader.fields(table.get_ref(), &mut fields)?;
    Ok(fields)
}

/// A key of a table, with its value.
struct Entry<'a> {
    key: &'a str,
    span: Range<usize>,
    value: &'a Spanned<DeValue<'a>>,
}

/// The entries of a table in the order of the file.
fn entries<'a>(table: &'a DeTable<'_>) -> Vec<Entry<'a>> {
    let entry = |(key, value): (&'a Spanned<std::borrow::Cow<'_, str>>, &'a Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref(),
        span: key.span(),
        value,
    };
    let mut entries: Vec<Entry<'a>> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.span.start);
    entries
}

/// A text that is read.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// The argument that the text is of, if it is of one.
    argument: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn parse(&self) -> Result<Spanned<DeTable<'a>>, SpecError> {
        DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.refuse(span, Problem::Syntax { message: error.message().to_owned() })
        })
    }

    /// Lines and characters from 1.
    fn place(&self, span: Range<usize>) -> Place {
        if let Some(argument) = self.argument {
            return Place::Argument(argument.to_owned());
        }
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place::Line { line, column }
    }

    fn refuse(&self, span: Range<usize>, problem: Problem) -> SpecError {
        SpecError { file: self.file.to_owned(), place: self.place(span), problem: Box::new(problem) }
    }

    fn wrong(&self, value: &Spanned<DeValue<'_>>, key: &str, expected: &str) -> SpecError {
        let source = self.text.get(value.span()).unwrap_or_default();
        self.refuse(value.span(), Problem::value(key, &source, expected))
    }

    fn name(&self, value: &Spanned<DeValue<'_>>) -> Result<String, SpecError> {
        let name = value.get_ref().as_str().filter(|name| is_name(name));
        name.map(str::to_owned).ok_or_else(|| self.wrong(value, "name", NAME))
    }

    /// The tables of `[[grid]]`, or the one of `[grid]`.
    fn tables<'t>(&self, entry: &Entry<'t>) -> Result<Vec<(&'t DeTable<'t>, Range<usize>)>, SpecError> {
        let table = |value: &'t Spanned<DeValue<'t>>| {
            let table = value.get_ref().as_table();
            table
                .map(|table| (table, value.span()))
                .ok_or_else(|| self.wrong(value, "grid", "a table: `[[grid]]`"))
        };
        match entry.value.get_ref() {
            DeValue::Array(tables) => tables.iter().map(table).collect(),
            _ => Ok(vec![table(entry.value)?]),
        }
    }

    /// Every field of a table, in the order of the file.
    fn fields(&self, table: &DeTable<'_>, fields: &mut Vec<Field>) -> Result<(), SpecError> {
        entries(table).iter().try_for_each(|entry| self.entry(entry, fields))
    }

    /// An entry of a grid: a field, or a table of them.
    fn entry(&self, entry: &Entry<'_>, fields: &mut Vec<Field>) -> Result<(), SpecError> {
        let only = names::concerned(entry.key).filter(|_| entry.value.get_ref().is_table());
        let above = if only.is_some() { "" } else { entry.key };
        self.inner(entry, above, only.as_deref(), fields)
    }

    fn inner(
        &self,
        entry: &Entry<'_>,
        path: &str,
        only: Option<&str>,
        fields: &mut Vec<Field>,
    ) -> Result<(), SpecError> {
        if let DeValue::Table(table) = entry.value.get_ref() {
            return entries(table).iter().try_for_each(|entry| {
                let path =
                    if path.is_empty() { entry.key.to_owned() } else { format!("{path}.{}", entry.key) };
                self.inner(entry, &path, only, fields)
            });
        }
        let values = self.values(entry.value, path)?;
        let place = self.place(entry.span.clone());
        let places = match entry.value.get_ref() {
            DeValue::Array(items) if items.len() == values.len() => {
                items.iter().map(|item| self.place(item.span())).collect()
            }
            _ => vec![place.clone(); values.len()],
        };
        fields.push(Field { key: path.to_owned(), only: only.map(str::to_owned), values, place, places });
        Ok(())
    }

    /// What a key may be.
    fn values(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Result<Vec<Value>, SpecError> {
        let last = key.rsplit('.').next().unwrap_or(key);
        let is_list = |value: &Spanned<DeValue<'_>>| value.get_ref().is_array();
        match value.get_ref() {
            DeValue::Array(items) if LISTS.contains(&last) && !items.iter().any(is_list) => {
                Ok(vec![self.value(value, key, 1)?])
            }
            DeValue::Array(items) if items.is_empty() => {
                Err(self.wrong(value, key, "at least one value: an empty list makes no cells"))
            }
            DeValue::Array(items) => {
                let depth = if LISTS.contains(&last) { 1 } else { 0 };
                items.iter().map(|item| self.value(item, key, depth)).collect()
            }
            _ => Ok(vec![self.value(value, key, 0)?]),
        }
    }

    /// One value; lists may lie in each other as deep as told.
    fn value(&self, value: &Spanned<DeValue<'_>>, key: &str, depth: usize) -> Result<Value, SpecError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(Value::String(text.clone().into_owned())),
            DeValue::Boolean(is) => Ok(Value::Bool(*is)),
            DeValue::Integer(number) => {
                let signed = i64::from_str_radix(number.as_str(), number.radix()).map(Value::from);
                let number =
                    signed.or_else(|_| u64::from_str_radix(number.as_str(), number.radix()).map(Value::from));
                number.map_err(|_| self.wrong(value, key, "a number of at most 64 bits"))
            }
            DeValue::Float(number) => {
                let number = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
                number.map(Value::Number).ok_or_else(|| self.wrong(value, key, "a finite number"))
            }
            DeValue::Array(items) if depth > 0 => items
                .iter()
                .map(|item| self.value(item, key, depth - 1))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            DeValue::Array(_) => Err(self.wrong(value, key, "single values in the list")),
            DeValue::Datetime(_) => Err(self.wrong(value, key, "a number, a text, or true or false")),
            DeValue::Table(_) => Err(self.wrong(value, key, "single values, not tables, in the list")),
        }
    }

    /// Refuses what is said twice in one place: `seed` and `seeds`, or a setting by its name and by more of its path.
    fn each_once(&self, fields: &[Field]) -> Result<(), SpecError> {
        let key = |field: &Field| match &field.key[..] {
            "seeds" => ".seed".to_owned(),
            // of the cell; a strategy may have one too
            "network" => ".run.network".to_owned(),
            key => format!(".{key}"),
        };
        let is_one = |one: &Field, two: &Field| {
            let (first, second) = (key(one), key(two));
            one.only == two.only && (first.ends_with(&second) || second.ends_with(&first))
        };
        let twice = fields.iter().enumerate().find_map(|(index, two)| {
            fields[..index].iter().find(|one| is_one(one, two)).map(|one| (one, two))
        });
        let Some((one, two)) = twice else { return Ok(()) };
        let problem = Problem::Twice { key: short(&two.key), other: short(&one.key) };
        Err(SpecError { file: self.file.to_owned(), place: two.place.clone(), problem: Box::new(problem) })
    }
}
