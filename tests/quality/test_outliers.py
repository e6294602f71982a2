import numpy as np

from tl_core.quality import outliers


def cloud(count, width=20, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def test_pictures_far_from_all_others_are_found_farthest_first():
    features = cloud(200)
    features[[17, 90]] += np.array([[12.0], [25.0]], np.float32) * cloud(2, seed=3)
    found = outliers.find(features)
    assert found.rows.tolist() == [90, 17]
    assert found.scores[0] > found.scores[1] > outliers.DEVIATIONS


def test_a_copy_of_a_stray_does_not_vouch_for_it():
    features = cloud(200)
    features[[5, 6]] = 20 * cloud(1, seed=4)
    assert set(outliers.find(features).rows.tolist()) == {5, 6}


def test_an_even_cloud_has_no_strays():
    assert len(outliers.find(cloud(300)).rows) == 0


def test_with_a_handful_of_pictures_nothing_is_called_unusual():
    features = cloud(10)
    features[0] += 100
    assert len(outliers.find(features).rows) == 0


def test_distances_do_not_depend_on_how_the_work_is_cut_into_blocks(monkeypatch):
    features = cloud(50)
    whole = outliers.neighbour_distances(features, 3)
    monkeypatch.setattr(outliers, "BLOCK", 16)
    assert np.allclose(outliers.neighbour_distances(features, 3), whole)
    apart = np.linalg.norm(features[:1] - features, axis=1)
    assert np.isclose(whole[0], np.sort(apart)[3], rtol=1e-3)
