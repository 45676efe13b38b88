use super::*;

fn row(level: u32, kept: usize) -> LevelRow {
    LevelRow {
        task: "glyphs".into(),
        strategy: "snes".into(),
        criterion: "snr".into(),
        seed: 3,
        level,
        density: density(kept, 300),
        kept,
        weights: 300,
        searched: kept + 10,
        generations: 20,
        evaluations: 160,
        failures: 0,
        measure: "test_accuracy".into(),
        start: Some(0.1),
        score: Some(1.0 / 3.0),
        best: None,
        threshold: (level > 0).then_some(0.25),
        deviation: Some(1e-9),
        status: Status::Done,
    }
}

#[test]
fn what_is_written_is_read_to_the_bit() {
    let rows =
        vec![row(0, 300), row(1, 240), LevelRow { status: Status::Diverged, score: None, ..row(2, 192) }];
    let bytes = write(&rows);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.starts_with("task,strategy,criterion,seed,level,density,kept,weights,searched,"), "{text}");
    assert!(text.contains("glyphs,snes,snr,3,1,0.8,240,300,250,"), "{text}");
    assert_eq!(levels("levels.csv", &bytes).unwrap(), rows);
    assert_eq!(write(&levels("levels.csv", &bytes).unwrap()), bytes);
}

#[test]
fn rows_of_many_cells_stand_behind_their_names() {
    let dense = row(0, 300);
    let rows = [("aa".to_owned(), &dense), ("bb".to_owned(), &dense)];
    let text = String::from_utf8(write_with_cells(&rows)).unwrap();
    let one = String::from_utf8(write(&[row(0, 300)])).unwrap();
    let (head, line) = one.trim_end().split_once('\n').unwrap();
    assert_eq!(text, format!("cell,{head}\naa,{line}\nbb,{line}\n"));
    assert_eq!(write_with_cells(&[]), format!("cell,{head}\n").into_bytes());
    assert_eq!(levels_with_cells("all.csv", &write_with_cells(&[])).unwrap(), []);
}

#[test]
fn rows_of_many_cells_are_read_to_the_bit() {
    let diverged = LevelRow { status: Status::Diverged, score: None, ..row(1, 240) };
    let rows = [("aa", row(0, 300)), ("aa", diverged), ("bb", row(0, 300))];
    let named: Vec<_> = rows.iter().map(|(cell, row)| ((*cell).to_owned(), row)).collect();
    let bytes = write_with_cells(&named);
    let found = levels_with_cells("all.csv", &bytes).unwrap();
    assert_eq!(
        found.iter().map(|(cell, rows)| (cell.as_str(), rows.len())).collect::<Vec<_>>(),
        [("aa", 2), ("bb", 1)]
    );
    let flat: Vec<_> =
        found.iter().flat_map(|(cell, rows)| rows.iter().map(move |row| (cell.clone(), row))).collect();
    assert_eq!(write_with_cells(&flat), bytes);
}

#[test]
fn what_is_no_table_of_cells_is_refused_with_its_line() {
    let refused = |rows: &[(&str, LevelRow)]| {
        let rows: Vec<_> = rows.iter().map(|(cell, row)| ((*cell).to_owned(), row)).collect();
        levels_with_cells("all.csv", &write_with_cells(&rows)).unwrap_err().to_string()
    };
    assert!(
        refused(&[("aa", row(0, 300)), ("bb", row(1, 240))])
            .contains("line 3: it is level 1; expected level 0")
    );
    let twice = [("aa", row(0, 300)), ("bb", row(0, 300)), ("aa", row(0, 300))];
    assert!(refused(&twice).contains("line 4: the cell aa stands twice"));
    let foreign = levels_with_cells("all.csv", b"a,b\n1,2\n").unwrap_err().to_string();
    assert!(foreign.starts_with("all.csv, line 1: its columns are `a,b`; expected `cell,task,"), "{foreign}");
    assert!(levels_with_cells("all.csv", b"").is_err());
    let mut bytes = write_with_cells(&[("aa".to_owned(), &row(0, 300))]);
    bytes.truncate(bytes.len() - 12);
    let cut = levels_with_cells("all.csv", &bytes).unwrap_err().to_string();
    assert!(cut.starts_with("all.csv, line 2"), "{cut}");
}

