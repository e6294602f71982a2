"""Where things are kept and the limits in force, from the environment (GRAFT_*)."""

import os
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

GIB = 1024**3
PREFIX = "GRAFT_"


class Settings(BaseSettings):
    """Limits and places. Read once per process through `current()`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Field(
        Path.home() / ".graft", description="Folder that holds everything Graft keeps."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty means SQLite in the home folder."
    )
    engine: str = Field("local", description="Where jobs are done: on this machine.")
    owner: str = Field("local", description="Owner of projects until sign-in exists.")
    access_code: SecretStr = Field(
        SecretStr(""),
        description="What a browser must give once before it sees anything; at least 8 characters.",
    )
    upload_limit_bytes: int = Field(4 * GIB, ge=1, description="Largest upload accepted.")
    uploads_limit_bytes: int = Field(
        16 * GIB, ge=1, description="Room for all uploads of one owner that wait to be imported."
    )
    free_disk_bytes: int = Field(
        GIB, ge=0, description="What uploads leave free of the disk (of a small one, a twentieth)."
    )
    held_limit_bytes: int = Field(
        256 * 1024**2,
        ge=1,
        description="Largest sum of files that one open page may give outside of the drop zone.",
    )
    unpacked_limit_bytes: int = Field(20 * GIB, ge=1, description="Largest archive once unpacked.")
    entry_limit: int = Field(100_000, ge=1, description="Most entries in one archive or folder.")
    picture_limit_pixels: int = Field(100_000_000, ge=1, description="Largest picture opened.")
    stored_side_px: int = Field(1024, ge=64, description="Longest side of a stored picture.")
    originals_bytes: int = Field(
        64 * 1024**2,
        ge=0,
        description="Room for test pictures kept as they were uploaded, a data set; 0 keeps none.",
    )
    cache_limit_bytes: int = Field(
        20 * GIB, ge=0, description="Room for pixels, features and trunks."
    )
    quick_start: bool = Field(
        True, description="Keep a worker waiting with TensorFlow imported, if memory is plenty."
    )
    threads: int = Field(
        0, ge=0, description="Threads for encoding and decoding; 0 means all cores."
    )

    @cached_property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'graft.db'}"

    @property
    def pictures_dir(self) -> Path:
        return self.home / "pictures"

    @property
    def datasets_dir(self) -> Path:
        return self.home / "datasets"

    @property
    def runs_dir(self) -> Path:
        return self.home / "runs"

    @property
    def projects_dir(self) -> Path:
        return self.home / "projects"

    @property
    def cache_dir(self) -> Path:
        return self.home / "cache"

    @property
    def uploads_dir(self) -> Path:
        return self.home / "uploads"


def current() -> Settings:
    """Return the settings in force; cheap, and always true to the environment."""
    # Asked for thousands of times a page: values of other variables need not be decoded.
    names = (name for name in os.environ if name.upper().startswith(PREFIX))
    return _read(tuple((name, os.environ[name]) for name in names))


@lru_cache(maxsize=16)
def _read(_said: tuple[tuple[str, str], ...]) -> Settings:
    """Read the environment, which takes milliseconds; once for each way it may be."""
    return Settings()  # pyright: ignore[reportCallIssue]
