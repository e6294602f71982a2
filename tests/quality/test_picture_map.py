import numpy as np
import pytest
from sklearn import manifold
from threadpoolctl import threadpool_info

from tl_core.quality import picture_map


def two_kinds(count: int = 40) -> np.ndarray:
    random = np.random.default_rng(0)
    features = random.normal(0, 0.3, (count, 12)).astype(np.float32)
    features[count // 2 :, 3] += 5
    return features


def apart(places: np.ndarray) -> bool:
    """Whether a line between the two middles tells the halves apart."""
    first, second = np.split(places, 2)
    direction = second.mean(0) - first.mean(0)
    return bool((first @ direction).max() < (second @ direction).min())


def test_kinds_that_differ_most_lie_apart_on_the_first_axis():
    places = picture_map.make(two_kinds()).pca
    assert places.shape == (40, 2)
    assert apart(places[:, :1])


def test_the_first_axis_holds_the_most_variance_whatever_the_number_of_features():
    for width in (1, 2, 50):
        places = picture_map.make(two_kinds()[:, :width] if width < 12 else two_kinds()).pca
        assert places.shape == (40, 2)
        assert places[:, 0].var() >= places[:, 1].var()


def test_neighbours_stay_together_and_the_same_features_give_the_same_map():
    features = two_kinds()
    found = picture_map.refined(picture_map.make(features), features)
    again = picture_map.refined(picture_map.make(features), features)
    assert found.tsne is not None and again.tsne is not None
    assert apart(found.tsne)
    np.testing.assert_array_equal(found.tsne, again.tsne)


def test_neighbours_are_arranged_by_one_thread_that_waits_for_no_other(
    monkeypatch: pytest.MonkeyPatch,
):
    threads = []

    class Watched(manifold.TSNE):
        def fit_transform(self, *given):
            told = [each for each in threadpool_info() if each["user_api"] == "openmp"]
            threads.extend(each["num_threads"] for each in told)
            return super().fit_transform(*given)

    monkeypatch.setattr(manifold, "TSNE", Watched)
    features = two_kinds()
    assert picture_map.refined(picture_map.make(features), features).tsne is not None
    assert threads and set(threads) == {1}


def test_a_handful_of_pictures_has_only_the_quick_map():
    features = two_kinds(8)
    assert picture_map.refined(picture_map.make(features), features).tsne is None


def test_a_map_is_read_back_as_it_was_kept(home):
    dataset_id = "ab" * 12
    assert picture_map.load(dataset_id) is None
    features = two_kinds()
    found = picture_map.refined(picture_map.make(features), features)
    picture_map.path_of(dataset_id).parent.mkdir(parents=True)
    picture_map.save(dataset_id, found)
    kept = picture_map.load(dataset_id)
    assert kept is not None
    np.testing.assert_array_equal(kept.pca, found.pca)
    np.testing.assert_array_equal(kept.tsne, found.tsne)
    assert [path.name for path in picture_map.path_of(dataset_id).parent.iterdir()] == ["map.npz"]
