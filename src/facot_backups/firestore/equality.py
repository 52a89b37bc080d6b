"""Whether two documents are equal at the protobuf level."""

from __future__ import annotations

from facot_backups.protocol import Message


def content(document: Message) -> bytes:
    """The fields of a protobuf Document as bytes: equal for two whose fields are, to the last bit.

    The order of maps does not count; -0.0 is not 0.0, and NaN is NaN. What the document is called does not
    count either.
    """
    return bytes(type(document)(fields=document.fields).SerializeToString(deterministic=True))
