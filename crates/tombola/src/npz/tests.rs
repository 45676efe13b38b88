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
    assert_eq!(opened.shapes().collect::<Vec<_>>(), [("x", &[100][..])]);
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
