"""Decisions about codes and shapes; pure functions."""
