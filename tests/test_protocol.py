"""Our classes of Firestore's messages say on the wire what google-cloud-firestore's own say."""

from __future__ import annotations

import base64
import zlib

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from facot_backups.protocol.descriptors import FILES
from tests.support.tools import tool


def test_the_descriptors_are_those_of_the_installed_library() -> None:
    kept = FileDescriptorSet.FromString(zlib.decompress(base64.b64decode(FILES)))
    assert kept == tool("compile_protocol").descriptors()
