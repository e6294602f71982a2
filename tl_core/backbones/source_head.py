"""What a backbone's own head answers: the thousand things that it was taught, where its file holds that head.

Most weight files come without; those of EfficientNet-Lite hold the whole network.
"""

import numpy as np

from tl_core.backbones import catalogue, torch_file, weights

SUFFIX = ".pth"
WEIGHT, BIAS = "_fc.weight", "_fc.bias"


def probabilities(name: str, features: np.ndarray) -> np.ndarray | None:
    """Return what the head of `name` answers, float64 (n, source classes); None where it brings none.

    Args:
        name: key in the catalogue.
        features: float32 (n, channels), the average of the last map.

    Raises:
        UserError: "weights-missing" or "weights-damaged".
    """
    if not catalogue.get(name).weights_file.endswith(SUFFIX):
        return None
    tensors = torch_file.read(weights.locate(name))
    if WEIGHT not in tensors or tensors[WEIGHT].shape[1] != features.shape[1]:
        return None
    logits = (features @ tensors[WEIGHT].T + tensors[BIAS]).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    told = np.exp(logits)
    return told / told.sum(axis=1, keepdims=True)
