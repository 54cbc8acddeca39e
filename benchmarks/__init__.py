"""Measurements of the suite; each module has a ``main()`` that prints one table."""
