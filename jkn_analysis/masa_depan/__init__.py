"""The one future: joint paths of people, arrears and debt that everything reads.

`read_paths` (see `jkn_analysis.masa_depan.paths`) gives the stored draws of some
regions; `build_ramalan` makes them with the tables ``ramalan`` and ``peluang``.
"""

from jkn_analysis.masa_depan.build import build_ramalan
from jkn_analysis.masa_depan.paths import Paths, read_paths

__all__ = ["Paths", "build_ramalan", "read_paths"]
