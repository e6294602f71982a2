"""Mixup: pictures and their answers blended two by two."""

import numpy as np


def mixed(
    batch: tuple[np.ndarray, np.ndarray, np.ndarray], strength: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a batch blended with itself in another order, by one share from Beta(a, a).

    Where a part of the network is frozen, what comes out of it is blended, not the example. A blend has
    the loss of both its answers, each as heavy as its picture: the answer of a rare class is not
    diluted by the weight of a common one.

    Args:
        batch: inputs, targets and weights, each float (n, ...).
        strength: a, above 0.
        random: source of the share and the order.

    Reference:
        Zhang et al. 2018, mixup: beyond empirical risk minimization. arXiv:1710.09412.
        Verma et al. 2019, Manifold mixup. arXiv:1806.05236.
    """
    share = np.float32(random.beta(strength, strength))
    order = random.permutation(len(batch[0]))
    inputs, targets, weights = batch
    first, second = weights * share, weights[order] * (1 - share)
    total = first + second
    of_first = np.divide(first, total, out=np.full_like(total, share), where=total > 0)[:, None]
    return (
        inputs * share + inputs[order] * (1 - share),
        targets * of_first + targets[order] * (1 - of_first),
        total,
    )
