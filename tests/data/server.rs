//! A web server in this process that behaves as a test says, well or badly.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// The first byte that is missing, if a part is asked for.
    pub(crate) from: Option<usize>,
    /// How many requests came before.
    pub(crate) before: usize,
}

/// What is answered. Then the connection is closed, perhaps after a silence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// The status line and the headers, each ending in `\r\n`.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) silence: Duration,
}

impl Reply {
    /// A whole file, as long as it says.
    pub(crate) fn whole(body: &[u8]) -> Reply {
        Reply::of("200 OK", body.len(), body)
    }

    /// What is missing of a file, as an honest server sends it.
    pub(crate) fn part(file: &[u8], request: &Request) -> Reply {
        let Some(from) = request.from else { return Reply::whole(file) };
        if from >= file.len() {
            return Reply::of("416 Range Not Satisfiable", 0, &[]);
        }
        let mut reply = Reply::of("206 Partial Content", file.len() - from, &file[from..]);
        reply.head += &format!("Content-Range: bytes {from}-{}/{}\r\n", file.len() - 1, file.len());
        reply
    }

    /// A response that announces `length` bytes and sends `body`.
    pub(crate) fn of(status: &str, length: usize, body: &[u8]) -> Reply {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n");
        Reply { head, body: body.to_vec(), silence: Duration::ZERO }
    }

    /// Not more of the body than this.
    pub(crate) fn cut(mut self, length: usize) -> Reply {
        self.body.truncate(length);
        self
    }

    pub(crate) fn then_silence(mut self, silence: Duration) -> Reply {
        self.silence = silence;
        self
    }
}

/// A server that runs until the process ends.
pub(crate) struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(connection, &seen, &*answer));
            }
        });
        Server { address, requests }
    }

    /// The address of a file.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    /// All requests until now.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no thread panicked").clone()
    }
}

fn serve(mut connection: TcpStream, seen: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request) -> Reply) {
    let mut lines = BufReader::new(&connection).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let from = headers.iter().find_map(|line| {
        let range = line.to_lowercase();
        range.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok()
    });
    let request = {
        let mut seen = seen.lock().expect("no thread panicked");
        let request = Request { path, from, before: seen.len() };
        seen.push(request.clone());
        request
    };
    let reply = answer(&request);
    // the client may have gone: that is what some tests are about
    let _ = connection.write_all(format!("{}Connection: close\r\n\r\n", reply.head).as_bytes());
    let _ = connection.write_all(&reply.body).and_then(|()| connection.flush());
    thread::sleep(reply.silence);
}
