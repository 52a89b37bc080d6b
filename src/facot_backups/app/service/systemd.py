"""systemd: a oneshot service and its timer, of the user or of the system."""

from __future__ import annotations

from pathlib import Path

from facot_backups.app.service.plan import DESCRIPTION, EVERY_MINUTES, NAME, File, Plan, Removal, Service
from facot_backups.errors import UsageError

SYSTEM_FOLDER = Path("/etc/systemd/system")

# What a user's manager can do without privileges, and, for the system's, what keeps the rest of the machine
# out of reach (systemd.exec(5)). `-` before a path: an unplugged disk must not keep the unit from starting.
_HARDENING = """\
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""
_SYSTEM_HARDENING = """\
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
"""


def units(service: Service, *, system: bool) -> dict[str, str]:
    """The text of each unit by its file's name. Raises UsageError for a folder that no unit can name."""
    return {f"{NAME}.service": _service(service, system=system), f"{NAME}.timer": _timer()}


def plan(service: Service, folder: Path, *, system: bool, state_dir: Path) -> Plan:
    """What installing does; `folder` is where the manager looks for units, `state_dir` the state folder."""
    manager = _manager(system=system)
    notes = (
        ()
        if system
        else (
            f"Para que corra también sin que nadie inicie sesión: sudo loginctl enable-linger {service.user}",
        )
    )
    return Plan(
        files=tuple(File(folder / name, text) for name, text in units(service, system=system).items()),
        commands=((*manager, "daemon-reload"), (*manager, "enable", "--now", f"{NAME}.timer")),
        # A unit with ProtectSystem=strict can only write where there is something already.
        folders=(Path(service.backup_dir), state_dir) if system else (),
        notes=notes,
        owner=service.user if system else None,
    )


def removal(folder: Path, *, system: bool) -> Removal:
    """What removing does."""
    manager = _manager(system=system)
    return Removal(
        before=((*manager, "disable", "--now", f"{NAME}.timer"),),
        files=(folder / f"{NAME}.timer", folder / f"{NAME}.service"),
        after=((*manager, "daemon-reload"),),
    )


def status(*, system: bool) -> tuple[str, ...]:
    """The command that tells when it runs next."""
    return (*_manager(system=system), "list-timers", "--all", "--no-pager", f"{NAME}.timer")


def _manager(*, system: bool) -> tuple[str, ...]:
    return ("systemctl",) if system else ("systemctl", "--user")


def _service(service: Service, *, system: bool) -> str:
    if service.folder != service.folder.strip().rstrip("\\"):  # systemd knows no quotes there
        raise UsageError("no_folder_of_systemd", folder=service.folder)
    lines = ["[Unit]", f"Description={DESCRIPTION}"]
    if system:
        lines += ["Wants=network-online.target", "After=network-online.target"]
    lines += [
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_specifiers(service.folder)}",
        f"ExecStart={' '.join(_quoted(word).replace('$', '$$') for word in service.command)}",
        # Another run that holds the lock is no failure of this one.
        "SuccessExitStatus=11",
        "Nice=10",
    ]
    if system:
        lines.append(f"User={service.user}")
    if service.state_dir is not None:
        lines.append(f"Environment={_quoted(f'FACOT_BACKUPS_STATE_DIR={service.state_dir}')}")
    text = "\n".join(lines) + "\n" + _HARDENING
    if system:
        writable = [service.backup_dir, *([service.state_dir] if service.state_dir else [])]
        text += _SYSTEM_HARDENING
        text += f"ReadWritePaths={' '.join(_quoted(f'-{path}') for path in writable)}\n"
    return text


def _timer() -> str:
    return f"""\
[Unit]
Description={DESCRIPTION}

[Timer]
OnCalendar=*:0/{EVERY_MINUTES}
Persistent=yes

[Install]
WantedBy=timers.target
"""


def _specifiers(text: str) -> str:
    """With the `%` that systemd.unit(5) would expand doubled."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """One word (systemd.syntax(7))."""
    escaped = _specifiers(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
