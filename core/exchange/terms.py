"""How long a file that was brought in is kept."""

from datetime import timedelta

KEEP = timedelta(days=7)
