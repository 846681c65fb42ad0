"""The kernel: knows plugins only through `hooks`; no page, no camera, no governance module."""
