"""One text into a number, a month, a name or a region."""
