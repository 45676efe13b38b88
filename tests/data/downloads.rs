//! Downloads from servers that do what they should, and from others.

use std::path::Path;
use std::time::Duration;

use tasks::vision::checksum::Checksum;
use tombola::download::{DownloadError, Length, Patience, Refusal, Wanted, download};

use super::server::{Reply, Request, Server};
use super::{folder, lines, refused};

const BYTES: usize = 300_000;

/// The file that is wanted.
fn file() -> Vec<u8> {
    (0..BYTES).map(|i| (i * i / 11) as u8).collect()
}

/// Short enough for tests; a silence is ten times as long.
const PATIENCE: Patience =
    Patience { answer: Duration::from_millis(2000), stall: Duration::from_millis(300), breaks: 2 };
const SILENCE: Duration = Duration::from_secs(4);

/// The file from these addresses, if it comes.
fn fetched(addresses: &[String], folder: &Path) -> Result<Vec<u8>, DownloadError> {
    let sha256 = Checksum::of(&file());
    let wanted = Wanted { name: "file", bytes: BYTES as u64, sha256: &sha256 };
    let path = download(&wanted, addresses, folder, &PATIENCE, &mut |_| {})?;
    assert!(!folder.join("file.partial").exists(), "nothing is left behind");
    Ok(std::fs::read(path).expect("it was downloaded"))
}

/// From one server.
fn from(name: &str, server: &Server) -> Result<Vec<u8>, DownloadError> {
    fetched(&[server.address("file")], &folder(name))
}

/// Why the only address did not do.
fn refusal(outcome: Result<Vec<u8>, DownloadError>) -> Refusal {
    match outcome {
        Err(DownloadError::Refused { mut refusals, .. }) if refusals.len() == 1 => refusals.remove(0).1,
        other => panic!("expected one refusal, found {:?}", other.map(|bytes| bytes.len())),
    }
}

/// The first bytes that each request asked for.
fn begins(server: &Server) -> Vec<Option<usize>> {
    server.requests().iter().map(|request| request.from).collect()
}

#[test]
fn an_honest_server_is_asked_once() {
    let server = Server::start(|request| Reply::part(&file(), request));
    assert_eq!(from("honest", &server).expect("it is served"), file());
    assert_eq!(begins(&server), [None]);
}

#[test]
fn a_file_that_is_there_is_never_replaced() {
    let server = Server::start(|request| Reply::part(&file(), request));
    let folder = folder("there");
    std::fs::write(folder.join("file"), "mine").expect("a file of one test");
    let outcome = fetched(&[server.address("file")], &folder);
    assert!(matches!(outcome, Err(DownloadError::Keep { .. })));
    assert_eq!(std::fs::read(folder.join("file")).expect("it is there"), b"mine");
}

#[test]
fn a_transfer_that_breaks_off_is_taken_up_where_it_ended() {
    let server = Server::start(|request| Reply::part(&file(), request).cut(100_000));
    assert_eq!(from("truncates", &server).expect("in three parts"), file());
    assert_eq!(begins(&server), [None, Some(100_000), Some(200_000)]);
}

#[test]
fn a_transfer_that_stalls_is_taken_up_where_it_ended() {
    let server = Server::start(|request| match request.before {
        0 => Reply::part(&file(), request).cut(120_000).then_silence(SILENCE),
        _ => Reply::part(&file(), request),
    });
    assert_eq!(from("stalls", &server).expect("in two parts"), file());
    assert_eq!(begins(&server), [None, Some(120_000)]);
}

#[test]
fn a_server_that_cannot_send_parts_sends_the_whole_again() {
    let server = Server::start(|request| match request.before {
        0 => Reply::whole(&file()).cut(50_000),
        _ => Reply::whole(&file()),
    });
    assert_eq!(from("no-parts", &server).expect("at the second time"), file());
}

