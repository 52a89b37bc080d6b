"""The folder in which a backup comes to be, under a name that nobody takes for a backup's."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.layout import METADATA_FILE, STAGING_DIR, STATE_DIR
from facot_backups.archive.metadata import Metadata, parse, serialize
from facot_backups.archive.reader import file_blocks, forget_cached, is_own_folder, metadata_bytes, names_in
from facot_backups.archive.writer import BackupWriter
from facot_backups.atomic import Patience
from facot_backups.errors import DamagedBackup
from facot_backups.model import Scope

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Staging:
    """The staging folder of the run `run_id` below the backup folder `root`.

    `needed`: bytes that the backup is thought to take; 0 if unknown. `patience` is for files that another
    program holds. Raises ValueError for a `run_id` that is no plain name.
    """

    def __init__(self, root: Path, run_id: str, needed: int = 0, patience: Patience = atomic.LONG) -> None:
        if _RUN_ID.fullmatch(run_id) is None:
            raise ValueError(f"not a run id: {run_id}")
        self.root = root
        self.run_id = run_id
        self.needed = needed
        self.path = root / STATE_DIR / STAGING_DIR / run_id
        self.published = False
        self._patience = patience
        self._writers: list[BackupWriter] = []

    def create(self) -> None:
        """Make the folder. Raises ValueError if the run has one, NoSpace, BackupDirUnusable."""
        with atomic.explained(self.root):
            try:
                self.path.mkdir(atomic.FOLDER_MODE)
            except FileExistsError:
                raise ValueError(f"the run {self.run_id} has begun before") from None
            atomic.sync_folder(self.path.parent)

    def writer(self, scope: Scope) -> BackupWriter:
        """What writes the documents into this folder."""
        writer = BackupWriter(self.path, scope, shown=self.root, needed=self.needed, patience=self._patience)
        self._writers.append(writer)
        return writer

    def write_metadata(self, metadata: Metadata) -> None:
        """Write the proof of all other files, as the last one, and flush it and the folder.

        Raises ValueError if the folder does not hold just the files that `metadata` names, of the sizes
        that it says; NoSpace, BackupDirUnusable.
        """
        with atomic.explained(self.root, self.needed):
            sizes = {path.name: path.lstat().st_size for path in self.path.iterdir()}
            if sizes != {entry.file: entry.bytes for entry in metadata.files.values()}:
                raise ValueError(f"the metadata does not describe what is in {self.path}")
            path, data = self.path / METADATA_FILE, serialize(metadata)
            atomic.write_file(path, data, atomic.PUBLISHED_MODE, self._patience)

    def remove(self) -> None:
        """Remove the folder and all in it, unless it was published. Raises BackupDirUnusable."""
        with atomic.explained(self.root):
            try:
                for writer in self._writers:
                    writer.close()
            finally:
                if not self.published and os.path.lexists(self.path):
                    atomic.remove_tree(self.path, self._patience)


def finished(folder: Path) -> Metadata | None:
    """The metadata of a staging folder that a killed run had finished: every byte is read and proven.

    None for anything less, if it is so twice. Raises BackupUnreadable for what cannot be read now, which
    may be a whole backup; NewerFormat if a later version of this program wrote it.
    """
    return _proven(folder) or _proven(folder)


def _proven(folder: Path) -> Metadata | None:
    try:
        if not is_own_folder(folder) or METADATA_FILE not in (names := names_in(folder)):
            return None
        metadata = parse(metadata_bytes(folder), METADATA_FILE)
        if metadata.run_id != folder.name:
            return None
        if {METADATA_FILE, *(entry.file for entry in metadata.files.values())} != set(names):
            return None
        whole = all(_proof(folder / e.file) == (e.bytes, e.sha256) for e in metadata.files.values())
    except DamagedBackup:
        whole = False
    if whole:
        return metadata
    for name in names:
        forget_cached(folder / name)
    return None


def _proof(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file. Raises as `file_blocks`."""
    digest, size = hashlib.sha256(), 0
    for block in file_blocks(path):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()
