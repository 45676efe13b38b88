//! `tombola report`: tables and claims from a results folder and from a file of rows, and the committed page of committed rows.

#![expect(clippy::disallowed_methods, reason = "makes specs and rows")]

use std::fs;
use std::path::Path;

mod common;

use common::{Folder, done, failed, links, program, refused, told};

const SPEC: &str = "task = 'Pendulum-v1'\nstrategy = 'snes'\ncriterion = ['snr', 'magnitude', 'random']\nlevels = 2\n\
    keep = 0.5\nseeds = 3\ngenerations = 2\nsteps = 5\nrepeats = 1\ntests = 2\npopulation = 4\n\
    network = 'dense 4 tanh; dense 1'\n";

#[test]
fn rows_that_were_taken_along_say_what_the_folder_says() {
    let folder = Folder::in_memory("rows");
    let [spec, out, rows, page] = ["grid.toml", "out", "rows.csv", "page.html"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    done(&["run", &spec, "--out", &out]);
    let of_folder = done(&["report", &spec, "--out", &out]);
    for wanted in
        ["n = 3 unless said", "Mean of 1 task and strategy", "Claims of the paper", "| not run", "Each alone"]
    {
        assert!(of_folder.contains(wanted), "{wanted}: {of_folder}");
    }
    fs::write(&rows, done(&["report", &spec, "--out", &out, "--csv"])).expect("rows");
    assert_eq!(done(&["report", &spec, "--rows", &rows, "--page", &page]), of_folder);
    let own = fs::read_to_string(folder.join("out/report.html")).expect("a page");
    assert!(own.contains("Claims of the paper") && own.contains("<svg"), "{own}");
    let events = folder.path("events");
    let told = done(&["export", "events", &spec, "--out", &out, "--to", &events]);
    assert_eq!(told.lines().count(), 9, "{told}");
    for run in told.lines() {
        let bytes = fs::read(Path::new(run).join("events.out.tfevents.0.tombola")).expect("events");
        let text = String::from_utf8_lossy(&bytes);
        assert!(["levels/density", "level 01/score"].iter().all(|tag| text.contains(tag)), "{run}");
    }
    // the pages differ in their commands, of which one names the folder and one the file, and in what the folder alone knows
    let numbers = |page: &str| {
        let (numbers, _) = page.split_once("Where the rows are from").expect("provenance");
        numbers.lines().filter(|line| !line.contains("As files")).map(str::to_owned).collect::<Vec<_>>()
    };
    let taken_along = fs::read_to_string(&page).expect("a page");
    assert!(numbers(&taken_along) == numbers(&own), "{taken_along}");
    let files = format!("<code>tombola report {spec} --rows {rows} --artifacts DIR</code>");
    assert!(taken_along.contains(&files) && !taken_along.contains("core hours"), "{taken_along}");
    assert!(own.contains("core hours") && own.contains("tombola 0.") && own.contains("0, 1, 2"), "{own}");
}

#[test]
fn cells_have_pages_beside_their_report_if_somebody_asks() {
    let folder = Folder::in_memory("cells");
    let [spec, out, rows] = ["grid.toml", "out", "rows.csv"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    done(&["run", &spec, "--out", &out]);
    let request = ["report", &spec, "--out", &out];
    let plain = done(&request);
    assert!(!folder.join("out/cells").exists(), "nobody asked");
    assert_eq!(done(&[&request[..], &["--cells"]].concat()), plain);
    let page = fs::read_to_string(folder.join("out/report.html")).expect("a page");
    let links = links(&page);
    assert_eq!(links.len(), 9);
    let is_unsafe =
        |text: &str| ["http:", "https:", "@import", "url("].iter().any(|part| text.contains(part));
    for link in links {
        let cell = fs::read_to_string(folder.join("out").join(link)).expect("a page");
        assert!(cell.contains("href=\"../report.html\"") && cell.contains("cell task=Pendulum-v1"), "{cell}");
        assert_eq!(
            (cell.matches("<img").count(), is_unsafe(&cell)),
            (4, false),
            "two levels of two layers: {cell}"
        );
        let film = link.replace(".html", "-film.html");
        assert!(cell.contains(film.trim_start_matches("cells/")));
        let film = fs::read_to_string(folder.join("out").join(film)).expect("a film");
        assert!(film.contains("100 % of the weights") && film.contains("50.0 % of the weights"), "two act");
    }
    // rows alone have no networks
    fs::write(&rows, done(&[&request[..], &["--csv"]].concat())).expect("rows");
    refused(&["report", &spec, "--rows", &rows, "--cells"], &["--rows", "--cells"]);
    fs::remove_dir_all(folder.join("out/cells")).expect("a folder");
    fs::write(folder.join("out/cells"), "mine").expect("a file");
    refused(&[&request[..], &["--cells"]].concat(), &["is a file, where the pages of cells belong"]);
    assert_eq!(fs::read_to_string(folder.join("out/cells")).expect("a file"), "mine");
}

#[test]
fn damaged_cells_are_left_out_and_named_and_all_else_is_shown() {
    let folder = Folder::in_memory("damaged");
    let [spec, out, events] = ["grid.toml", "out", "events"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    done(&["run", &spec, "--out", &out]);
    let whole = done(&["report", &spec, "--out", &out, "--csv"]);
    let ids: Vec<&str> = whole.lines().skip(1).step_by(2).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(ids.len(), 9);
    let place = |id: &str| folder.join("out/results").join(id);
    let asked = |more: &[&str]| {
        let request = [more, &["--out", &out]].concat();
        let output = program().args(&request).output().expect("the program starts");
        (told(&output, 1), String::from_utf8(output.stdout).expect("text"))
    };
    let hint = format!("hint: `tombola run {spec} --out {out}` does them anew");

    // a digit of one table, two cells in each other's place, and a network of a fourth
    let levels = place(ids[0]).join("levels.csv");
    let text = fs::read_to_string(&levels).expect("a table");
    fs::write(&levels, text.replacen("snes", "nses", 1)).expect("a table");
    let other = folder.join("other");
    for (from, to) in [(place(ids[1]), other.clone()), (place(ids[2]), place(ids[1])), (other, place(ids[2]))]
    {
        fs::rename(from, to).expect("a folder");
    }
    let ticket = place(ids[3]).join("level-01.safetensors");
    let mut bytes = fs::read(&ticket).expect("a network");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&ticket, bytes).expect("a network");

    let lines_of = |text: &str, ids: &[&str]| {
        for id in ids {
            let line = text.lines().find(|line| line.starts_with(&format!("  {id} Pendulum-v1/snes/")));
            assert!(line.is_some_and(|line| line.contains(" is damaged: ")), "{id}: {text}");
        }
        assert_eq!(text.matches(" is damaged: ").count(), ids.len(), "{text}");
        assert!(text.contains(&hint), "{text}");
    };
    let (text, table) = asked(&["report", &spec]);
    lines_of(&text, &ids[..3]);
    assert!(text.contains("expected SHA-256") && text.contains("it belongs to the unit"), "{text}");
    assert!(text.contains("6 of 9 cells are done") && table.contains("| magnitude"), "{text}{table}");
    assert!(fs::read_to_string(folder.join("out/report.html")).expect("a page").contains("6 of 9 cells"));
    let (text, csv) = asked(&["report", &spec, "--csv"]);
    lines_of(&text, &ids[..3]);
    assert_eq!(csv.lines().count(), 1 + 6 * 2);
    lines_of(&asked(&["export", "events", &spec, "--to", &events]).0, &ids[..3]);
    // who looks at networks finds the fourth
    let (text, _) = asked(&["report", &spec, "--cells"]);
    lines_of(&text, &ids[..4]);
    assert!(!folder.join("out/cells").join(format!("{}.html", ids[3])).exists());
    assert!(folder.join("out/cells").join(format!("{}.html", ids[4])).is_file());
    let (text, layers) = asked(&["anatomy", &spec, "--csv"]);
    lines_of(&text, &ids[..4]);
    // two levels of two layers and all together
    assert_eq!(layers.lines().count(), 1 + 5 * 2 * 3);

    done(&["run", &spec, "--out", &out]);
    assert_eq!(done(&["report", &spec, "--out", &out, "--csv"]), whole);
}

#[test]
fn artifacts_are_written_from_rows_and_compared_with_them() {
    let folder = Folder::in_memory("artifacts");
    let [spec, out, rows, shown] = ["grid.toml", "out", "rows.csv", "shown"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    done(&["run", &spec, "--out", &out]);
    fs::write(&rows, done(&["report", &spec, "--out", &out, "--csv"])).expect("rows");
    let request = ["report", &spec, "--rows", &rows, "--artifacts", &shown];
    let check = [&request[..], &["--check"]].concat();
    failed(&check, &["artifacts in", "figure-1.csv is missing", "the same command without --check"]);
    assert!(!folder.join("shown").exists(), "a check writes nothing");
    done(&request);
    for name in ["figure-1.tex", "figure-1.svg", "figure-2-pendulum-v1.md", "sparsest.csv", "strategies.csv"]
    {
        assert!(folder.join("shown").join(name).is_file(), "{name}");
    }
    assert_eq!(done(&check), "");
    let path = folder.join("shown/figure-1.csv");
    let text = fs::read_to_string(&path).expect("an artifact");
    fs::write(&path, text.replacen('0', "1", 1)).expect("an artifact");
    failed(&check, &["1 of ", "figure-1.csv differs from its rows"]);
    fs::write(&path, text).expect("an artifact");
    let stale = folder.join("shown/figure-2-hopper.csv");
    fs::write(&stale, "task").expect("a file");
    failed(&check, &["has artifacts that the rows do not give: figure-2-hopper.csv", "remove the others"]);
    fs::remove_file(stale).expect("a file");
    let inside = folder.path("shown/claims.csv");
    fs::copy(&rows, &inside).expect("rows");
    refused(
        &["report", &spec, "--rows", &inside, "--artifacts", &shown],
        &["--artifacts names", "claims.csv, which is read and would be lost"],
    );
    refused(&["report", &spec, "--rows", &rows, "--check"], &["--artifacts"]);
    let parts = ["rows.csv is a file, and --artifacts names a folder"];
    refused(&["report", &spec, "--rows", &rows, "--artifacts", &rows], &parts);
    let listed = done(&["papers", "lottery"]);
    for name in ["smoke", "figure-1", "sparsest", "attribution"] {
        assert!(listed.contains(name), "{listed}");
    }
    refused(&["papers", "lotery"], &["did you mean `lottery`?"]);
}

#[test]
fn rows_that_are_none_of_the_grid_are_refused() {
    let folder = Folder::in_memory("foreign");
    let [spec, out, rows] = ["grid.toml", "out", "rows.csv"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    done(&["run", &spec, "--out", &out]);
    let text = done(&["report", &spec, "--out", &out, "--csv"]);
    fs::write(&rows, &text).expect("rows");
    let with = |more: &[&str], parts: &[&str]| {
        let request = [&["report", spec.as_str(), "--rows", rows.as_str()], more].concat();
        refused(&request, parts);
    };
    with(&["--set", "generations=3"], &["is none of this grid", "`tombola list` shows the ids"]);
    with(&["--csv"], &["--csv", "cannot be used with"]);
    fs::write(&rows, text.replacen(",1,0.5,", ",1,0.75,", 1)).expect("rows");
    with(&[], &["rows.csv, line 3: ", "are not a density of 0.75"]);
    let (head, lines) = text.split_once('\n').expect("a head");
    let swapped: Vec<String> = lines.lines().map(|line| line.replace(",snr,", ",magnitude,")).collect();
    fs::write(&rows, format!("{head}\n{}\n", swapped.join("\n"))).expect("rows");
    with(
        &[],
        &["its rows are of task=Pendulum-v1 strategy=snes criterion=magnitude", "and the cell is", "=snr"],
    );
    let cut: Vec<&str> = lines.lines().filter(|line| !line.contains(",1,0.5,")).collect();
    fs::write(&rows, format!("{head}\n{}\n", cut.join("\n"))).expect("rows");
    with(&[], &["it has 1 levels, and the cell has 2"]);
    fs::write(&rows, &text).expect("rows");
    let spelled = folder.path("out/../rows.csv");
    for page in [&rows, &spelled] {
        with(&["--page", page], &["--page names", "rows.csv, which is read and would be lost"]);
    }
    assert_eq!(fs::read_to_string(&rows).expect("rows"), text);
    fs::write(&rows, "task,level\n").expect("rows");
    with(&[], &["rows.csv, line 1: its columns are `task,level`; expected `cell,task,strategy,"]);
    refused(&["report", &spec, "--rows", &folder.path("no.csv")], &["cannot read", "no.csv"]);
}

#[test]
fn rows_of_layers_are_of_the_grid_and_nothing_is_written_over_them() {
    let folder = Folder::in_memory("layers");
    let [spec, out, layers] = ["grid.toml", "out", "layers.csv"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    done(&["run", &spec, "--out", &out]);
    let text = done(&["anatomy", &spec, "--out", &out, "--csv"]);
    fs::write(&layers, &text).expect("rows");
    let request = ["report", &spec, "--out", &out, "--layers", &layers];
    let page = fs::read_to_string(folder.join("out/report.html"));
    assert!(page.is_err(), "nobody asked yet");
    done(&request);
    let page = fs::read_to_string(folder.join("out/report.html")).expect("a page");
    assert!(page.contains("<code>layers*</code>") && page.contains("<code>costs*</code>"), "{page}");
    refused(&[&request[..], &["--page", &layers]].concat(), &["--page names", "layers.csv, which is read"]);
    let nowhere = folder.path("nowhere/report.html");
    refused(
        &[&request[..], &["--page", &nowhere]].concat(),
        &["nowhere, and there is no such folder", "mkdir -p"],
    );
    assert_eq!(fs::read_to_string(&layers).expect("rows"), text);
    fs::write(&layers, text.replace("Pendulum-v1,", "ant,")).expect("rows");
    refused(
        &request,
        &["layers.csv: ant, snes, snr, seed 0 is no cell of this grid", "`tombola anatomy --csv`"],
    );
}

#[test]
fn the_committed_pages_are_those_of_the_committed_rows() {
    for (paper, name) in [("lottery", "small"), ("twelve", "twelve"), ("transfer", "transfer")] {
        let rows = format!("crates/tombola/records/{name}/levels.csv");
        let layers = format!("crates/tombola/records/{name}/layers.csv");
        let mut request = vec!["report", "--paper", paper, "--scale", "small", "--rows", &rows];
        if fs::exists(&layers).expect("a folder of records") {
            request.extend(["--layers", &layers]);
        }
        let found = done(&request);
        let page = fs::read_to_string(format!("crates/tombola/reports/{name}.md")).expect("a page");
        let (_, tables) =
            page.split_once("<!-- from here on as printed -->\n\n").expect("a page with a mark");
        assert!(tables == found, "the command prints other tables than {rows} has; {found}");
        let artifacts = format!("crates/tombola/reports/{name}");
        done(&[&request[..], &["--artifacts", &artifacts, "--check"]].concat());
    }
}
