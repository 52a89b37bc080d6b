"""`python -m facot_backups` is `facot-backups`."""

import sys

from facot_backups.ui.cli import main

sys.exit(main())
