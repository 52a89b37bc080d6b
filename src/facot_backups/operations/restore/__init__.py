"""A backup, or a part of it, given back to Firestore: plan, journal, writes, reading back, undo."""
