//! A browser that shows pages without a screen, where one is installed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Its name; where there is none, a line says so.
pub(crate) fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let starts = |name: &&str| {
        let mut version = Command::new(name);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let found = names.into_iter().find(starts);
    if found.is_none() {
        // past the harness, which shows what a test prints only where it fails; a closed stream is no failure
        let _ = writeln!(std::io::stderr(), "skipped: no browser is installed, so no page was shown");
    }
    found
}

/// What the page `page.html` of a folder becomes in a browser, and what it says on the console. `place` stands behind its
/// address.
pub(crate) fn shown(browser: &str, folder: &Path, place: &str, flags: &[&str]) -> (String, String) {
    let file = |name: &str| fs::File::create(folder.join(name)).expect("a file");
    let mut child = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking"])
        .args(["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom"])
        .args(flags)
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}{place}", folder.join("page.html").display()))
        .stdin(Stdio::null())
        .stdout(file("dom"))
        .stderr(file("log"))
        .spawn()
        .expect("it told its version");
    // ten minutes: a machine may have much else to do
    for _ in 0..6000 {
        if child.try_wait().expect("a child").is_some() {
            let read = |name: &str| {
                String::from_utf8_lossy(&fs::read(folder.join(name)).expect("a file")).into_owned()
            };
            return (read("dom"), read("log"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = child.kill();
    panic!("{browser} does not end");
}
