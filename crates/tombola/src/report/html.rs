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
    begin_live(title, 0)
}

/// The same of a page that a browser looks at again after some seconds, unless they are 0.
pub(super) fn begin_live(title: &str, seconds: u32) -> String {
    let again = match seconds {
        0 => String::new(),
        _ => format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">\n"),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{again}\
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

/// A paragraph in small letters.
pub(super) fn note(page: &mut String, text: &str) {
    writeln!(page, "<p class=\"note\">{}</p>", escaped(text)).expect("a string");
}

/// Which files hold what stands above, and the command that writes them; nothing where there is no such command.
pub(super) fn source(page: &mut String, command: &str, names: &[&str]) {
    if !command.is_empty() {
        let names: Vec<String> = names.iter().map(|name| format!("<code>{name}*</code>")).collect();
        let command = escaped(command);
        writeln!(page, "<p class=\"note\">As files {}: <code>{command}</code></p>", names.join(", "))
            .expect("a string");
    }
}

/// The begin of what is moved sideways where it is wider than the page, also by keys; the first words of `about` name it.
pub(super) fn scroller(about: &str) -> String {
    let name = about.split(['.', ':', ',']).next().unwrap_or(about);
    format!("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{name}\">")
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
    let caption = escaped(caption);
    write!(page, "{}<table>\n<caption>{caption}</caption>\n", scroller(&caption)).expect("a string");
    let is_long =
        |row: &Vec<String>, column: usize| row.get(column).is_some_and(|cell| cell.len() > SENTENCE);
    let says = |column: usize| {
        if column > 0 && body.iter().any(|row| is_long(row, column)) { " class=\"says\"" } else { "" }
    };
    let says: Vec<&str> = (0..head.len()).map(says).collect();
    let heads = head.iter().zip(&says).map(|(cell, says)| format!("<th scope=\"col\"{says}>{cell}</th>"));
    write!(page, "<thead><tr>{}</tr></thead>\n<tbody>\n", heads.collect::<String>()).expect("a string");
    for row in body {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let says = says.get(column).copied().unwrap_or_default();
            match column {
                0 | 1 => format!("<th scope=\"row\"{says}>{cell}</th>"),
                _ => format!("<td{says}>{cell}</td>"),
            }
        });
        writeln!(page, "<tr>{}</tr>", cells.collect::<String>()).expect("a string");
    }
    *page += "</tbody></table></div>\n";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A colour of a part of the style: red, green and blue from 0 to 1.
    fn colour(style: &str, name: &str) -> [f64; 3] {
        let (_, rest) = style.split_once(&format!("--{name}: #")).expect("a colour");
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&rest[at..at + 2], 16).expect("digits")) / 255.0)
    }

    /// How much light it gives: WCAG 2.2, "relative luminance".
    fn luminance(colour: [f64; 3]) -> f64 {
        let linear =
            |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// WCAG 2.2, "contrast ratio".
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_light_and_on_dark_pages() {
        assert!((contrast([1.0; 3], [0.0; 3]) - 21.0).abs() < 1e-12);
        let (light, dark) = STYLE.split_once("@media (prefers-color-scheme: dark)").expect("a dark mode");
        for mode in [light, dark] {
            for (text, behind) in [("ink", "paper"), ("ink", "band"), ("faint", "paper"), ("faint", "band")] {
                let found = contrast(colour(mode, text), colour(mode, behind));
                assert!(found >= 4.5, "{text} on {behind}: {found}, and WCAG wants 4.5");
            }
        }
    }
}
