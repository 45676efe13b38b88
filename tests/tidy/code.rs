//! What of a Rust file is code: a scanner that blanks comments and the insides of literals, so that a rule about a word
//! does not meet it in prose.

/// `text` with comments and the contents of string, byte and character literals replaced by spaces. Lines and columns
/// stay where they were.
pub(crate) fn code_only(text: &str) -> String {
    let source: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < source.len() {
        let end = literal_or_comment_end(&source, at);
        if end > at {
            code.extend(source[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            // a whole word at a time, so that the `r` of `for` begins no raw string
            let word = source[at..].iter().take_while(|&&c| is_word(c)).count().max(1);
            code.extend(&source[at..at + word]);
            at += word;
        }
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the comment or literal that begins at `at` ends; `at` where none begins.
fn literal_or_comment_end(source: &[char], at: usize) -> usize {
    let rest = &source[at..];
    match rest {
        ['/', '/', ..] => at + rest.iter().take_while(|&&c| c != '\n').count(),
        ['/', '*', ..] => at + block_comment_length(rest),
        ['"', ..] => at + quoted_length(rest, '"'),
        ['b' | 'c', '"', ..] => at + 1 + quoted_length(&rest[1..], '"'),
        ['b', '\'', ..] => at + 1 + quoted_length(&rest[1..], '\''),
        ['r', '"' | '#', ..] => at + raw_length(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] => at + raw_length(rest, 2),
        // a lifetime has no closing quote one character (or one escape) on
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => at + quoted_length(rest, '\''),
        _ => at,
    }
}

fn block_comment_length(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_length(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of `r#"..."#` with its marks beginning at `prefix`; 0 where they belong to a raw identifier.
fn raw_length(rest: &[char], prefix: usize) -> usize {
    let marks = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    let open = prefix + marks;
    if rest.get(open) != Some(&'"') {
        return 0;
    }
    let closes =
        |at: usize| rest[at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= marks;
    (open + 1..rest.len()).find(|&at| closes(at)).map_or(rest.len(), |at| at + 1 + marks)
}

/// `code` up to its module of unit tests, which by the order of a file stands last. A module in a file of its own
/// (`mod tests;`) ends nothing.
pub(crate) fn without_tests(code: &str) -> &str {
    let begins = |(start, mark): (usize, &str)| {
        let item = code[start + mark.len()..].trim_start();
        let line = item.lines().next().unwrap_or_default();
        (line.starts_with("mod ") && line.ends_with('{')).then_some(start)
    };
    code.match_indices("#[cfg(test)]").find_map(begins).map_or(code, |start| &code[..start])
}

#[test]
fn comments_and_literals_are_blanked_and_the_rest_stays() {
    for (text, code) in [
        ("a // x\nb", "a     \nb"),
        ("a /* x /* y */ z */ b", "a                   b"),
        (r#"f("x\"y", 'x', '\'') g"#, "f(      ,    ,     ) g"),
        (r##"r#"x"y"# z"##, "         z"),
        (r#"br"x" b"y" b'z' r#type"#, "                r#type"),
        ("fn f<'a>(x: &'a str) -> char", "fn f<'a>(x: &'a str) -> char"),
        ("for x in expr", "for x in expr"),
    ] {
        assert_eq!(code_only(text), code, "{text}");
        assert_eq!(code_only(text).lines().count(), text.lines().count());
    }
}

#[test]
fn unit_tests_are_cut_off_and_nothing_else() {
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n    b\n}\n"), "a\n");
    for whole in ["a\n#[cfg(test)]\nmod tests;\n\nb\n", "#[cfg(test)]\nuse c;\nb", "a"] {
        assert_eq!(without_tests(whole), whole);
    }
}
