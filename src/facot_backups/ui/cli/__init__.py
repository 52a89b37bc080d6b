"""The command line. `main` is the entry point; `group` has the commands."""

from __future__ import annotations

import gettext
import os
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code of docs/cli.md; prints errors on stderr.

    `arguments` are those after the program's name, None for the process's own. Sets environment variables
    of this process.
    """
    # click speaks through gettext. The catalog must be in place before click is imported: some of its texts
    # are looked up then.
    os.environ["LANGUAGE"] = "es"
    # gRPC writes remarks of its own on stderr unless told not to.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    gettext.bindtextdomain("messages", str(Path(__file__).parent / "locale"))
    from facot_backups.ui.cli import group

    return group.run(sys.argv[1:] if arguments is None else arguments)
