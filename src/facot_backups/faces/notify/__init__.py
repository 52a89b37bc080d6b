"""Telling people: a heartbeat, messages through Apprise, commands. What is said, `operations.alerts` decides.

Nothing here fails a backup or holds it up for long: whatever cannot be told is logged, and told later.
"""
