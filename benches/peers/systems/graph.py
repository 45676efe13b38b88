"""The networks as ONNX graphs, for the systems that read those."""

from onnx import TensorProto, helper, numpy_helper

from harness.networks import CNN, INPUTS, MLP


def model(workload, network, batch):
    """Serialised graph from `x` to `y`, weights inside."""
    nodes, constants, x, y = cnn(network, batch) if workload == CNN else mlp(network)
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", x), ("y", y))
    )
    graph = helper.make_graph(nodes, workload, [x], [y], tensors)
    # Opset 11 is the newest that every system here reads.
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    whole.ir_version = 6
    return whole.SerializeToString()


def cnn(network, batch):
    """The first member."""
    constants, nodes, last = {}, [], "x"
    for i in (1, 2):
        constants[f"w{i}"], constants[f"b{i}"] = network.weights[i - 1][0], network.biases[i - 1][0]
        nodes += [
            helper.make_node("Conv", [last, f"w{i}", f"b{i}"], [f"c{i}"], kernel_shape=[5, 5], pads=[2] * 4),
            helper.make_node("Relu", [f"c{i}"], [f"r{i}"]),
            helper.make_node("MaxPool", [f"r{i}"], [f"p{i}"], kernel_shape=[2, 2], strides=[2, 2]),
        ]
        last = f"p{i}"
    constants["w3"], constants["b3"] = network.weights[2][0].T.copy(), network.biases[2][0]
    nodes += [
        helper.make_node("Flatten", [last], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "w3", "b3"], ["y"]),
    ]
    return nodes, constants, [batch, 1, 28, 28], [batch, 10]


def mlp(network):
    """All members at once, as batched products."""
    constants, nodes, last = {}, [], "x"
    for i, (weight, bias) in enumerate(zip(network.weights, network.biases), 1):
        constants[f"w{i}"], constants[f"b{i}"] = weight.transpose(0, 2, 1).copy(), bias[:, None, :].copy()
        out = "y" if i == len(network.weights) else f"h{i}"
        nodes += [
            helper.make_node("MatMul", [last, f"w{i}"], [f"m{i}"]),
            helper.make_node("Add", [f"m{i}", f"b{i}"], [f"a{i}"]),
            helper.make_node("Tanh", [f"a{i}"], [out]),
        ]
        last = out
    members = len(network.weights[0])
    return nodes, constants, [members, INPUTS[MLP], 87], [members, INPUTS[MLP], 8]
