use super::*;

fn preset(name: &str, input: &str, outputs: usize) -> Architecture {
    let input = input.parse().expect("an input");
    Preset::named(name, input, outputs).unwrap_or_else(|error| panic!("{name}: {error}")).architecture
}

#[test]
fn every_name_is_the_network_of_its_paper() {
    // name, input, outputs; parameters, prunable, text
    let cases = [
        (
            ("cnn", "1x28x28", 10),
            (11_274, 11_240),
            "1x28x28: conv 8 5x5 same pool relu; conv 16 5x5 same pool relu; dense 10",
        ),
        (("mlp-32", "784", 10), (25_450, 25_408), "784: dense 32 relu; dense 10"),
        (
            ("lenet-300-100", "1x28x28", 10),
            (266_610, 265_200),
            "1x28x28: dense 300 relu; dense 100 relu; dense 10 kept",
        ),
        (("policy-32-32", "87", 8), (4136, 4064), "87: dense 32 tanh; dense 32 tanh; dense 8 tanh"),
        (("policy-64-64-linear", "4", 2), (4610, 4480), "4: dense 64 tanh; dense 64 tanh; dense 2"),
        (
            ("minatar-cnn", "4x10x10", 3),
            (77_587, 77_520),
            "4x10x10: conv 16 3x3 same relu; dense 48 relu; dense 3",
        ),
        (
            ("conv-2", "3x32x32", 10),
            (4_300_992, 4_300_992),
            "3x32x32: conv 64 3x3 same unbiased relu; conv 64 3x3 same pool unbiased relu; \
             dense 256 unbiased relu; dense 256 unbiased relu; dense 10 unbiased",
        ),
        (
            ("conv-4-8", "1x28x28", 10),
            (30_536, 30_536),
            "1x28x28: conv 8 3x3 same unbiased relu; conv 8 3x3 same pool unbiased relu; \
             conv 16 3x3 same unbiased relu; conv 16 3x3 same pool unbiased relu; \
             dense 32 unbiased relu; dense 32 unbiased relu; dense 10 unbiased",
        ),
    ];
    for ((name, input, outputs), (parameters, prunable), text) in cases {
        let architecture = preset(name, input, outputs);
        assert_eq!(architecture.to_string(), text);
        assert_eq!((architecture.parameters(), architecture.prunable()), (parameters, prunable), "{name}");
    }
    for name in NAMES {
        preset(name, "1x28x28", 10);
    }
}

#[test]
fn names_that_are_nearly_right_are_refused() {
    for name in [
        "",
        "cnn-",
        "cnn-8",
        "CNN",
        "mlp",
        "mlp-",
        "mlp-+3",
        "mlp-3-",
        "lenet",
        "lenet-300",
        "conv",
        "conv-3",
        "conv-2-8-8",
        "conv-2-x",
        "policy",
        "policy-linear",
        "policy-3-tanh",
        "minatar",
        "resnet",
    ] {
        let error = Preset::named(name, Input::Vector(9), 2).unwrap_err();
        assert!(matches!(error, PresetError::Unknown { .. }), "{name}");
    }
    let message = Preset::named("resnet", Input::Vector(9), 2).unwrap_err().to_string();
    assert!(message.starts_with("there is no network `resnet`; known are `cnn`, `mlp-32`"), "{message}");
    for (name, input) in
        [("cnn", Input::Vector(9)), ("mlp-0", Input::Vector(9)), ("conv-2-999999999", Input::Vector(9))]
    {
        assert!(matches!(Preset::named(name, input, 2), Err(PresetError::Architecture { .. })), "{name}");
    }
}

#[test]
fn a_network_may_be_named_by_its_layers() {
    let layers = "conv 2 5x5 same step 4x4 relu; conv 3 4x4 valid step 3x3 relu; dense 10";
    let preset = Preset::named(layers, "1x28x28".parse().unwrap(), 10).unwrap();
    assert_eq!((preset.name.as_str(), preset.architecture.parameters()), (layers, 281));
    assert_eq!(preset.architecture.to_string(), format!("1x28x28: {layers}"));
    let cnn = Preset::named("cnn", "1x28x28".parse().unwrap(), 10).unwrap();
    assert_eq!(preset.start, cnn.start);
    for (layers, part) in [
        ("dense 9", "gives 9 numbers; expected 10"),
        ("dense 10; conv 3 3x3 same", "fits this task"),
        ("dance 10", "fits this task"),
        ("dense 10 ; ", "fits this task"),
    ] {
        let error = Preset::named(layers, "1x28x28".parse().unwrap(), 10).unwrap_err().to_string();
        assert!(error.contains(part), "{layers}: {error}");
    }
}
