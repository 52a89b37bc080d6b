"""Windows: a task of the Task Scheduler, of the user, as its XML.

The order of elements is that of Microsoft's "Task Scheduler Schema" ([MS-TSCH] 2.5): in a trigger Enabled,
StartBoundary, Repetition, then ScheduleByDay; where that page says `xs:all`, order is free.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

from facot_backups.app.service.plan import DESCRIPTION, EVERY_MINUTES, NAME, File, Plan, Removal, Service
from facot_backups.app.windows_program import program

TASK = "FACOT Backups"
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"

# The defaults that would lose backups are these: none on batteries, ended after 72 hours, no catching up.
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "AllowHardTerminate": "true",
    "StartWhenAvailable": "true",
    "RunOnlyIfNetworkAvailable": "false",
    "AllowStartOnDemand": "true",
    "Enabled": "true",
    "Hidden": "false",
    "RunOnlyIfIdle": "false",
    "WakeToRun": "false",
    "ExecutionTimeLimit": "PT0S",
    "Priority": "7",
}


def task_xml(service: Service) -> str:
    """The task: each day from midnight on every 15 minutes, without end, while the user is logged on."""
    task = ET.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    _texts(_child(task, "RegistrationInfo"), {"Description": DESCRIPTION})
    trigger = _child(_child(task, "Triggers"), "CalendarTrigger")
    _texts(trigger, {"Enabled": "true", "StartBoundary": "2024-01-01T00:00:00"})
    # Without a Duration it repeats without end.
    _texts(_child(trigger, "Repetition"), {"Interval": f"PT{EVERY_MINUTES}M", "StopAtDurationEnd": "false"})
    _texts(_child(trigger, "ScheduleByDay"), {"DaysInterval": "1"})
    principal = _child(_child(task, "Principals"), "Principal", id="Author")
    _texts(principal, {"UserId": service.user, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"})
    _texts(_child(task, "Settings"), _SETTINGS)
    program, *arguments = service.command
    action = _child(_child(task, "Actions", Context="Author"), "Exec")
    _texts(
        action,
        {
            "Command": program,
            "Arguments": subprocess.list2cmdline(arguments),
            "WorkingDirectory": service.folder,
        },
    )
    ET.indent(task)
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode") + "\n"


def plan(service: Service, folder: Path) -> Plan:
    """What installing does; the XML stays in `folder`. In UTF-16, as the Task Scheduler writes its own."""
    file = File(folder / f"{NAME}.xml", task_xml(service), "utf-16")
    create = (program("schtasks"), "/Create", "/TN", TASK, "/XML", str(file.path), "/F")
    notes = (
        (
            f"El servicio usará la carpeta de estado de siempre, y no FACOT_BACKUPS_STATE_DIR "
            f"({service.state_dir}): póngala como variable de su usuario de Windows.",
        )
        if service.state_dir is not None
        else ()
    )
    return Plan(files=(file,), commands=(create,), notes=notes)


def removal(folder: Path) -> Removal:
    """What removing does."""
    return Removal(
        before=((program("schtasks"), "/Delete", "/TN", TASK, "/F"),), files=(folder / f"{NAME}.xml",)
    )


def status() -> tuple[str, ...]:
    """The command that tells how it stands."""
    return (program("schtasks"), "/Query", "/TN", TASK, "/FO", "LIST", "/V")


def _child(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, name, attributes)


def _texts(parent: ET.Element, values: dict[str, str]) -> None:
    for name, text in values.items():
        ET.SubElement(parent, name).text = text
