"""Errors that a user can mend. Anything else that is raised is a bug and keeps its traceback.

FerfusionError
├── VideoError         a video cannot be opened, decoded or written
├── NoFaceError        a face was needed and none was found
├── CorpusError        a folder is not the corpus that it should be
├── DatasetError       a dataset folder is missing, damaged, or of another recipe
├── ConfigError        a setting has a value that cannot be used
├── BundleError        a bundle cannot be read, or does not fit what it is asked to do
└── MissingExtraError  an optional dependency is not installed
"""


class FerfusionError(Exception):
    """Base of every error that says what it got, what it wants and what to do."""


class VideoError(FerfusionError):
    """A video cannot be opened, decoded or written."""


class NoFaceError(FerfusionError):
    """A face was needed and none was found."""


class CorpusError(FerfusionError):
    """A folder is not the corpus that it should be."""


class DatasetError(FerfusionError):
    """A dataset folder is missing, damaged, or of another recipe."""


class ConfigError(FerfusionError):
    """A setting has a value that cannot be used."""


class BundleError(FerfusionError):
    """A bundle cannot be read, or does not fit what it is asked to do."""


class MissingExtraError(FerfusionError):
    """An optional dependency is not installed."""
