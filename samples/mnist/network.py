"""Writes the network of `builtin:cnn` with batch normalisation after each convolution, as an .nntxt.

python samples/mnist/network.py --output cnn_batch_norm.nntxt
"""

import argparse
from collections import OrderedDict
from pathlib import Path

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np

from nnabla_influence import Network, SolverConfig


def features(x, rng):
    for maps, name in ((16, "1"), (32, "2")):
        x = PF.convolution(x, maps, (3, 3), pad=(1, 1), rng=rng, name="convolution" + name)
        x = F.max_pooling(F.relu(PF.batch_normalization(x, name="normalization" + name)), (2, 2))
    return x


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--output", required=True, type=Path)
parser.add_argument("--image-size", type=int, default=28)
args = parser.parse_args()
scope, rng = OrderedDict(), np.random.RandomState(0)
x, y = nn.Variable((2, 1, args.image_size, args.image_size)), nn.Variable((2, 1))
with nn.parameter_scope("", scope):
    loss = F.softmax_cross_entropy(PF.affine(features(x, rng), 10, rng=rng, name="output"), y)
settings = {"solver": SolverConfig(learning_rate=0.02), "epochs": 30, "batch_size": 64}
args.output.write_text(Network.from_loss(loss, {"x": x, "y": y}, scope, settings).text, encoding="utf-8")
print(args.output)
