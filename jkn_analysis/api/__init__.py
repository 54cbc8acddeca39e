"""The suite as one object: regions by name, answers as labelled tables."""

from jkn_analysis.api.answer import Answer
from jkn_analysis.api.data import Data, load
from jkn_analysis.api.region import Region

__all__ = ["Answer", "Data", "Region", "load"]
