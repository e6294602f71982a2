"""The awkward files are of every kind that programs open differently."""

from pathlib import Path

from PIL import Image

from tl_core.modalities.picture import awkward


def test_every_kind_that_goes_wrong_elsewhere_is_among_the_awkward_files(tmp_path: Path) -> None:
    modes, sizes, orientations = set(), set(), set()
    for file in awkward.write(tmp_path):
        if file.suffix in (".avif", ".heic"):
            continue
        with Image.open(file) as picture:
            modes.add((picture.format, picture.mode))
            sizes.add(picture.size)
            orientations.add(picture.getexif().get(awkward.ORIENTATION))
    transparent, palette = {("PNG", "RGBA"), ("WEBP", "RGBA"), ("PNG", "LA")}, ("PNG", "P")
    deep, printed = {("PNG", "I;16"), ("TIFF", "F")}, {("JPEG", "CMYK"), ("TIFF", "CMYK")}
    assert modes >= transparent | {palette} | deep | printed
    assert sizes >= {awkward.PHOTO_PX, (20, 3000), (3000, 20), (1, 1)}
    assert awkward.PHOTO_PX[0] * awkward.PHOTO_PX[1] > 12_000_000
    assert orientations >= set(range(1, 9))
