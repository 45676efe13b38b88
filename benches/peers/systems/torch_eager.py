"""PyTorch, eager: `conv2d` and `max_pool2d` for the CNN, `baddbmm` over all members for the MLP."""

import numpy as np
import torch
import torch.nn.functional as F

from harness.networks import CNN, MLP

BATCHES = {CNN: (64, 256), MLP: (8,)}

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def version():
    return torch.__version__


def build(workload, network, batch):
    net = cnn(network) if workload == CNN else mlp(network)
    x = torch.from_numpy(network.inputs)
    x = x[:batch].contiguous() if workload == CNN else x
    return (lambda: net(x)), np.asarray


def cnn(network):
    """The first member as a function of a batch of images."""
    w1, w2, w3 = (torch.from_numpy(weight[0].copy()) for weight in network.weights)
    b1, b2, b3 = (torch.from_numpy(bias[0].copy()) for bias in network.biases)

    def forward(x):
        x = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=2)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, w2, b2, padding=2)), 2)
        return F.linear(x.flatten(1), w3, b3)

    return forward


def mlp(network):
    """All members at once: `[member][input][unit]` times `[member][unit][output]`."""
    weights = [torch.from_numpy(weight.transpose(0, 2, 1).copy()) for weight in network.weights]
    biases = [torch.from_numpy(bias[:, None, :]) for bias in network.biases]

    def forward(x):
        for weight, bias in zip(weights, biases):
            x = torch.tanh(torch.baddbmm(bias, x, weight))
        return x

    return forward
