"""带走和清空: all of a district's data in open formats, and a wipe that can be proved."""
