"""Typed access to a JSON object of ours: every key is asked for with its type, and says where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, ItemsView, Sequence, Set
from datetime import date, datetime
from typing import Any, TypeVar

from facot_backups.archive.layout import METADATA_FILE, is_device
from facot_backups.archive.strict import is_collection_id
from facot_backups.clock import from_iso_utc
from facot_backups.errors import FormatError
from facot_backups.model import Json

T = TypeVar("T")
LiteralText = TypeVar("LiteralText", bound=str)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}")
# A name that is no path on any system: no separator, drive or stream.
_FILE_NAME = re.compile(r"[A-Za-z0-9~_-][A-Za-z0-9~_.-]{0,80}\.json")


def is_file_name(text: str) -> bool:
    """Whether `text` can be the `file` of a collection: a plain name that stays in its folder."""
    return _FILE_NAME.fullmatch(text) is not None and text != METADATA_FILE and not is_device(text)


class Fields:
    """A JSON object whose keys are read by type. Every method raises FormatError naming the key."""

    def __init__(self, value: Json, place: str) -> None:
        """`value` is any JSON value, `place` what names it in errors. Raises FormatError unless an object."""
        if not isinstance(value, dict):
            raise FormatError(place, "se esperaba un objeto JSON")
        self._object: dict[str, Any] = value
        self.place = place

    def names(self) -> Set[str]:
        """The keys that are there."""
        return self._object.keys()

    def items(self) -> ItemsView[str, Any]:
        """Keys and values, as they stand."""
        return self._object.items()

    def place_of(self, name: str) -> str:
        """Where a key stands, for an error."""
        return f"{self.place}, clave «{name}»"

    def value(self, name: str) -> Json:
        """The value of a key that must be there, of any type."""
        if name not in self._object:
            raise FormatError(self.place, f"falta la clave «{name}»")
        return self._object[name]

    def optional(self, name: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the key, or None for null; the key itself must be there."""
        return None if self.value(name) is None else read(name)

    def text(self, name: str) -> str:
        """A string."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self._wrong(name, "un texto")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "una lista de textos")
        return tuple(value)

    def ids(self, name: str) -> tuple[str, ...]:
        """A list of ids of collections that Firestore takes, none twice."""
        value = self.texts(name)
        if not all(map(is_collection_id, value)) or len(set(value)) != len(value):
            raise self._wrong(name, "una lista de nombres de colección, sin repetir")
        return value

    def integer(self, name: str) -> int:
        """An integer from 0 on."""
        value = self.value(name)
        if type(value) is not int or value < 0:
            raise self._wrong(name, "un entero, 0 o más")
        return value

    def boolean(self, name: str) -> bool:
        """true or false."""
        value = self.value(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true o false")
        return value

    def one_of(self, name: str, allowed: Sequence[LiteralText]) -> LiteralText:
        """One of the texts allowed."""
        value = self.text(name)
        for candidate in allowed:
            if candidate == value:
                return candidate
        raise self._wrong(name, "uno de " + ", ".join(allowed))

    def sha256(self, name: str) -> str:
        """A SHA-256 in lower-case hexadecimal."""
        value = self.text(name)
        if _SHA256.fullmatch(value) is None:
            raise self._wrong(name, "un SHA-256 en hexadecimal")
        return value

    def day(self, name: str) -> date:
        """A date, `YYYY-MM-DD`."""
        value = self.text(name)
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise self._wrong(name, "una fecha AAAA-MM-DD") from None
        if day.isoformat() != value:
            raise self._wrong(name, "una fecha AAAA-MM-DD")
        return day

    def instant(self, name: str) -> datetime:
        """An instant in UTC with six decimals (`clock.iso_utc`), aware."""
        try:
            return from_iso_utc(self.text(name))
        except ValueError:
            raise self._wrong(name, "un instante UTC con seis decimales") from None

    def local_time(self, name: str) -> str:
        """A local date and time with six decimals and no offset, as text."""
        value = self.text(name)
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise self._wrong(name, "una fecha y hora local") from None
        if _LOCAL_TIME.fullmatch(value) is None:
            raise self._wrong(name, "una fecha y hora local con seis decimales")
        return value

    def _wrong(self, name: str, expected: str) -> FormatError:
        return FormatError(self.place_of(name), f"se esperaba {expected}")
