"""The eyes: a program of its own that watches cameras and says what starts and what ends."""
