"""What a process that opens foreign files may use, where the system can hold it."""

from __future__ import annotations

import sys

try:
    import resource
except ImportError:  # Windows
    LIMITED = False
else:
    # macOS has the module, but takes no limit of memory
    LIMITED = sys.platform == "linux"
MEMORY_BYTES = 600 * 2**20
CPU_SECONDS = 9
READY = b"ready\n"
"""What the reading process says once it can read."""


def limit_process() -> None:
    """Cap memory, forbid files to be written and core dumps to be left.

    Where the system has no such limits, the process that asks watches this one.
    """
    if not LIMITED:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu() -> None:
    """Allow the coming request its own CPU seconds."""
    if not LIMITED:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
