"""FACOT's palette, light and dark. No Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour of a look. `*_soft` is a background for `*_text`, `*_line` the line around it."""

    dark: bool
    background: str
    surface: str
    alternate: str
    text: str
    muted: str
    border: str
    primary: str
    primary_hover: str
    on_primary: str
    focus: str
    success: str
    success_soft: str
    success_line: str
    success_text: str
    warning: str
    warning_soft: str
    warning_line: str
    warning_text: str
    error: str
    error_soft: str
    error_line: str
    error_text: str
    info: str
    info_soft: str
    info_line: str
    info_text: str
    selection: str
    on_selection: str


LIGHT = Colours(
    dark=False,
    background="#f8fafc",
    surface="#ffffff",
    alternate="#f1f5f9",
    text="#0f172a",
    muted="#5b6b81",
    border="#e2e8f0",
    primary="#2563eb",
    primary_hover="#1d4ed8",
    on_primary="#ffffff",
    focus="#3b82f6",
    success="#10b981",
    success_soft="#dcfce7",
    success_line="#bbf7d0",
    success_text="#166534",
    warning="#f59e0b",
    warning_soft="#fef3c7",
    warning_line="#fde68a",
    warning_text="#92400e",
    error="#ef4444",
    error_soft="#fee2e2",
    error_line="#fecaca",
    error_text="#991b1b",
    info="#0ea5e9",
    info_soft="#e0f2fe",
    info_line="#bae6fd",
    info_text="#075985",
    selection="#dbeafe",
    on_selection="#1e40af",
)
DARK = Colours(
    dark=True,
    background="#0f172a",
    surface="#1a2437",
    alternate="#202c42",
    text="#f1f5f9",
    muted="#9aa9be",
    border="#33415a",
    primary="#2563eb",
    primary_hover="#3b74f0",
    on_primary="#ffffff",
    focus="#60a5fa",
    success="#34d399",
    success_soft="#10301f",
    success_line="#1c4a31",
    success_text="#a7f3c8",
    warning="#fbbf24",
    warning_soft="#362a0c",
    warning_line="#574414",
    warning_text="#fde68a",
    error="#f87171",
    error_soft="#3b1a1c",
    error_line="#5f2a2d",
    error_text="#fecaca",
    info="#38bdf8",
    info_soft="#0c2c40",
    info_line="#164863",
    info_text="#bae6fd",
    selection="#1e3a6e",
    on_selection="#dbeafe",
)
