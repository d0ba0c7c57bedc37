"""The words for a stretch of a video in which there is no frame."""


def why_no_frame(
    *, duration_seconds: float | None, start_seconds: float | None, end_seconds: float | None
) -> str:
    """Return why a video, or a stretch of it, gives no frame.

    Args:
        duration_seconds: Duration of the video; None if it is not known.
        start_seconds: Start of the stretch.
        end_seconds: End of the stretch.

    >>> why_no_frame(duration_seconds=12.5, start_seconds=20, end_seconds=None)
    'no frame is shown from 20 s on; the video lasts 12.50 s'
    >>> why_no_frame(duration_seconds=None, start_seconds=None, end_seconds=None)
    'the video has no frame that can be decoded'
    """
    if not start_seconds and end_seconds is None:
        return "the video has no frame that can be decoded"
    end = "on" if end_seconds is None else f"to {end_seconds:g} s"
    duration = "" if duration_seconds is None else f"; the video lasts {duration_seconds:.2f} s"
    return f"no frame is shown from {start_seconds or 0:g} s {end}{duration}"
