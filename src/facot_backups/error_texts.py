"""What errors say in a terminal, a log and the API, in Spanish: the catalogue of `errors`, by code.

The panel has words of its own (`ui/desktop/toolkit/error_text.py`). A text is a template of the error's
fields (`templates`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from facot_backups.templates import fill


class Words(NamedTuple):
    """An error in words: `what` happened, the `remedy` or ""; `problem` is `what` without its frame."""

    what: str
    remedy: str
    problem: str

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}" if self.remedy else self.what


def describe(code: str, family: str, fields: Mapping[str, object]) -> Words:
    """The words for an error with `code`. `family` chooses the frame. KeyError for what is not here."""
    problem, remedy = TEXTS[code]
    said = fill(problem, fields)
    what = fill(FRAMES[family], {**fields, "problem": said}) if family else said
    return Words(what, fill(remedy, fields), said)


# By the family of an error's class: the sentence around what happened.
FRAMES: Mapping[str, str] = {
    "firestore": "Firestore no disponible: {problem}.",
    "folder": "No se puede usar la carpeta de backups {backup_dir}: {problem}.",
    "drill": "El simulacro de restauración de {backup} no se pudo hacer: {problem}. "
    "No dice nada malo del backup.",
    "setting": "Ajuste «{setting}» ({origin}): {problem}. Se admite: {allowed}.",
    "format": "{place}: {problem}",
    "order": "El documento «{path}» {problem}: la lectura no es de fiar y no se ha guardado.",
}

_LATER = "Vuelva a intentarlo."
_UPGRADE = "Actualice facot-backups y vuelva a intentarlo."
_LIST = "Elija otro: facot-backups list"
_OTHER_FOLDER = "Elija otra carpeta con --backup-dir."
_ALLOW = "Dé permiso a su usuario sobre esa carpeta o elija otra con --backup-dir."
_WRITABLE = "Elija un archivo en una carpeta que exista y donde este usuario pueda escribir."
_DRILL = "Repítalo: facot-backups verify latest --drill"
_PITR = "Active la recuperación a un momento dado (PITR) de Firestore: conserva los instantes 7 días."
_SUSPECT_ORDER = "Repita el backup; si vuelve a pasar, avise al desarrollador."
_OTHER_BACKUP = "Elija otro backup: facot-backups list"

# (what happened, what to do) by code.
TEXTS: Mapping[str, tuple[str, str]] = {
    # --- the backup folder and its disk
    "lock_held": (
        "Otra ejecución está usando la carpeta de backups: equipo {host}, proceso {pid}, desde "
        "{since:%Y-%m-%d %H:%M:%S}.",
        "Espere a que termine.",
    ),
    "lock_held_by_unknown": (
        "Otra ejecución está usando la carpeta de backups: no se sabe quién (owner.json no se entiende).",
        "Espere a que termine.",
    ),
    "lock_just_taken": (
        "Otra ejecución está usando la carpeta de backups: un proceso que aún no dice cuál es.",
        "Espere a que termine.",
    ),
    "repository_gone": (
        "aquí había backups y ya no están (¿disco desconectado?)",
        "Conecte el disco. Si quiere empezar de nuevo aquí: facot-backups run --create",
    ),
    "repository_damaged": (
        "{file} está dañado ({problem})",
        "Ese archivo dice de qué base de datos son los backups. Recupérelo, o use otra carpeta; "
        "los backups que hay se pueden seguir leyendo.",
    ),
    "no_space": (
        "el disco está lleno",
        "Libere espacio o elija otra carpeta. Los backups anteriores siguen intactos.",
    ),
    "no_space_for": (
        "el disco está lleno; el backup necesita unos {needed:size} o más",
        "Libere espacio o elija otra carpeta. Los backups anteriores siguen intactos.",
    ),
    "no_space_in_restore": (
        "el disco está lleno",
        "Libere espacio: en Firestore quedó a medias, y con espacio se puede terminar o deshacer.",
    ),
    "no_free_name": ("no queda ningún nombre libre para el {day}", "Use otra carpeta."),
    "file_too_large": (
        "el sistema no admite ahí un archivo tan grande{file:aside}",
        "FAT32 no pasa de 4 GB por archivo: use un disco con otro formato (NTFS, exFAT, ext4). "
        "En Linux, mire también ulimit -f.",
    ),
    "read_only": (
        "el disco es de solo lectura{file:aside}",
        "Quite la protección contra escritura o elija otra carpeta con --backup-dir.",
    ),
    "no_permission": ("el sistema no permite leer o escribir ahí{file:aside}", _ALLOW),
    "not_permitted": ("el sistema no permite esa operación ahí{file:aside}", _ALLOW),
    "gone": (
        "no existe o desapareció (¿disco desconectado?){file:aside}",
        "Conecte el disco o revise la ruta.",
    ),
    "disk_fails": (
        "el disco falla al leer o escribir{file:aside}",
        "Revise el cable y el disco; si sigue fallando, use otro disco con --backup-dir.",
    ),
    "no_folder": ("una parte de la ruta no es una carpeta{file:aside}", _OTHER_FOLDER),
    "file_in_use": (
        "otro programa tiene abierto un archivo (¿antivirus, copia en la nube?){file:aside}",
        "Ciérrelo, o excluya la carpeta de backups de ese programa, y repita.",
    ),
    "maybe_away": (
        "el sistema responde «{error:reason}»{file:aside}",
        "Compruebe que el disco o la carpeta de red siguen conectados y desbloqueados, o elija otra carpeta "
        "con --backup-dir.",
    ),
    "disk_refuses": (
        "el sistema responde «{error:reason}»{file:aside}",
        "Revise el disco o elija otra carpeta con --backup-dir.",
    ),
    "source_mismatch": (
        "Esta carpeta guarda backups de {here}, y la conexión es a {there}: no se ha leído nada.",
        "Use otra carpeta (--backup-dir), o --adopt-source si el cambio es a propósito.",
    ),
    "no_thread": ("El equipo está saturado.", "Cierre otros programas y repita."),
    "inside_a_backup": (
        "{backup_dir} es un backup, o está dentro de uno",
        "Use la carpeta que lo contiene: {parent}",
    ),
    "other_backups": ("{folder} ya guarda otros backups: no se mezclan.", "Elija una carpeta vacía."),
    "name_taken": ("En {folder} ya hay otra carpeta {backup}.", ""),
    "folder_within": ("La carpeta nueva está dentro de la de ahora.", ""),
    "folder_of_others": ("La carpeta nueva ya guarda otros backups, y no se mezclan.", ""),
    "output_unwritable": (
        "No se puede escribir el resultado en la salida: {error:reason}.",
        "Un backup o una restauración que terminó no se pierde por eso: véalo con facot-backups list.",
    ),
    "log_unwritable": ("No se puede escribir el registro en {file}: {error:reason}.", _WRITABLE),
    "file_unwritable": ("No se puede escribir {file}: {error:reason}.", _WRITABLE),
    "table_unwritable": (
        "No se puede escribir {file}: {error:reason}.",
        "Elija otro archivo; si está abierto en Excel, ciérrelo.",
    ),
    # --- what is not found
    "backup_not_found": (
        "No hay ningún backup «{name}» en {backup_dir}.",
        "Vea los que hay con: facot-backups list",
    ),
    "no_complete_backup": (
        "No hay ningún backup completo («latest») en {backup_dir}.",
        "Haga el primero con: facot-backups run. Vea los que hay con: facot-backups list",
    ),
    "invoice_not_found": (
        "Ninguna factura lleva el NCF {ncf} en lo que se buscó.",
        "Mire si está bien escrito, o búsquelo en otro día: facot-backups list",
    ),
    "ambiguous_invoice": (
        "El NCF {ncf} lo llevan {count} facturas en {backup}: {invoices:list}.",
        "Escriba cuál: COLECCIÓN/ID",
    ),
    "journal_not_found": (
        "No hay ningún diario de la restauración «{restore}» en {backup_dir}.",
        "Sin él no se sabe qué escribió: restaure el backup que quiera con facot-backups restore FECHA.",
    ),
    "no_such_collection": ("El backup {backup} no tiene la colección «{collection}».", ""),
    "unknown_collection": (
        "El backup {backup} no sabe nada de la colección «{collection}»: {why}.",
        _OTHER_BACKUP,
    ),
    "unknown_document": (
        "El backup {backup} no sabe nada de el documento «{document}»: {why}.",
        _OTHER_BACKUP,
    ),
    "document_nowhere": (
        "Ni {backup} ni Firestore tienen el documento «{document}».",
        "Vea los que hay: facot-backups show, o los archivos de la carpeta.",
    ),
    "collection_nowhere": (
        "Ni {backup} ni Firestore tienen la colección «{collection}».",
        "Vea las que hay en los archivos de la carpeta, o con: facot-backups run --dry-run",
    ),
    # --- damage, and what cannot be read
    "format": ("{problem}", ""),
    "newer_format": (
        "{place}: es de una versión más nueva del formato ({version}), que este programa no conoce.",
        "Actualice facot-backups para leerlo. No se ha tocado nada.",
    ),
    "no_regular_file": ("{place}: no es un archivo normal", ""),
    "is_link": ("{place}: no es un archivo normal, es un enlace", ""),
    "file_missing": ("{place}: falta el archivo", ""),
    "file_huge": ("{place}: el archivo es demasiado grande", ""),
    "checksum_differs": ("{place}: su contenido no coincide con su suma de verificación", ""),
    "read_differs": (
        "{place}: lo que se lee del disco no es lo que se acaba de escribir.",
        "El disco o la memoria fallan: revíselos, o use otro disco con --backup-dir.",
    ),
    "no_metadata": ("El backup {backup} no tiene metadatos.", ""),
    "no_list": (
        "{backup}: parece una carpeta de FACOT 2.0, pero {file} no es una lista de documentos.",
        "Si no es del backup, sáquelo de la carpeta.",
    ),
    "damaged": ("El backup {backup} está dañado: {refusal:term}.", "{problems:lines}\n" + _LIST),
    "new_damaged": (
        "El backup {backup}, recién hecho, está dañado: {problem}.",
        "Revise el disco y haga otro (facot-backups run). Los anteriores no dependen de este.",
    ),
    "older_damaged": (
        "Al releerlos, {which:term}: {named:series}.",
        "{good:whole} Revise el disco.",
    ),
    "older_damaged_alone": (
        "Al releerlos, {which:term}: {named:series}.",
        "Ningún otro se ha comprobado: haga uno ahora (facot-backups run). Revise el disco.",
    ),
    "drill_failed": (
        "El simulacro de restauración de {backup} falló: {problem}.",
        "Haga otro backup (facot-backups run) y repita el simulacro con: facot-backups verify latest --drill",
    ),
    "journal_damaged": (
        "El diario de la restauración {restore} está dañado ({problem}): no se puede saber qué escribió, ni "
        "terminarla o deshacerla sola. No se ha escrito nada.",
        "Restaure otro backup: facot-backups list",
    ),
    "journal_damaged_kept": (
        "El diario de la restauración {restore} está dañado ({problem}): no se puede saber qué escribió, ni "
        "terminarla o deshacerla sola. No se ha escrito nada.",
        "Lo que había antes sigue en {kept}: facot-backups diff {kept} live; facot-backups show {kept} RUTA. "
        "O restaure otro backup: facot-backups list",
    ),
    "not_as_journal_says": (
        "{backup} no guarda «{document}» como dice el diario: no se puede seguir.",
        "No se ha escrito nada más. Restaure otro backup: facot-backups list",
    ),
    "file_unread": ("{place}: no se pudo leer ({error:reason})", ""),
    "backups_unread": (
        "La carpeta de backups {folder} no se pudo leer ahora mismo.",
        "Repita la orden.",
    ),
    "folder_unread": ("{place}: no se pudo leer la carpeta ({error:reason})", ""),
    "unread": (
        "El backup {backup} no se pudo leer entero: {refusal:term}.",
        "{problems:lines}\nNo quiere decir que esté dañado. Revise el disco y los permisos, y repita.",
    ),
    "new_unread": (
        "El backup {backup}, recién hecho, no se pudo volver a leer entero: {problem}.",
        "No quiere decir que esté dañado. Revise el disco, y compruébelo: facot-backups verify latest",
    ),
    "part_unread": ("{problem}", ""),
    "latest_unread": (
        "No se sabe cuál es el último backup: {backup} no se puede leer ahora.",
        "Revise el disco y los permisos, y repita; o diga el nombre del que quiere: facot-backups list",
    ),
    # --- what is too much, or out of order
    "document_too_large": (
        "El documento «{path}» es demasiado grande para un backup: ocuparía más de 16 MiB o tiene demasiados "
        "valores.",
        "Divídalo en varios documentos, o excluya su colección.",
    ),
    "too_many_collections": (
        "El backup tiene {count} colecciones raíz: sus metadatos pasarían de 16 MiB.",
        "Haga varios backups, en carpetas distintas, con una parte de las colecciones cada uno.",
    ),
    "not_after": ("no va después de «{last}»", _SUSPECT_ORDER),
    "of_another_collection": ("no es de la colección «{collection}»", _SUSPECT_ORDER),
    "missing_and_bare": ("no existe y no tiene nada debajo", _SUSPECT_ORDER),
    "collection_ended": ("la colección ya estaba terminada", _SUSPECT_ORDER),
    "read_budget_exceeded": (
        "{reader:term} necesita {needed} lecturas; hoy ya se hicieron {used} y el máximo diario (max_reads) "
        "es {allowed}: {left:term}.",
        "Suba max_reads, limite las colecciones, o espere a mañana.",
    ),
    # --- Firestore
    "no_credentials": (
        "no hay credenciales ni emulador configurados",
        "Guarde el archivo de la cuenta de servicio como firebase-credentials.json en esta carpeta o en "
        "la de FACOT, o ponga su ruta en firebase.credentials_path (facot_config.json) o en "
        "FIREBASE_CREDENTIALS; para el emulador, FIRESTORE_EMULATOR_HOST.",
    ),
    "no_default_credentials": (
        "Google no encuentra credenciales por defecto en este equipo ({kind})",
        "Use la ruta del archivo de una cuenta de servicio en firebase.credentials_path.",
    ),
    "no_app_credentials": (
        "la aplicación de firebase_admin no da credenciales ({kind})",
        "Inicialice firebase_admin con una cuenta de servicio, o configure firebase.credentials_path.",
    ),
    "credentials_refused": (
        "Google rechazó las credenciales",
        "Compruebe la fecha y hora del equipo; si son correctas, la clave fue revocada: "
        "cree otra en la consola de Firebase (Configuración > Cuentas de servicio).",
    ),
    "credentials_unknown": (
        "Google no reconoce las credenciales para {source}",
        "Compruebe la fecha y hora del equipo y el archivo de la cuenta de servicio.",
    ),
    "token_unknown": (
        "el emulador pide un token y no reconoce el que se le mostró",
        "Ponga en la variable BACKUP_EMULATOR_TOKEN el que dijo: facot-backups serve --token",
    ),
    "permission_denied": (
        "las credenciales no tienen permiso en {source}",
        "Dé a la cuenta de servicio el rol roles/datastore.viewer (para restaurar, roles/datastore.user), y "
        "revise el proyecto configurado.",
    ),
    "write_denied": (
        "las credenciales no permiten escribir en {source}",
        "Dé a la cuenta de servicio el rol roles/datastore.user. No se ha escrito nada.",
    ),
    "api_disabled": (
        "la API de Firestore no está activada en el proyecto {source.project}",
        "Actívela en la consola de Google Cloud, o revise el proyecto configurado.",
    ),
    "datastore_mode": (
        "la base de datos {source} está en modo Datastore",
        "Este programa lee bases de datos Firestore en modo nativo: revise project y database.",
    ),
    "no_database": (
        "la base de datos {source} no existe",
        "Revise el proyecto y la base de datos configurados.",
    ),
    "other_names": (
        "el servidor da nombres de otra base de datos ({name})",
        "Ponga en el ajuste del proyecto su identificador, no su número.",
    ),
    "quota_used_up": (
        "la cuota del proyecto {source.project} está agotada",
        "Espere a que se renueve (la gratuita, a medianoche del Pacífico) o active la facturación.",
    ),
    "no_connection": (
        "no hay conexión con {source}",
        "Compruebe la red (o que el emulador esté en marcha) y vuelva a intentarlo.",
    ),
    "no_answer_in_time": ("{source} no respondió a tiempo", "Compruebe la red y vuelva a intentarlo."),
    "overloaded": ("{source} está saturada", "Espere unos minutos y vuelva a intentarlo."),
    "answered": ("{source} respondió {status}", "Vuelva a intentarlo; si persiste, avise con este texto."),
    "answered_with": (
        "{source} respondió {status}: {said}",
        "Vuelva a intentarlo; si persiste, avise con este texto.",
    ),
    "no_answer": ("{source} no respondió a la pregunta", _LATER),
    "no_count": ("{source} no devolvió el recuento", _LATER),
    "documents_missing": ("{source} no devolvió todos los documentos pedidos", _LATER),
    "stream_cut": (
        "{source} cortó la lectura {cuts} veces sin enviar nada",
        "Vuelva a intentarlo más tarde.",
    ),
    "results_missing": ("{source} no dio un resultado por escritura", "Avise con este texto."),
    "unknown_value": ("{problem}", _UPGRADE),
    "given_up": ("ya no se escribe más", "Repítalo."),
    "nothing_read": ("no se pudo leer ninguna colección", "{problem}"),
    "counters_unread": (
        "no se pudieron leer los contadores de NCF ({problem})",
        "No se ha escrito nada. Vuelva a intentarlo.",
    ),
    "live_unread": (
        "no se pudo leer entero lo que hay ahora ({problem})",
        "No se ha escrito nada. Vuelva a intentarlo.",
    ),
    "read_back_failed": ("{problem}", "Compare con: facot-backups diff"),
    "client_failed": ("el cliente de Google dice {error}", "Repítalo."),
    "read_ended_early": ("la lectura terminó antes de tiempo", "Repítalo."),
    "instant_expired": ("el instante del backup ya no se puede leer: la lectura tardó demasiado", _PITR),
    "snapshot_expired": (
        "El instante del backup ({read_time}) ya no se puede leer: la lectura tardó demasiado.",
        _PITR,
    ),
    "no_client": (
        "client no es un google.cloud.firestore.Client, sino {kind}.",
        "Pase firestore.Client(...) o firebase_admin.firestore.client().",
    ),
    "no_grpc": ("El cliente usa un transporte sin gRPC ({kind}).", "Pase un cliente con transporte gRPC."),
    # --- restores and drills
    "interrupted": ("Interrumpido: nada ha quedado a medias. Los backups anteriores siguen intactos.", ""),
    "restore_interrupted": (
        "Restauración interrumpida: {written:,} documentos escritos, {left:,} sin confirmar.",
        "Termínela con: facot-backups restore --continue {restore}",
    ),
    "undoes_all": (
        "{backup} deshace una restauración entera: no admite modo ni alcance.",
        "Use: facot-backups restore {backup}",
    ),
    "no_mirror_of_facot2": (
        "{backup} es del formato antiguo, que no dice qué faltaba: con él no se puede hacer una copia exacta "
        "(mirror).",
        "Use --mode overwrite o --mode missing.",
    ),
    "incomplete": (
        "El backup {backup} está incompleto: {errors:series}.",
        "Elija otro, o añada --allow-incomplete para restaurar lo que tiene.",
    ),
    "other_target": (
        "El backup {backup} es para {wanted}, y la conexión es a {target}: no se ha escrito nada.",
        "Si es a propósito, diga el destino con --into-project {target.project}",
    ),
    "other_target_database": (
        "El backup {backup} es para {wanted}, y la conexión es a {target}: no se ha escrito nada.",
        "Si es a propósito, diga el destino con --into-project {target.project} --into-database "
        "{target.database}",
    ),
    "other_target_of_restore": (
        "La restauración {restore} es de {target}, y la conexión es a {source}.",
        "Siga con --into-project {target.project} --into-database {target.database}, sin emulador.",
    ),
    "other_target_of_test_restore": (
        "La restauración {restore} es de {target}, y la conexión es a {source}.",
        "Siga con --into-project {target.project} --into-database {target.database}, con emulador.",
    ),
    "already_undone": (
        "La restauración {restore} ya se deshizo ({undone}).",
        "Si la quiere de nuevo, restaure otra vez el backup.",
    ),
    "not_confirmed": ("La restauración no se confirmó: no se ha escrito nada.", "Repítala cuando quiera."),
    "kept_by_restore_compared": (
        "{backup} guarda lo que una restauración cambió, no es un backup entero: no se compara.",
        _LIST,
    ),
    "kept_by_restore_served": (
        "{backup} guarda lo que una restauración cambió, no es un backup entero: no se sirve.",
        _LIST,
    ),
    "kept_by_restore_drilled": (
        "{backup} guarda lo que una restauración cambió, no es un backup: no hay simulacro.",
        _LIST,
    ),
    "nothing_to_prove": (
        "no guarda ningún documento, así que no probaría nada",
        "Compruebe qué se guarda (facot-backups config), y hágalo con un backup que tenga documentos.",
    ),
    "needs_memory": (
        "necesita unos {needed:size} de memoria y no se hace solo",
        "Hágalo usted: facot-backups verify latest --drill",
    ),
    "no_memory": ("no hay memoria suficiente", f"Cierre otros programas. {_DRILL}"),
    "no_google_client": (
        "falta el cliente de Firestore de Google{module:aside}",
        "Instálelo: pip install google-cloud-firestore",
    ),
    "temporary_full": ("la carpeta temporal {folder} está llena", f"Libere espacio. {_DRILL}"),
    "drill_unavailable": ("el Firestore en memoria dejó de responder ({error.problem})", _DRILL),
    "drill_stopped_by": ("{error:clause}", _DRILL),
    "drill_server_failed": ("el Firestore en memoria no arrancó o dejó de responder ({said})", _DRILL),
    "drill_unforeseen": ("fallo inesperado ({said})", "Repítalo con --verbose y comunique lo que diga."),
    # --- retention
    "more_left_out": (
        "Ahora los ajustes dejan fuera más que cuando lo miró. No se ha aceptado nada.",
        "Mírelo de nuevo.",
    ),
    "more_lost": ("Ahora falta más que cuando lo miró: {found}. No se ha aceptado nada.", "Mírelo de nuevo."),
    "undeletable_unread": (
        "El backup {backup} no se puede leer ahora: no se borra.",
        "Revise el disco y los permisos.",
    ),
    "undeletable_foreign": ("{path} no es un backup de {folder}: no se borra.", ""),
    "undeletable_newer": ("El backup {backup} es de una versión más nueva del programa: no se borra.", ""),
    "undeletable_damaged": (
        "El backup {backup} está dañado y no dice qué archivos son suyos: no se borra.",
        "Si ya no lo quiere, borre la carpeta {path} a mano.",
    ),
    "undeletable_strangers": (
        "El backup {backup} contiene algo que no es de un backup ({names:list}): no se borra.",
        "Saque esos archivos de la carpeta.",
    ),
    # --- services and alerts
    "service_failed": (
        "El sistema no aceptó «{command}»: {output}.",
        "Corríjalo y repita; lo que ya se escribió se quita con: facot-backups service remove --yes",
    ),
    "system_wide_elsewhere": (
        "--system solo existe en Linux (systemd).",
        "Quítelo: el servicio será de su usuario.",
    ),
    "packed_program": (
        "Este programa está empaquetado y no puede ser un servicio por sí mismo.",
        "Instale facot-backups con pip y use: facot-backups service install",
    ),
    "session_variables": (
        "El servicio no vería estos ajustes, que vienen de variables de esta sesión: {given:list}.",
        "Guárdelos en facot_config.json, o en un archivo .env en {folder}, y repita.",
    ),
    "fixed_by_program": (
        "El servicio no vería lo que este programa fija por sí mismo.",
        "Aquí no se puede instalar; guárdelo antes en los ajustes.",
    ),
    "control_character": (
        "«{text}» tiene un salto de línea u otro carácter de control, y en el archivo del servicio sería una "
        "orden.",
        "Cambie ese nombre, o use otra carpeta, y repita.",
    ),
    "no_folder_of_systemd": (
        "systemd no puede trabajar en «{folder}»: el nombre acaba en un espacio o una barra invertida.",
        "Cámbielo, o use otra carpeta, y repita.",
    ),
    "apprise_missing": (
        "Para avisar por «notify_urls» hace falta Apprise, y este equipo no lo tiene. "
        "Instálelo con: pip install apprise",
        "",
    ),
    "not_noted": (
        "No se pudo anotar en {folder} qué órdenes permite usted: no se ejecutarán.",
        "Dé a su usuario permiso sobre esa carpeta, o libere espacio en su disco, y repita.",
    ),
    "no_alerts": (
        "No hay ningún aviso configurado: nadie se enteraría de un fallo.",
        "Ponga healthcheck_url o notify_urls en facot_config.json, dentro de «backups».",
    ),
    # --- the Python API
    "no_date": ("«{text}» no es una fecha.", "Se admite: AAAA-MM-DD, como 2024-11-27."),
    "no_mode": ("«{text}» no es un modo.", "Se admite: {modes:list}."),
    "no_lists": ("collections y documents son listas de textos.", ""),
    "no_document_or_number": (
        "«{text}» no es la ruta de un documento.",
        "Se admite: COLECCIÓN/ID, como invoices/12; de una factura, también su NCF.",
    ),
    "yes_needed": (
        "Restaurar en {target} hay que confirmarlo: no se ha escrito nada.",
        "Mire el plan con dry_run=True, y repita con yes=True.",
    ),
    "answer_needed": ("{question}", "No se ha escrito nada. Para decir que sí, repita con yes=True."),
    # --- the command line
    "no_document": (
        "«{text}» no es la ruta de un documento.",
        "Escriba COLECCIÓN/ID, como invoices/1732654800000, o una más larga: invoices/12/items/0",
    ),
    "same_side_twice": ("Los dos lados son la misma base de datos.", "Compare live con un backup."),
    "if_due_alone": (
        "--if-due hace el backup programado, con los ajustes y nada más: no admite --collection, --dry-run, "
        "--adopt-source ni --create.",
        "Quite esas opciones, o --if-due.",
    ),
    "continue_alone": (
        "--continue termina lo que ya se decidió: no admite FECHA, alcance, modo ni --dry-run.",
        "Use: facot-backups restore --continue {restore}",
    ),
    "backup_not_named": ("Falta FECHA: qué backup se restaura.", "Vea los que hay con: facot-backups list"),
    "no_terminal": (
        "Hay que confirmar la restauración y aquí no hay un terminal: no se ha escrito nada.",
        "Mire el plan con --dry-run y repita con --yes.",
    ),
    "port_taken": (
        "No se puede escuchar en {address}, puerto {port}: está ocupado o no está permitido.",
        "Elija otro con --port, o --port 0 para uno libre.",
    ),
    "not_this_computer": (
        "«{host}» no es una dirección de este mismo equipo: otros leerían el backup sin contraseña.",
        "Use --host 127.0.0.1 (es lo normal), o ::1.",
    ),
    "two_outputs": ("--prometheus y --json escriben los dos en la salida.", "Elija uno."),
    "demo_failed": (
        "La demostración no salió como debía: la orden anterior falló.",
        "Comuníquelo con todo este texto.",
    ),
    # --- the panel
    "panel_hangs": (
        "El panel ya está abierto, pero no responde.",
        "Espere a que termine, o reinicie el equipo.",
    ),
    "no_qt": (
        "El panel necesita Qt, y este Python no lo tiene.",
        'Instálelo con: python -m pip install qtpy "PySide6-Essentials<6.12"',
    ),
    "qt_lacks_library": (
        "Qt está instalado, pero a este equipo le falta {library}.",
        "En Debian o Ubuntu: sudo apt install {packages}",
    ),
    "qt_broken": (
        "Qt está instalado, pero a este equipo le falta {library}.",
        'Reinstálelo con: python -m pip install --force-reinstall "PySide6-Essentials<6.12"',
    ),
    "display_lacks_libraries": (
        "Qt no puede usar la pantalla: en Debian o Ubuntu, sudo apt install {packages}",
        "Ábrala en el escritorio del equipo; en una terminal, use: facot-backups status",
    ),
    "no_display": (
        "Aquí no hay una pantalla en la que abrir la ventana.",
        "Ábrala en el escritorio del equipo; en una terminal, use: facot-backups status",
    ),
    "plan_too_old": (
        "El plan ya era demasiado viejo para seguir con él: no se ha escrito nada.",
        "Pida un plan nuevo.",
    ),
    # --- settings
    "setting": ("{problem}", ""),
    # --- what nobody foresaw
    "unforeseen": (
        "fallo inesperado: {kind}: {error}",
        "Repita con --verbose para ver el detalle y comuníquelo.",
    ),
}
