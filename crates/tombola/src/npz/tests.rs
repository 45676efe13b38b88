//! Archives that are read back, and archives that are none.

use super::*;

fn examples() -> Vec<Array> {
    let array =
        |name: &str, shape: &[usize], values| Array { name: name.into(), shape: shape.into(), values };
    vec![
        array("number", &[], Values::F32(vec![0.1])),
        array("row", &[3], Values::F64(vec![1.0, -0.0, f64::MAX])),
        array("table", &[2, 2], Values::I64(vec![1, -2, i64::MAX, 4])),
        array("short", &[2], Values::I16(vec![-2, i16::MAX])),
        array("none", &[0, 5], Values::I32(vec![])),
        array("text", &[2], Values::U8(b"{}".to_vec())),
    ]
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(read(&write(&examples())).expect("an archive"), examples());
    assert_eq!(read(&write(&[])).expect("an empty archive"), []);
}

#[test]
fn deflated_members_are_read() {
    // The archive of `numpy.savez_compressed(x=numpy.arange(100, dtype="<i4"))` but for its date: repacked here.
    let plain = Array { name: "x".into(), shape: vec![100], values: Values::I32((0..100).collect()) };
    let mut data = header_of(&plain);
    plain.values.append(&mut data);
    let mut packed = Vec::new();
    let level = flate2::Compression::default();
    flate2::read::DeflateEncoder::new(&data[..], level).read_to_end(&mut packed).expect("memory");
    let mut archive =
        write(&[Array { values: Values::U8(packed.clone()), shape: vec![packed.len()], ..plain.clone() }]);
    // In place of the stored member comes the packed one: data, then method and lengths in both headers.
    let start = LOCAL_BYTES + "x.npy".len();
    let end = archive.len() - END_BYTES - CENTRAL_BYTES - "x.npy".len();
    archive.splice(start..end, packed.iter().copied());
    let directory = start + packed.len();
    let mut sum = Crc::new();
    sum.update(&data);
    for header in [0, directory + 2] {
        archive[header + 8] = 8;
        archive[header + 14..header + 18].copy_from_slice(&sum.sum().to_le_bytes());
        archive[header + 18..header + 22].copy_from_slice(&(packed.len() as u32).to_le_bytes());
        archive[header + 22..header + 26].copy_from_slice(&(data.len() as u32).to_le_bytes());
    }
    let last = archive.len() - END_BYTES;
    archive[last + 16..last + 20].copy_from_slice(&(directory as u32).to_le_bytes());
    assert_eq!(read(&archive).expect("an archive"), std::slice::from_ref(&plain));
    let opened = Archive::open(&archive).expect("an archive");
    assert_eq!(opened.shapes().collect::<Vec<_>>(), [Ok(("x", vec![100]))]);
    assert_eq!((opened.claim(0), opened.values(0)), (data.len(), Ok(plain.values)));
}

#[test]
fn what_is_written_is_as_long_as_was_thought() {
    let written = write(&examples());
    assert_eq!(written.capacity(), written.len());
}

#[test]
fn every_cut_and_most_changes_are_errors() {
    let whole = write(&examples());
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "cut to {length} bytes");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        // A changed date or name is no damage to numbers; anything read must have the right numbers.
        if let Ok(arrays) = read(&changed) {
            for (found, expected) in arrays.iter().zip(examples()) {
                assert_eq!(found.values, expected.values, "byte {at}");
            }
        }
    }
}

#[test]
fn members_that_together_claim_more_than_can_be_written_are_refused() {
    let mut archive = write(&examples());
    // The length that the directory claims of its last entry.
    let at = archive.len() - END_BYTES - "text.npy".len() - CENTRAL_BYTES + 24;
    archive[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&archive), Err(NpzError::TooLong));
}

/// Where the directory's entry of an array begins.
fn entry(archive: &[u8], name: &str) -> usize {
    let mut starts = (0..archive.len()).rev().filter(|&at| word(archive, at) == Some(CENTRAL));
    let has_name = |at: &usize| archive[at + CENTRAL_BYTES..].starts_with(name.as_bytes());
    starts.find(has_name).expect("it is in the directory")
}

#[test]
fn arrays_that_are_there_twice_are_refused_by_name() {
    let array = Array { name: "x".into(), shape: vec![1], values: Values::U8(vec![7]) };
    let message = read(&write(&[array.clone(), array])).expect_err("which of them?").to_string();
    assert_eq!(message, "array `x` is there more than once, and which one counts is not said: leave one in");
}

#[test]
fn arrays_that_share_bytes_are_refused_by_name() {
    let whole = write(&examples());
    let (row, table) = (entry(&whole, "row"), entry(&whole, "table"));
    // the second array at the first one's header, and then inside of its data
    for beside in [0, 40] {
        let mut archive = whole.clone();
        let local = word(&whole, row + 42).expect("its place") + beside;
        archive[table + 42..table + 46].copy_from_slice(&local.to_le_bytes());
        let message = read(&archive).expect_err("they cannot both be there").to_string();
        assert!(
            message.starts_with("arrays `row` and `table` are said to be in the same bytes"),
            "{message}"
        );
    }
}

#[test]
fn names_that_no_file_has_are_refused() {
    let named = |length: usize| {
        read(&write(&[Array { name: "n".repeat(length), shape: vec![], values: Values::U8(vec![1]) }]))
    };
    assert!(named(MOST_NAME).is_ok());
    let message = named(MOST_NAME + 1).expect_err("nobody calls it that").to_string();
    assert!(message.contains("entry 0: its name has 256 bytes, and at most 255 are read"), "{message}");
}

#[test]
fn more_axes_than_arrays_have_are_not_held() {
    let flat = |index: usize| Array {
        name: index.to_string(),
        shape: vec![1; MOST_AXES],
        values: Values::U8(vec![0]),
    };
    let count = MOST_AXES_TOGETHER / MOST_AXES;
    let archive = write(&(0..=count).map(flat).collect::<Vec<_>>());
    let opened = Archive::open(&archive).expect("an archive");
    let shapes: Vec<_> = opened.shapes().collect();
    assert!(shapes[..count].iter().all(Result::is_ok));
    assert_eq!(shapes[count], Err(NpzError::TooManyAxes { name: count.to_string() }));
}

#[test]
fn claims_beyond_the_file_are_refused() {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9999999999), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    let message = array("x", &bytes).expect_err("nobody has so many").to_string();
    assert_eq!(message, "array `x` is damaged: its shape has more numbers than can be counted");
    let text = text.replace("<f8", "<c16").replace("9999999999, 9999999999", "");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    assert!(array("x", &bytes).expect_err("complex").to_string().contains("<c16"));
}
