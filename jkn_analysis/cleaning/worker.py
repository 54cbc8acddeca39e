"""The child process that opens foreign files: lean imports, hard limits, plain data.

It reads one request a line from standard input and answers with a length and a
pickle of lists, text, numbers and dates. It can write no file at all.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from typing import Any

MEMORY_BYTES = 700 * 2**20
CPU_SECONDS = 18


def limit_process() -> None:
    """Cap memory, forbid files to be written and core dumps to be left."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu() -> None:
    """Allow the coming request its own CPU seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Read the file of one request; a refusal is an answer too."""
    from jkn_analysis.cleaning import readers

    try:
        return readers.read_raw(request["path"])
    except readers.RefusedError as exc:
        return {"refused": str(exc), "kind": exc.kind, "remedy": exc.remedy}
    except MemoryError:
        return {
            "refused": f"needs more than {MEMORY_BYTES // 2**20} MB of memory to open",
            "kind": "hostile",
            "remedy": "save the table alone in a new file",
            "restart": True,
        }
    except RecursionError:
        return {
            "refused": "is nested too deeply to be a table",
            "kind": "hostile",
            "remedy": "ask the sender for a plain table",
        }


def main() -> None:
    """Answer requests until standard input closes."""
    channel = os.dup(1)
    os.dup2(2, 1)
    limit_process()
    for line in sys.stdin:
        limit_cpu()
        payload = pickle.dumps(answer(json.loads(line)), protocol=5)
        view = memoryview(len(payload).to_bytes(8, "little") + payload)
        while view:
            view = view[os.write(channel, view) :]


if __name__ == "__main__":
    main()
