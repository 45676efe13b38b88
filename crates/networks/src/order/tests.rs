use super::*;
use crate::Preset;

#[test]
fn the_order_of_flax_is_a_permutation_by_its_own_shapes() {
    for text in [
        "2x6x5: conv 3 3x2 same pool relu; conv 2 3x3 same relu; dense 4 relu; dense 2",
        "3: dense 2 unbiased",
    ] {
        let architecture: Architecture = text.parse().expect("an architecture");
        let order = flax(&architecture);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..architecture.parameters() as u32), "{text}");
        for tensor in flax_tensors(&architecture) {
            let ours = &architecture.tensors()[tensor.tensor];
            assert_eq!(tensor.shape.iter().product::<usize>(), ours.len());
            let mut held: Vec<u32> = order[tensor.range].to_vec();
            held.sort_unstable();
            assert!(held.into_iter().eq(ours.range().map(|at| at as u32)), "{text}: {}", tensor.name);
        }
    }
}

#[test]
fn the_papers_classifier_has_the_layout_of_the_reference() {
    let cnn = Preset::named("cnn", "1x28x28".parse().expect("an input"), 10).expect("a preset").architecture;
    let tensors = flax_tensors(&cnn);
    let expected: [(&str, &[usize]); 6] = [
        ("params/Conv_0/bias", &[8]),
        ("params/Conv_0/kernel", &[5, 5, 1, 8]),
        ("params/Conv_1/bias", &[16]),
        ("params/Conv_1/kernel", &[5, 5, 8, 16]),
        ("params/Dense_0/bias", &[10]),
        ("params/Dense_0/kernel", &[784, 10]),
    ];
    let found: Vec<(&str, &[usize])> =
        tensors.iter().map(|tensor| (tensor.name.as_str(), &tensor.shape[..])).collect();
    assert_eq!(found, expected);
    let order = flax(&cnn);
    // kernel [ky 1, kx 2, in 3, out 4] of the second convolution: 16 a place, 128 a pixel of the kernel
    let at = tensors[3].range.start + 128 * (5 + 2) + 16 * 3 + 4;
    let weight = cnn.tensors()[2].start + (4 * 8 + 3) * 25 + 5 + 2;
    assert_eq!(order[at] as usize, weight);
    // dense kernel: input (row 2, column 3, channel 5) of a 7 x 7 image with 16 channels, output 6
    let at = tensors[5].range.start + ((2 * 7 + 3) * 16 + 5) * 10 + 6;
    let weight = cnn.tensors()[4].start + 6 * 784 + 5 * 49 + 2 * 7 + 3;
    assert_eq!(order[at] as usize, weight);
}
