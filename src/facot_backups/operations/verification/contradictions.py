"""What a backup's metadata says against itself or against its folder's name. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator

from facot_backups.archive.layout import BackupName
from facot_backups.archive.metadata import Metadata


def contradictions(name: BackupName, metadata: Metadata) -> Iterator[str]:
    """What the metadata says against itself or against the folder's name, each in a Spanish sentence."""
    roots = sum(entry.documents for entry in metadata.files.values())
    nested = sum(entry.nested_documents for entry in metadata.files.values())
    if sorted(metadata.collections) != sorted(metadata.files):
        yield "collections y files no nombran las mismas colecciones"
    if metadata.total_documents != roots:
        yield f"total_documents es {metadata.total_documents}, sus archivos suman {roots}"
    if metadata.nested_documents != nested:
        yield f"nested_documents es {metadata.nested_documents}, sus archivos suman {nested}"
    if name.date != metadata.backup_date:
        yield f"la carpeta se llama {name}, el backup es del {metadata.backup_date}"
    if (name.suffix == "pre-restore") != (metadata.scope.restore is not None):
        yield f"su alcance no es el de una carpeta {name}"
    if name.suffix is None:
        yield from _not_complete(metadata, roots + nested)


def _not_complete(metadata: Metadata, documents: int) -> Iterator[str]:
    """What a complete backup cannot say."""
    if metadata.errors:
        yield "tiene errores, y la carpeta lleva el nombre de un backup completo"
    if metadata.server_count is not None and metadata.server_count != documents:
        yield f"el servidor contó {metadata.server_count} documentos, hay {documents}"
