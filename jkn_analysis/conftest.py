"""Names that doctests may use without importing them."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, object]) -> None:
    doctest_namespace["pd"] = pd
    doctest_namespace["np"] = np
