"""TorchScript: a scripted module, frozen and passed through `optimize_for_inference`."""

import numpy as np
import torch
from torch import nn

from harness.networks import CNN, MLP

BATCHES = {CNN: (64, 256), MLP: (8,)}

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def version():
    return torch.__version__


class Mlp(nn.Module):
    """Every member of the population, batched."""

    def __init__(self, network):
        super().__init__()
        for i, (weight, bias) in enumerate(zip(network.weights, network.biases)):
            self.register_buffer(f"w{i + 1}", torch.from_numpy(weight.transpose(0, 2, 1).copy()))
            self.register_buffer(f"b{i + 1}", torch.from_numpy(bias[:, None, :].copy()))

    def forward(self, x):
        x = torch.tanh(torch.baddbmm(self.b1, x, self.w1))
        x = torch.tanh(torch.baddbmm(self.b2, x, self.w2))
        return torch.tanh(torch.baddbmm(self.b3, x, self.w3))


def cnn(network):
    """The first member."""
    net = nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(784, 10),
    )
    for layer, weight, bias in zip((net[0], net[3], net[7]), network.weights, network.biases):
        layer.weight.copy_(torch.from_numpy(weight[0].copy()))
        layer.bias.copy_(torch.from_numpy(bias[0].copy()))
    return net


def build(workload, network, batch):
    net = cnn(network) if workload == CNN else Mlp(network)
    net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(net.eval())))
    x = torch.from_numpy(network.inputs)
    x = x[:batch].contiguous() if workload == CNN else x
    # The first calls profile and recompile.
    for _ in range(3):
        net(x)
    return (lambda: net(x)), np.asarray
