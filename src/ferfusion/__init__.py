"""Spatio-temporal facial expression recognition: from labelled videos to fusion models and predictions."""

__version__ = "0.1.0"
