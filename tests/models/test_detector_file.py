"""The detector beside a model: that of its own weights, or none."""

import numpy as np
import pytest

from tests.measures.test_unknowns import fitted
from tl_core.base.errors import UserError
from tl_core.models import detector_file


def test_it_is_found_by_the_weights_that_it_was_fitted_for(tmp_path):
    assert detector_file.load(tmp_path, "a" * 64) is None
    detector_file.save(tmp_path, fitted(), "a" * 64)
    found = detector_file.load(tmp_path, "a" * 64)
    assert found is not None
    assert np.array_equal(found.known, fitted().known)
    assert detector_file.load(tmp_path, "b" * 64) is None


def test_a_damaged_or_foreign_one_is_refused(tmp_path):
    path = tmp_path / detector_file.FILE
    detector_file.save(tmp_path, fitted(), "a" * 64)
    for tail, content in (("b" * 64, path.read_bytes()), ("", path.read_bytes()[:90]), ("", b"")):
        path.write_bytes(content)
        with pytest.raises(UserError) as refusal:
            detector_file.checked(path, tail)
        assert refusal.value.code == "model-format"
