"""Telling people what `operations.health.alerts` decides: a heartbeat, messages through Apprise, commands.

Nothing here fails a backup or holds it up for long: whatever cannot be told is logged, and told later.
"""