#[test]
fn a_server_that_sends_nothing_is_given_up() {
    let silent = Server::start(|_| Reply::default().then_silence(SILENCE));
    let stalls = Server::start(|request| Reply::part(&file(), request).cut(0).then_silence(SILENCE));
    let closes = Server::start(|_| Reply::default());
    for (name, server) in [("silent", &silent), ("stalls-at-once", &stalls), ("closes", &closes)] {
        let why = refusal(from(name, server));
        assert!(
            matches!(why, Refusal::Broken { bytes: 0, .. } | Refusal::Unreachable { .. }),
            "{name}: {why}"
        );
        assert!(server.requests().len() <= 2);
    }
    // a port where nobody listens any more
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let why = refusal(fetched(&[format!("http://{port}/file")], &folder("nobody")));
    assert!(matches!(why, Refusal::Broken { bytes: 0, .. } | Refusal::Unreachable { .. }), "{why}");
}

#[test]
fn lies_about_the_length_are_seen_before_anything_is_kept() {
    let expected = BYTES as u64;
    let server = Server::start(|_| Reply::of("200 OK", 1 << 40, &file()));
    let why = refusal(from("announces-more", &server));
    assert!(matches!(why, Refusal::Length { found: Length::Announced(0x100_0000_0000), .. }), "{why}");
    assert_eq!(why.to_string(), format!("expected {expected} bytes, found 1099511627776 announced"));
    // announces nothing and goes on for ever
    let endless = Server::start(|_| Reply {
        head: "HTTP/1.1 200 OK\r\n".to_owned(),
        body: vec![0; 4 * BYTES],
        silence: Duration::ZERO,
    });
    let place = folder("endless");
    let why = refusal(fetched(&[endless.address("file")], &place));
    assert!(matches!(why, Refusal::Length { found: Length::Longer, .. }), "{why}");
    assert_eq!(std::fs::read_dir(&place).expect("a folder").count(), 0, "nothing is kept");
}

#[test]
fn lies_about_the_content_are_seen() {
    let other = || vec![7; BYTES];
    let server = Server::start(move |request| Reply::part(&other(), request));
    let place = folder("other-content");
    let why = refusal(fetched(&[server.address("file")], &place));
    assert!(
        matches!(&why, Refusal::Checksum { expected, .. } if *expected == Checksum::of(&file())),
        "{why}"
    );
    assert_eq!(std::fs::read_dir(&place).expect("a folder").count(), 0, "nothing is kept");
}

#[test]
fn lies_about_the_part_are_seen() {
    let server = Server::start(|request| match request.from {
        None => Reply::whole(&file()).cut(1000),
        Some(_) => {
            let mut reply = Reply::of("206 Partial Content", BYTES - 1000, &file()[..BYTES - 1000]);
            reply.head += &format!("Content-Range: bytes 0-{}/{BYTES}\r\n", BYTES - 1001);
            reply
        }
    });
    let why = refusal(from("other-part", &server));
    assert!(matches!(why, Refusal::Range { expected: 1000, .. }), "{why}");
}

#[test]
fn a_first_half_of_another_file_is_thrown_away_once() {
    let server = Server::start(|request| Reply::part(&file(), request));
    let place = folder("other-half");
    std::fs::write(place.join("file.partial"), vec![7; BYTES / 2]).expect("a file of one test");
    assert_eq!(fetched(&[server.address("file")], &place).expect("at the second time"), file());
    assert_eq!(begins(&server), [Some(BYTES / 2), None]);
    // longer than the file can be
    std::fs::remove_file(place.join("file")).expect("it was downloaded");
    std::fs::write(place.join("file.partial"), vec![7; 2 * BYTES]).expect("a file of one test");
    assert_eq!(fetched(&[server.address("file")], &place).expect("it is begun again"), file());
}

#[test]
fn another_process_goes_on_where_one_ended() {
    let place = folder("resume");
    let breaks = Server::start(|request| match request.from {
        None => Reply::whole(&file()).cut(70_000),
        Some(_) => Reply::of("503 Service Unavailable", 0, &[]),
    });
    let why = refusal(fetched(&[breaks.address("file")], &place));
    assert!(matches!(why, Refusal::Status { status: 503 }), "{why}");
    let server = Server::start(|request| Reply::part(&file(), request));
    assert_eq!(fetched(&[server.address("file")], &place).expect("the rest"), file());
    assert_eq!(begins(&server), [Some(70_000)]);
}

