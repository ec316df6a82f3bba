"""Errors a user can do something about. Each message says what was expected, what was found and what to do."""


class FerError(Exception):
    """Base of every error that this package raises on purpose."""


class ImageError(FerError):
    """A picture or video that cannot be used: unsupported, damaged or too large."""


class ModelError(FerError):
    """A model bundle that cannot be used: missing, damaged, or not of this project's form."""


class DatasetError(FerError):
    """A dataset that cannot be read or split as asked."""


class EditsError(FerError):
    """Edits of a film's result that cannot be used: not of this project's form, or made for other faces."""
