"""A light model that needs no conversion, and one that answers without a process."""

import json
from concurrent.futures import Future
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from tests.export.made import described_only
from tl_core.backbones import starter, weights
from tl_core.modalities.opening_children import Opened
from tl_core.models import persist
from tl_core.serving import pool
from tl_core.serving.model import Model

CLASSES = ("<b>cup</b>", "=plate", "fork")


@pytest.fixture(scope="module")
def light(tmp_path_factory) -> Path:
    """The folder of a model whose frozen part comes with Graft, and whose head tells pictures apart."""
    import numpy as np

    folder = described_only(tmp_path_factory.mktemp("light") / "model", CLASSES, len(CLASSES))
    head = load_file(folder / persist.TAIL)
    random = np.random.default_rng(0)
    shape = head["head/logits/kernel"].shape
    head["head/logits/kernel"] = random.normal(0, 0.1, shape).astype(np.float32)
    save_file(head, folder / persist.TAIL)
    told = json.loads((folder / persist.DESCRIPTION).read_text("utf-8"))
    told["tail_sha256"] = weights.file_hash(folder / persist.TAIL)
    told["size_px"] = starter.DEFAULT_SIZE_PX
    (folder / persist.DESCRIPTION).write_text(json.dumps(told), encoding="utf-8")
    return folder


class FakePool:
    """Answers at once by what the picture begins with, or keeps what it is asked until `let`."""

    is_ready = True

    def __init__(self) -> None:
        self.is_full, self.keeps, self.kept = False, False, []

    @property
    def on_their_way(self) -> int:
        return len(self.kept)

    def get_ready(self) -> None:
        pass

    def seconds_left(self) -> int:
        return 7

    def ask(self, examples):
        if self.is_full:
            raise pool.busy()
        answers = [Future() for _ in examples]
        self.kept += zip(examples, answers, strict=True)
        if not self.keeps:
            self.let()
        return answers

    def let(self) -> None:
        for example, answer in self.kept:
            answer.set_result(_opened(example))
        self.kept = []


def _opened(example: bytes) -> Opened:
    if example.startswith(b"bad"):
        return Opened(
            code="picture-damaged", reason="The picture is damaged.", hint="Save it again."
        )
    shares = dict.fromkeys(CLASSES, 0.25) | {CLASSES[1]: 0.5}
    prediction = {"task": "classify", "label": CLASSES[1], "probabilities": shares}
    return Opened(reply={"prediction": prediction, "preview": ""})


class FakeModel(Model):
    """A model with a pool that needs no process."""

    def __init__(self, source: Path) -> None:
        super().__init__(source)
        self.fake, self.is_closed = FakePool(), False

    def pool_of(self, gives="answers", waiting=0):
        return self.fake

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def fake(light) -> FakeModel:
    return FakeModel(light)
