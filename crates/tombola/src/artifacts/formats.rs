//! Tables as other programs read them: comma-separated values and LaTeX. And names of files.

/// Rows as comma-separated values.
pub(super) fn csv(rows: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    rows.iter().for_each(|row| writer.write_record(row).expect("rows are text"));
    String::from_utf8(writer.into_inner().expect("a vector takes all")).expect("rows are text")
}

/// Rows as a LaTeX table, the first two columns to the left; it needs no package.
pub(super) fn latex(caption: &str, rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let alignment: String = (0..columns).map(|column| if column < 2 { 'l' } else { 'r' }).collect();
    let mut text =
        format!("\\begin{{table}}\n\\caption{{{}}}\n\\begin{{tabular}}{{{alignment}}}\n", escaped(caption));
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        text += &format!("{} \\\\\n", cells.join(" & "));
        if index == 0 {
            text += "\\hline\n";
        }
    }
    text + "\\end{tabular}\n\\end{table}\n"
}

/// Text for LaTeX.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', character]),
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '<' | '>' | '|' => escaped.extend(['$', character, '$']),
            '±' => escaped += "$\\pm$",
            '×' => escaped += "$\\times$",
            other => escaped.push(other),
        }
    }
    escaped
}

/// A name for files: small letters, digits and lines.
pub(super) fn slug(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let parts: String = plain.collect();
    parts.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_a_format_is_written_as_text() {
        let rows = vec![
            vec!["task".to_owned(), "50 %".to_owned()],
            vec!["a,\"b\"_c".to_owned(), "0.5 ±0.1".to_owned()],
        ];
        assert_eq!(csv(&rows), "task,50 %\n\"a,\"\"b\"\"_c\",0.5 ±0.1\n");
        let table = latex("10 & more", &rows);
        for wanted in
            ["\\caption{10 \\& more}", "task & 50 \\% \\\\\n\\hline", "a,\"b\"\\_c & 0.5 $\\pm$0.1 \\\\"]
        {
            assert!(table.contains(wanted), "{wanted}: {table}");
        }
        assert_eq!(slug("fashion-mnist, pruning.keep=0.5, snes"), "fashion-mnist-pruning-keep-0-5-snes");
    }
}
