"""Any file into a grid of texts, read in a limited child process."""
