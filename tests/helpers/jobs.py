"""Jobs for the engines, in their own module so that another process can import them."""

import os
import time

import cv2

from ferfusion.errors import VideoError


def whereabouts(_: object) -> tuple[int, int, str | None]:
    """The process that runs the job, its OpenCV threads, and its number of threads for other libraries."""
    return os.getpid(), cv2.getNumThreads(), os.environ.get("OMP_NUM_THREADS")


def pid_and_sleep(seconds: float) -> int:
    """Number of the process that runs the job, after some seconds."""
    time.sleep(seconds)
    return os.getpid()


def spin(path):
    """Never return."""
    while path:
        pass


def fill_memory(path):
    """Take 2 GiB."""
    assert path
    return bytearray(2**31)


def abort(path):
    """End the process, as a library in C does."""
    assert path
    os.abort()


def refuse(path):
    raise VideoError(f"{path.name} is refused")


def stumble(path):
    raise KeyError(path)
