"""Sources for phones and boards: filled in for the model, and the program of a board runs with what a camera gives."""

import itertools
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.export import made
from tl_core.export.devices import sources
from tl_core.modalities.picture import pictures, resize
from tl_core.models import persist

PREDICT = """
import numpy as np
from PIL import Image

names = ["dark", "light"]


def opened(path):
    return np.asarray(Image.open(path).convert("RGB"))


def told(opened):
    assert opened.dtype == np.uint8 and opened.shape[0] == 1 and opened.shape[3] == 3
    return f"{names[int(opened[..., 0].mean() > 127)]}\\t0.900"
"""
PICAMERA = """
import numpy as np


class Picamera2:
    left = 3

    def create_preview_configuration(self, main):
        assert main["format"] == "BGR888"
        return main

    def configure(self, wanted):
        pass

    def start(self):
        pass

    def capture_array(self, name):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return np.full((48, 64, 3), 250 if self.left else 3, np.uint8)

    def stop(self):
        print("stopped")
"""
GPIO = """
class LED:
    def __init__(self, pin):
        print("pin", pin)

    def on(self):
        print("on")

    def off(self):
        print("off")
"""
SHAPES = ((64, 64), (20, 700), (1, 1), (301, 211), (65, 64), (33, 1300))
ASKED = """
package %PACKAGE%;

import java.io.*;

public class Asked {
    public static void main(String[] none) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        BufferedOutputStream out = new BufferedOutputStream(System.out);
        try {
            while (true) {
                int width = in.readInt(), height = in.readInt(), size = in.readInt(), stored = in.readInt();
                String fit = in.readUTF();
                int[] pixels = new int[width * height];
                for (int k = 0; k < pixels.length; k++)
                    pixels[k] = in.readUnsignedByte() << 16 | in.readUnsignedByte() << 8 | in.readUnsignedByte();
                for (int pixel : Resizing.fitted(pixels, width, height, size, fit, stored)) {
                    out.write(pixel >> 16);
                    out.write(pixel >> 8);
                    out.write(pixel);
                }
            }
        } catch (EOFException end) {
            out.flush();
        }
    }
}
"""


@pytest.fixture
def described(tmp_path: Path) -> persist.Description:
    return persist.describe(made.described_only(tmp_path / "model", ("dark", "light"), 2))


@pytest.fixture
def board(tmp_path: Path, described: persist.Description) -> Path:
    """A folder with the program, a model's script that needs no model, and modules of a board."""
    place = tmp_path / "board"
    place.mkdir()
    files = {"predict.py": PREDICT, "picamera2.py": PICAMERA, "gpiozero.py": GPIO}
    opener = sources.camera(described).partition("predict.open")[2].partition("(")[0]
    files["predict.py"] = PREDICT.replace("def opened", f"def open{opener}")
    for name, text in (files | {"camera.py": sources.camera(described)}).items():
        (place / name).write_text(text, "utf-8")
    return place


def ran(board: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "camera.py", *words],
        cwd=board,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_camera_of_a_board_is_answered_when_the_answer_changes_and_a_lamp_follows(board: Path):
    ended = ran(board, "--when", "dark", "--pin", "17")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    told = [line.split("\t")[1] for line in lines if line.startswith("camera")]
    assert told == ["light", "dark"]
    assert lines[0] == "pin 17" and [line for line in lines if line in ("on", "off")] == [
        "off",
        "off",
        "on",
    ]
    assert lines[-1] == "stopped"


def test_a_folder_is_answered_picture_by_picture_and_a_bad_file_ends_nothing(board: Path):
    (folder := board / "pictures").mkdir()
    Image.new("RGB", (8, 8), (255, 0, 0)).save(folder / "b.png")
    (folder / "a.png").write_bytes(b"no picture")
    ended = ran(board, "--folder", "pictures", "--once")
    assert ended.returncode == 0, ended.stderr
    first, second = ended.stdout.splitlines()
    assert "cannot be opened" in first and "light\t0.900" in second


def test_a_name_that_the_model_never_answers_is_refused_with_those_that_it_does(board: Path):
    ended = ran(board, "--when", "grey")
    assert ended.returncode == 2 and "dark, light" in ended.stderr


def test_sources_for_phones_know_the_size_and_the_way_of_resizing(described):
    for name in ("Classifier.kt", "MainActivity.kt", "Classifier.swift"):
        text = sources.text(name, described)
        assert not re.search(r"%[A-Z]+%", text)
        assert name == "MainActivity.kt" or ("64" in text and '"squash"' in text)


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("javac") is None, reason="no Java is installed")
def test_on_android_pictures_come_to_the_very_pixels_of_graft(tmp_path: Path, described):
    for name, text in (
        ("Resizing", sources.text("Resizing.java", described)),
        ("Asked", ASKED.replace("%PACKAGE%", sources.PACKAGE)),
    ):
        (tmp_path / f"{name}.java").write_text(text, "utf-8")
    files = map(str, tmp_path.glob("*.java"))
    subprocess.run(["javac", "--release", "11", "-d", str(tmp_path), *files], check=True)
    random, asked, own = np.random.default_rng(7), [], []
    for fit, stored, (width, height) in itertools.product(
        ("squash", "crop", "pad"), (0, 256), SHAPES
    ):
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        kept = np.array(pictures.shrunk(Image.fromarray(pixels), stored)) if stored else pixels
        own.append(resize.resize(kept, 64, fit).tobytes())
        head = struct.pack(">4iH", width, height, 64, stored, len(fit))
        asked.append(head + fit.encode() + pixels.tobytes())
    command = ["java", "-cp", str(tmp_path), f"{sources.PACKAGE}.Asked"]
    told = subprocess.run(command, input=b"".join(asked), capture_output=True, check=True)
    assert told.stdout == b"".join(own)


def test_phones_get_no_source_for_a_model_of_numbers_and_boards_do(described):
    numbers = described.model_copy(update={"task": "regress"})
    assert sources.ANDROID.tells(described) and not sources.ANDROID.tells(numbers)
    assert sources.camera(numbers)


def test_how_much_too_large_a_model_is_for_a_microcontroller_is_said(described):
    assert "take 1.7 MB even in 8 bits" in sources.MICROCONTROLLER.about(described)
