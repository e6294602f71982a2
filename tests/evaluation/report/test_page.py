"""The report on made runs: complete, self-contained, escaped, bounded."""

from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.evaluation.report.made import answers, dataset_of, subject_of
from tests.export import made
from tests.measures.test_unknowns import fitted
from tl_core.base import figures, settings
from tl_core.evaluation import unknowns_tried
from tl_core.evaluation.report import album, looked_at, page
from tl_core.measures import unknowns
from tl_core.modalities import registry
from tl_core.modalities.picture import pictures
from tl_core.models import persist, plain_head
from tl_core.training import looking, unknown_pictures

NAUGHTY = '<b>&" {{ 7*7 }} {0} <script>alert(1)</script>'
LOADING = ("src", "href", "srcset", "data", "poster", "action", "xlink:href")


class Read(HTMLParser):
    """What stands in a page: its tags with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self.open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())

    def of(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def subject(home, tmp_path):
    """Three classes, sixty test pictures, six of them answered wrongly; one class has no test picture."""
    splits = [0, 1] * 6 + [2] * 60
    labels = [0, 1, 2] * 4 + [0, 1] * 30
    dataset = dataset_of((NAUGHTY, "pear", "plum"), splits, labels)
    return subject_of(dataset, answers(labels[12:], 3, 6), tmp_path / "run", run=NAUGHTY)


def test_it_loads_nothing_and_runs_nothing(subject):
    read = Read(page.render(subject))
    assert not read.of("script") and not read.of("link") and not read.of("iframe")
    loaded = [value for _, attrs in read.tags for key, value in attrs.items() if key in LOADING]
    assert all(value.startswith("data:image/") for value in loaded)
    assert not any(key.startswith("on") for _, attrs in read.tags for key in attrs)
    assert "url(" not in page.render(subject) and "@import" not in page.render(subject)


def test_names_of_people_are_data_wherever_they_stand(subject):
    html = page.render(subject)
    read = Read(html)
    assert not read.of("b") and "<script" not in html
    assert NAUGHTY in read.words
    assert "{{ 7*7 }}" in html and "49" not in read.words.split()


def test_the_number_stands_with_its_interval_beside_guessing_and_the_exact_solution(subject):
    words = Read(page.render(subject)).words
    assert "90 % (80–\u206095 %) right on 60 test pictures" in words.replace("\u202f", " ")
    assert "Wilson's interval" in words
    assert "would be right 50 % of the time" in words.replace("\u202f", " ")
    assert "exact solution" in words and "70 %" in words.replace("\u202f", " ")


def test_what_the_numbers_cannot_tell_is_said(subject):
    words = Read(page.render(subject)).words
    assert "1 class has no test picture, so nothing is known of it: “plum”." in words
    assert "one division of the pictures" in words


def test_headings_come_in_order_and_every_picture_and_chart_has_words(subject):
    read = Read(page.render(subject))
    levels = [int(tag[1]) for tag, _ in read.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert read.of("svg") and all(attrs["aria-label"] for attrs in read.of("svg"))
    assert all(attrs.get("alt") for attrs in read.of("img"))
    assert read.of("th") and all("scope" in attrs for attrs in read.of("th"))


def test_settings_that_differ_come_before_all_settings(subject):
    words = Read(page.render(subject)).words
    differing, everything = words.index("Settings that differ"), words.index("All settings")
    assert "Epochs 7 10" in words[differing:everything]


def test_answers_that_are_no_numbers_leave_a_report(home, tmp_path):
    dataset = dataset_of(("a", "b"), [0, 0, 1, 2, 2], [0, 1, 0, 1, 0])
    told = np.full((2, 2), np.nan, np.float32)
    words = Read(page.render(subject_of(dataset, told, tmp_path / "run"))).words
    assert "nan" not in words.lower().replace("finance", "") and "–" in words


def test_without_test_pictures_it_says_so_and_tells_the_rest(home, tmp_path):
    dataset = dataset_of(("a", "b"), [0, 0, 1], [0, 1, 0])
    metrics = {"task": "classify", "test": {"count": 0, "accuracy": None}}
    subject = subject_of(dataset, None, tmp_path / "run", metrics=metrics)
    words = Read(page.render(subject)).words
    assert "there is no honest number" in words and "What it learnt from" in words
    assert "How it learnt" in words and "Where it goes wrong" not in words


def test_of_a_model_that_came_alone_it_tells_what_there_is(home, tmp_path):
    dataset = dataset_of(("a", "b"), [], [], hashes=np.array([], "<U64"))
    metrics = {"task": "classify", "test": {"count": 0}, "arrived": True}
    subject = subject_of(dataset, None, tmp_path / "run", metrics=metrics)
    words = Read(page.render(subject)).words
    assert "This model came from a file" in words and "MobileNet" in words
    assert "What it learnt from" not in words


def test_numbers_are_reported_in_their_own_unit(home, tmp_path):
    random = np.random.default_rng(0)
    values = random.normal(50, 10, (80, 1))
    splits = [0] * 20 + [2] * 60
    dataset = dataset_of((), splits, np.zeros(80), targets=("height <cm>",), values=values)
    told = values[20:] + random.normal(0, 2, (60, 1))
    html = page.render(subject_of(dataset, told, tmp_path / "run"))
    words = Read(html).words
    assert "height <cm> is off by" in words and "R² of height <cm>" in words
    assert "Answer against truth" in words and html.count("<circle") > 60


def test_labels_are_reported_one_by_one(home, tmp_path):
    random = np.random.default_rng(0)
    shows = random.random((90, 3)) < 0.4
    dataset = dataset_of(("a", "b", "c"), [0] * 20 + [2] * 70, np.zeros(90), shows=shows)
    told = np.clip(shows[20:] * 0.6 + random.random((70, 3)) * 0.3, 0, 1)
    words = Read(page.render(subject_of(dataset, told, tmp_path / "run"))).words
    assert "mean average precision on 70 test pictures" in words and "Label by label" in words


def test_it_stays_below_three_megabytes_with_two_thousand_pictures_of_a_hundred_classes(
    home, tmp_path, monkeypatch
):
    random = np.random.default_rng(0)
    folder = settings.current().pictures_dir
    kept = [
        pictures.store(
            Image.fromarray(random.integers(0, 256, (96, 96, 3), np.uint8)), folder, 1024
        )
        for _ in range(40)
    ]
    # Noise is what compresses worst; each of the forty stands for many pictures.
    hashes = np.array([kept[k % 40][0] for k in range(3000)])
    labels = np.arange(3000) % 100
    splits = [0] * 1000 + [2] * 2000
    names = [f"a class with a rather long name, number {k}" for k in range(100)]
    dataset = dataset_of(names, splits, labels, hashes=hashes)
    subject = subject_of(dataset, answers(labels[1000:], 100, 600), tmp_path / "run")
    html = page.render(subject)
    words = Read(html).words
    assert len(html.encode()) < 3_000_000
    assert "24 of 600 mistakes are shown." in words
    assert "Examples are shown of the first 20 of 100." in words
    assert "data:image/jpeg" in html


def test_pictures_that_there_is_no_room_for_are_counted(home, made_dataset):
    dataset = made_dataset()
    whole = album.Album(dataset)
    first = whole.source(dataset.hashes[0])
    assert first.startswith("data:image/jpeg;base64,")
    tight = album.Album(dataset, room_bytes=len(first))
    assert tight.source(dataset.hashes[0]) == first
    assert tight.source(dataset.hashes[1]) == "" and tight.left_out == 1
    assert tight.source(dataset.hashes[0]) == first


def test_it_speaks_the_language_that_is_asked_for(subject, monkeypatch):
    import gettext

    from tl_core.base import speech

    class Shouting(gettext.NullTranslations):
        def gettext(self, message):
            return message.upper() if "{" not in message else message

    monkeypatch.setattr(speech, "catalogue", lambda language: Shouting())
    monkeypatch.setattr(speech, "decimal_sign", lambda language: ",")
    words = Read(page.render(subject, "de")).words
    assert "WHAT THIS CANNOT TELL" in words and "pear" in words and "PEAR" not in words


def test_what_is_known_of_the_unknown_stands_in_a_section_of_its_own(subject):
    assert "None of these" not in Read(page.render(subject)).words
    model = made.described_only(subject.folder / "model", ("a", "b", "c"), 3)
    unknown_pictures.keep(model, fitted())
    told = {
        "test": 60,
        "refused": [{"careful": careful, "count": 4} for careful in unknowns.CHOICES],
        "risk_coverage": [],
    }
    refused = [{"careful": careful, "share": 0.5, "low": 0.4, "high": 0.6} for careful in unknowns.CHOICES]  # fmt: skip
    one = {"name": NAUGHTY, "known": 40, "strangers": 20, "area": 0.8, "low": 0.7, "high": 0.9}
    unknowns_tried.keep(subject.folder, [one | {"refused": refused}], None)
    html = page.render(replace(subject, metrics={**subject.metrics, "unknowns": told}))
    words = Read(html).words.replace("\u202f", " ")
    assert "Of 60 known test pictures 4 would be refused." in words
    for shares in ((0.8, 0.7, 0.9), (0.5, 0.4, 0.6)):
        assert figures.percent_within(*shares).replace("\u202f", " ") in words
    assert "<script" not in html


def test_where_it_looked_is_left_for_a_model_that_was_looked_into(subject, monkeypatch):
    made.described_only(subject.folder / "model", ("a", "b", "c"), 3)
    monkeypatch.setattr(looking, "is_ready", lambda folder: False)
    read = Read(page.render(subject))
    assert "Where it looked" in read.words and "ask “Why?”" in read.words


def test_maps_lie_over_wrong_and_right_pictures(subject, monkeypatch):
    folder = made.described_only(subject.folder / "model", ("a", "b", "c"), 3)
    described = persist.describe(folder)

    class Looking:
        description = described
        head = plain_head.read(folder, described)

        def look(self, decoded):
            last_map = np.ones((1, 4, 4, 1280), np.float32)
            return SimpleNamespace(map=last_map)

    pixels = np.full((1, 64, 64, 3), 90, np.uint8)
    monkeypatch.setattr(looking, "is_ready", lambda folder: True)
    monkeypatch.setattr(looking, "opened", lambda folder: Looking())
    monkeypatch.setattr(type(registry.USUAL), "decode", lambda *given: pixels)
    read = Read(page.render(subject))
    maps = [each for each in read.of("img") if each["src"].startswith("data:image/webp")]
    assert len(maps) == 2 * looked_at.EACH
    alts = [each["alt"].replace("\u202f", " ") for each in maps]
    assert "90 % sure; is" in alts[0] and alts[-1].endswith("90 % sure: right")
