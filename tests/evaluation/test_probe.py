import numpy as np
import pytest
from PIL import Image

from tl_core.base.errors import UserError
from tl_core.evaluation import probe
from tl_core.samples import bundled


def folder_of_colours(folder, classes=("blue", "green", "red"), count=14):
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 60, (20, 24, 3))
            pixels[..., ("red", "green", "blue").index(name)] += 120
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def features(classes=3, count=40, apart=3.0):
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(classes), count)
    centres = rng.normal(0, apart, (classes, 8))
    return (centres[labels] + rng.normal(0, 1, (len(labels), 8))).astype(np.float32), labels


def test_separated_classes_are_told_apart_and_noise_is_not():
    x, labels = features()
    assert probe.accuracies(x, labels)["full"] > 0.95
    noise = np.random.default_rng(2).normal(size=x.shape).astype(np.float32)
    assert probe.accuracies(noise, labels)["full"] < 0.6


def test_ten_pictures_a_class_tell_less_than_all():
    x, labels = features(classes=6, count=80, apart=0.7)
    found = probe.accuracies(x, labels)
    assert found["ten_per_class"] < found["full"]


def test_a_split_is_stratified_and_uses_every_picture_once():
    labels = np.array([0] * 10 + [1] * 20 + [2] * 4)
    train, test = probe.stratified(labels, 0.7, np.random.default_rng(0))
    assert np.bincount(labels[train]).tolist() == [7, 14, 3]
    assert sorted([*train, *test]) == list(range(34))


def test_the_same_pictures_always_give_the_same_figures():
    x, labels = features(apart=0.8)
    assert probe.accuracies(x, labels) == probe.accuracies(x, labels)


def test_tiny_features_are_as_good_as_large_ones():
    x, labels = features()
    assert probe.accuracies(x * 1e-9, labels)["full"] > 0.95


def test_a_folder_without_classes_is_refused(tmp_path):
    with pytest.raises(UserError, match="two classes") as refused:
        probe.read_set(tmp_path)
    assert refused.value.code == "probe-folder"


@pytest.mark.slow
def test_the_starter_is_measured_beside_its_own_random_weights(tmp_path):
    folder = folder_of_colours(tmp_path / "colours")
    answer = probe.probe("starter", [folder], random_init=True)
    assert answer["backbone"] == "starter"
    assert answer["sets"]["colours"]["full"] == 1.0
    assert set(answer["random_init"]["colours"]) == {"full", "ten_per_class"}


def test_folders_of_the_same_name_are_told_apart(tmp_path):
    here = folder_of_colours(tmp_path / "here" / "colours", count=5)
    two = ("blue", "red")
    there = folder_of_colours(tmp_path / "there" / "colours", classes=two, count=5)
    other = folder_of_colours(tmp_path / "there" / "two", classes=two, count=5)
    sets = probe.read_sets([here, there, other, here])
    assert [each.name for each in sets] == ["here/colours", "there/colours", "two"]
    assert [len(each.files) for each in sets] == [15, 10, 10]


@pytest.mark.exhaustive
def test_the_sample_pictures_are_a_fair_task_for_the_starter(tmp_path):
    bundled.make(tmp_path / "fruit")
    answer = probe.probe("starter", [tmp_path / "fruit"], random_init=True)
    trained, random = (answer[which]["fruit"]["full"] for which in ("sets", "random_init"))
    assert 0.75 <= trained <= 0.95
    assert trained >= random + 0.2
