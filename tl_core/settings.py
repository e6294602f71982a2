"""Where things are kept and the limits in force, from the environment (GRAFT_*)."""

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

GIB = 1024**3


class Settings(BaseSettings):
    """Limits and places. Read once per process through `current()`."""

    model_config = SettingsConfigDict(env_prefix="GRAFT_", frozen=True, extra="ignore")

    home: Path = Field(
        Path.home() / ".graft", description="Folder that holds everything Graft keeps."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty means SQLite in the home folder."
    )
    owner: str = Field("local", description="Owner of projects until sign-in exists.")
    upload_limit_bytes: int = Field(4 * GIB, ge=1, description="Largest upload accepted.")
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
    return Settings()  # pyright: ignore[reportCallIssue]
