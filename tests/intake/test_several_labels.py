"""Tables that name several labels a picture, in the ways in which people write them."""

import pytest

from tests.intake.test_ways_to_read import Upload, ingested, upload  # noqa: F401 the fixture
from tl_core.intake.reading import Choice
from tl_core.tasks import registry

NAMES = [f"p{k:02}.png" for k in range(24)]
SHOWN = [("cat", "dog"), ("cat",), ("dog", "snow"), ("snow",)] * 6


@pytest.fixture(
    params=["; in cells", ", in cells", "| in cells", "several rows", "columns of 0 and 1"]
)
def written(request, upload: Upload) -> Upload:  # noqa: F811 the fixture
    upload.pictures(NAMES)
    pairs = list(zip(NAMES, SHOWN, strict=True))
    if request.param == "several rows":
        rows = [(name, label) for name, labels in pairs for label in labels]
        upload.table("labels.csv", ("file", "label"), rows)
    elif request.param == "columns of 0 and 1":
        classes = ("cat", "dog", "snow")
        rows = [(name, *(int(each in labels) for each in classes)) for name, labels in pairs]
        upload.table("labels.csv", ("file", *classes), rows)
    else:
        sign = request.param[0]
        rows = [(name, sign.join(labels)) for name, labels in pairs]
        upload.table("labels.csv", ("file", "labels"), rows)
    return upload


def test_every_label_by_itself_comes_first_and_other_readings_stand_beside_it(written):
    found = written.found().readings
    assert (found[0].task, found[0].labels) == ("multilabel", "each")
    assert found[0].classes == {"cat": 12, "dog": 12, "snow": 12}
    assert {"combined", "first"} <= {reading.labels for reading in found[1:]}
    assert "12" in str(found[0].evidence[0])  # so many have more than one


def test_the_data_set_has_every_label_of_every_picture(written):
    dataset = ingested(written)
    assert registry.of(dataset).kind == "multilabel" and len(dataset) == 24
    shown = [{dataset.classes[label] for label in row.nonzero()[0]} for row in dataset.shows]
    told = dict(zip(dataset.names.tolist(), shown, strict=True))
    assert told == {name: set(labels) for name, labels in zip(NAMES, SHOWN, strict=True)}


def test_a_person_may_take_one_class_for_each_picture(written):
    combined = next(r for r in written.found().readings if r.labels == "combined")
    dataset = ingested(written, Choice(key=combined.key))
    assert dataset.shows is None and dataset.classes == ("cat", "cat,dog", "dog,snow", "snow")


def test_a_picture_of_only_noes_shows_none_of_them(upload):  # noqa: F811 the fixture
    upload.pictures(NAMES)
    rows = [(name, int(k % 2), int(k % 3 == 0), int(k % 4 == 1)) for k, name in enumerate(NAMES)]
    upload.table("labels.csv", ("file", "cat", "dog", "snow"), rows)
    dataset = ingested(upload)
    assert len(dataset) == 24 and not dataset.shows.any(axis=1).all()


@pytest.fixture
def scattered(upload: Upload) -> Upload:  # noqa: F811 the fixture
    """Labels in columns of 0 and 1, with words and numbers between them."""
    upload.pictures(NAMES)
    head = ("file", "cat", "weight", "dog", "remark", "snow", "camera")
    notes = ("far away", "at night", "close")
    rows = [
        (name, int("cat" in labels), 7.5 * k, int("dog" in labels), notes[k % 3],
         int("snow" in labels), k % 2)
        for k, (name, labels) in enumerate(zip(NAMES, SHOWN, strict=True))
    ]  # fmt: skip
    upload.table("labels.csv", head, rows)
    return upload


def test_labels_are_found_where_words_and_numbers_stand_between_their_columns(scattered):
    best = scattered.best()
    assert (best.labels, best.answers) == ("each", ("cat", "dog", "snow"))  # no camera
    assert not best.is_sure
    assert ingested(scattered).classes == ("cat", "dog", "snow")


@pytest.mark.parametrize("how", ["each", "combined"])
def test_a_person_may_leave_out_columns_that_are_no_labels(scattered, how):
    reading = next(r for r in scattered.found().readings if r.labels == how)
    assert reading.offered == ("cat", "dog", "snow")
    dataset = ingested(scattered, Choice(key=reading.key, columns=("cat", "dog")))
    if how == "combined":
        assert dataset.classes == ("cat", "cat,dog", "dog") and len(dataset) == 18
        return
    assert dataset.shows is not None
    shown = [{dataset.classes[label] for label in row.nonzero()[0]} for row in dataset.shows]
    told = dict(zip(dataset.names.tolist(), shown, strict=True))
    # What shows only a label that was left out shows none of the others, and is learnt from.
    assert told == {
        name: set(labels) & {"cat", "dog"} for name, labels in zip(NAMES, SHOWN, strict=True)
    }
