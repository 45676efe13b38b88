use super::*;
use crate::Preset;

const NETWORKS: [&str; 5] = [
    "1x28x28: conv 8 5x5 same pool relu; conv 16 5x5 same pool relu; dense 10",
    "2x5x6: conv 3 3x2 same relu; conv 3 3x2 valid unbiased relu; dense 4 tanh; dense 4 unbiased; dense 4",
    "4: dense 4 relu; dense 4 relu; dense 4 relu; dense 4 relu; dense 4 relu; dense 4 relu; dense 4 relu; \
     dense 4 relu; dense 4 relu; dense 4 relu; dense 4 relu; dense 4",
    "3: dense 3 unbiased",
    "7: dense 2 kept tanh; dense 3",
];

fn numbered(architecture: &Architecture) -> Vec<f32> {
    (0..architecture.parameters()).map(|coordinate| coordinate as f32).collect()
}

fn refusal(architecture: &str, arrays: &[Weights], convention: Option<Convention>) -> String {
    let architecture: Architecture = architecture.parse().expect("an architecture");
    import(&architecture, arrays, convention).expect_err("no weights").to_string()
}

fn array(name: &str, shape: &[usize]) -> Weights {
    let len = shape.iter().product();
    Weights { name: name.into(), shape: shape.to_vec(), values: vec![1.0; len] }
}

#[test]
fn what_is_exported_is_imported_in_any_order() {
    for text in NETWORKS {
        let architecture: Architecture = text.parse().expect("an architecture");
        let flat = numbered(&architecture);
        for convention in [Convention::PyTorch, Convention::Flax] {
            let mut arrays = export(&architecture, &flat, convention);
            arrays.reverse();
            for said in [None, Some(convention)] {
                let again =
                    import(&architecture, &arrays, said).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(again, flat, "{text}, {convention}");
            }
        }
    }
}

#[test]
fn elements_go_where_the_conventions_say() {
    let cnn = Preset::named("cnn", "1x28x28".parse().expect("an input"), 10).expect("a preset").architecture;
    let flat = numbered(&cnn);
    let arrays = export(&cnn, &flat, Convention::Flax);
    let kernel = arrays.iter().find(|array| array.name == "params/Conv_1/kernel").expect("a kernel");
    assert_eq!(kernel.shape, [5, 5, 8, 16]);
    // row 1, column 2, input 3, output 4
    let (theirs, ours) = (((5 + 2) * 8 + 3) * 16 + 4, 208 + ((4 * 8 + 3) * 5 + 1) * 5 + 2);
    assert_eq!(kernel.values[theirs], ours as f32);
    let torch = export(&cnn, &flat, Convention::PyTorch);
    assert_eq!(torch[2].name, "conv_1.weight");
    assert_eq!(torch[2].shape, [16, 8, 5, 5]);
    assert_eq!(torch[2].values[0], 208.0);
}

#[test]
fn numbers_in_names_count() {
    let mut names = ["fc10", "fc2", "fc", "conv1", "a.11.b", "a.2.b", "fc02x", "2", "10"];
    names.sort_by(|a, b| natural(a, b));
    assert_eq!(names, ["2", "10", "a.2.b", "a.11.b", "conv1", "fc", "fc2", "fc02x", "fc10"]);
}

#[test]
fn weights_of_another_network_are_refused_with_what_was_found() {
    let two = [array("fc1.weight", &[3, 4]), array("fc1.bias", &[3]), array("fc2.weight", &[2, 3])];
    assert_eq!(
        refusal("4: dense 3; dense 2", &two, None),
        "layer `fc2` of the file has no biases, the network's has 2; write `unbiased` to its layer"
    );
    assert_eq!(refusal("4: dense 3", &two, None), "the file has 2 layers (`fc1`, `fc2`), the network 1");
    assert_eq!(
        refusal("4: dense 5; dense 2 unbiased", &two, None),
        "`dense_0` of the network has weights of [5, 4] in PyTorch; left are `fc1` [3, 4], `fc2` [2, 3]"
    );
    assert_eq!(
        refusal("4: dense 3; dense 2 unbiased", &two, Some(Convention::Flax)),
        "`dense_0` of the network has weights of [4, 3] in flax; left are `fc1` [3, 4], `fc2` [2, 3]"
    );
    assert!(refusal("4: dense 3 unbiased; dense 2 unbiased", &two, None).contains("leave out `unbiased`"));
    let wrong_bias = [array("fc1.weight", &[3, 4]), array("fc1.bias", &[1, 3])];
    assert!(refusal("4: dense 3", &wrong_bias, None).contains("biases of [1, 3], expected [3]"));
    assert!(refusal("4: dense 3", &[array("fc1.running_mean", &[3])], None).contains("`fc1.running_mean`"));
    assert!(
        refusal("4: dense 3", &[array("fc1.bias", &[3])], None).contains("`fc1` of the file has no weights")
    );
    let both = [array("a.weight", &[3, 4]), array("b.kernel", &[2, 3])];
    assert!(refusal("4: dense 3; dense 2", &both, None).contains("--layout"));
    let mut infinite = array("weight", &[3, 4]);
    infinite.values[5] = f32::INFINITY;
    assert_eq!(refusal("4: dense 3", &[infinite], None), "element 5 of `weight` is not finite");
}
