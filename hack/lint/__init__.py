"""Checks of this repository that no other linter has: phrases to avoid, the size of files and functions."""
