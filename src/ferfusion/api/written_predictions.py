"""Predictions of videos that were written before: read again from their folders, and changed face by face."""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.settings import PathOrText, as_folder, as_path
from ferfusion.errors import ConfigError, RunError, file_errors
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from ferfusion.inference.timeline import Span
    from ferfusion.inference.verdict import FaceVerdict
    from ferfusion.label_set import LabelSet

LEFT_OUT = "left_out"
"""Status of the rows of a face that a person has left out."""


@dataclass(frozen=True)
class FaceChanges:
    """What a person says about the faces of a video.

    Attributes:
        names: Names of faces.
        left_out: Faces that do not count.
        joined: Faces that are another face: the tracker gives a new number to a person who comes back.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    joined: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names or self.left_out or self.joined)

    def owner(self, face: int) -> int:
        """Return the face that a face was joined with, or the face itself."""
        return self.joined.get(face, face)

    def to_dict(self) -> dict[str, Any]:
        """Return the changes as plain values, for JSON, whose names are text."""
        return {
            "names": {str(face): name for face, name in self.names.items()},
            "left_out": sorted(self.left_out),
            "joined": {str(one): other for one, other in self.joined.items()},
        }


@dataclass(frozen=True, repr=False, eq=False)
class WrittenPrediction:
    """The prediction of one video, as ``predict`` has written it; made by ``read_prediction``.

    Attributes:
        folder: Its folder.
        record: The content of ``verdict.json``.
        labels: The classes.
        changes: What a person says about the faces; ``with_changes`` adds it.

    >>> seen = fer.predict(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4", model="run", out="predictions")
    >>> written = fer.read_prediction(seen.folder)
    >>> written
    WrittenPrediction('s01_fear_1.mp4': 32 rows, 1 face)
    >>> written.with_changes(names={0: "Ada"}).table["name"].unique().tolist()
    ['Ada']
    """

    folder: Path
    record: Mapping[str, Any]
    labels: "LabelSet"
    changes: FaceChanges = field(default_factory=FaceChanges)
    _read: "pd.DataFrame | None" = None

    @property
    def video(self) -> str:
        """Name of the video."""
        return str(self.record["video"])

    @property
    def unsure(self) -> str:
        """The word for a frame in which no class is likely enough."""
        from ferfusion.inference.timeline import unsure_word  # noqa: PLC0415 pandas

        return unsure_word(self.labels)

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each class in all pages and figures, such as ``#f0c419``."""
        from ferfusion.reporting.colours import colours_of  # noqa: PLC0415

        return colours_of(self.labels)

    @property
    def smoothed_columns(self) -> tuple[str, ...]:
        """The columns of the smoothed probabilities, in the order of the classes."""
        from ferfusion.inference.timeline import smoothed_columns  # noqa: PLC0415 pandas

        return tuple(smoothed_columns(self.labels))

    @property
    def written_table(self) -> "pd.DataFrame":
        """The frame table as it was written."""
        assert self._read is not None
        return self._read

    @cached_property
    def joined_table(self) -> "pd.DataFrame":
        """The frame table in which faces that were joined have one number."""
        table = self.written_table
        if not self.changes.joined:
            return table
        return table.assign(face=table["face"].replace(dict(self.changes.joined)))

    @cached_property
    def table(self) -> "pd.DataFrame":
        """The frame table with the changes: joined faces have one number, and named faces have their names.

        The rows of a face that was left out have the status ``left_out`` and no numbers, and only one of them
        is left for a frame without another face, so that each frame has a row.
        """
        table = self.joined_table
        if self.changes.left_out:
            out = table["face"].isin(self.changes.left_out).to_numpy(bool)
            blank = table.columns.difference(["frame", "seconds", "status"])
            table = table.copy()
            table.loc[out, "status"] = LEFT_OUT
            for column in blank:
                table[column] = table[column].mask(out)
            is_needless = out & table["frame"].isin(table.loc[~out, "frame"]).to_numpy(bool)
            table = table[~is_needless]
            table = table[(table["status"] != LEFT_OUT) | ~table.duplicated(["frame", "status"])]
            table = table.reset_index(drop=True)
        if self.changes.names:
            names = table["face"].map(dict(self.changes.names)).astype(object).fillna("")
            table = table.copy()
            table.insert(list(table.columns).index("face") + 1, "name", names.astype(str))
        return table

    @cached_property
    def verdicts(self) -> "list[FaceVerdict]":
        """The verdict on each face, also on one that was left out; those of joined faces are new."""
        from ferfusion.inference.verdict import FaceVerdict, judge  # noqa: PLC0415

        kept = {
            int(face["face"]): FaceVerdict.of(face)
            for face in self.record["faces"]
            if int(face["face"]) not in self._touched
        }
        if self._touched:
            below = self.record["calibration"]
            lowest = None if below["video_coverage"] is None else below["abstain_below_video"]
            for verdict in judge(self.joined_table, self.labels, abstain_below=lowest):
                if verdict.face in self._touched:
                    kept[verdict.face] = verdict
        return [kept[face] for face in sorted(kept)]

    @cached_property
    def spans(self) -> "dict[int, list[Span]]":
        """The named stretches of each face, in the order of time."""
        from ferfusion.inference.timeline import Span  # noqa: PLC0415

        found = {
            int(face["face"]): [Span(**span) for span in face["timeline"]]
            for face in self.record["faces"]
            if int(face["face"]) not in self._touched
        }
        for face in set(self.changes.joined.values()):
            found[face] = self._spans_of(face)
        return found

    @property
    def statement(self) -> str:
        """The verdicts of the faces that count, in words."""
        from ferfusion.inference.verdict import describe  # noqa: PLC0415

        if not self.changes:
            return str(self.record["statement"])
        verdicts = [one for one in self.verdicts if one.face not in self.changes.left_out]
        if self.record["faces"] and not verdicts:
            return "All faces are left out, so no expression is given."
        text = describe(verdicts, self.joined_table)
        for face, name in self.changes.names.items():
            text = text.replace(f"Face {face} displays", f"{name} displays")
            text = text.replace(f"Face {face}:", f"{name}:")
        return text

    def apex_frames(self) -> "pd.DataFrame":
        """Return ``face, seconds, frame, expression, probability``: for each face and class, the top frame.

        It is the frame with the highest probability of a class that also names it in the smoothed timeline.
        """
        import pandas as pd  # noqa: PLC0415

        table = self.joined_table
        named = table[(table["status"] == "ok") & (table["smoothed"] == table["expression"])]
        tops = []
        for name, column in zip(self.labels.names, self.labels.probability_columns, strict=True):
            own = named[named["expression"] == name]
            if len(own):
                top = own.loc[own.groupby("face")[column].idxmax()]
                tops.append(top.assign(probability=top[column]))
        columns = ["face", "seconds", "frame", "expression", "probability"]
        found = pd.concat(tops)[columns] if tops else pd.DataFrame(columns=columns)
        return found.sort_values(["face", "seconds"], ignore_index=True)

    @property
    def has_actions(self) -> bool:
        """Whether the table has facial actions."""
        from ferfusion.actions.names import ACTIONS  # noqa: PLC0415

        return ACTIONS[0] in self.written_table

    def strongest_actions(self, face: int, seconds: float) -> list[str]:
        """Return the facial actions of a face that differ most from its rest at a time, in words.

        Args:
            face: Number of the face.
            seconds: A time; the nearest frame of the face counts.

        Raises:
            ConfigError: the prediction has no facial actions, or no such face.
        """
        import numpy as np  # noqa: PLC0415

        from ferfusion.actions.names import ACTIONS  # noqa: PLC0415
        from ferfusion.actions.rest import estimate_rest  # noqa: PLC0415
        from ferfusion.actions.words import strongest_actions  # noqa: PLC0415

        if not self.has_actions:
            raise ConfigError("This prediction has no facial actions; predict again with facial actions")
        own = self.joined_table[self.joined_table["face"] == face]
        if own.empty:
            raise ConfigError(f"There is no face {face} in the prediction of {self.video}")
        values = own[list(ACTIONS)].to_numpy(np.float64)
        nearest = int(np.abs(own["seconds"].to_numpy(float) - seconds).argmin())
        if np.isnan(values[nearest]).all():
            return []
        return strongest_actions(values[nearest], estimate_rest(values))

    def with_changes(
        self,
        *,
        names: Mapping[int, str] | None = None,
        left_out: "set[int] | frozenset[int] | None" = None,
        joined: Mapping[int, int] | None = None,
    ) -> "WrittenPrediction":
        """Return the prediction with what a person says about its faces; it replaces what was said before.

        Args:
            names: Names of faces.
            left_out: Faces that do not count.
            joined: For each face that is another face, the number of that face.

        Raises:
            ConfigError: there is no such face, two joined faces are in view at once, or a name breaks a line.
        """
        changes = FaceChanges(
            names={int(face): name for face, name in (names or {}).items() if name},
            left_out=frozenset(left_out or ()),
            joined={int(one): int(other) for one, other in (joined or {}).items()},
        )
        known = {int(face["face"]) for face in self.record["faces"]}
        for face in (*changes.names, *changes.left_out, *changes.joined, *changes.joined.values()):
            if face not in known:
                raise ConfigError(f"There is no face {face} in {self.video}; its faces are {sorted(known)}")
        for face, name in changes.names.items():
            if any(unicodedata.category(sign) == "Cc" for sign in name):
                raise ConfigError(f"The name of face {face} has a control character: {name!r}")
        if set(changes.joined) & set(changes.joined.values()):
            raise ConfigError("A face that is joined with another face cannot have faces joined with it")
        changed = replace(self, changes=changes)
        changed._refuse_two_people()
        return changed

    @file_errors()
    def save_tables(self, out: PathOrText) -> Path:
        """Write ``frames.csv`` and ``verdict.json`` with the changes into a folder, and return it.

        Raises:
            FileError: a file cannot be written.
        """
        from ferfusion.files import write_json  # noqa: PLC0415
        from ferfusion.inference.verdict import rounded  # noqa: PLC0415
        from ferfusion.tables import write_table  # noqa: PLC0415

        folder = as_folder(out)
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "frames.csv", self.table)
        faces = [
            asdict(verdict)
            | {"name": self.changes.names.get(verdict.face, "")}
            | {"timeline": [asdict(span) for span in self.spans[verdict.face]]}
            for verdict in self.verdicts
            if verdict.face not in self.changes.left_out
        ]
        new = {"statement": self.statement, "faces": rounded(faces), "changes": self.changes.to_dict()}
        write_json(folder / "verdict.json", {**self.record, **new})
        return folder

    @property
    def _touched(self) -> set[int]:
        return {*self.changes.joined, *self.changes.joined.values()}

    def _spans_of(self, face: int) -> "list[Span]":
        import numpy as np  # noqa: PLC0415

        from ferfusion.inference.timeline import longest_step, spans  # noqa: PLC0415

        table = self.joined_table
        own = table[(table["face"] == face) & (table["status"] == "ok")]
        return spans(
            own["seconds"].to_numpy(np.float64),
            own["smoothed"].to_numpy(dtype=object),
            own[list(self.smoothed_columns)].to_numpy(np.float32),
            longest_step=longest_step(table["seconds"].to_numpy(np.float64)),
        )

    def _refuse_two_people(self) -> None:
        own = self.written_table[self.written_table["face"].isin(self._touched)]
        owners = own["face"].astype("int64").map(self.changes.owner)
        twice = own[own.assign(owner=owners).duplicated(["frame", "owner"], keep=False)]
        if len(twice):
            first = twice[twice["frame"] == twice["frame"].iloc[0]]
            one, other = (int(face) for face in first["face"].iloc[:2])
            raise ConfigError(
                f"Face {one} and face {other} are both in view at {first['seconds'].iloc[0]:.2f} s, "
                "so they are two people"
            )

    def __repr__(self) -> str:
        rows = counted(len(self.written_table), "row")
        return f"WrittenPrediction({self.video!r}: {rows}, {counted(len(self.verdicts), 'face')})"


