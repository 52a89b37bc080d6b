"""The floor: the least that a Python process can do to receive the whole database. It throws it away.

    python floor.py HOST PROJECT

One kindless query over gRPC's fastest way, no message parsed, nothing imported but gRPC itself: the
request is written by hand. Prints documents and seconds of the stream as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import grpc
from grpc.experimental import ChannelOptions

_ALL_DESCENDANTS = b"\x18\x01"


def request(root: str) -> bytes:
    """A RunQueryRequest for every document below `root` (`projects/P/databases/D/documents`)."""
    return _field(1, root.encode()) + _field(2, _field(2, _ALL_DESCENDANTS))


def _field(number: int, content: bytes) -> bytes:
    if len(content) > 127:
        raise ValueError("the project's name is too long for a length of one byte")
    return bytes([number << 3 | 2, len(content)]) + content


def main() -> None:
    """Receive everything once."""
    host, project = sys.argv[1:]
    database = f"projects/{project}/databases/(default)"
    metadata = (("authorization", "Bearer owner"), ("google-cloud-resource-prefix", database))
    with grpc.insecure_channel(host, [(ChannelOptions.SingleThreadedUnaryStream, 1)]) as channel:
        call: Any = channel.unary_stream("/google.firestore.v1.Firestore/RunQuery")
        start = time.perf_counter()
        documents = sum(1 for _ in call(request(f"{database}/documents"), metadata=metadata))
        seconds = time.perf_counter() - start
    print(json.dumps({"documents": documents, "seconds": seconds}))


if __name__ == "__main__":
    main()
