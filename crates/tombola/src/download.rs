//! Files from the network: of a known length and SHA-256, from the first address that keeps its promises.
//!
//! ```text
//!   address ──► NAME.partial, growing ──(length and SHA-256)──► synced, renamed NAME
//! ```
//!
//! Nothing that an address says is believed. What a response announces must have the length that is known; more than that
//! is never read; what arrives is compared with the checksum before it gets its name. So plain HTTP is as good as TLS, and
//! an address may be anybody's.
//!
//! A transfer that breaks off or stalls is taken up where it ended, by the same address while it makes progress and then by
//! the next; also by the next call, in another process. Where the whole turns out wrong, a transfer that had been taken up
//! is begun again once, for the first half may have been another's.
//!
//! # Invariants
//!
//! - **A file appears whole and right, or not at all.** A file that is there is never replaced.
//! - **Every address is accounted for** in the error, with why it did not do.
//! - **Absent:** knowledge of data sets, and anything kept in memory beyond a buffer.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tasks::vision::checksum::Checksum;
use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

/// A file that is known, but not had.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What it will be called.
    pub name: &'a str,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: &'a str,
}

/// How long to wait for a network.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection, and then for the beginning of a response.
    pub answer: Duration,
    /// For the next bytes.
    pub stall: Duration,
    /// How often an address may break off without having sent a byte.
    pub breaks: u32,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { answer: Duration::from_secs(20), stall: Duration::from_secs(20), breaks: 2 }
    }
}

/// Most redirections from an address to where the file is.
const REDIRECTIONS: u32 = 5;

/// Bytes in memory.
const BUFFER: usize = 1 << 16;

/// Why an address did not do.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum Refusal {
    /// No connection, no response, or none that is HTTP.
    Unreachable { reason: String },
    /// A response that is no file.
    Status { status: u16 },
    /// Another length, as far as it is known.
    Length { expected: u64, found: Length },
    /// Part of the file was asked for, and another part came.
    Range { expected: u64, found: String },
    /// The transfer ended early, again and again.
    Broken { bytes: u64, reason: String },
    /// Other content.
    Checksum { expected: String, found: String },
}

/// How long something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// It was announced.
    Announced(u64),
    /// It went on beyond what was expected.
    Longer,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unreachable { reason } => f.write_str(reason),
            Refusal::Status { status } => write!(f, "expected a file, found the status {status}"),
            Refusal::Length { expected, found: Length::Announced(found) } => {
                write!(f, "expected {expected} bytes, found {found} announced")
            }
            Refusal::Length { expected, found: Length::Longer } => {
                write!(f, "expected {expected} bytes, found more")
            }
            Refusal::Range { expected, found } => {
                write!(f, "expected the part from byte {expected} on, found `{found}`")
            }
            Refusal::Broken { bytes, reason } => write!(f, "broke off after {bytes} bytes: {reason}"),
            Refusal::Checksum { expected, found } => write!(f, "expected SHA-256 {expected}, found {found}"),
        }
    }
}

/// Why a file was not had.
#[derive(Debug)]
#[non_exhaustive]
pub enum DownloadError {
    /// No address did.
    Refused {
        /// The name of the file.
        file: String,
        /// Each address with its reason, in the order they were tried.
        refusals: Vec<(String, Refusal)>,
    },
    /// It cannot be kept.
    Keep {
        /// The file, or what was to become it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DownloadError::Refused { file, refusals } => {
                write!(f, "`{file}` could not be downloaded")?;
                refusals.iter().try_for_each(|(address, why)| write!(f, "\n  {address}: {why}"))
            }
            DownloadError::Keep { path, .. } => write!(f, "cannot write {}", path.display()),
        }
    }
}

impl std::error::Error for DownloadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DownloadError::Keep { source, .. } => Some(source),
            DownloadError::Refused { .. } => None,
        }
    }
}

/// Downloads a file into a folder that exists, from the first address that has it, and says where it is. `progress` is
/// told how many bytes there are.
pub fn download(
    wanted: &Wanted<'_>,
    addresses: &[String],
    folder: &Path,
    patience: &Patience,
    progress: &mut dyn FnMut(u64),
) -> Result<PathBuf, DownloadError> {
    let path = folder.join(wanted.name);
    let keep = |source| DownloadError::Keep { path: path.clone(), source };
    if path.exists() {
        return Err(keep(io::Error::from(io::ErrorKind::AlreadyExists)));
    }
    let mut partial = Partial::open(folder.join(format!("{}.partial", wanted.name))).map_err(keep)?;
    let agent = agent(patience);
    let mut refusals = Vec::new();
    for address in addresses {
        let mut transfer = Transfer { agent: &agent, wanted, address, patience, progress };
        match transfer.complete(&mut partial) {
            Ok(()) => {
                partial.become_file(&path).map_err(keep)?;
                return Ok(path);
            }
            Err(Stop::Refused(refusal)) => refusals.push((address.clone(), refusal)),
            Err(Stop::Keep(source)) => return Err(keep(source)),
        }
    }
    partial.leave();
    Err(DownloadError::Refused { file: wanted.name.to_owned(), refusals })
}

fn agent(patience: &Patience) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(REDIRECTIONS)
        .timeout_resolve(Some(patience.answer))
        .timeout_connect(Some(patience.answer))
        .timeout_recv_response(Some(patience.answer))
        .timeout_per_read(Some(patience.stall))
        .build()
        .into()
}

