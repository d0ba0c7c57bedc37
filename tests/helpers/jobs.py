"""Jobs for the engines, in their own module so that another process can import them."""

import os
import time

import cv2


def whereabouts(_: object) -> tuple[int, int, str | None]:
    """The process that runs the job, its OpenCV threads, and its number of threads for other libraries."""
    return os.getpid(), cv2.getNumThreads(), os.environ.get("OMP_NUM_THREADS")


def pid_and_sleep(seconds: float) -> int:
    """Number of the process that runs the job, after some seconds."""
    time.sleep(seconds)
    return os.getpid()
