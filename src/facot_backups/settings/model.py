"""`Settings`: every setting of the product, one field each, with its default, its bounds and its rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from facot_backups.model import Scope
from facot_backups.settings import kinds
from facot_backups.settings.kinds import Rule

DEFAULT = "valor por defecto"
ARGUMENT = "argumento"
MASK = "(oculto)"
Theme: TypeAlias = Literal["sistema", "claro", "oscuro"]
_COLLECTIONS = "una lista de nombres de colecciones raíz (en variables, separados por comas)"
_COMMAND = "una orden del sistema, como se escribiría en una terminal"


class Settings(BaseModel):
    """What the product is told to do, checked and frozen.

    Made by `load_settings`; a direct `Settings(...)` takes the same values and raises pydantic's
    ValidationError (without the values) for a wrong one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    backup_dir: Annotated[Path, BeforeValidator(kinds.path), Rule("la ruta de una carpeta")] = Field(
        default_factory=lambda: Path.cwd() / "backups"
    )
    # Of the local day, on the computer's clock.
    backup_hour: Annotated[
        time, BeforeValidator(kinds.hour), Rule("una hora HH:MM entre 00:00 y 23:59, con dos cifras")
    ] = time(2, 0)
    retention_days: Annotated[
        int, BeforeValidator(kinds.whole(1, 36_500)), Rule("un número entero de días entre 1 y 36500")
    ] = 30
    # Complete backups that retention leaves, however old.
    keep_last: Annotated[
        int, BeforeValidator(kinds.whole(1, 1000)), Rule("un número entero de backups entre 1 y 1000")
    ] = 2
    # Root collections to back up; None: every one that exists.
    collections: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(kinds.optional(kinds.some_collection_ids)),
        Rule(_COLLECTIONS, absent="todas", listed=True),
    ] = None
    exclude: Annotated[
        tuple[str, ...],
        BeforeValidator(kinds.collection_ids),
        Rule(_COLLECTIONS, absent="ninguna", listed=True),
    ] = ()
    # Reads of a local day, failed tries included; None: no bound.
    max_reads: Annotated[
        int | None,
        BeforeValidator(kinds.optional(kinds.whole(1, 10**12))),
        Rule("un número entero de lecturas al día, de 1 en adelante", absent="sin límite"),
    ] = None
    # Percent of a collection's documents whose loss is an anomaly.
    anomaly_drop: Annotated[
        int, BeforeValidator(kinds.whole(1, 100)), Rule("un porcentaje entero entre 1 y 100")
    ] = 30
    # From one restore drill of the scheduled runs to the next.
    drill_every_days: Annotated[
        int, BeforeValidator(kinds.whole(1, 365)), Rule("un número entero de días entre 1 y 365")
    ] = 7
    # A path, or the word "default": the credentials that Google's own libraries find.
    credentials: Annotated[
        str | None,
        BeforeValidator(kinds.credentials),
        Rule(
            "la ruta de un archivo de credenciales, o la palabra default",
            variables=("FIREBASE_CREDENTIALS", "FIREBASE_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"),
            elsewhere=("firebase", "credentials_path"),
        ),
    ] = None
    # None: the project that the credentials name.
    project: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.name)),
        Rule(
            "el identificador de un proyecto de Google Cloud",
            variables=("GOOGLE_CLOUD_PROJECT",),
            absent="el de las credenciales",
        ),
    ] = None
    database: Annotated[
        str, BeforeValidator(kinds.name), Rule("el identificador de una base de datos de Firestore")
    ] = "(default)"
    emulator_host: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.address)),
        Rule("servidor:puerto, sin http://", variables=("FIRESTORE_EMULATOR_HOST",)),
    ] = None
    # What an emulator that asks for one (`serve --token`) gets with every call.
    emulator_token: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.token)),
        Rule("de 16 a 200 letras, cifras y signos, sin espacios ni acentos", secret=True),
    ] = None
    # Told at every try that begins and ends (README.md, "Ajustes").
    healthcheck_url: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.web_address)),
        Rule("una URL http:// o https://", secret=True),
    ] = None
    # Told once per change of state.
    notify_urls: Annotated[
        tuple[str, ...],
        BeforeValidator(kinds.service_urls),
        Rule(
            "una lista de URL de Apprise (en variables, separadas por comas o espacios)",
            listed=True,
            separator=kinds.BETWEEN_URLS,
            secret=True,
        ),
    ] = ()
    # Commands for the shell; they may hold passwords. From a folder that is not the user's own they run only
    # when allowed (faces/notify/trust.py).
    before_backup: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.shell_command)),
        Rule(_COMMAND, secret=True, executes=True),
    ] = None
    after_backup: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.shell_command)),
        Rule(_COMMAND, secret=True, executes=True),
    ] = None
    on_error: Annotated[
        str | None,
        BeforeValidator(kinds.optional(kinds.shell_command)),
        Rule(_COMMAND, secret=True, executes=True),
    ] = None
    hook_minutes: Annotated[
        int, BeforeValidator(kinds.whole(1, 1440)), Rule("un número entero de minutos entre 1 y 1440")
    ] = 30
    # How the panel looks.
    theme: Annotated[
        Theme, BeforeValidator(kinds.word(*get_args(Theme))), Rule("sistema, claro u oscuro")
    ] = "sistema"

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _notes: tuple[str, ...] = PrivateAttr(default=())
    _foreign: Mapping[str, Path] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.collections is not None and set(self.collections) <= set(self.exclude):
            raise ValueError("deja fuera todas las colecciones elegidas")
        return self

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            hidden = name is not None and name in RULES and RULES[name].secret
            yield name, MASK if hidden and value else value

    @property
    def scope(self) -> Scope:
        """What a backup with these settings covers."""
        return Scope(collections=self.collections, exclude=self.exclude)

    @property
    def notes(self) -> list[str]:
        """What the user should know of the sources and is no error, in Spanish: unknown keys and the like."""
        return list(self._notes)

    def origin(self, name: str) -> str:
        """Where a setting's value came from, in Spanish: `variable BACKUP_HOUR`. KeyError for no setting."""
        if name not in RULES:
            raise KeyError(name)
        return self._origins.get(name) or (ARGUMENT if name in self.model_fields_set else DEFAULT)

    @property
    def foreign_commands(self) -> dict[str, Path]:
        """Each command that a file of another folder than the user's own gives, and that folder."""
        return dict(self._foreign)

    def told(self, origins: Mapping[str, str], notes: tuple[str, ...], foreign: Mapping[str, Path]) -> Self:
        """The same settings, with where they came from and their notes: for `load_settings`."""
        twin = self.model_copy()
        twin._origins, twin._notes, twin._foreign = dict(origins), notes, dict(foreign)
        return twin


def _rule(name: str) -> Rule:
    return next(part for part in Settings.model_fields[name].metadata if isinstance(part, Rule))


# The rule of every setting, in the order of the fields.
RULES: Mapping[str, Rule] = {name: _rule(name) for name in Settings.model_fields}


def variables(name: str) -> tuple[str, ...]:
    """The environment variables that give a setting, the strongest first."""
    return (f"BACKUP_{name.removeprefix('backup_').upper()}", *RULES[name].variables)


def may_be_absent(name: str) -> bool:
    """Whether None is a value of the setting: then a blank value of a source means "not given"."""
    field = Settings.model_fields[name]
    return field.default is None and field.default_factory is None