#[test]
fn redirections_are_followed_but_not_for_ever() {
    let to = |path: &str| Reply {
        head: format!("HTTP/1.1 302 Found\r\nLocation: /{path}\r\nContent-Length: 0\r\n"),
        ..Reply::default()
    };
    let server = Server::start(move |request: &Request| match request.path.as_str() {
        "file" => to("a"),
        "a" => to("b"),
        "b" => Reply::part(&file(), request).cut(200_000),
        _ => to("loop"),
    });
    let place = folder("redirects");
    assert_eq!(fetched(&[server.address("file")], &place).expect("it is redirected"), file());
    let paths: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["file", "a", "b", "file", "a", "b"], "both parts are asked for at the address");
    let why = refusal(fetched(&[server.address("loop")], &folder("redirects-for-ever")));
    assert!(why.to_string().contains("redirect"), "{why}");
}

#[test]
fn the_next_address_goes_on_and_all_are_accounted_for() {
    let missing = Server::start(|_| Reply::of("404 Not Found", 9, b"not found"));
    let breaks = Server::start(|request| match request.from {
        None => Reply::whole(&file()).cut(80_000),
        Some(_) => Reply::part(&file(), request).cut(0),
    });
    let honest = Server::start(|request| Reply::part(&file(), request));
    let addresses = [&missing, &breaks, &honest].map(|server| server.address("file"));
    assert_eq!(fetched(&addresses, &folder("mirrors")).expect("the last has it"), file());
    assert_eq!(begins(&honest), [Some(80_000)]);

    let error = fetched(&addresses[..2], &folder("no-mirror")).expect_err("neither has it").to_string();
    for part in ["`file` could not be downloaded", &addresses[0], "status 404", &addresses[1], "80000 bytes"]
    {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn the_command_says_how_to_get_files_by_hand() {
    let home = folder("by-hand");
    let server = Server::start(|_| Reply::of("404 Not Found", 0, &[]));
    let mirror = server.address("mnist");
    let parts = [
        "by hand: put these files into d/mnist",
        "9912422 bytes",
        "`train-images-idx3-ubyte.gz` could not be downloaded",
        "mnist/train-images-idx3-ubyte.gz: expected a file, found the status 404",
    ];
    let arguments = ["data", "fetch", "mnist", "--data", "d", "--mirror", &mirror];
    assert_eq!(refused(&home, 1, &arguments, &parts), "");
    assert!(!home.join("d/mnist/train-images-idx3-ubyte.gz.partial").exists());
}

/// Where `TOMBOLA_DATA` leads to the published files.
#[test]
fn a_published_set_is_fetched_and_verified() {
    let Some(root) = std::env::var_os("TOMBOLA_DATA").map(std::path::PathBuf::from) else { return };
    if !root.join("mnist").is_dir() {
        return;
    }
    let home = folder("fetch");
    // every connection ends after four million bytes
    let server = Server::start(move |request| match std::fs::read(root.join(&request.path)) {
        Ok(file) => Reply::part(&file, request).cut(4_000_000),
        Err(_) => Reply::of("404 Not Found", 0, &[]),
    });
    let mirror = server.address("mnist/");
    let fetched = lines(&home, &["data", "fetch", "mnist", "--data", "d", "--mirror", &mirror]);
    assert_eq!(fetched.len(), 4);
    assert_eq!(server.requests().len(), 6, "the images to train with take three");
    let verified = lines(&home, &["data", "verify", "--data", "d"]);
    assert_eq!(verified.last().expect("lines"), "mnist: 60000 and 10000 images, 10 classes");
    let again = lines(&home, &["data", "fetch", "mnist", "--data", "d", "--mirror", &mirror]);
    assert!(again.iter().all(|line| line.ends_with(": was there already")));
    assert_eq!(server.requests().len(), 6);
}
