"""Run the command line as ``python -m jkn_analysis``."""

from jkn_analysis.cli import main

if __name__ == "__main__":
    main()
