use super::*;

/// A file with this header and so many bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 7);
    bytes
}

fn message(header: &str, data: usize) -> String {
    read(&file(header, data)).expect_err(header).to_string()
}

#[test]
fn what_is_written_is_read() {
    let arrays = [
        Owned::i32("b", &[2, 1, 2], &[1, -2, i32::MIN, i32::MAX]),
        Owned::f32("a \"quoted\" name\u{1F3B2}", &[3], &[f32::MIN_POSITIVE, f32::NAN, -0.0]),
        Owned::f64("single", &[], &[1e-300]),
        Owned::f32("none", &[4, 0], &[]),
    ];
    let metadata = [("format", "x"), ("", "a\nb\\c")];
    let bytes = write(&metadata, &arrays);
    assert_eq!(bytes, write(&metadata, &arrays));
    let found = read(&bytes).expect("a file");
    assert_eq!(found.metadata, metadata.map(|(key, text)| (key.to_owned(), text.to_owned())));
    assert_eq!(found.arrays.len(), arrays.len());
    for array in &arrays {
        assert_eq!(found.array(array.name()), Some(&array.array()));
    }
    assert_eq!(found.arrays[0].name, "single", "wide elements first");
    assert_eq!(found.array("b").and_then(Array::to_i32), Some(vec![1, -2, i32::MIN, i32::MAX]));
    assert_eq!(found.array("single").and_then(Array::to_f64), Some(vec![1e-300]));
    assert_eq!(found.array("b").and_then(Array::to_f32), None);
    assert_eq!(found.text(""), Some("a\nb\\c"));
    assert_eq!(bytes.len() % 4, 0);
    assert_eq!(read(&write(&[], &[])), Ok(File::default()));
}

#[test]
fn short_floats_are_exact() {
    for (bits, value) in [
        (0x0000, 0.0),
        (0x0001, 2.0_f32.powi(-24)),
        (0x03ff, 1023.0 * 2.0_f32.powi(-24)),
        (0x0400, 2.0_f32.powi(-14)),
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x3555, 0.333_251_95),
        (0x7bff, 65504.0),
        (0xfc00, f32::NEG_INFINITY),
    ] {
        assert_eq!(half(bits), value, "{bits:#x}");
    }
    assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
    let bytes = [0x80, 0x3f, 0x49, 0xc0];
    let array = Array { name: "x".into(), dtype: Dtype::Bf16, shape: vec![2], bytes: &bytes };
    assert_eq!(array.to_f32(), Some(vec![1.0, -3.140_625]));
}

#[test]
fn damaged_files_are_refused_with_their_place() {
    assert_eq!(read(&[1, 2, 3]).unwrap_err(), SafetensorsError::Short { found: 3 });
    assert_eq!(
        read(&[9, 0, 0, 0, 0, 0, 0, 0, b'{']).unwrap_err(),
        SafetensorsError::HeaderLength { claimed: 9, limit: 1 }
    );
    assert_eq!(
        read(&[255; 20]).unwrap_err(),
        SafetensorsError::HeaderLength { claimed: u64::MAX, limit: 12 }
    );
    let x = |rest: &str| format!("{{\"x\":{{\"dtype\":\"F32\",{rest}}}}}");
    assert!(
        message(&x("\"shape\":[2],\"data_offsets\":[0,8]"), 7)
            .contains("end at byte 8 of the data, but the file has 7")
    );
    assert!(message(&x("\"shape\":[2],\"data_offsets\":[0,8]"), 9).contains("added to"));
    assert!(message(&x("\"shape\":[2],\"data_offsets\":[0,4]"), 4).contains("need 8"));
    assert!(
        message(&x("\"shape\":[2],\"data_offsets\":[8,0]"), 8)
            .contains("begins at byte 8 of the data, expected 0")
    );
    assert!(message(&x("\"shape\":[2],\"data_offsets\":[4,12]"), 12).contains("expected 0"));
    let huge = "\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]";
    assert!(message(&x(huge), 0).contains("more elements than can be counted"));
    assert!(message(&x("\"shape\":[-1],\"data_offsets\":[0,0]"), 0).contains("invalid value"));
    assert!(message(&x("\"shape\":[1.5],\"data_offsets\":[0,0]"), 0).contains("floating point"));
    assert!(
        message(&x("\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]"), 4).contains("more than 8 axes")
    );
    assert!(message(&x("\"shape\":[1]"), 4).contains("missing field"));
    assert!(message(&x("\"shape\":[1],\"data_offsets\":[0,4],\"more\":1"), 4).contains("unknown field"));
    assert!(
        message(&x("\"shape\":[1],\"data_offsets\":[0,4]").replace("F32", "C64"), 4)
            .contains("unknown type `C64`")
    );
    let one = "\"x\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}";
    assert!(message(&format!("{{{one},{one}}}"), 1).contains("the name `x` comes twice"));
    assert!(message("{\"__metadata__\":{\"a\":1}}", 0).contains("expected a string"));
    assert!(message("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0).contains("comes twice"));
    assert!(message("{\"__metadata__\":{},\"__metadata__\":{}}", 0).contains("comes twice"));
    assert_eq!(message("[]", 0).split(':').next(), Some("byte 8"));
    assert!(message("{\"x\":", 0).contains("EOF"));
    assert!(message("{} {", 0).starts_with("byte 11: the header is damaged: trailing characters"));
    let mut bytes = file("{\"x\":1}", 0);
    bytes[10] = 0xff;
    assert_eq!(read(&bytes).unwrap_err(), SafetensorsError::Header { place: 10, problem: "no UTF-8".into() });
    let deep = "[".repeat(100_000);
    assert!(message(&deep, 0).starts_with("byte 8:"));
    let name = "n".repeat(100_000);
    assert!(
        message(&format!("{{\"{name}\":{{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1]}}}}"), 1)
            .len()
            < 200
    );
}

#[test]
fn arrays_in_any_order_of_the_header_are_found() {
    let header = "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]},\
                  \"a\":{\"shape\":[2,2],\"data_offsets\":[0,4],\"dtype\":\"I8\"},\"__metadata__\":{}}  ";
    let bytes = file(header, 5);
    let found = read(&bytes).expect("a file");
    let names: Vec<&str> = found.arrays.iter().map(|array| array.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}
