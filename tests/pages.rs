//! The page of a report in a browser: it asks for nothing, complains of nothing, says the same with scripts off, and its tables
//! can be sorted and narrowed.
//!
//! A browser is used where one is installed; where there is none, a line says so.

#![expect(clippy::disallowed_methods, reason = "tests make and read files")]

use std::fs;

use serde_json::Value;

mod common;

use common::browser::{browser, shown};
use common::{Folder, PAIR, digits, done, program, told};

/// What a reader does: sorts the table of claims' groups and the scores of MNIST, and narrows the page.
const READER: &str = "<script>
const find = (text) => [...document.querySelectorAll('table')].find((table) => table.caption.textContent.includes(text));
const scores = find('test accuracy by weights kept');
const first = () => scores.tBodies[0].rows[0].textContent;
const click = (column) => scores.tHead.rows[0].cells[column].querySelector('button').click();
click(2); const least = first(); click(2); const most = first();
const input = document.querySelector('.filter input');
input.value = 'mnist random'; input.dispatchEvent(new Event('input'));
const rows = [...scores.tBodies[0].rows];
document.title = JSON.stringify({ least, most, shown: rows.filter((row) => !row.hidden).length, all: rows.length,
  wide: document.documentElement.scrollWidth <= innerWidth });
</script></body>";

/// What a script has found and made the title, and the title itself.
fn seen(dom: &str) -> (&str, Value) {
    let (_, title) = dom.split_once("<title>").expect("a title");
    let (title, _) = title.split_once("</title>").expect("a title");
    (title, serde_json::from_str(title).unwrap_or_else(|_| panic!("{title}")))
}

#[test]
fn a_report_is_read_sorted_and_narrowed_in_a_browser() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new("report");
    let page = folder.path("page.html");
    let rows = "crates/tombola/records/small/levels.csv";
    done(&["report", "--paper", "lottery", "--scale", "small", "--rows", rows, "--page", &page]);
    let whole = fs::read_to_string(&page).expect("a page");

    let (dom, log) = shown(browser, &folder, "", &["--window-size=400,800"]);
    assert!(!log.contains("CONSOLE"), "{log}");
    assert!(
        dom.contains("<button type=\"button\" title=\"sort by strategy\">strategy</button>"),
        "no buttons"
    );
    // a policy that forbids scripts is as good as a browser that has them off, and that one shows no tree
    fs::write(&page, whole.replace("script-src 'unsafe-inline'", "")).expect("a page");
    let (plain, log) = shown(browser, &folder, "", &[]);
    assert!(!plain.contains("<button"), "{log}");
    for wanted in ["All together", "Claims", "sep-cma-es", "snr, the paper", "0.980"] {
        assert!(plain.contains(wanted) && dom.contains(wanted), "{wanted}");
    }

    fs::write(&page, whole.replace("</body>", READER)).expect("a page");
    let (dom, log) = shown(browser, &folder, "", &["--window-size=400,800"]);
    assert!(!log.contains("CONSOLE"), "{log}");
    let (title, found) = seen(&dom);
    let text = |key: &str| found[key].as_str().expect("text").to_owned();
    // the dense scores of Fashion-MNIST: SNES has the least, the paper's gradients the most
    assert!(text("least").starts_with("snes") && text("most").starts_with("gradients"), "{title}");
    let count = |key: &str| found[key].as_u64().expect("a number");
    assert!(count("shown") > 0 && count("shown") < count("all"), "{title}");
    assert_eq!(found["wide"], true, "the page is wider than 400 pixels: {title}");
}

/// What a reader of a cell's page sees: pictures that are there, and nothing wider than the screen.
const VIEWER: &str = "<script>
const pictures = [...document.images];
document.title = JSON.stringify({ pictures: pictures.length, seen: pictures.filter((one) => one.naturalWidth > 0).length,
  wide: document.documentElement.scrollWidth <= innerWidth });
</script></body>";

#[test]
fn the_page_of_a_cell_shows_its_networks_in_a_browser() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new("cell");
    digits(&folder.join("digits"), 1);
    fs::write(folder.join("pair.toml"), PAIR).expect("a spec");
    for command in [&["run"][..], &["report", "--cells"]] {
        let mut tombola = program();
        tombola
            .current_dir(&*folder)
            .args(&command[..1])
            .args(["pair.toml", "--out", "out"])
            .args(&command[1..]);
        told(&tombola.output().expect("the program starts"), 0);
    }
    let name =
        fs::read_dir(folder.join("out/cells")).expect("a folder").next().expect("a page").expect("a name");
    let page = fs::read_to_string(name.path()).expect("a page");
    fs::write(folder.join("page.html"), page.replace("</body>", VIEWER)).expect("a page");
    for flags in [&["--window-size=400,800"][..], &["--window-size=1280,900", "--force-dark-mode"]] {
        let (dom, log) = shown(browser, &folder, "", flags);
        assert!(!log.contains("CONSOLE"), "{log}");
        let (title, found) = seen(&dom);
        // two levels of a network of two layers
        assert_eq!(
            (&found["pictures"], &found["seen"], &found["wide"]),
            (&4.into(), &4.into(), &true.into()),
            "{title}"
        );
    }
}
