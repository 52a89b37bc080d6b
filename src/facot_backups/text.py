"""Text from outside made safe to show: names, paths, values and errors that somebody else wrote.

Whatever goes to a terminal, a log, a message or a label passes through here.
"""

from __future__ import annotations

import errno
import os
import re

# Characters without a shape of their own that `str.isprintable` lets through (Unicode's
# Default_Ignorable_Code_Point): fillers, joiners, variation selectors; and the blank of Braille.
_UNSEEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
)
_UNSEEN_ONE = re.compile(f"[{_UNSEEN}]")
_BREAK = re.compile(r"\s*[\t-\r\x1c-\x1e\x85\u2028\u2029]\s*")


_REASONS = {
    errno.EACCES: "no hay permiso",
    errno.EPERM: "el sistema no lo permite",
    errno.ENOENT: "no existe el archivo o la carpeta",
    errno.EEXIST: "ya existe",
    errno.EISDIR: "es una carpeta",
    errno.ENOTDIR: "una parte de la ruta no es una carpeta",
    errno.ENOTEMPTY: "la carpeta no está vacía",
    errno.ENAMETOOLONG: "el nombre es demasiado largo",
    errno.ELOOP: "un enlace lleva a sí mismo",
    errno.EINVAL: "el sistema no lo admite",
    errno.ENOSPC: "el disco está lleno",
    errno.EDQUOT: "no queda sitio para este usuario",
    errno.EFBIG: "el archivo es demasiado grande para este disco",
    errno.EROFS: "el disco es de solo lectura",
    errno.EIO: "el disco falla al leer o escribir",
    errno.ENODEV: "el disco o aparato ya no está",
    errno.ENXIO: "el disco o aparato ya no está",
    errno.ESTALE: "la carpeta de red ya no responde",
    errno.EBUSY: "otro programa lo está usando",
    errno.EXDEV: "está en otro disco",
    errno.EMLINK: "tiene demasiados enlaces",
    errno.ENOTSUP: "este disco no lo admite",
    errno.ENOSYS: "el sistema no lo admite",
    errno.EMFILE: "hay demasiados archivos abiertos",
    errno.ENFILE: "hay demasiados archivos abiertos",
    errno.ENOMEM: "no queda memoria",
    errno.E2BIG: "es demasiado largo",
    errno.ETIMEDOUT: "no respondió a tiempo",
    errno.ECONNREFUSED: "rechazó la conexión",
    errno.ECONNRESET: "cortó la conexión",
    errno.EHOSTUNREACH: "no se llega a ese equipo",
    errno.ENETUNREACH: "no hay red",
    errno.EADDRINUSE: "el puerto está ocupado",
}


def reason(error: OSError) -> str:
    """Why the system refused something, in Spanish; what it says itself for a number that is not known here.

    An error that was raised with words of its own keeps them; so do those of Windows' own numbers, which
    Python calls EINVAL where it does not know them.
    """
    said, number = error.strerror, error.errno
    if number is None:
        return one_line(said or error) or type(error).__name__
    windows = getattr(error, "winerror", None) is not None
    own = number == errno.EINVAL if windows else said != os.strerror(number)
    return one_line(said or error) if own else _REASONS.get(number) or one_line(said or error)


def visible(text: str) -> str:
    """`text` with the number of every character that commands a terminal, breaks a line, hides or reverses.

    These are controls, line breaks, marks of direction, zero widths, lone surrogates. The one way of any text
    from outside to a person.
    """
    if text.isprintable() and _UNSEEN_ONE.search(text) is None:
        return text
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter.isprintable() and _UNSEEN_ONE.match(letter) is None:
        return letter
    number = ord(letter)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def one_line(text: object) -> str:
    """An error, or another text of several lines, as one `visible` line: for a log, a ledger, a list."""
    return visible(_BREAK.sub(" ", str(text).strip("\t\n\v\f\r")))


def lines(text: str) -> str:
    """A text of ours that has several lines, each of them `visible`."""
    return "\n".join(map(visible, text.split("\n")))


def hanging(text: str) -> str:
    """The same, all but the first line indented: no line that a name or value breaks open passes for ours."""
    return lines(text).replace("\n", "\n  ")
