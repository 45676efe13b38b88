//! What pages have in common: their head and end, and tables of text.

use std::fmt::Write;

use crate::figures::escaped;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");
/// Nothing is asked for, from anywhere; pictures are in the page itself.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Bytes from which an entry of a table is a sentence.
const SENTENCE: usize = 45;

/// A page up to its heading.
pub(super) fn begin(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n",
        escaped(title)
    )
}

/// The end of a page: the command that makes its results again, and the script.
pub(super) fn end(page: &mut String, command: &str) {
    write!(
        page,
        "<p class=\"note\">Again: <code>{}</code></p>\n</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(command)
    )
    .expect("a string");
}

/// A paragraph each.
pub(super) fn paragraphs(page: &mut String, texts: &[String]) {
    for text in texts {
        writeln!(page, "<p>{}</p>", escaped(text)).expect("a string");
    }
}

/// Rows of text as a table, the first as its head.
pub(super) fn table(page: &mut String, caption: &str, rows: &[Vec<String>]) {
    let escaped_rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escaped(cell)).collect()).collect();
    table_of_markup(page, caption, &escaped_rows);
}

/// The same, of cells that are markup. A column with sentences is as wide as it must be, and its lines are broken.
pub(super) fn table_of_markup(page: &mut String, caption: &str, rows: &[Vec<String>]) {
    let Some((head, body)) = rows.split_first() else { return };
    write!(page, "<div class=\"scroll\"><table>\n<caption>{}</caption>\n", escaped(caption))
        .expect("a string");
    let is_long =
        |row: &Vec<String>, column: usize| row.get(column).is_some_and(|cell| cell.len() > SENTENCE);
    let says = |column: usize| {
        if column > 1 && body.iter().any(|row| is_long(row, column)) { " class=\"says\"" } else { "" }
    };
    let says: Vec<&str> = (0..head.len()).map(says).collect();
    let heads = head.iter().zip(&says).map(|(cell, says)| format!("<th scope=\"col\"{says}>{cell}</th>"));
    write!(page, "<thead><tr>{}</tr></thead>\n<tbody>\n", heads.collect::<String>()).expect("a string");
    for row in body {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 | 1 => format!("<th scope=\"row\">{cell}</th>"),
            _ => format!("<td{}>{cell}</td>", says.get(column).copied().unwrap_or_default()),
        });
        writeln!(page, "<tr>{}</tr>", cells.collect::<String>()).expect("a string");
    }
    *page += "</tbody></table></div>\n";
}
