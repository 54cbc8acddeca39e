"""Analysis of JKN participation: cleaning, indicators, forecasts and briefings."""

__version__ = "0.1.0"
