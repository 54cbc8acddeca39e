"""Registers of persons compared on this machine; counts leave, persons do not."""
