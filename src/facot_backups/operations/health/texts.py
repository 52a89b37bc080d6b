"""What findings say in a terminal, an alert, a log and the API, in Spanish: by code, or by `code.case`.

The panel has remedies of its own (`ui/desktop/overview/state_texts.py`). A text is a template of the
finding's fields (`templates`).
"""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.archive.layout import STATE_DIR

_RUN = "Haga uno ahora: facot-backups run"
_MEANT = "Si es a propósito: facot-backups cleanup --accept-anomaly"
_DRILL = "Hágalo: facot-backups verify latest --drill"
_DRILL_AGAIN = "Repítalo: facot-backups verify latest --drill"
_JOURNAL = "El diario de la restauración que guardó {kept}"

# (what is so, what to do or "").
TEXTS: Mapping[str, tuple[str, str]] = {
    "folder_unusable": ("{error.words.what}", "{error.words.remedy:line}"),
    "damage": (
        "El backup {backup} está dañado{problem:because}",
        "{good:whole} Revise el disco, y {then:term}",
    ),
    "damage.alone": (
        "El backup {backup} está dañado{problem:because}",
        "Ningún otro se ha comprobado: haga uno ahora (facot-backups run). Revise el disco, y {then:term}",
    ),
    "unreadable": (
        "El backup {backup} no se pudo leer{problem:because}",
        "No quiere decir que esté dañado: no lo borre. Revise el disco y los permisos, y compruébelo: "
        "facot-backups verify {backup}",
    ),
    "anomaly": (
        "{anomaly}.",
        "Qué falta: facot-backups diff {anomaly.largest_in} latest. Para recuperarlo: facot-backups restore "
        f"{{anomaly.largest_in}} --dry-run. {_MEANT}",
    ),
    "anomaly.damaged": (
        "{anomaly}.",
        "El backup {anomaly.largest_in} está dañado: no lo borre. Busque otro de esos días que siga entero: "
        f"facot-backups list. {_MEANT}",
    ),
    "empty_backup": (
        "El último backup ({backup}) no guarda ningún documento.",
        "Se leyó {source}: si no debe estar vacía, compruebe el proyecto, la base de datos y las colecciones "
        "con: facot-backups config",
    ),
    "empty_backup.others": (
        "El último backup ({backup}) no guarda ningún documento. El backup {holding} tiene "
        "{documents:documents}.",
        "Se leyó {source}: si no debe estar vacía, compruebe el proyecto, la base de datos y las colecciones "
        "con: facot-backups config",
    ),
    "unknown_collection": ("{unknown}", f"Corrija «{{setting}}» en los ajustes. {_MEANT}"),
    "left_out": (
        "{said}",
        f"Si las quiere guardar, cambie «collections» o «exclude» en los ajustes. {_MEANT}",
    ),
    "restore_cut": (
        "Una restauración quedó a medias: en Firestore hay una parte.",
        "Termínela con: facot-backups restore --continue {restore}",
    ),
    "journal_damaged.plan": (
        _JOURNAL + " está dañado y no se puede deshacer con él{problem:because}",
        "Lo que había antes sigue guardado: facot-backups diff {kept} live. Revise el disco.",
    ),
    "journal_damaged.results": (
        _JOURNAL + " está dañado en parte{problem:because}",
        "Lo que no dice se juzga por lo que hay en Firestore: se puede deshacer (facot-backups restore "
        "{kept}) o completar (facot-backups restore --continue {restore}). Revise el disco.",
    ),
    "journal_damaged.missing": (
        _JOURNAL + " falta, y sin él no se puede deshacer{problem:because}",
        "Lo que había antes sigue guardado: facot-backups diff {kept} live. Si copió la carpeta sin lo que "
        f"hay en {STATE_DIR}, cópielo también.",
    ),
    "journal_unread": (
        _JOURNAL + " no se pudo leer{problem:because}",
        "Repita la orden; si sigue así, revise el disco.",
    ),
    "no_backup": ("No hay ningún backup completo.", _RUN),
    "no_backup.unreadable": ("Ningún backup completo se puede leer ahora.", _RUN),
    "no_backup.others": (
        "Ningún backup completo guarda, de la base de datos de esta carpeta, todo lo que se pide guardar.",
        _RUN,
    ),
    "catching_up": (
        "Poniéndose al día: el equipo acaba de encenderse o de despertar; falta su primer intento.",
        "",
    ),
    "stale": ("El último backup completo es del {when:%d/%m/%Y %H:%M}, de hace {age:age}.", _RUN),
    "failing": (
        "El último intento ({when:%d/%m/%Y %H:%M}) falló{problem:because}",
        "Corríjalo y repita: facot-backups run",
    ),
    "failing.often": (
        "Los últimos {count} intentos fallaron; el del {when:%d/%m/%Y %H:%M}{problem:because}",
        "Corríjalo y repita: facot-backups run",
    ),
    "disk_full_next": (
        "En el disco quedan {free:size} y el próximo backup necesita unos {needed:size}.",
        "Libere espacio, o elija otra carpeta.",
    ),
    "drill_failed": (
        "El último simulacro de restauración ({backup}) falló{problem:because}",
        _DRILL_AGAIN,
    ),
    "drill_not_made": (
        "El último simulacro de restauración ({backup}) no se pudo hacer{problem:because}",
        f"No dice nada malo de los backups. {_DRILL_AGAIN}",
    ),
    "drill_not_made.late": (
        "Desde hace {age:age} no se puede hacer el simulacro de restauración{problem:because}",
        f"No dice nada malo de los backups. {_DRILL_AGAIN}",
    ),
    "never_drilled": ("Nunca se ha hecho un simulacro de restauración.", _DRILL),
    "drill_overdue": ("El último simulacro de restauración es de hace {age:age}.", _DRILL),
    "unverified": (
        "El backup más nuevo ({backup}) no se ha vuelto a leer desde que se hizo.",
        "Compruébelo: facot-backups verify latest",
    ),
    "clock": ("{alarm.what:line}", "Ponga en hora el equipo, y haga otro backup."),
    "reread_overdue": (
        "Hay backups que nadie ha vuelto a leer en más de {days} días.",
        "Compruébelos: facot-backups verify",
    ),
    "unattended": (
        "En la última semana nada ha hecho por sí solo el backup del día.",
        "Prográmelo: facot-backups service install",
    ),
    "same_disk": (
        "Los backups están en el disco del sistema: si falla, se pierde todo a la vez.",
        "Mejor un disco externo o una carpeta de red.",
    ),
    "synchronised": (
        "Otro programa sincroniza la carpeta de los backups (OneDrive, Dropbox…).",
        "Mejor fuera de ella: puede bloquear archivos.",
    ),
}
