"""Names of downloads: harmless on every system, and telling two models apart."""

import pytest

from tl_core.export import names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("../../x", "x"),
        ("CON", "_CON"),
        ("aux.txt", "_aux.txt"),
        ("a.", "a"),
        ("a ", "a"),
        ("COM¹", "_COM¹"),
        ('a<b>:"c"|?*', "a_b_c_"),
        ("cats\u202egpj.exe", "cats_gpj.exe"),
        ("Käse 🧀 ไทย", "Käse 🧀 ไทย"),
        ("CLOCK$", "_CLOCK$"),
        ("half a pair \ud83e of signs", "half a pair _ of signs"),
        ("", ""),
    ],
)
def test_user_text_becomes_part_of_a_file_name(text: str, expected: str) -> None:
    assert names.safe(text).rstrip("_") == expected.rstrip("_")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../x.zip", "x.zip"),
        ("CON", "_CON"),
        ("aux.txt", "_aux.txt"),
        ("a.", "a"),
        ("", "graft"),
        ("..", "graft"),
        ("é猫.zip", "é猫.zip"),
        ("a\nb\x00.zip", "a_b.zip"),
        ("x" * 300 + ".zip", "x" * 60 + ".zip"),
        (
            "Is it ripe. " + "I think so " * 20 + "x",
            ("Is it ripe. " + "I think so " * 20)[:60].strip(),
        ),
    ],
)
def test_a_download_has_a_name_that_every_system_takes(name: str, expected: str) -> None:
    assert names.file(name) == expected
    assert len(names.file(name)) <= 80


def test_long_names_are_cut() -> None:
    assert len(names.safe("x" * 500)) == 60


def test_run_and_content_are_in_the_name() -> None:
    name = names.download("cats", "0123456789abcdef", "fedcba9876543210", ".zip")
    assert name == "cats-01234567-fedcba98.zip"
    assert names.download("///", "0123456789abcdef", "f" * 64, ".zip").endswith(".zip")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Fruit", "mobilenet_v2", "83percent"), "fruit-mobilenet-v2-83percent"),
        (("My  best_Photos", "starter", "r2 0.72"), "my-best-photos-starter-r2-0.72"),
        (("CON", "starter", ""), "con-starter"),
        (("../../x", "a", ""), "x-a"),
        (("", "", ""), ""),
    ],
)
def test_a_thing_is_called_after_what_it_is(parts: tuple[str, ...], expected: str) -> None:
    assert names.readable(*parts) == expected
