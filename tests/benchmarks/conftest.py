"""What the benchmarks share: one table of ratios, real pictures, networks without weight files."""

import pytest

TABLE = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request):
    """A function that adds a line to the table of measured figures, printed at the end too."""
    table = request.config.stash.setdefault(TABLE, [])

    def add(case, measured, to_reach, unit="times"):
        table.append(f"{case:<66} {measured:9.2f} {unit:<6} to reach {to_reach}")
        print(f"\n{table[-1]}")

    return add


def pytest_terminal_summary(terminalreporter, config):
    """Print every line that `report` was told."""
    if table := config.stash.get(TABLE, []):
        terminalreporter.section("measured")
        terminalreporter.write("\n".join(table) + "\n")


@pytest.fixture
def real(home, data_root, monkeypatch):
    """Real pictures and the pretrained weights beside them."""
    if not (data_root / "trashnet").is_dir() or not (data_root / "keras_home").is_dir():
        pytest.skip("needs trashnet and keras_home in GRAFT_TEST_DATA")
    monkeypatch.setenv("KERAS_HOME", str(data_root / "keras_home"))
    return data_root


@pytest.fixture
def without_weights(monkeypatch):
    """Backbones are built with random weights: speed does not depend on them."""
    from tl_core.backbones import build, weights

    plain = build.backbone
    monkeypatch.setattr(weights, "locate", lambda name: None)
    monkeypatch.setattr(weights, "fingerprint", lambda name: "sha256:random")
    monkeypatch.setattr(
        build, "backbone", lambda name, size_px=0, source=None: plain(name, size_px, None)
    )
