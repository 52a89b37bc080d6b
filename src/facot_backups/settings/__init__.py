"""The settings: where each value comes from, what it may be, and how it is saved.

`load_settings` joins the sources, `save_settings` changes `facot_config.json`, `describe` shows. A new
setting is one field of `Settings` in `model.py`; every source, check and face follows from it.
"""

from facot_backups.settings.describe import Shown, describe
from facot_backups.settings.load import load_settings
from facot_backups.settings.model import Settings
from facot_backups.settings.save import save_settings

__all__ = ["Settings", "Shown", "describe", "load_settings", "save_settings"]
