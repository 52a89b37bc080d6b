"""All rows of the settings, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtWidgets import QWidget

from facot_backups.ui.desktop.settings.alerts_page import AlertsRow
from facot_backups.ui.desktop.settings.fields import ChoiceRow, FieldRow, LimitRow, SecretRow, TextRow
from facot_backups.ui.desktop.settings.hour_field import HourRow
from facot_backups.ui.desktop.settings.list_fields import CollectionsRow
from facot_backups.ui.desktop.toolkit.theme import Theme

_THEMES: Mapping[str, str] = {"sistema": "Como el sistema", "claro": "Claro", "oscuro": "Oscuro"}


def settings_rows(theme: Theme, choose: QWidget) -> tuple[FieldRow, ...]:
    """One row for each setting of the form; `choose` is the button beside the folder."""
    return (
        TextRow(theme, "backup_dir", "Carpeta de los backups", beside=(choose,)),
        HourRow(
            theme,
            "backup_hour",
            "Hora del backup diario",
            "Escríbala como 14:30 o como 2:30 p. m., en el reloj de este equipo. Si a esa hora está apagado, "
            "se hace al encenderlo.",
        ),
        TextRow(theme, "retention_days", "Conservar los backups", unit="días"),
        TextRow(
            theme,
            "keep_last",
            "Y conservar siempre",
            "Los backups completos más recientes no se borran por viejos que sean.",
            unit="backups completos",
        ),
        CollectionsRow(
            theme,
            "collections",
            "Colecciones",
            usual="Todas, también las que se creen después (recomendado)",
            none=None,
        ),
        CollectionsRow(
            theme,
            "exclude",
            "Dejar fuera",
            "Lo que se deja fuera no está en ningún backup: si se pierde, no hay de dónde recuperarlo.",
            usual="Nada (recomendado)",
            none=(),
        ),
        LimitRow(
            theme,
            "max_reads",
            "Lecturas de Firestore",
            "Cada documento guardado cuesta una lectura. El plan gratuito da 50,000 al día: con 40,000 "
            "para los backups quedan las demás para facturar.",
        ),
        TextRow(
            theme,
            "project",
            "Proyecto de Firebase",
            empty=None,
            placeholder="El de las credenciales",
        ),
        TextRow(
            theme,
            "database",
            "Base de datos",
            "Casi nadie cambia esto. Los backups de otra base de datos van a otra carpeta: elíjala arriba.",
            empty="(default)",
            placeholder="La principal: (default)",
        ),
        SecretRow(
            theme,
            "healthcheck_url",
            "Vigilancia externa",
            "Una dirección de healthchecks.io o similar: avisa cuando los backups dejan de llegar, "
            "también si este equipo está apagado.",
            "https://hc-ping.com/…",
        ),
        AlertsRow(
            theme,
            "notify_urls",
            "Mensajes",
            "Llega un mensaje cuando algo falla y otro cuando se arregla; mientras todo va bien, ninguno.",
        ),
        ChoiceRow(theme, "theme", "Aspecto", _THEMES),
    )
