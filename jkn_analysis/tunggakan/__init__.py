"""Arrears of members by age and of the local government: stocks, flows, forecasts."""

from __future__ import annotations
