"""Compile the Spanish catalog of the command line: messages.po (text) to messages.mo (what gettext reads).

`python tools/compile_catalog.py` writes the file; the tests call `compile_catalog` and compare.
"""

from __future__ import annotations

import ast
import struct
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src/facot_backups/ui/cli/locale/es/LC_MESSAGES"


def read_po(text: str) -> dict[str, str]:
    """msgid → msgstr as gettext keys them: a plural's two ids, and its forms, joined by NUL."""
    catalog: dict[str, str] = {}
    for block in text.split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _, line = line.partition(" ")  # noqa: PLW2901
            fields[name] = fields.get(name, "") + ast.literal_eval(line)
        if "msgid_plural" in fields:
            key = f"{fields['msgid']}\0{fields['msgid_plural']}"
            catalog[key] = f"{fields['msgstr[0]']}\0{fields['msgstr[1]']}"
        elif "msgid" in fields:
            catalog[fields["msgid"]] = fields["msgstr"]
    return catalog


def compile_catalog(text: str) -> bytes:
    """The bytes of the .mo file (GNU gettext manual, "The Format of GNU MO Files")."""
    entries = sorted((key.encode(), value.encode()) for key, value in read_po(text).items())
    start = 28 + 16 * len(entries)
    tables: tuple[list[bytes], list[bytes]] = ([], [])
    strings = b""
    for side, table in enumerate(tables):
        for entry in entries:
            table.append(struct.pack("<II", len(entry[side]), start + len(strings)))
            strings += entry[side] + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, start)
    return header + b"".join(tables[0]) + b"".join(tables[1]) + strings


if __name__ == "__main__":
    source = (FOLDER / "messages.po").read_text(encoding="utf-8")
    (FOLDER / "messages.mo").write_bytes(compile_catalog(source))
