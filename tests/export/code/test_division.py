"""The division travels as a table that spreadsheets and the program read alike."""

import csv
import io

import numpy as np
import pytest

from tests.export.code import made
from tl_core.export.code import division


def rows(data) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(division.as_csv(data).decode("utf-8-sig"))))


def test_every_example_has_its_part_and_its_truth() -> None:
    data = made.dataset()
    found = rows(data)
    assert [row["file"] for row in found] == data.names.tolist()
    assert [row["part"] for row in found] == [("train", "val", "test")[k] for k in data.splits]
    assert [int(row["numbers"]) for row in found] == data.labels.tolist()
    assert [row["label"] for row in found] == [data.classes[k] for k in data.labels]
    assert [row["copies"] for row in found] == data.hashes.tolist()


def test_numbers_and_several_labels_are_read_as_they_are() -> None:
    data = made.numbers()
    read = [[float(number) for number in row["numbers"].split()] for row in rows(data)]
    assert np.array_equal(read, data.values)
    data = made.labels()
    shown = [[int(number) for number in row["numbers"].split()] for row in rows(data)]
    assert shown == [np.flatnonzero(row).tolist() for row in data.shows]


@pytest.mark.parametrize(
    "name", ["../up.png", "/root.png", "C:\\x.png", "a/../../b.png", "", "new\nline.png"]
)
def test_no_path_leads_out_of_the_folder(name: str) -> None:
    names = np.array([name, *(f"{row}.png" for row in range(11))], object)
    first = division.files(made.dataset(names=names))[0]
    assert first.startswith("000000-") and ".." not in first and "/" not in first


def test_names_that_one_system_takes_for_the_same_are_told_apart() -> None:
    names = np.array([f"{'A' if row else 'a'}.png" for row in range(12)], object)
    found = division.files(made.dataset(names=names))
    assert len({path.casefold() for path in found}) == 12
