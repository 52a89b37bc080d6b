"""What became of a write that was sent and not answered, by what is there now."""

from __future__ import annotations

from collections.abc import Sequence

from facot_backups.firestore.equality import content
from facot_backups.firestore.names import name_of
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.writes import nanoseconds
from facot_backups.model import Outcome, Write
from facot_backups.protocol import Document as DocumentMessage
from facot_backups.protocol import Message

# Documents of up to a MiB each are held together.
_GET_TOGETHER = 100


def judge(requests: Requests, root: str, writes: Sequence[Write]) -> list[tuple[Write, Outcome]]:
    """What became of writes, by what is there now; at most a batch of them.

    Equal to the target is done, still as expected is pending, anything else a conflict. Raises CallFailed.
    """
    judged: list[tuple[Write, Outcome]] = []
    for start in range(0, len(writes), _GET_TOGETHER):
        part = writes[start : start + _GET_TOGETHER]
        names = [name_of(write.path, root) for write in part]
        answers = requests.batch_get(names, None)
        found = {answer.found.name: answer.found for answer in answers if answer.HasField("found")}
        judged += [(write, _judged(write, found.get(name))) for write, name in zip(part, names, strict=True)]
    return judged


def _judged(write: Write, live: Message | None) -> Outcome:
    if live is None:
        if write.action == "delete":
            return Outcome(write.number, "done")
        return Outcome(write.number, "pending" if write.expected is None else "conflict")
    time = nanoseconds(live.update_time)
    if write.document is not None and content(DocumentMessage.FromString(write.document)) == content(live):
        return Outcome(write.number, "done", time)
    return Outcome(write.number, "pending" if time == write.expected else "conflict")
