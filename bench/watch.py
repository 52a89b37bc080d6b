"""Runs one command and says what the system knows of it: seconds, processor seconds, peak memory.

    python watch.py COMMAND [ARGUMENT …]

A small process between the bench and the command, because a child's peak memory begins with its parent's.
Prints one line of JSON; `output` is what the command wrote on stdout. Linux and macOS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

# ru_maxrss: KiB, on macOS bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Run the command, wait for it, report."""
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    report = {
        "seconds": time.perf_counter() - start,
        "processor": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * _UNIT,
        "exit_code": os.waitstatus_to_exitcode(status),
        "output": output,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