@file_errors()
def read_prediction(folder: PathOrText) -> WrittenPrediction:
    """Read the prediction of a video that ``predict`` has written.

    Args:
        folder: The folder of the video, with ``frames.csv`` and ``verdict.json``.

    Raises:
        RunError: the folder has no prediction of a video, or a file is damaged.

    >>> seen = fer.predict(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4", model="run", out="predictions")
    >>> len(fer.read_prediction(seen.folder).table)
    32
    """
    from ferfusion.files import read_json  # noqa: PLC0415
    from ferfusion.tables import read_table  # noqa: PLC0415

    place = as_path(folder)
    keys = {"video": str, "model": str, "statement": str, "faces": list[dict[str, Any]], "calibration": dict}
    advice = "predict again, into a new folder"
    record = read_json(place / "verdict.json", keys=keys, error=RunError, advice=advice)
    table = read_table(
        place / "frames.csv",
        columns=("frame", "seconds", "face", "status", "expression", "smoothed"),
        kind_of=_kind_of,
        gaps=("face",),
        error=RunError,
        advice=advice,
    )
    labels = _labels_of(record, list(table.columns), place)
    return WrittenPrediction(place, record, labels, _read=table)


def _kind_of(column: str) -> type | None:
    text = ("status", "expression", "smoothed", "name")
    return int if column in ("frame", "face") else None if column in text else float


def _labels_of(record: Mapping[str, Any], columns: list[str], folder: Path) -> "LabelSet":
    """Return the classes: their names are those of a verdict, or follow from the columns if there is none."""
    from ferfusion.label_set import LabelSet, class_name  # noqa: PLC0415

    of_table = [column for column in columns if column.startswith("p_")]
    faces = record["faces"]
    names = list(faces[0]["probabilities"]) if faces else [class_name(each[2:]) for each in of_table]
    try:
        labels = LabelSet(tuple(names))
    except ConfigError as error:
        raise RunError(f"{folder} has no classes that can be used: {error}") from error
    if list(labels.probability_columns) != of_table:
        raise RunError(f"{folder}: frames.csv and verdict.json have different classes; predict again")
    return labels
