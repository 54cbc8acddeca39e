"""One canonical table: its rows, and the checks they must pass."""
