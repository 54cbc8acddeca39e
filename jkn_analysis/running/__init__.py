"""Papermill runs: what to make, in which process, how many at once, proved how."""
