"""The only room that touches ``data/processed``: generations of Parquet tables.

``isi/`` holds files that never change, named by their content; a generation is a
manifest in ``generasi/`` that names them by hash; ``terkini.json`` says which
generation is read, and which one is kept of every earlier data month. A write makes
new files, then a new manifest, then replaces ``terkini.json`` in one step: readers
see the old generation or the new one, never a mixture.
"""

from __future__ import annotations

from jkn_analysis.store.files import (
    append_lines,
    hash_file,
    make_private,
    open_atomic,
    read_json,
    read_lines,
    release_memory,
    show_name,
    sweep_private,
    sweep_written,
    write_bytes,
    write_json,
    write_text,
)
from jkn_analysis.store.gates import Refused, find_refused, list_refused
from jkn_analysis.store.generation import (
    Generation,
    find_generation,
    list_cutoffs,
    list_shipped,
    open_generation,
)
from jkn_analysis.store.lock import hold_project
from jkn_analysis.store.read import (
    has_table,
    hash_frame,
    list_tables,
    list_values,
    read_manifest,
    read_past,
    read_table,
    read_table_or_empty,
)
from jkn_analysis.store.write import Draft, write_generation, write_table, write_tables

__all__ = [
    "Draft",
    "Generation",
    "Refused",
    "append_lines",
    "find_generation",
    "find_refused",
    "has_table",
    "hash_file",
    "hash_frame",
    "hold_project",
    "list_cutoffs",
    "list_refused",
    "list_shipped",
    "list_tables",
    "list_values",
    "make_private",
    "open_atomic",
    "open_generation",
    "read_json",
    "read_lines",
    "read_manifest",
    "read_past",
    "read_table",
    "read_table_or_empty",
    "release_memory",
    "show_name",
    "sweep_private",
    "sweep_written",
    "write_bytes",
    "write_generation",
    "write_json",
    "write_table",
    "write_tables",
    "write_text",
]
