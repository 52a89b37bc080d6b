"""A computer with settings, for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from facot_backups.errors import SettingError
from facot_backups.settings import Settings, load_settings


@dataclass
class Machine:
    """A computer to load settings on: a working directory, a home, an environment."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cwd, self.home = self.root / "trabajo", self.root / "casa"
        self.facot = self.home / ".FACOT"
        self.cwd.mkdir()
        self.facot.mkdir(parents=True)
        self.environ["HOME"] = str(self.home)

    def config(self, content: object, folder: Path | None = None) -> Path:
        path = (folder or self.cwd) / "facot_config.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def dotenv(self, text: str | bytes) -> Path:
        path = self.cwd / ".env"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def load(self, **arguments: object) -> Settings:
        return load_settings(arguments, cwd=self.cwd, environ=self.environ)

    def refused(self, **arguments: object) -> SettingError:
        with pytest.raises(SettingError) as caught:
            self.load(**arguments)
        return caught.value
