"""The program of a training on a model of one's own builds that very network, from weights that lie beside it."""

from typing import Any

import numpy as np
import pytest

from tests.backbones.made_own import card_for
from tests.export.code import made
from tl_core.backbones import build, catalogue, own, weight_files
from tl_core.config import TrainConfig
from tl_core.export.code import network_code

SHAPES = ("starter", "mobilenet_v2", "efficientnet_b0", "efficientnet_lite0", "nasnet_mobile")


def network_of(text: str, folder, size: int) -> Any:
    """Run the part of a program that builds the network; return the network."""
    import keras

    names: dict[str, Any] = {"keras": keras, "np": np, "HERE": folder, "SIZE": size}
    block = text.partition("# ## The network")[2].partition("# %%\n")[2]
    exec(block.partition("# %% [markdown]")[0], names)
    return names["base"]


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_built_weight_by_weight(home, tmp_path, shape):
    size = max(64, catalogue.get(shape).min_size_px)
    base = build.backbone(shape, size, None)
    random = np.random.default_rng(0)
    for variable in base.variables:
        variable.assign(random.normal(size=variable.shape).astype(np.float32))
    file = tmp_path / "made.safetensors"
    weight_files.save(weight_files.layer_variables(build.PREFIX, base), file)
    record = catalogue.get(own.keep(card_for(file, architecture=shape, size=size), file).name)
    again = build.backbone(record.name, size)
    np.savez(tmp_path / "weights.npz", **dict(network_code.arrays(record)))  # pyright: ignore[reportArgumentType]
    text = made.text_of(TrainConfig().but(backbone=record.name, image_size_px=size))
    assert record.title in text
    assert "get_file" not in text
    written = network_of(text, tmp_path, size)
    for one, two, three in zip(base.variables, again.variables, written.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(two))
        np.testing.assert_array_equal(np.asarray(one), np.asarray(three))
