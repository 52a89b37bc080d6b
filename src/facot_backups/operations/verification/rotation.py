"""Which older backups are read again today, so that rot on the disk is found while others are whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.operations.verification.record import last_proofs, not_read

# A backup may be read again from here on; half of the 30 days, so that days without a run do no harm.
AGAIN = timedelta(days=15)
# A day's part of all of them: everything once in ten runs, two weeks of a computer that rests on weekends.
PARTS = 10
# A proof that lies further ahead than this was noted by a wrong clock, and says nothing.
SMALL_STEP = timedelta(hours=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


def to_read_again(backups: Sequence[Backup], entries: Iterable[LedgerEntry], now: datetime) -> list[Backup]:
    """The backups to verify after today's run: those that were not read for the longest time first.

    All of a folder's that have metadata take part, incomplete ones and what restores kept too. One that
    nobody has ever read again comes before all others. At most a tenth of them, rounded up, in one run; and
    as many again of those that could not be read the last time, so that these keep no other waiting.
    """
    entries = list(entries)
    proofs, failed = last_proofs(entries), not_read(entries)

    def unread_since(backup: Backup) -> datetime:
        proof = proofs.get(str(backup.name))
        return _NEVER if proof is None or proof.time > now + SMALL_STEP else proof.time

    known = [backup for backup in backups if backup.metadata is not None]
    due = sorted(
        (backup for backup in known if unread_since(backup) <= now - AGAIN),
        key=lambda backup: (unread_since(backup), backup.proven().read_time, str(backup.name)),
    )
    part = -(-len(known) // PARTS)
    again = sorted((b for b in known if str(b.name) in failed), key=lambda b: failed[str(b.name)].time)
    return [b for b in due if str(b.name) not in failed][:part] + again[:part]
