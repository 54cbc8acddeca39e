"""Flows of members: who came, left, came back and stayed, as counts."""
