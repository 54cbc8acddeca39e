"""The docs, and the part of them that is made from the code."""
