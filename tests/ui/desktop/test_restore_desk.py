"""The hand-over of a restore's questions: nobody waits for nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from facot_backups.errors import Interrupted, UsageError
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.restore.desk import Desk


def _asked(desk: Desk[str], stop: Stop, then: Callable[[], None]) -> BaseException | None:
    """What `ask` raised; `then` happens once the question lies there."""
    raised: list[BaseException | None] = []

    def ask() -> None:
        try:
            desk.ask("¿Sí?", stop)
        except (Interrupted, UsageError) as error:
            raised.append(error)
        else:
            raised.append(None)

    worker = threading.Thread(target=ask)
    worker.start()
    while desk.question() is None and worker.is_alive():
        pass
    then()
    worker.join(30)
    assert raised and desk.question() is None
    return raised[0]


def test_a_yes_goes_on_and_everything_else_ends_it() -> None:
    desk: Desk[str] = Desk()
    assert desk.question() is None
    assert _asked(desk, Stop(), lambda: desk.answer(True)) is None
    assert isinstance(_asked(desk, Stop(), lambda: desk.answer(False)), Interrupted)
    stop = Stop()
    assert isinstance(_asked(desk, stop, stop.request), Interrupted)
    with pytest.raises(Interrupted):
        desk.ask("¿Sí?", stop)
    with pytest.raises(UsageError, match="no se ha escrito nada"):
        Desk[str](patience=0.0).ask("¿Sí?", Stop())
