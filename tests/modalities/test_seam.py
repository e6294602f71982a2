"""Only pictures know how large a picture is: who else says so is named here, with a reason."""

import re
from pathlib import Path

import pytest

from tl_core.modalities import registry

ROOT = Path(__file__).resolve().parents[2]
WORDS = frozenset(
    (
        "width",
        "widths",
        "height",
        "heights",
        "pixel",
        "pixels",
        "px",
        "thumbnail",
        "thumbnails",
        "rgb",
    )
)
OF_PICTURES = ("tl_core/modalities/picture/", "tl_core/distil/", "tl_core/samples/")
"""The modality itself; what makes the starter, which takes pictures; and what paints sample pictures."""

NAMED_SO = (
    "models and caches on disk, and records of backbones, name a size after that of a picture"
)
A_NETWORK_OF_PICTURES = "builds a network that takes pictures"
ANOTHER_MEANING = "says it of something else: of a text, a matrix, a chart, a table of features"
A_SETTING = "a setting of pictures, or one that bears their name"

ALLOWED: dict[str, tuple[int, str]] = {
    "tl_core/backbones/catalogue.py": (3, NAMED_SO),
    "tl_core/backbones/efficientnet_lite.py": (7, A_NETWORK_OF_PICTURES),
    "tl_core/backbones/families.py": (13, NAMED_SO),
    "tl_core/backbones/record.py": (4, NAMED_SO),
    "tl_core/backbones/sides.py": (2, NAMED_SO),
    "tl_core/backbones/stages.py": (8, NAMED_SO),
    "tl_core/backbones/starter.py": (4, A_NETWORK_OF_PICTURES),
    "tl_core/base/settings.py": (3, A_SETTING),
    "tl_core/commands/settings_in_words.py": (3, ANOTHER_MEANING),
    "tl_core/commands/training.py": (1, ANOTHER_MEANING),
    "tl_core/config/changes.py": (2, A_SETTING),
    "tl_core/config/network.py": (2, A_SETTING),
    "tl_core/config/upgrades.py": (1, A_SETTING),
    "tl_core/datasets/letters.py": (1, ANOTHER_MEANING),
    "tl_core/datasets/manifest.py": (1, ANOTHER_MEANING),
    "tl_core/encoding/job.py": (3, NAMED_SO),
    "tl_core/encoding/trunk.py": (4, NAMED_SO),
    "tl_core/evaluation/asking_order.py": (7, ANOTHER_MEANING),
    "tl_core/evaluation/audition.py": (3, ANOTHER_MEANING),
    "tl_core/evaluation/report/answers/regress.py": (3, ANOTHER_MEANING),
    "tl_core/measures/conformal.py": (2, ANOTHER_MEANING),
    "tl_core/measures/transferability.py": (3, ANOTHER_MEANING),
    "tl_core/training/stage_features.py": (3, ANOTHER_MEANING),
    "tl_core/evaluation/report/album.py": (
        5,
        "small copies inside a page, of those that a modality keeps",
    ),
    "tl_core/evaluation/report/charts.py": (33, ANOTHER_MEANING),
    "tl_core/evaluation/probe.py": (14, "measures backbones on folders of pictures"),
    "tl_core/export/code/script.py": (2, A_SETTING),
    "tl_core/export/cells.py": (1, ANOTHER_MEANING),
    "tl_core/export/web_page/runner.py": (2, "asks a web page that shows pictures"),
    "tl_core/intake/heading_words.py": (2, "columns of tables are called so"),
    "tl_core/jobs/admission.py": (1, ANOTHER_MEANING),
    "tl_core/jobs/ahead.py": (1, NAMED_SO),
    "tl_core/jobs/kinds/preparation.py": (4, NAMED_SO),
    "tl_core/jobs/server.py": (1, "mends pictures that earlier versions stored"),
    "tl_core/evaluation/activation_map.py": (18, "sides of a map that shows places"),
    "tl_core/measures/metrics.py": (1, ANOTHER_MEANING),
    "tl_core/models/heads.py": (3, ANOTHER_MEANING),
    "tl_core/models/persist.py": (18, NAMED_SO),
    "tl_core/pricing/advice.py": (3, ANOTHER_MEANING),
    "tl_core/pricing/storage.py": (1, NAMED_SO),
    "tl_core/tasks/closed_form.py": (6, ANOTHER_MEANING),
    "tl_core/tasks/one_against_rest.py": (3, ANOTHER_MEANING),
    "tl_core/training/first_answer.py": (5, ANOTHER_MEANING),
    "tl_core/training/network.py": (1, NAMED_SO),
    "tl_core/training/results.py": (1, NAMED_SO),
}
"""How often a file may use such words, and why. Numbers only ever fall."""

PICTURE_ALONE = {
    "tl_core/modalities/registry.py": "names the members",
    "tl_core/jobs/server.py": "mends pictures that earlier versions stored",
    "tl_core/evaluation/probe.py": "measures backbones on folders of pictures",
    "pages/parts/shared/upload_zone.py": "makes photos smaller in the browser",
    "pages/parts/web/routes.py": "serves pictures to galleries",
    "pages/parts/train/changed_copies.py": "a gallery of changed copies",
    "pages/parts/data/overview.py": "says by which scale greys were read",
}
"""Who imports from the folder of pictures instead of asking the member."""


def sources(*folders: str) -> dict[str, str]:
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    named = {path.relative_to(ROOT).as_posix(): path for path in files}
    return {
        name: path.read_text("utf-8")
        for name, path in named.items()
        if not name.startswith(OF_PICTURES)
    }


def count(text: str) -> int:
    return sum(word in WORDS for word in re.findall(r"[a-z]+", text.lower()))


def test_nobody_else_learns_how_large_a_picture_is():
    found = {name: n for name, text in sources("tl_core").items() if (n := count(text))}
    more = {name: n for name, n in found.items() if n > ALLOWED.get(name, (0, ""))[0]}
    assert not more, "ask the modality instead"
    fewer = {name: n for name, (most, _) in ALLOWED.items() if (n := found.get(name, 0)) < most}
    assert not fewer, "there are fewer now: lower their numbers here"


def test_nobody_else_reaches_into_the_folder_of_pictures():
    reached = re.compile(r"tl_core\.modalities(\.| import )picture\b")
    found = {name for name, text in sources("tl_core", "pages").items() if reached.search(text)}
    assert found == set(PICTURE_ALONE)


@pytest.mark.parametrize(
    "said", ["size_px = 3", "The width.", "dataset.heights", "RGB", "a thumbnail"]
)
def test_every_such_word_is_seen(said):
    assert count(said) == 1


@pytest.mark.parametrize("member", registry.MODALITIES, ids=lambda member: member.name)
def test_a_member_is_a_folder_beside_the_seam(member):
    folder = ROOT / "tl_core" / "modalities" / member.name
    assert type(member).__module__ == f"tl_core.modalities.{member.name}.member"
    assert (folder / "member.py").is_file()
    assert registry.get(member.name) is member
    assert all(ending.startswith(".") and ending == ending.lower() for ending in member.endings)
