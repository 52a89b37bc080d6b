"""The system's own timer: files that call `run --if-due` every 15 minutes, for systemd, launchd, Windows.

What is due, catching up and trying again are decided by `run --if-due` alone (docs/programar.md).
"""
