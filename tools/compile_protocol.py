"""Copy the descriptors of Firestore's messages out of google-cloud-firestore into a module.

`python tools/compile_protocol.py` writes the module; the tests call `descriptors` and compare.
"""

from __future__ import annotations

import base64
import textwrap
import zlib
from pathlib import Path
from typing import Any

from google.cloud.firestore_v1.types import firestore
from google.protobuf.descriptor_pb2 import FileDescriptorSet

MODULE = Path(__file__).parent.parent / "src/facot_backups/protocol/descriptors.py"
_TEXT = '''"""The descriptors of google.firestore.v1. Made by `tools/compile_protocol.py`."""

from __future__ import annotations

# A FileDescriptorSet, each file after those that it imports: deflated, in base64.
FILES = """
{files}
"""
'''


def descriptors() -> FileDescriptorSet:
    """The files of the protocol as the installed google-cloud-firestore has them, imports first."""
    files: dict[str, Any] = {}

    def add(file: Any) -> None:
        if file.name not in files:
            for imported in sorted(file.dependencies, key=lambda file: file.name):
                add(imported)
            files[file.name] = file

    plain: Any = firestore.RunQueryRequest.pb(firestore.RunQueryRequest())
    add(plain.DESCRIPTOR.file)
    found = FileDescriptorSet()
    for file in files.values():
        copy = found.file.add()
        file.CopyToProto(copy)
        copy.dependency.sort()  # the library gives them in another order in every process
    return found


if __name__ == "__main__":
    packed = base64.b64encode(zlib.compress(descriptors().SerializeToString(deterministic=True), 9))
    MODULE.write_text(_TEXT.format(files=textwrap.fill(packed.decode(), 100)), encoding="utf-8")
