"""What a table and its columns are, and the columns that several tables have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name; ``<class>`` and other words in brackets stand for names of a dataset or model.
        kind: What its cells are, with their unit.
        text: What they mean.
    """

    name: str
    kind: str
    text: str

    def is_named(self, name: str) -> bool:
        """Return whether a column of a file is this one.

        >>> Column("p_<class>", "probability", "").is_named("p_fear")
        True
        """
        pattern = "".join(
            ".+" if part.startswith("<") else re.escape(part) for part in re.split(r"(<[^>]+>)", self.name)
        )
        return re.fullmatch(pattern, name) is not None


@dataclass(frozen=True)
class TableKind:
    """A table that the program writes.

    Attributes:
        folder: The folder that it lies in, as a word: DATASET, RUN, STUDY and so on.
        files: Patterns of its path in that folder.
        command: The command that writes it.
        row: What a row is.
        columns: Its columns.
    """

    folder: str
    files: tuple[str, ...]
    command: str
    row: str
    columns: tuple[Column, ...]

    def unknown(self, names: Sequence[str]) -> list[str]:
        """Return the names that no column of the table has."""
        return [name for name in names if not any(column.is_named(name) for column in self.columns)]


def _columns(lines: str) -> tuple[Column, ...]:
    rows = [line.split(" | ") for line in lines.strip().splitlines()]
    return tuple(Column(*(cell.strip() for cell in row)) for row in rows)


def table(folder: str, files: str, *, command: str, row: str, columns: str) -> TableKind:
    """Return a table from text.

    Args:
        folder: The folder that it lies in, as a word.
        files: Patterns of its path in that folder, separated by blanks.
        command: The command that writes it.
        row: What a row is.
        columns: A line for each column: its name, kind and meaning, separated by vertical lines.
    """
    return TableKind(folder, tuple(files.split()), command, row, _columns(columns))


LABEL = """
subject | text | the person
code | whole number | number of the true class, from 0
emotion | text | the true class
"""
PAIR = """
video | text | id of the video
clip | text | id of the clip: one face of the video
subject | text | the person
frame | whole number | index of the frame in the video, from 0
seconds | seconds | time of the frame
code | whole number | number of the true class, from 0
emotion | text | the true class
"""
ANSWER = """
p_<class> | probability | of the class; those of a row sum to 1
expression | text | the class with the highest probability
"""
VIDEO = f"""
video | text | id of the video
{LABEL.strip()}
pairs | whole number | pairs of the video, over which its probabilities are averaged
{ANSWER.strip()}
"""
BOX = """
x | pixels | left side of the face's box; the origin is the upper left corner of the upright image
y | pixels | upper side of the box
w | pixels | width of the box
h | pixels | height of the box
"""
STATUS = "status | text | ok, no_face, small_face, low_score (a detection with a low score), or decode_error"
ACTIONS = """
<action> | share | with --actions: strength of a facial action, named as by ARKit; empty where it is not known
yaw | degrees | with --actions: turn of the head, positive to its own left
pitch | degrees | with --actions: nod of the head, positive downward
roll | degrees | with --actions: tilt of the head, positive to its own left shoulder
"""
EXPLAINED = "explained | text | the class that the row explains: that of expression, or that of --why-not"
CONTRIBUTIONS = """
log_odds | nats | log-odds of the explained class: the sum of baseline and the columns after it
baseline | nats | log-odds of the explained class for a blank, grey face without motion
<stream> | nats | what spatial (face), flow (motion), stack or conv3d adds: its Shapley value
"""
IDENTITY = """
subject | text | the person; empty if the clip has several
emotion | text | the true class; empty if the clip has several
rows | fingerprint | of the clip's rows in data.csv
content | fingerprint | of the clip's file
"""
SUBJECT = """
subject | text | the person
<column of people> | as there | a column such as age or sex; empty where it is not known
"""
GROUP = """
column | text | the column of subjects.csv
group | text | its value; of more than 8 different numbers, a band of them
people | whole number | people of the group
videos | whole number | their videos
classes | whole number | classes that these videos have
"""
PERSON = """
subject | text | the person
videos | whole number | videos of the person
war | share | of these videos, predicted correctly
low | share | lower end of the Wilson interval of war, over videos
high | share | its upper end
uar | share | mean recall over the classes that the person displays
classes | whole number | number of these classes
note | text | says where there are too few videos to say anything
"""
