"""Tables the suite does not know: every column typed, printed sums checked."""
