"""`Settings`: every setting of the product, one field each, with its default, its bounds and its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args, get_type_hints

from facot_backups.model import Scope
from facot_backups.settings import kinds
from facot_backups.settings.kinds import Parser, Rule

DEFAULT = "valor por defecto"
ARGUMENT = "argumento"
MASK = "(oculto)"
Theme: TypeAlias = Literal["sistema", "claro", "oscuro"]
_COLLECTIONS = "una lista de nombres de colecciones raíz (en variables, separados por comas)"
_COMMAND = "una orden del sistema, como se escribiría en una terminal"


@dataclass(frozen=True, repr=False, kw_only=True)
class Settings:
    """What the product is told to do, frozen. A setting's annotation has its parser and its rule.

    Made by `load_settings`, which checks; a direct `Settings(...)` takes sound values as they are.
    """

    backup_dir: Annotated[Path, kinds.path, Rule("la ruta de una carpeta", located=True)] = field(
        default_factory=lambda: Path.cwd() / "backups"
    )
    # Of the local day, on the computer's clock.
    backup_hour: Annotated[time, kinds.hour, Rule("una hora HH:MM entre 00:00 y 23:59, con dos cifras")] = (
        time(2, 0)
    )
    retention_days: Annotated[
        int, kinds.whole(1, 36_500), Rule("un número entero de días entre 1 y 36500")
    ] = 30
    # Complete backups that retention leaves, however old.
    keep_last: Annotated[int, kinds.whole(1, 1000), Rule("un número entero de backups entre 1 y 1000")] = 2
    # Root collections to back up; None: every one that exists.
    collections: Annotated[
        tuple[str, ...] | None,
        kinds.optional(kinds.some_collection_ids),
        Rule(_COLLECTIONS, absent="todas", listed=True),
    ] = None
    exclude: Annotated[
        tuple[str, ...],
        kinds.collection_ids,
        Rule(_COLLECTIONS, absent="ninguna", listed=True),
    ] = ()
    # Reads of a local day, failed tries included; None: no bound.
    max_reads: Annotated[
        int | None,
        kinds.optional(kinds.whole(1, 10**12)),
        Rule("un número entero de lecturas al día, de 1 en adelante", absent="sin límite"),
    ] = None
    # Percent of a collection's documents whose loss is an anomaly.
    anomaly_drop: Annotated[int, kinds.whole(1, 100), Rule("un porcentaje entero entre 1 y 100")] = 30
    # From one restore drill of the scheduled runs to the next.
    drill_every_days: Annotated[int, kinds.whole(1, 365), Rule("un número entero de días entre 1 y 365")] = 7
    # A path, or the word "default": the credentials that Google's own libraries find.
    credentials: Annotated[
        str | None,
        kinds.credentials,
        Rule(
            "la ruta de un archivo de credenciales, o la palabra default",
            located=True,
            variables=("FIREBASE_CREDENTIALS", "FIREBASE_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"),
            elsewhere=("firebase", "credentials_path"),
        ),
    ] = None
    # None: the project that the credentials name.
    project: Annotated[
        str | None,
        kinds.optional(kinds.name),
        Rule(
            "el identificador de un proyecto de Google Cloud",
            variables=("GOOGLE_CLOUD_PROJECT",),
            absent="el de las credenciales",
        ),
    ] = None
    database: Annotated[str, kinds.name, Rule("el identificador de una base de datos de Firestore")] = (
        "(default)"
    )
    emulator_host: Annotated[
        str | None,
        kinds.optional(kinds.address),
        Rule("servidor:puerto, sin http://", variables=("FIRESTORE_EMULATOR_HOST",)),
    ] = None
    # What an emulator that asks for one (`serve --token`) gets with every call.
    emulator_token: Annotated[
        str | None,
        kinds.optional(kinds.token),
        Rule("de 16 a 200 letras, cifras y signos, sin espacios ni acentos", secret=True),
    ] = None
    # Told at every try that begins and ends (README.md, "Ajustes").
    healthcheck_url: Annotated[
        str | None,
        kinds.optional(kinds.web_address),
        Rule("una URL http:// o https://", secret=True),
    ] = None
    # Told once per change of state.
    notify_urls: Annotated[
        tuple[str, ...],
        kinds.service_urls,
        Rule(
            "una lista de URL de Apprise (en variables, separadas por comas o espacios)",
            listed=True,
            separator=kinds.BETWEEN_URLS,
            secret=True,
        ),
    ] = ()
    # Commands for the shell; they may hold passwords. From a folder that is not the user's own they run only
    # when allowed (app/alerts/trust.py).
    before_backup: Annotated[
        str | None,
        kinds.optional(kinds.shell_command),
        Rule(_COMMAND, secret=True, executes=True),
    ] = None
    after_backup: Annotated[
        str | None,
        kinds.optional(kinds.shell_command),
        Rule(_COMMAND, secret=True, executes=True),
    ] = None
    on_error: Annotated[
        str | None,
        kinds.optional(kinds.shell_command),
        Rule(_COMMAND, secret=True, executes=True),
    ] = None
    hook_minutes: Annotated[int, kinds.whole(1, 1440), Rule("un número entero de minutos entre 1 y 1440")] = (
        30
    )
    # How the panel looks.
    theme: Annotated[Theme, kinds.word(*get_args(Theme)), Rule("sistema, claro u oscuro")] = "sistema"

    # Where each value that was given came from, in Spanish.
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    # What the user should know of the sources and is no error, in Spanish: unknown keys and the like.
    notes: list[str] = field(default_factory=list, compare=False)
    # Each command that a file of another folder than the user's own gives, and that folder.
    foreign_commands: Mapping[str, Path] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        shown = (f"{name}={self._shown(name)}" for name in RULES)
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        return repr(MASK if RULES[name].secret and value else value)

    @property
    def scope(self) -> Scope:
        """What a backup with these settings covers."""
        return Scope(collections=self.collections, exclude=self.exclude)

    def origin(self, name: str) -> str:
        """Where a setting's value came from, in Spanish: `variable BACKUP_HOUR`. KeyError for no setting."""
        if name not in RULES:
            raise KeyError(name)
        return self.origins.get(name, DEFAULT)


def _annotations() -> Mapping[str, tuple[Parser, Rule]]:
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__ for name, hint in hints.items() if hasattr(hint, "__metadata__")}


_ANNOTATIONS = _annotations()
# The rule of every setting, in the order of the fields.
RULES: Mapping[str, Rule] = {name: rule for name, (_, rule) in _ANNOTATIONS.items()}
# Those that may be None.
_ABSENT = frozenset(one.name for one in fields(Settings) if one.default is None)


def variables(name: str) -> tuple[str, ...]:
    """The environment variables that give a setting, the strongest first."""
    return (f"BACKUP_{name.removeprefix('backup_').upper()}", *RULES[name].variables)


def may_be_absent(name: str) -> bool:
    """Whether None is a value of the setting: then a blank value of a source means "not given"."""
    return name in _ABSENT


def parse(name: str, value: object, base: Path) -> object:
    """The checked value of a setting; a relative path counts from `base`. Raises ValueError, in Spanish."""
    parser, rule = _ANNOTATIONS[name]
    return parser(value, base) if rule.located else parser(value)
