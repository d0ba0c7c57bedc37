"""Answers of raters whose program is killed, and of one rater in two programs at once."""

import subprocess
import sys

import ferfusion as fer
from helpers.label_projects import write_project

MARKING = """
import sys
import ferfusion as fer
project = fer.labels(sys.argv[1])
for number in range(int(sys.argv[2]), 10_000, 2):
    mark = project.mark("Ann", "0000", "joy", number / 1000, (number + 1) / 1000)
    print(mark.id, number / 1000, flush=True)
    if len(sys.argv) > 3 and number >= int(sys.argv[3]):
        break
"""


def marking(folder, *numbers):
    """A program that marks stretches of a thousandth of a second, and says so after each."""
    return subprocess.Popen(
        [sys.executable, "-c", MARKING, str(folder), *map(str, numbers)], stdout=subprocess.PIPE, text=True
    )


def marks_of(folder):
    return {(mark["id"], mark["start"]) for mark in fer.labels(folder).state("Ann")["items"][0]["marks"]}


def said(lines):
    return {(int(number), float(start)) for number, start in map(str.split, lines)}


def test_labels_of_a_killed_program_are_all_there(tmp_path):
    folder = write_project(tmp_path / "labels", items=1, raters=("Ann",)).folder
    for start in (0, 1):  # the second one goes on after the first
        with marking(folder, start) as program:
            lines = [program.stdout.readline() for _ in range(15)]
            program.kill()
            lines += program.stdout.read().splitlines()
        done, found = said(filter(str.strip, lines)), marks_of(folder)
        assert done <= found
    assert len({number for number, _ in found}) == len(found)


def test_labels_of_one_rater_in_two_programs_are_all_there(tmp_path):
    folder = write_project(tmp_path / "labels", items=1, raters=("Ann",)).folder
    programs = [marking(folder, start, 60) for start in (0, 1)]
    done = set()
    for program in programs:
        out, _ = program.communicate(timeout=60)
        assert program.returncode == 0
        done |= said(out.splitlines())
    assert marks_of(folder) == done
    assert len({number for number, _ in done}) == len(done) == 62