/// Why a transfer ends.
enum Stop {
    Refused(Refusal),
    Keep(io::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

/// What has arrived.
struct Partial {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Partial {
    fn open(path: PathBuf) -> io::Result<Partial> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Partial { path, file, bytes })
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.bytes = 0;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn checksum(&mut self) -> io::Result<String> {
        self.file.seek(SeekFrom::Start(0))?;
        let (mut checksum, mut buffer) = (Checksum::default(), vec![0; BUFFER]);
        loop {
            match self.file.read(&mut buffer)? {
                0 => return Ok(checksum.hexadecimal()),
                length => checksum.update(&buffer[..length]),
            }
        }
    }

    fn become_file(self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)
    }

    /// What has arrived stays for the next call; nothing that is empty does.
    fn leave(self) {
        if self.bytes == 0 {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// One file from one address.
struct Transfer<'a> {
    agent: &'a Agent,
    wanted: &'a Wanted<'a>,
    address: &'a str,
    patience: &'a Patience,
    progress: &'a mut dyn FnMut(u64),
}

impl Transfer<'_> {
    /// Completes the file, whatever has arrived of it before.
    fn complete(&mut self, partial: &mut Partial) -> Result<(), Stop> {
        if partial.bytes > self.wanted.bytes {
            partial.clear().map_err(Stop::Keep)?;
        }
        let mut was_resumed = partial.bytes > 0;
        loop {
            self.fill(partial)?;
            let found = partial.checksum().map_err(Stop::Keep)?;
            if found == self.wanted.sha256 {
                return Ok(());
            }
            partial.clear().map_err(Stop::Keep)?;
            if !std::mem::take(&mut was_resumed) {
                let expected = self.wanted.sha256.to_owned();
                return Err(Refusal::Checksum { expected, found }.into());
            }
        }
    }

    /// Brings the file to its length, in as many requests as it takes.
    fn fill(&mut self, partial: &mut Partial) -> Result<(), Stop> {
        let mut breaks = 0;
        while partial.bytes < self.wanted.bytes {
            let before = partial.bytes;
            let reason = match self.request(partial) {
                Ok(()) => continue,
                Err(Ended::Stop(stop)) => return Err(stop),
                Err(Ended::Broken(reason)) => reason,
            };
            breaks = if partial.bytes > before { 0 } else { breaks + 1 };
            if breaks >= self.patience.breaks {
                return Err(Refusal::Broken { bytes: partial.bytes, reason }.into());
            }
        }
        Ok(())
    }

    /// One request for what is missing.
    fn request(&mut self, partial: &mut Partial) -> Result<(), Ended> {
        let mut request = self.agent.get(self.address);
        if partial.bytes > 0 {
            request = request.header(header::RANGE, format!("bytes={}-", partial.bytes));
        }
        let response = request.call().map_err(unreachable)?;
        self.accept(&response, partial)?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; BUFFER];
        loop {
            let length = match body.read(&mut buffer) {
                Ok(0) if partial.bytes < self.wanted.bytes => {
                    return Err(Ended::Broken("the connection was closed".to_owned()));
                }
                Ok(0) => return Ok(()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Ended::Broken(error.to_string())),
            };
            if partial.bytes + length as u64 > self.wanted.bytes {
                partial.clear().map_err(Stop::Keep)?;
                return Err(self.length(Length::Longer));
            }
            partial.append(&buffer[..length]).map_err(Stop::Keep)?;
            (self.progress)(partial.bytes);
        }
    }

    /// Whether what a response announces is what is missing. An address that cannot send parts sends the whole.
    fn accept(&self, response: &Response<ureq::Body>, partial: &mut Partial) -> Result<(), Ended> {
        let announced = response.body().content_length();
        match response.status() {
            StatusCode::OK => partial.clear().map_err(Stop::Keep)?,
            StatusCode::PARTIAL_CONTENT => self.accept_part(response, partial.bytes)?,
            // What has arrived is nothing that this address could go on with.
            StatusCode::RANGE_NOT_SATISFIABLE if partial.bytes > 0 => {
                partial.clear().map_err(Stop::Keep)?;
                return Err(Ended::Broken("it has no such part".to_owned()));
            }
            status => return Err(Stop::from(Refusal::Status { status: status.as_u16() }).into()),
        }
        match announced {
            Some(length) if partial.bytes + length != self.wanted.bytes => {
                Err(self.length(Length::Announced(partial.bytes + length)))
            }
            _ => Ok(()),
        }
    }

    /// `bytes 1000-8999/9000`
    fn accept_part(&self, response: &Response<ureq::Body>, begin: u64) -> Result<(), Ended> {
        let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
        let range = range.unwrap_or_default();
        let (from, of) =
            range.strip_prefix("bytes ").and_then(|range| range.split_once('-')).unwrap_or_default();
        if from.parse() != Ok(begin) {
            let found = range.to_owned();
            return Err(Stop::from(Refusal::Range { expected: begin, found }).into());
        }
        match of.split_once('/').and_then(|(_, length)| length.parse().ok()) {
            Some(length) if length != self.wanted.bytes => Err(self.length(Length::Announced(length))),
            _ => Ok(()),
        }
    }

    fn length(&self, found: Length) -> Ended {
        Stop::from(Refusal::Length { expected: self.wanted.bytes, found }).into()
    }
}

/// Why a request ends early: for good, or so that another may go on.
enum Ended {
    Stop(Stop),
    Broken(String),
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Ended {
        Ended::Stop(stop)
    }
}

/// What stands between a request and its response: a slow network may be better the next time, the rest will not.
fn unreachable(error: ureq::Error) -> Ended {
    match error {
        ureq::Error::Timeout(_) | ureq::Error::Io(_) => Ended::Broken(error.to_string()),
        _ => Stop::from(Refusal::Unreachable { reason: error.to_string() }).into(),
    }
}
