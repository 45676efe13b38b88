//! The promise of the same bits, over every kernel and function: what a crate offers must be called by a test that
//! compares it on every instruction set, and what takes threads by one that compares it on several counts of them. So an
//! entry that is new, and that no such test knows, is found.

use crate::code::{code_only, without_tests};
use crate::{assert_none, project_files, read};

/// The crates that promise it, each of whose entries is checked.
const CRATES: [&str; 2] = ["numerics", "sparse-kernels"];

/// What the tests of an instruction set, and of threads, loop over.
const EVERY_SET: &str = "Isa::available()";
const EVERY_COUNT: &str = "[1, 2, 3, 7, 16]";

/// A function, by its name and all of its lines.
struct Function<'a> {
    name: &'a str,
    text: &'a str,
    is_test: bool,
}

/// The name of the function that begins in this line, if one does.
fn declared(line: &str) -> Option<&str> {
    let begins = |at: usize| at == 0 || line[..at].ends_with(' ');
    let (at, _) = line.match_indices("fn ").find(|&(at, _)| begins(at))?;
    let rest = &line[at + "fn ".len()..];
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

/// The functions of a file, those inside others too. A function ends where a brace has its own indentation.
fn functions(code: &str) -> Vec<Function<'_>> {
    let mut functions = Vec::new();
    let (mut start, mut is_test) = (0, false);
    for line in code.split_inclusive('\n') {
        let item = line.trim_start();
        if let Some(name) = declared(line) {
            let end = format!("\n{}}}\n", &line[..line.len() - item.len()]);
            let rest = &code[start..];
            let is_whole = item.ends_with(";\n") || item.ends_with("}\n");
            let length =
                if is_whole { line.len() } else { rest.find(&end).map_or(rest.len(), |at| at + end.len()) };
            functions.push(Function { name, text: &rest[..length], is_test });
        }
        is_test = item.starts_with("#[test]") || (is_test && item.starts_with("#["));
        start += line.len();
    }
    functions
}

/// Whether `code` calls a function of this name; as a method, or not, if that is said.
fn calls(code: &str, name: &str, as_method: Option<bool>) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let is_call = !before.is_some_and(is_word) && (after.starts_with('(') || after.starts_with("::<"));
        is_call && as_method.is_none_or(|method| method == (before == Some('.')))
    })
}

/// The text of each test of a file, with that of the functions of the file that it calls, and that these call.
fn tests(code: &str) -> Vec<String> {
    let functions = functions(code);
    let reached = |test: &Function<'_>| {
        let (mut texts, mut left): (Vec<&str>, Vec<&Function<'_>>) =
            (vec![test.text], functions.iter().filter(|function| !function.is_test).collect());
        loop {
            let (called, others): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|function| texts.iter().any(|text| calls(text, function.name, None)));
            texts.extend(called.iter().map(|function| function.text));
            if called.is_empty() {
                return texts.concat();
            }
            left = others;
        }
    };
    functions.iter().filter(|function| function.is_test).map(reached).collect()
}

/// What a test must name to call a public function, and what it must loop over.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    call: String,
    is_method: bool,
    over: &'static str,
}

/// The entries of a file: public functions that take an instruction set, or its registers, or threads. One that only
/// tells a length computes nothing.
fn entries(code: &str) -> Vec<Entry> {
    let code = without_tests(code);
    let mut entries = Vec::new();
    for Function { name, text, .. } in functions(code) {
        let signature = text.split(" {\n").next().unwrap_or_default();
        if !signature.trim_start().starts_with("pub fn ") || signature.ends_with("-> usize") {
            continue;
        }
        // `new` says nothing without its type
        let at = text.as_ptr() as usize - code.as_ptr() as usize;
        let call = if name == "new" { format!("{}::new", type_around(&code[..at])) } else { name.to_owned() };
        let is_method = signature.contains("self");
        if signature.contains("isa: Isa") || signature.contains("<S: Simd") {
            entries.push(Entry { call: call.clone(), is_method, over: EVERY_SET });
        }
        if signature.contains("threads: Threads") {
            entries.push(Entry { call, is_method, over: EVERY_COUNT });
        }
    }
    entries
}

