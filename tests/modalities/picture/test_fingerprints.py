import numpy as np
import pytest
from PIL import Image

from tests.quality.planting import blurred, scene
from tl_core.base import settings
from tl_core.modalities.picture import appearance, fingerprints, pictures


def stored(count, seed=0):
    random = np.random.default_rng(seed)
    folder = settings.current().pictures_dir
    return [pictures.store(scene(random), folder, 1024)[0] for _ in range(count)]


def prints_of(*made):
    return np.array([fingerprints.measure(p) for p in made], dtype=fingerprints.Fingerprint)


def test_fingerprints_come_in_the_order_asked_for_and_repeats_are_welcome(home):
    hashes = stored(5)
    asked = [hashes[3], hashes[0], hashes[3]]
    found = fingerprints.of(asked)
    assert [name.decode() for name in found["hash"]] == asked
    assert found["width"].tolist() == [160] * 3 and found["height"].tolist() == [120] * 3


def test_a_picture_is_decoded_once_for_every_version(home, monkeypatch):
    hashes = stored(4)
    first = fingerprints.of(hashes)
    monkeypatch.setattr(pictures, "read", lambda name: pytest.fail("decoded again"))
    assert np.array_equal(fingerprints.of(hashes), first)


def test_a_damaged_file_of_the_cache_is_made_anew(home):
    hashes = stored(1)
    first = fingerprints.of(hashes)
    path = next((home / "cache" / "fingerprints").rglob("*.npy"))
    path.write_bytes(path.read_bytes()[:500])
    assert np.array_equal(fingerprints.of(hashes), first)


def test_progress_ends_with_everything_done(home):
    told = []
    fingerprints.of(stored(6), lambda done, total: told.append((done, total)))
    assert told[-1] == (6, 6)


def test_no_pictures_have_no_fingerprints(home):
    assert fingerprints.of([]).shape == (0,)


def test_numbers_of_a_picture_with_known_colours():
    half = Image.new("RGB", (100, 50), (200, 200, 200))
    half.paste((100, 100, 100), (0, 0, 50, 50))
    row = fingerprints.measure(half)
    assert row["brightness"] == pytest.approx(150) and row["contrast"] == pytest.approx(50)
    assert row["colourfulness"] == pytest.approx(0)
    assert row["grey"][0, 0] == 100 and row["grey"][0, 63] == 200


def test_blurred_pictures_are_told_from_sharp_ones_and_pale_is_not_blurred():
    random = np.random.default_rng(1)
    sharp = [scene(random, (256, 192)) for _ in range(20)]
    pale = [Image.blend(p, Image.new("RGB", p.size, (128, 128, 128)), 0.6) for p in sharp]
    assert not appearance.blurred(prints_of(*sharp, *pale))[0].any()
    soft = [blurred(p, 0.015) for p in sharp]
    assert appearance.blurred(prints_of(*soft))[0].mean() > 0.9


def test_each_fault_of_appearance_is_called_by_its_name():
    ordinary = scene(np.random.default_rng(0))
    faulty = {
        "dark": ordinary.point(lambda value: value // 7),
        "bright": ordinary.point(lambda value: min(255, 228 + value // 5)),
        "plain": Image.new("RGB", (90, 90), (10, 200, 30)),
        "tiny": ordinary.resize((31, 60)),
        "odd_shape": ordinary.resize((400, 100)),
    }
    for name, picture in faulty.items():
        check = appearance.CHECKS[name]
        assert check.judge(prints_of(ordinary, picture))[0].tolist() == [False, True], name


def test_a_picture_of_one_pixel_is_measured():
    row = fingerprints.measure(Image.new("RGB", (1, 1)))
    assert row["sharpness"] == 0
    assert appearance.tiny(prints_of(Image.new("RGB", (1, 1))))[0].all()
    assert fingerprints.measure(Image.new("RGB", (1, 900)))["height"] == 900
