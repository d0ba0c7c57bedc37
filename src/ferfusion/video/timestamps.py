"""The precision of a frame's time."""

SLACK_SECONDS = 1e-6
"""Timestamps are rounded to ticks: two times that differ by less are the same time."""