/// The type whose `impl` is the last in `code`.
fn type_around(code: &str) -> &str {
    let header =
        code.rsplit_once("\nimpl").map_or("", |(_, rest)| rest.split(" {").next().unwrap_or_default());
    let last = header.split([' ', '>']).rfind(|word| !word.is_empty()).unwrap_or_default();
    last.split('<').next().unwrap_or_default()
}

/// The entries that no test calls as it must.
fn untested(entries: &[Entry], tests: &[String]) -> Vec<String> {
    let is_tested = |entry: &&Entry| {
        let compares = |test: &&String| test.contains("assert_eq!") && test.contains(entry.over);
        tests.iter().filter(compares).any(|test| calls(test, &entry.call, Some(entry.is_method)))
    };
    let wrong = entries.iter().filter(|entry| !is_tested(entry));
    wrong.map(|entry| format!("`{}`: no test compares it over `{}`", entry.call, entry.over)).collect()
}

#[test]
fn every_entry_is_compared_on_every_instruction_set_and_count_of_threads() {
    let mut complaints = Vec::new();
    for name in CRATES {
        let folder = format!("crates/{name}/");
        let is_of = |path: &String| path.starts_with(&folder) && path.ends_with(".rs");
        let files: Vec<(String, String)> = project_files()
            .into_iter()
            .filter(is_of)
            .map(|path| (path.clone(), code_only(&read(&path))))
            .collect();
        let sources = files.iter().filter(|(path, _)| path.contains("/src/") && !path.contains("tests"));
        let entries: Vec<Entry> = sources.flat_map(|(_, code)| entries(code)).collect();
        let tests: Vec<String> = files.iter().flat_map(|(_, code)| tests(code)).collect();
        assert!(entries.len() > 5, "{name}: {entries:?}");
        complaints.extend(untested(&entries, &tests).into_iter().map(|wrong| format!("{name}: {wrong}")));
    }
    assert_none(complaints);
}

#[test]
fn every_function_of_vectors_is_on_the_list_that_tests_go_through() {
    let list = read("crates/numerics/src/functions/list.rs");
    let folder = "crates/numerics/src/functions/";
    let mut found = 0;
    for path in project_files().into_iter().filter(|path| path.starts_with(folder)) {
        for rest in code_only(&read(&path)).split("impl Function for ").skip(1) {
            let name = rest.split_whitespace().next().expect("a type");
            assert!(list.contains(&format!("visitor.visit({name});")), "{path}: `{name}` is not on the list");
            found += 1;
        }
    }
    assert_eq!(found, list.matches("visitor.visit(").count());
}

#[test]
fn an_entry_that_no_test_compares_is_found() {
    let source = "struct Plan;
impl<'a> Plan<'a> {
    pub fn new(isa: Isa) -> Plan {
        x
    }
    pub fn len(&self, threads: Threads<'_>) -> usize {
        1
    }
    pub fn run(
        &self,
        threads: Threads<'_>,
    ) {
        x
    }
}
pub fn lanes<S: Simd>(simd: S) {
    pub(crate) fn hidden(isa: Isa) {}
}
";
    let entry = |call: &str, is_method, over| Entry { call: call.to_owned(), is_method, over };
    let all = [
        entry("Plan::new", false, EVERY_SET),
        entry("run", true, EVERY_COUNT),
        entry("lanes", false, EVERY_SET),
    ];
    assert_eq!(entries(source), all);
    let test = "fn helper(isa: Isa) {
    Plan::new(isa);
}

#[test]
#[should_panic]
fn bits() {
    fn inner() {
        lanes::<S>(simd);
    }
    for isa in Isa::available() {
        assert_eq!(helper(isa), 1);
    }
}

#[test]
fn threads() {
    assert_eq!(plan.run(Threads::Sequential), 1);
}
";
    let tests = tests(test);
    assert_eq!(tests.len(), 2);
    assert_eq!(untested(&all, &tests), ["`run`: no test compares it over `[1, 2, 3, 7, 16]`"]);
    assert_eq!(untested(&all[..1], &tests[1..]).len(), 1);
    assert!(calls("a.run(", "run", Some(true)) && !calls("a.run(", "run", Some(false)));
    assert!(!calls("rerun(", "run", None) && calls("lanes::<S>(", "lanes", Some(false)));
}
