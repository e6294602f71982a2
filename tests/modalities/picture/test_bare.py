"""Stored pictures hold pixels and nothing else, those of earlier versions included."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from tl_core.modalities.picture import bare, images, pictures

MARKER = b"52.5200N-Mia-Example"


def picture() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    return Image.fromarray(noise)


def told() -> dict[str, Any]:
    """What a file can say beside its pixels, by Pillow's names; all of it holds the marker."""
    exif = Image.Exif()
    exif[0x010E] = MARKER.decode()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + MARKER
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + MARKER + b"</x:xmpmeta>"
    return {"exif": exif.tobytes(), "icc_profile": profile, "xmp": xmp, "comment": MARKER}


def encoded(form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    picture().save(out, form, **more)
    return out.getvalue()


def files() -> dict[str, bytes]:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", MARKER.decode())
    text.add_itxt("Author", MARKER.decode())
    kept = told()
    of_webp = {name: kept[name] for name in ("exif", "icc_profile", "xmp")}
    return {
        "jpeg": encoded("JPEG", quality=90, **kept),
        "png": encoded("PNG", pnginfo=text, exif=kept["exif"], icc_profile=kept["icc_profile"]),
        "webp": encoded("WEBP", lossless=True, **of_webp),
        "gif": encoded("GIF", comment=MARKER),
        "tiff": encoded("TIFF", description=MARKER.decode(), icc_profile=kept["icc_profile"]),
    }


@pytest.mark.parametrize("side_px", [1024, 128])
@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "tiff"])
def test_nothing_but_pixels_is_stored(tmp_path: Path, form: str, side_px: int) -> None:
    data = files()[form]
    assert MARKER in data
    pictures.store(images.open_image(data, 10**9), tmp_path, side_px)
    for path in tmp_path.rglob("*.*"):
        kept = path.read_bytes()
        assert MARKER not in kept
        with Image.open(path) as image:
            image.load()
            assert not {"comment", "exif", "icc_profile", "xmp", "dpi"} & set(image.info)
            assert not image.getexif()


def test_a_jpeg_made_bare_keeps_its_pixels() -> None:
    for more in ({}, {"progressive": True}, {"subsampling": 0}):
        data = encoded("JPEG", quality=80, **told(), **more)
        clean = bare.bare_jpeg(data)
        assert MARKER in data and MARKER not in clean
        assert pixels(clean) == pixels(data)
        assert bare.bare_jpeg(clean) == clean


def test_a_webp_made_bare_keeps_its_pixels_and_is_what_is_written_today() -> None:
    options = {"lossless": True, "quality": 0, "method": 0}
    kept = {name: value for name, value in told().items() if name != "comment"}
    data = encoded("WEBP", **options, **kept)
    clean = bare.bare_webp(data)
    assert MARKER in data and MARKER not in clean
    assert clean == encoded("WEBP", **options)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00", b"RIFF", b"GIF89a"])
def test_what_is_no_whole_picture_stays_as_it_is(data: bytes) -> None:
    assert bare.bare_jpeg(data) == data
    assert bare.bare_webp(data) == data


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@pytest.fixture
def old_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of an earlier version: thumbnails with comments, one picture with a profile."""
    monkeypatch.setattr(bare, "PAUSE_S", 0)
    for number in range(4):
        folder = tmp_path / f"{number * 80:02x}"
        folder.mkdir()
        name = f"{number * 80:02x}" + "0" * 62
        (folder / f"{name}.thumb.jpg").write_bytes(encoded("JPEG", comment=MARKER))
        profile = told()["icc_profile"] if number == 2 else b""
        (folder / f"{name}.webp").write_bytes(encoded("WEBP", icc_profile=profile))
    return tmp_path


def marked(folder: Path) -> list[Path]:
    return [path for path in folder.glob("??/*") if MARKER in path.read_bytes()]


def test_an_old_store_is_mended_once_from_where_it_stopped(old_store: Path) -> None:
    assert len(marked(old_store)) == 5
    before = {path: pixels(path.read_bytes()) for path in old_store.glob("??/*")}
    asked = iter([False] * 100 + [True])
    assert bare.go_through(old_store, lambda: next(asked)) == 2
    assert len(marked(old_store)) == 3 and not bare.is_done(old_store)
    assert bare.go_through(old_store) == 5
    assert not marked(old_store) and bare.is_done(old_store)
    assert {path: pixels(path.read_bytes()) for path in old_store.glob("??/*")} == before
    late = next(old_store.glob("a0/*.jpg"))
    late.write_bytes(encoded("JPEG", comment=MARKER))
    assert bare.go_through(old_store) == 5  # done is done: nothing is read again
    assert marked(old_store) == [late]


def test_a_mark_that_cannot_be_read_begins_anew_and_no_store_is_no_work(old_store: Path) -> None:
    for raw in ("{", "[]", json.dumps({"version": 1, "done": "zz"}), json.dumps({"version": 0})):
        (old_store / bare.MARK).write_text(raw)
        assert not bare.is_done(old_store)
    assert bare.go_through(old_store) == 5
    assert bare.go_through(old_store / "nothing") == 0
