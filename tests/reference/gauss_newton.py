"""The Gauss-Newton matrix ``G = J' L'' J`` of a batch's mean loss, written down in full, in float64.

J (B K, P) is the Jacobian of what the loss compares with the target, by complex steps; L'' is made of one (K, K) block
per sample, the Hessian of its loss in its own prediction. Only for tiny networks.
"""

import numpy as np

from . import derivatives


def dense(outputs, theta, losses_and_targets):
    """G (P, P) of the mean over the batch of the sum of several losses.

    ``outputs(theta)`` returns one prediction (B, K) per loss; a loss is ``loss(prediction, target) -> (B,)``.
    """
    blocks = jacobians(outputs, theta)
    total = 0
    for jacobian, z, (loss, target) in zip(blocks, outputs(theta), losses_and_targets):
        for j, z_i, t_i in zip(jacobian, z, target):  # (K, P), (K,), (K,)
            total = total + j.T @ output_hessian(loss, z_i, t_i) @ j / len(z)
    return total


def jacobians(outputs, theta):
    """One Jacobian (B, K, P) per prediction."""
    columns = []
    for j in range(len(theta)):
        shifted = theta.astype(complex)
        shifted[j] += 1j * derivatives.TINY
        columns.append([z.imag / derivatives.TINY for z in outputs(shifted)])
    return [np.stack(parts, -1) for parts in zip(*columns)]


def output_hessian(loss, z, target):
    """Hessian (K, K) of one sample's loss in its prediction z (K,)."""
    return derivatives.hessian(lambda at: loss(at[..., None, :], target[None]), z.astype(float))
