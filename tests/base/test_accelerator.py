import subprocess
from importlib.machinery import ModuleSpec

import pytest

from tl_core.base import accelerator, machine


@pytest.fixture
def driver(monkeypatch):
    """A machine whose driver names a card; what is installed for it is up to the test."""
    told = subprocess.CompletedProcess([], 0, stdout="NVIDIA H100\nNVIDIA A100\n")
    monkeypatch.setattr(accelerator.platform, "system", lambda: "Linux")
    monkeypatch.setattr(accelerator.subprocess, "run", lambda *_, **__: told)
    for name in ("CUDA_VISIBLE_DEVICES", "KERAS_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    for cached in (accelerator.gpu, machine.device):
        cached.cache_clear()
    yield
    for cached in (accelerator.gpu, machine.device):
        cached.cache_clear()


def install(monkeypatch, folder, *, cuda_build, libraries):
    note = folder / "python" / "platform" / "build_info.py"
    note.parent.mkdir(parents=True)
    note.write_text(f"build_info = OrderedDict([('is_cuda_build', {cuda_build})])")
    found = {"tensorflow": ModuleSpec("tensorflow", None, origin=str(folder / "__init__.py"))}
    if libraries:
        found["nvidia.cuda_runtime"] = ModuleSpec("nvidia.cuda_runtime", None)
    monkeypatch.setattr(accelerator, "find_spec", found.get)
    monkeypatch.setattr(accelerator, "find_library", lambda name: None)


@pytest.mark.parametrize(
    ("cuda_build", "libraries", "kind"),
    [(True, True, "gpu"), (False, True, "cpu"), (True, False, "cpu")],
    ids=["whole", "a build for processors", "no CUDA"],
)
def test_a_card_counts_only_where_tensorflow_can_use_it(
    driver, monkeypatch, tmp_path, cuda_build, libraries, kind
):
    install(monkeypatch, tmp_path, cuda_build=cuda_build, libraries=libraries)
    device = machine.device()
    assert device.kind == kind
    assert (device.name == "NVIDIA H100") == (kind == "gpu")


def test_a_card_that_was_hidden_does_not_count(driver, monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, cuda_build=True, libraries=True)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert accelerator.gpu() == ""


def test_jax_brings_its_own_plugin(driver, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    installed = {"jax_cuda12_plugin": ModuleSpec("jax_cuda12_plugin", None)}
    monkeypatch.setattr(accelerator, "find_spec", installed.get)
    assert accelerator.gpu() == "NVIDIA H100"
    accelerator.gpu.cache_clear()
    installed.clear()
    assert accelerator.gpu() == ""


def test_the_backend_is_told_by_the_environment_else_by_the_file_of_keras(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert accelerator.backend() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert accelerator.backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert accelerator.backend() == "torch"


def test_only_tensorflow_without_a_card_converts(driver, monkeypatch, tmp_path):
    install(monkeypatch, tmp_path / "build", cuda_build=True, libraries=True)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert not accelerator.converts()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    accelerator.gpu.cache_clear()
    assert accelerator.converts()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert not accelerator.converts()