#[test]
fn what_is_no_table_of_a_cell_is_refused_with_its_line() {
    let refused = |rows: &[LevelRow]| levels("a/levels.csv", &write(rows)).unwrap_err().to_string();
    assert!(
        refused(&[row(0, 300), row(0, 300)]).starts_with("a/levels.csv, line 3: it is level 0; expected")
    );
    assert!(refused(&[row(1, 240)]).contains("line 2: it is level 1"));
    let other = LevelRow { seed: 4, ..row(1, 240) };
    assert!(refused(&[row(0, 300), other]).contains("another cell"));
    let wrong = LevelRow { kept: 241, ..row(1, 240) };
    assert!(refused(&[row(0, 300), wrong]).contains("241 of 300"));
    let later = LevelRow { status: Status::Diverged, score: None, ..row(0, 300) };
    assert!(
        refused(&[later, row(1, 240)]).contains("line 2: it diverged, but has a score or a level after it")
    );
    let scored = LevelRow { status: Status::Diverged, ..row(0, 300) };
    assert!(refused(&[scored]).contains("it diverged, but has a score"));
    let nothing = LevelRow { score: None, ..row(0, 300) };
    assert!(refused(&[nothing]).contains("line 2: it is done, but has no score"));
    let measured = LevelRow { measure: "return".into(), ..row(1, 240) };
    assert!(refused(&[row(0, 300), measured]).contains("measure"));
    let infinite = LevelRow { score: Some(f64::INFINITY), ..row(0, 300) };
    assert!(refused(&[infinite]).contains("not finite"));
    assert!(levels("x", b"").unwrap_err().to_string().contains("no rows"));
    let text = String::from_utf8(write(&[row(0, 300)])).unwrap();
    let renamed = text.replace("density", "densty");
    assert!(levels("x", renamed.as_bytes()).unwrap_err().to_string().contains("density"));
    let word = text.replace(",300,300,", ",300,many,");
    assert!(levels("x", word.as_bytes()).unwrap_err().to_string().contains("line 2"), "{word}");
}

#[test]
fn layers_are_read_as_they_were_written_or_refused_with_their_line() {
    let row = LayerRow {
        task: "glyphs".into(),
        strategy: "snes".into(),
        criterion: "snr".into(),
        seed: 1,
        level: 2,
        density: 0.25,
        layer: "dense_0.weight".into(),
        weights: 8,
        kept: 3,
        mean: Some(-0.1),
        size: Some(1.0 / 3.0),
        linear: None,
        ranked: Some(0.5),
        effective: Some(2),
        multiply_adds: None,
        bytes: Some(1 << 40),
        seconds: Some(0.125),
    };
    let rows = vec![row.clone(), LayerRow { layer: "all".into(), ..row }];
    let bytes = write(&rows);
    assert_eq!(layers("x", &bytes).expect("what was written"), rows);
    let text = String::from_utf8(bytes).expect("text");
    // from before anybody measured seconds
    let older = text.replace(",seconds\n", "\n").replace(",0.125\n", "\n");
    assert!(layers("x", older.as_bytes()).expect("rows").iter().all(|row| row.seconds.is_none()));
    let refused =
        |from: &str, to: &str| layers("x", text.replace(from, to).as_bytes()).unwrap_err().to_string();
    assert!(refused(",8,3,", ",8,9,").starts_with("x, line 2: 9 of 8 weights"));
    assert!(refused(",0.5,2,", ",0.5,4,").starts_with("x, line 2: 4 of 3 weights"));
    assert!(refused(",0.25,", ",1.25,").contains("a density of 1.25"));
    assert!(refused("-0.1", "inf").contains("is not finite"));
    assert!(refused(",8,3,", ",eight,3,").contains("line 2"));
}
