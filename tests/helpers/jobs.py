"""Jobs for the engines; they stand in a module of their own, so that another process can import them."""

import os
import time

import cv2


def whereabouts(_: object) -> tuple[int, int, str | None]:
    """The process that runs the job, its OpenCV threads, and what it tells other libraries of threads."""
    return os.getpid(), cv2.getNumThreads(), os.environ.get("OMP_NUM_THREADS")


def pid_and_sleep(seconds: float) -> int:
    """Number of the process that did the job, after some time."""
    time.sleep(seconds)
    return os.getpid()
