"""The map comes out of the very file that gives its average."""

import numpy as np

from tl_core.backbones import starter
from tl_core.encoding import trunk, unpooled
from tl_core.encoding.trunk import Runner, Trunk


def test_the_shipped_trunk_tells_its_map_whose_average_is_what_it_told_before(home):
    pooled = Trunk("starter", 0, starter.DEFAULT_SIZE_PX, True, f"sha256:{starter.SHA256}")
    file = unpooled.converted(pooled)
    assert file is not None and trunk.converted(unpooled.twin(pooled)) == file
    scaled = np.random.default_rng(0).uniform(-1, 1, (3, 128, 128, 3)).astype(np.float32)
    maps = Runner(file).run(scaled)
    assert maps.shape == (3, 4, 4, 1280)
    averages = Runner(trunk.converted(pooled)).run(scaled)
    assert np.ptp(averages) > 0.1 and np.allclose(maps.mean((1, 2)), averages, atol=1e-5)


def test_a_file_that_ends_in_no_average_is_left_to_the_converter(home):
    once = unpooled.without_average(starter.POOLED_FILE.read_bytes())
    assert once is not None and unpooled.without_average(once) is None
