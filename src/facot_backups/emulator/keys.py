"""Firestore's order of names as order of bytes. Pure.

A key is made segment by segment, so that comparing two keys is comparing two document names as Firestore
does (`model.path_key`), a parent's key is a prefix of its descendants' keys, and one `bytes` per document
is all that a database of many documents must hold for its order.
"""

from __future__ import annotations

from facot_backups.model import segment_key

_NUMBER, _TEXT = b"\x01", b"\x02"
_ZERO, _ESCAPED, _END = b"\x00", b"\x00\xff", b"\x00\x01"
_BIAS = 1 << 63
# Greater than any first byte of a segment.
_AFTER = b"\xff"


def segment_bytes(segment: str) -> bytes:
    """The part of a key that stands for one segment."""
    kind, number, text = segment_key(segment)
    if kind == 0:
        return _NUMBER + (number + _BIAS).to_bytes(9, "big")
    return _TEXT + text.encode().replace(_ZERO, _ESCAPED) + _END


def key(path: str) -> bytes:
    """The key of the relative path `a/b/c`, of a document or a collection; of the whole database for ""."""
    return b"".join(segment_bytes(segment) for segment in path.split("/")) if path else b""


def below(prefix: bytes) -> tuple[bytes, bytes]:
    """The half-open range of the keys of everything strictly below `prefix`."""
    return prefix + b"\x00", prefix + _AFTER


def after_subtree(document: bytes) -> bytes:
    """A bound past `document` and all below it."""
    return document + _AFTER
