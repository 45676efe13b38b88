use serde_json::json;

use super::*;

fn spec(text: &str) -> Spec {
    Spec::parse("dir/mine.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    Spec::parse("mine.toml", text, &[]).unwrap_err().to_string()
}

/// Key, whom it concerns, number of values, of each field of a grid.
fn shape(grid: &Grid) -> Vec<(&str, Option<&str>, usize)> {
    grid.fields()
        .iter()
        .map(|field| (field.key.as_str(), field.only.as_deref(), field.values.len()))
        .collect()
}

#[test]
fn a_file_without_grids_is_one_grid() {
    let spec = spec("task = 'glyphs'\nstrategy = ['snes', 'pgpe']\n");
    assert_eq!((spec.name(), spec.grids().len()), ("mine", 1));
    assert_eq!(shape(&spec.grids()[0]), [("task", None, 1), ("strategy", None, 2)]);
}

#[test]
fn later_words_win_and_special_ones_over_general_ones() {
    let text = "seeds = 3\nsnes.temperature = 1\ntemperature = 2\n[[grid]]\nseed = [5, 6]\ntemperature = 3\n[[grid]]";
    let spec = Spec::parse("x", text, &["temperature=4".to_owned(), "name=a b".to_owned()]).unwrap();
    let first = shape(&spec.grids()[0]);
    let expected =
        [("temperature", Some("snes"), 1), ("seed", None, 2), ("temperature", None, 1), ("name", None, 1)];
    assert_eq!(first, expected);
    assert_eq!(spec.grids()[0].field("temperature").unwrap().values, [json!(4)]);
    assert_eq!(spec.grids()[0].field("name").unwrap().values, [json!("a b")]);
    assert_eq!(spec.grids()[0].place, Place::Line { line: 4, column: 1 });
    assert!(spec.grids()[1].field("seeds").is_some());
}

#[test]
fn dots_and_tables_say_the_same() {
    let dotted = spec("snes.method.temperature = 1\nplan.generations = 2");
    let tables = spec("[snes]\nmethod = { temperature = 1 }\n[plan]\ngenerations = 2");
    let expected = [("plan.generations", None, 1), ("method.temperature", Some("snes"), 1)];
    assert_eq!(shape(&dotted.grids()[0]), expected);
    assert_eq!(shape(&tables.grids()[0]), expected);
    let whom = spec("sig2noise.levels = 3\ncartpole.steps = 9\n'./mine'.batch = 4");
    let whom: Vec<_> = whom.grids()[0].fields().iter().map(|field| field.only.clone().unwrap()).collect();
    assert_eq!(whom, ["snr", "CartPole-v1", "./mine"]);
}

#[test]
fn a_setting_that_is_a_list_is_several_only_as_a_list_of_lists() {
    let spec = spec("excluded = ['conv_0', 'conv_1']\nbounds = [[-1, 1], [-2, 2]]\nkeep = [0.5, 0.8]");
    let values = |key: &str| spec.grids()[0].field(key).unwrap().values.clone();
    assert_eq!(values("excluded"), [json!(["conv_0", "conv_1"])]);
    assert_eq!(values("bounds"), [json!([-1, 1]), json!([-2, 2])]);
    assert_eq!(values("keep"), [json!(0.5), json!(0.8)]);
}

#[test]
fn what_is_no_spec_is_refused_with_its_place() {
    for (text, parts) in [
        ("task = 'a'\nkeep 0.5", ["mine.toml:2:6: ", "expected"]),
        ("task = 1\ntask = 2", ["mine.toml:2:1: ", "duplicate key"]),
        ("seeds = 3\n\nseed = 1", ["mine.toml:3:1: ", "`seed` and `seeds` say the same thing twice"]),
        ("'ä' = 1\nkeep = []", ["mine.toml:2:8: ", "`keep` is []; expected at least one value"]),
        ("keep = [[0.5]]", ["mine.toml:1:9: ", "expected single values"]),
        ("keep = [{a = 1}]", ["mine.toml:1:9: ", "not tables"]),
        ("keep = 2026-11-21", ["mine.toml:1:8: ", "expected a number"]),
        ("keep = nan", ["mine.toml:1:8: ", "`keep` is nan; expected a finite number"]),
        ("seeds = 99999999999999999999", ["mine.toml:1:9: ", "64 bits"]),
        ("name = 3", ["mine.toml:1:8: ", "`name` is 3; expected a line of text"]),
        (
            "name = '../x'",
            [
                "mine.toml:1:8: ",
                "`name` is '../x'; expected a line of text with 1 to 100 characters, and no path",
            ],
        ),
        ("name = ' '", ["mine.toml:1:8: ", "`name` is ' '; expected a line of text"]),
        ("name = 'x '", ["mine.toml:1:8: ", "blanks neither begin nor end it"]),
        ("grid = 3", ["mine.toml:1:8: ", "expected a table: `[[grid]]`"]),
    ] {
        let error = refused(text);
        assert!(parts.iter().all(|part| error.contains(part)), "{text:?}: {error}");
    }
    // what it has from its file too
    for file in ["..toml", "runs/...toml", ".toml", " .toml", "a\tb.toml"] {
        let error = Spec::parse(file, "", &[]).unwrap_err().to_string();
        assert!(error.contains("so the file is called; write `name = \"...\"`"), "{error}");
        assert_eq!(Spec::parse(file, "name = 'mine'", &[]).unwrap().name(), "mine");
    }
    let error = Spec::parse("x", "", &["generations".to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "--set generations: this is no assignment");
    assert!(Spec::parse("x", "", &["a b=3".to_owned()]).is_err());
}

#[test]
fn numbers_keep_their_kind() {
    let spec = spec("a = 0x10\nb = 1_000\nc = 2.0\nd = -3\ne = true\nf = 18446744073709551615");
    let values: Vec<_> = spec.grids()[0].fields().iter().map(|field| field.values[0].clone()).collect();
    assert_eq!(values, [json!(16), json!(1000), json!(2.0), json!(-3), json!(true), json!(u64::MAX)]);
}

#[test]
fn a_world_that_cannot_be_is_refused_with_the_reason() {
    for (name, why) in [
        ("hopper+mas-1.5", "`task` is hopper+mas-1.5: there is no variation `mas-1.5`; there are mass-F"),
        ("ant+mass-0.01", "`task` is ant+mass-0.01: `ant` does not hold together with mass-0.01: its mass"),
        ("ur5e+corrected", "`task` is ur5e+corrected: `ur5e` is the same with and without corrected"),
    ] {
        let problem = Box::new(names::task(name).unwrap_err());
        let place = Place::Argument(format!("task={name}"));
        let found = SpecError { file: String::new(), place, problem }.to_string();
        assert!(found.contains(why), "{found}");
    }
}
