"""`python -m facot_backups` is `facot-backups`."""

import sys

from facot_backups.faces.cli import main

sys.exit(main())
