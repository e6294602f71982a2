"""One scale of greys for a data set: found from its pictures, kept, and true for what is added."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from tl_core.datasets import manifest
from tl_core.intake import importing
from tl_core.intake.arrival import Addition
from tl_core.modalities.picture import greys, pictures
from tl_core.modalities.picture.greys import Extent, Greys

OF_ONE_CAMERA = (200, 300, 4000, 5000, 60000)
FIRST, SECOND, THIRD = "a" * 24, "b" * 24, "c" * 24


def flat(folder: Path, *values: float, kind: type = np.uint16) -> Path:
    """Write even greys of these values, in two classes."""
    for label in ("one", "two"):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for value in values:
            grey = np.full((12, 10), value, kind)
            grey[0, 0 if label == "one" else 1] = 0  # no copies
            suffix = "png" if kind is np.uint16 else "tiff"
            Image.fromarray(grey).save(folder / label / f"{value}.{suffix}")
    return folder


def levels(dataset_id: str) -> dict[str, int]:
    """Return the grey level that each file came to, by name."""
    dataset = manifest.load(dataset_id)
    pairs = zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True)
    return {name: int(pictures.read(digest)[5, 5, 0]) for name, digest in pairs}


@pytest.mark.parametrize(
    ("high", "white"), [(90, 255), (700, 1023), (4095, 4095), (4096, 16383), (60000, 65535)]
)
def test_the_fewest_bits_that_hold_all_pictures_are_taken(high: int, white: int) -> None:
    assert greys.of([Extent("whole", 0, 3), Extent("whole", 0, high)]).whole == (0, white)


def test_values_below_zero_and_beyond_sixteen_bits_make_their_own_scale() -> None:
    assert greys.of([Extent("whole", -1024, 3071)]).whole == (-1030, 3080)
    assert greys.of([Extent("whole", 0, 1_234_567)]).whole == (0, 1_240_000)
    assert greys.of([Extent("whole", -7, 0)]).whole == (-7, 0)


def test_real_numbers_from_0_to_1_are_shares_and_others_reach_as_far_as_they_do() -> None:
    assert greys.of([Extent("real", 0, 0.4)]).real == (0, 1)
    assert greys.of([Extent("real", 0, 251.37)]).real == (0, 252)
    assert greys.of([Extent("real", -0.5, 0.25)]).real == (-0.5, 0.25)
    assert greys.of([Extent("real", 0, 3.4e38)]).real[1] >= 3.4e38


def test_without_deep_pictures_the_formats_own_depth_counts() -> None:
    told = greys.of([])
    assert (told.scales(), told.found) == ({"whole": (0, 65535), "real": (0, 1)}, ())


def test_what_a_data_set_found_stays_when_pictures_are_added() -> None:
    known = greys.of([Extent("whole", 0, 4000)])
    both = greys.of([Extent("whole", 0, 9000), Extent("real", 0, 7)], known)
    assert (both.whole, both.real, both.found) == ((0, 4095), (0, 7), ("whole", "real"))
    assert greys.beyond([Extent("whole", 0, 9000), Extent("whole", 0, 4095)], both) == 1


@pytest.mark.parametrize("scale", [(5, 5), (5, 4), (0, float("inf")), (float("nan"), 1)])
def test_a_scale_that_is_none_is_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(ValidationError):
        Greys(whole=scale)


def test_pictures_of_one_camera_keep_their_order_and_distances(home: Path, tmp_path: Path) -> None:
    importing.ingest(flat(tmp_path / "in", *OF_ONE_CAMERA), FIRST)
    assert manifest.load(FIRST).read_by == greys.of([Extent("whole", 0, 60000)])
    told = levels(FIRST)
    found = [told[f"one/{value}.png"] for value in OF_ONE_CAMERA]
    assert found == [int(value * 255 / 65535 + 0.5) for value in OF_ONE_CAMERA]


def test_a_camera_of_few_bits_uses_all_levels(home: Path, tmp_path: Path) -> None:
    importing.ingest(flat(tmp_path / "in", 200, 300, 2000, 4000), FIRST)
    told = levels(FIRST)
    assert [told[f"two/{value}.png"] for value in (200, 300, 2000, 4000)] == [12, 19, 125, 249]


def test_real_and_whole_numbers_in_one_folder_have_a_scale_each(home: Path, tmp_path: Path) -> None:
    folder = flat(tmp_path / "in", 32768)
    importing.ingest(flat(folder, 0.5, kind=np.float32), FIRST)
    assert set(levels(FIRST).values()) == {128}


def test_marks_of_pixels_without_a_value_do_not_stretch_the_scale(
    home: Path, tmp_path: Path
) -> None:
    folder = flat(tmp_path / "in", 20.0, 40.0, kind=np.float32)
    land = np.full((9, 9), 30, np.float32)
    land[0], land[1] = -3.4028235e38, np.nan
    Image.fromarray(land).save(folder / "one" / "map.tiff")
    importing.ingest(folder, FIRST)
    kept = manifest.load(FIRST).read_by
    assert kept is not None and kept.real == (0, 40)
    assert levels(FIRST)["one/map.tiff"] == 191


def test_added_pictures_are_read_by_the_scale_that_stands(home: Path, tmp_path: Path) -> None:
    importing.ingest(flat(tmp_path / "in", 1000, 3000), FIRST)
    importing.ingest(flat(tmp_path / "more", 500, 40000), SECOND, addition=Addition(FIRST))
    both, told = manifest.load(SECOND), levels(SECOND)
    assert both.read_by == manifest.load(FIRST).read_by
    assert (told["one/500.png"], told["one/1000.png"], told["one/40000.png"]) == (31, 62, 255)
    assert any("2 of the new grey pictures reach beyond" in note for note in both.notes)


def test_a_data_set_of_before_keeps_the_scale_of_each_picture(home: Path, tmp_path: Path) -> None:
    importing.ingest(flat(tmp_path / "in", 1000), FIRST)
    manifest.save(replace(manifest.load(FIRST), id=SECOND, read_by=None))
    assert manifest.load(SECOND).read_by is None
    importing.ingest(flat(tmp_path / "more", 5000), THIRD, addition=Addition(SECOND))
    assert manifest.load(THIRD).read_by is None
    assert levels(THIRD)["one/5000.png"] == 19  # of 65,535, where the first had 4,095
