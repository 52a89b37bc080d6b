"""The identity of a backup folder: whose backups it holds, and whether it is still the folder we knew.

So a test's data can never pass for the day's backup, and an empty mount point never for the disk.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from facot_backups import atomic
from facot_backups.archive.fields import Fields
from facot_backups.archive.layout import METADATA_FILE, REPOSITORY_FILE, STATE_DIR, BackupName
from facot_backups.archive.metadata import source_from_json, source_to_json
from facot_backups.archive.strict import strict_loads
from facot_backups.atomic import Patience
from facot_backups.errors import BackupDirUnusable, FormatError, RepositoryGone, SourceMismatch
from facot_backups.model import Source
from facot_backups.state import State

# Far more than an id and the names of a database take.
_MAX_BYTES = 2**16
# Parts of a path that a synchronising program owns, as each of them names its folder.
_SYNCHRONISED = re.compile(
    r"(OneDrive|Dropbox|Google ?Drive|GoogleDrive|My Drive|Mi unidad|iCloud ?Drive|CloudStorage"
    r"|com~apple~CloudDocs)(?: ?[-(].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Repository:
    """What `.facot/repository.json` says: an id for life, and the source of the backups."""

    id: str
    source: Source


def read_repository(root: Path) -> Repository | None:
    """The identity of the backup folder `root`; None if it has none (yet).

    Raises BackupDirUnusable, also if the file is damaged: then nobody can tell whose backups these are.
    """
    try:
        return _read(root)
    except FormatError as error:
        raise BackupDirUnusable(
            root, "repository_damaged", file=root / STATE_DIR / REPOSITORY_FILE, problem=error.problem
        ) from error


def _read(root: Path) -> Repository | None:
    with atomic.explained(root):
        try:
            data = atomic.read_file(root / STATE_DIR / REPOSITORY_FILE, _MAX_BYTES)
        except FileNotFoundError:
            return None
        except atomic.TooLarge as error:
            raise FormatError(REPOSITORY_FILE, str(error)) from None
    raw = strict_loads(data, REPOSITORY_FILE)
    return Repository(Fields(raw, REPOSITORY_FILE).text("id"), source_from_json(raw, REPOSITORY_FILE))


def write_repository(root: Path, repository: Repository, patience: Patience) -> None:
    """Give `root` its identity, or change it. Under the lock. Raises OSError."""
    content = {"id": repository.id, **source_to_json(repository.source)}
    data = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    atomic.write_file(root / STATE_DIR / REPOSITORY_FILE, data, atomic.PRIVATE_MODE, patience)


def new_repository(source: Source) -> Repository:
    """An identity that no other folder has."""
    return Repository(uuid.uuid4().hex, source)


def check_present(root: Path, state: State) -> None:
    """Refuse a folder that held backups and is not there any more, or is another one in its place.

    A folder that this computer does not know yet is taken as it is, unless it is a backup itself; one whose
    identity is there but damaged is not gone. Raises RepositoryGone, BackupDirUnusable.
    """
    check_place(root)
    known = state.known(root)
    if known is None:
        return
    try:
        found = _read(root)
    except FormatError:
        return
    if found is None or known.repository_id not in (None, found.id):
        raise RepositoryGone(root)


def check_place(root: Path) -> None:
    """Refuse a folder that is a backup itself, or in one: it is final. Raises BackupDirUnusable."""
    with atomic.explained(root):
        backup = backup_around(root)
    if backup is not None:
        raise BackupDirUnusable(root, "inside_a_backup", parent=backup.parent)


def backup_around(folder: Path) -> Path | None:
    """The backup that `folder` is, or is in; None if it is none. Raises OSError."""
    found = (one for one in (folder, *folder.parents) if BackupName.parse(one.name) is not None)
    return next((one for one in found if (one / METADATA_FILE).is_file()), None)


def check_source(repository: Repository | None, source: Source, *, adopt: bool = False) -> None:
    """Refuse a source other than the repository's, unless `adopt`. Raises SourceMismatch."""
    if repository is not None and repository.source != source and not adopt:
        raise SourceMismatch(repository.source, source)


def location_warnings(root: Path) -> dict[str, str]:
    """What is risky about where `root` lies: a subject for `State.warn_once`, and the text for the user.

    `root` must exist. Raises OSError.
    """
    checks: dict[str, tuple[Callable[[Path], bool], str]] = {
        "system-disk": (
            _is_on_system_disk,
            f"La carpeta de backups {root} está en el mismo disco que el sistema: si ese disco falla, se "
            "pierde todo a la vez. Mejor un disco externo o una carpeta de red.",
        ),
        "synchronised": (
            _is_synchronised,
            f"La carpeta de backups {root} está dentro de una carpeta sincronizada (OneDrive, Dropbox…): "
            "ese programa puede mover o bloquear archivos mientras se escriben. Mejor fuera de ella.",
        ),
    }
    return {subject: text for subject, (check, text) in checks.items() if check(root)}


def _is_on_system_disk(root: Path) -> bool:
    if os.name == "nt":
        drive = os.path.splitdrive(os.path.realpath(root))[0]
        return drive.casefold() == os.environ.get("SYSTEMDRIVE", "C:").casefold()
    home = os.path.expanduser("~")  # noqa: PTH111 (a user may have no home; this one never raises)
    return root.stat().st_dev in {os.stat(place).st_dev for place in ("/", home) if os.path.exists(place)}  # noqa: PTH110, PTH116


def _is_synchronised(root: Path) -> bool:
    return any(_SYNCHRONISED.fullmatch(part) for part in Path(os.path.realpath(root)).parts)
