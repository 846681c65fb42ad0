"""Measuring: two sides in turn, in one run; a busy machine slows both, so ratios mean something."""
