"""`@slot`: a method that Qt calls must never end the program, whatever it raises.

An exception that leaves a slot aborts a program on PyQt6 (measured), and is a line on a stderr that a
windowed program does not have on PySide6.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any, TypeVar

_log = logging.getLogger("facot_backups.desktop")
_Method = TypeVar("_Method", bound=Callable[..., Any])
# Who else hears of a fault, on the thread where it happened.
_listeners: list[Callable[[Exception], None]] = []


def slot(method: _Method) -> _Method:
    """`method`, but an exception is logged and told to the listeners, and None returned.

    A signal's arguments that the method does not take are left out, in both bindings alike; one with a
    default takes none, so that `lambda row=row: …` keeps its row.
    """
    parameters = inspect.signature(method).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = sum(p.kind in positional and p.default is p.empty for p in parameters)
    takes = None if any(p.kind == p.VAR_POSITIONAL for p in parameters) else named

    @functools.wraps(method)
    def guarded(*args: Any) -> Any:
        try:
            return method(*args[:takes])
        except Exception as error:  # noqa: BLE001 - whatever it is, Qt must not meet it
            told(error)
            return None

    # Else the bindings look at the method's own signature, and leave out arguments by other rules.
    del guarded.__wrapped__
    return guarded  # type: ignore[return-value]


def told(error: Exception) -> None:
    """Log a fault that nobody foresaw, and tell the listeners."""
    _log.error("fallo inesperado en el panel", exc_info=error)
    for listener in list(_listeners):
        listener(error)


def listen(listener: Callable[[Exception], None]) -> Callable[[], None]:
    """Hear of faults; the function that is returned ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)
