"""The governance modules; each folder has the same rooms."""
