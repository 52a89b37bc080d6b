"""What the panel does off the GUI thread: one module for each view. No Qt here.

A task is a function `(session, emit, stop, …)` that may wait and returns a value made for its view: frozen
dataclasses of plain values, in local time, nothing that must be read from disk again. `emit` gets the
events of `facot_backups.events`, `stop` ends it. It raises FacotBackupsError. Views see of the product only
what tasks return.
"""
