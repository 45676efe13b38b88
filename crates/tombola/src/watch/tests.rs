//! Pages of every task: small, complete, and the same every time.

use networks::{Mask, MaskedNetwork, Preset};
use numerics::random::Stream;
use tasks::Task;
use tasks::control::NAMES;
use tasks::control::scoring::Control;

use super::*;

fn page_of(name: &str, steps: u32, agents: usize) -> String {
    let task = Control::named(name).expect("it is listed");
    let preset = Preset::named("policy-6-5", task.input(), task.outputs()).expect("a network");
    let mask = Mask::full(preset.architecture.prunable());
    let network = MaskedNetwork::new(&preset.architecture, &mask).expect("a network");
    // large weights, so that it moves about
    let start = preset.start.draw(&preset.architecture, Stream::new(1, "start"));
    let parameters: Vec<f32> = network.gather(&start).into_iter().map(|value| 3.0 * value).collect();
    let agent = |index: usize| Agent {
        label: format!("agent </script> {index}"),
        notes: vec!["a <b> & c".into()],
        network: network.network(),
        parameters: &parameters,
        scale: None,
    };
    let agents: Vec<Agent<'_>> = (0..agents).map(agent).collect();
    let words = Words { subtitle: "an <episode>".into(), footer: "{{title}} & more".into() };
    let start = Start::drawn(task.environment(), Stream::new(0, "test episodes").child(0));
    page(task.environment(), &agents, &start, steps, &words)
}

#[test]
fn every_task_has_a_page_that_asks_for_nothing() {
    for name in NAMES {
        let page = page_of(name, 30, 2);
        assert_eq!(page, page_of(name, 30, 2), "{name}: the same every time");
        for wish in
            ["http:", "https:", "src=", "url(", "@import", "fetch(", "XMLHttp", "WebSocket", "import("]
        {
            assert!(!page.contains(wish), "{name}: {wish}");
        }
        // what texts hold is no part of the page
        assert_eq!(page.matches("</script>").count(), 2, "{name}");
        assert!(page.contains("an &lt;episode&gt;") && page.contains("{{title}} &amp; more"), "{name}");
        assert_eq!(page.matches("{{").count(), 1, "{name}: every place is filled");
    }
}

#[test]
fn five_hundred_steps_of_every_task_are_small_alone_and_side_by_side() {
    for name in NAMES {
        for agents in [1, 2] {
            let page = page_of(name, 500, agents);
            assert!(page.len() <= MOST_BYTES, "{name}, {agents} agents: {} bytes", page.len());
        }
    }
}

#[test]
fn a_varied_body_looks_like_its_body() {
    let pieces = |name: &str| {
        let page = page_of(name, 5, 1);
        let (_, rest) = page.split_once("\"pieces\":").expect("pieces");
        (
            rest.split_once("\"seconds\"").expect("a clock").1[..8].to_owned(),
            rest.matches("\"capsule\"").count(),
        )
    };
    assert_eq!(pieces("ant+mass-2"), pieces("ant"));
}

#[test]
fn a_film_ends_with_the_episode() {
    let page = page_of("CartPole-v1", 500, 1);
    let film =
        page.split("id=\"film\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("a film");
    let film: Value = serde_json::from_str(film).expect("JSON");
    let agent = &film["agents"][0];
    assert_eq!(agent["ended"], true, "an untrained network does not balance a pole");
    let frames = agent["columns"][0][2].as_u64().expect("a number");
    let rewards = agent["columns"][3][2].as_u64().expect("a number");
    assert!(frames == rewards + 1 && rewards < 200, "{agent}");
}
