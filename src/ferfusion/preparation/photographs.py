"""Prepare a corpus of photographs into a dataset folder of still images: faces are found as in videos.

Each photograph gives the crop of its largest face. The crops of one subject are in one file, so that the
parts can keep people apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.corpora.entries import CorpusListing, VideoEntry, relative_place, unique_ids
from ferfusion.engines import Engine
from ferfusion.errors import DatasetError, VideoError
from ferfusion.files import read_json, write_rows
from ferfusion.label_set import LabelSet
from ferfusion.outputs import replaced_result
from ferfusion.parts import PARTS
from ferfusion.preparation.clip_file import read_clip, write_clip
from ferfusion.preparation.dataset import (
    DATA_COLUMNS,
    TABLES,
    VIDEO_COLUMNS,
    DatasetFiles,
    check_dataset_folder,
    further_columns,
    left_out_row,
    write_header,
)
from ferfusion.preparation.frame_preparer import kept_preparer
from ferfusion.preparation.labelled_video import FRAME_COLUMNS
from ferfusion.preparation.near_duplicates import crop_vectors, near_pairs
from ferfusion.preparation.recipe import COPY_SIMILARITY, PrepareRecipe
from ferfusion.preparation.subjects import write_subjects
from ferfusion.preparation.votes import write_votes
from ferfusion.progress import OnProgress, Progress, ignore_progress
from ferfusion.tables import write_table
from ferfusion.video.footage import Photograph

_PACK_SIZE = 1000
_ROWS = MappingProxyType({"stamp": dict, "videos": dict[str, dict[str, Any]], "frames": list[list[Any]]})
"""The content of the file with the rows of a pack."""
_REASONS = MappingProxyType(
    {
        "no_face": "no face was found",
        "small_face": "only a face that is too small was found",
        "low_score": "only a detection with a low score was found",
    }
)


@dataclass(frozen=True)
class PackJob:
    """Everything that a worker needs to prepare photographs of one subject and one official part.

    Attributes:
        entries: The photographs; the index of a crop in the file follows their order.
        pack: Name of the file of the crops.
        dataset: The dataset folder.
        prepare_recipe: Settings of preparation.
        detector_model: Model file of the detector, for one that comes without.
    """

    entries: tuple[VideoEntry, ...]
    pack: str
    dataset: Path
    prepare_recipe: PrepareRecipe
    detector_model: Path | None = None

    @property
    def rows_file(self) -> Path:
        """The rows of its photographs; it exists once the crops are on disk."""
        return DatasetFiles(self.dataset).rows_file(self.pack)

    @property
    def stamp(self) -> dict[str, Any]:
        """Everything that must be the same for the rows on disk to be up to date."""
        sizes = {
            entry.video_id: entry.path.stat().st_size if entry.path.exists() else 0 for entry in self.entries
        }
        return {"recipe_hash": self.prepare_recipe.hash, "bytes": sizes}

    @property
    def is_done(self) -> bool:
        """Whether its rows and crops are on disk and up to date."""
        try:
            return bool(read_json(self.rows_file, keys=_ROWS)["stamp"] == self.stamp)
        except DatasetError:  # it is missing or damaged: the photographs are prepared again
            return False


def prepare_photographs(
    listing: CorpusListing,
    root: Path,
    dataset: Path,
    *,
    labels: LabelSet,
    recipe: PrepareRecipe,
    detector_model: Path | None = None,
    engine: Engine,
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> dict[str, Any]:
    """Write the dataset folder of a corpus of photographs, and return its counts; a second run resumes.

    Photographs that are near-identical have a note. A photograph of an official training part that has a copy
    in another part is left out, and so is one of the validation part with a copy in the test part. Copies in
    one part without a known subject get one subject.

    Args:
        listing: The photographs, and what is left out.
        root: Folder of the corpus, or its file; ``videos.csv`` has paths relative to it.
        dataset: Dataset folder to write.
        labels: Classes to keep.
        recipe: Settings of preparation.
        detector_model: Model file of the detector, for one that comes without.
        engine: Runs the jobs, one for each subject.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every subject.

    Raises:
        DatasetError: the folder holds another recipe's dataset, or files that are not a dataset.
    """
    check_dataset_folder(dataset, corpus=listing.corpus, labels=labels, recipe=recipe)
    header: dict[str, Any] = {
        "corpus": listing.corpus,
        "labels": labels,
        "recipe": recipe,
        "stills": True,
        "images": False,
    }
    jobs = _jobs(listing, dataset, labels=labels, recipe=recipe, detector_model=detector_model)
    unfinished = [job for job in jobs if not job.is_done]
    if unfinished:
        write_header(dataset, complete=False, counts={}, **header)
    prepared = engine(prepare_pack, unfinished, workers=workers, address=address)
    for number, pack in enumerate(prepared, start=1):
        on_progress(Progress("Preparing", pack, number, len(unfinished), "subjects"))
    files = DatasetFiles(dataset)
    earlier = (*TABLES, files.subjects_file.name, files.votes_file.name)
    with replaced_result(dataset, earlier=earlier) as new:
        counts = _write_tables(listing, root, files, jobs, labels, new=DatasetFiles(new))
        write_header(dataset, complete=False, counts={}, **header)  # until the tables are replaced
    write_header(dataset, complete=True, counts=counts, **header)
    return counts


def _jobs(
    listing: CorpusListing,
    dataset: Path,
    *,
    labels: LabelSet,
    recipe: PrepareRecipe,
    detector_model: Path | None,
) -> list[PackJob]:
    """Return a job for the photographs of each subject and official part, at most ``_PACK_SIZE`` in each."""
    groups: dict[tuple[str, str], list[VideoEntry]] = defaultdict(list)
    for entry in listing.entries:
        if entry.emotion in labels:
            groups[entry.subject, entry.part or ""].append(entry)
    packs = [
        (f"{part}/{subject}" if part else subject, tuple(entries[start : start + _PACK_SIZE]))
        for (subject, part), entries in groups.items()
        for start in range(0, len(entries), _PACK_SIZE)
    ]
    # a subject's name may end like a file's, and unique_ids drops the suffix of a file
    names = unique_ids(f"{name}.jpg" for name, _ in packs)
    return [
        PackJob(entries, name, dataset, recipe, detector_model)
        for name, (_, entries) in zip(names, packs, strict=True)
    ]


def prepare_pack(job: PackJob) -> str:
    """Prepare the photographs of one job, and return the name of their file."""
    job.rows_file.unlink(missing_ok=True)
    DatasetFiles(job.dataset).clip_file(job.pack).unlink(missing_ok=True)
    preparer = kept_preparer(job.prepare_recipe, detector_model=job.detector_model, flow=False)
    videos: dict[str, dict[str, Any]] = {}
    frames: list[list[Any]] = []
    crops: list[NDArray[np.uint8]] = []
    for entry in job.entries:
        try:
            [frame] = preparer.prepare(Photograph(entry.path.name, entry.path).read())
        except VideoError as error:
            videos[entry.video_id] = {"frames": 0, "faces": 0, "status": "unreadable", "reason": str(error)}
            continue
        face = max(frame.faces, key=lambda each: each.box[2] * each.box[3], default=None)
        shown = face or frame.rejected
        box = [round(float(value), 2) for value in shown.box] if shown else [None] * 4
        frames.append([entry.video_id, 0, 0.0, frame.status, *box, round(shown.score, 3) if shown else None])
        row = {"frames": 1, "faces": len(frame.faces), "status": frame.status}
        videos[entry.video_id] = row | {"reason": _REASONS.get(frame.status, "")}
        if face is not None:
            videos[entry.video_id]["pair"] = len(crops)
            crops.append(face.crop)
    if crops:
        write_clip(DatasetFiles(job.dataset).clip_file(job.pack), {"crops": np.stack(crops)})
    write_rows(job.rows_file, {"stamp": job.stamp, "videos": videos, "frames": frames})
    return job.pack


@dataclass(frozen=True)
class _Used:
    """A photograph with a face: its entry, and the place of its crop."""

    entry: VideoEntry
    pack: str
    pair: int


def _write_tables(
    listing: CorpusListing,
    root: Path,
    files: DatasetFiles,
    jobs: Sequence[PackJob],
    labels: LabelSet,
    *,
    new: DatasetFiles,
) -> dict[str, Any]:
    """Write the tables from the rows of all jobs, in the corpus's order, and return the counts.

    Args:
        listing: The photographs, and what is left out.
        root: Folder of the corpus, or its file.
        files: The dataset folder.
        jobs: All jobs, which are done.
        labels: Classes to keep.
        new: Where the tables are written.
    """
    rows_of = {job.pack: read_json(job.rows_file, keys=_ROWS) for job in jobs}
    row_of = {video: row for rows in rows_of.values() for video, row in rows["videos"].items()}
    pack_of = {entry.video_id: job.pack for job in jobs for entry in job.entries}
    used = [
        _Used(entry, pack_of[entry.video_id], row_of[entry.video_id]["pair"])
        for entry in listing.entries
        if "pair" in row_of.get(entry.video_id, {})
    ]
    copies = _find_copies(used, files)
    column_of = further_columns(listing.further_names)
    videos = pd.DataFrame(
        _video_rows(listing, root, row_of, copies, labels, column_of=column_of),
        columns=[*VIDEO_COLUMNS, *column_of.values()],
    ).astype(dict.fromkeys(("code", "frames", "faces", "pairs"), "Int64"))
    kept = [photograph for photograph in used if photograph.entry.video_id not in copies.left_out]
    data = pd.DataFrame(
        (_data_row(each, root, copies.subject_of, labels) for each in kept), columns=list(DATA_COLUMNS)
    )
    frames = pd.DataFrame(
        (row for rows in rows_of.values() for row in rows["frames"]), columns=["video", *FRAME_COLUMNS]
    )
    write_table(new.frames_file, frames)
    write_table(new.videos_file, videos)
    write_table(new.pairs_file, data)
    write_subjects(new.subjects_file, listing)
    write_votes(new, listing.votes, data["video"])
    return {
        "videos": len(videos),
        "videos_by_status": dict(sorted(Counter(videos["status"]).items())),
        "subjects": int(data["subject"].nunique()),
        "frames": len(frames),
        "frames_by_status": dict(sorted(Counter(frames["status"]).items())),
        "notes": int((videos["note"].fillna("") != "").sum()),
        "pairs": len(data),
        "pairs_by_class": {name: int((data["emotion"] == name).sum()) for name in labels.names},
    }


@dataclass(frozen=True)
class _Copies:
    """What follows from near-identical crops of different subjects.

    Attributes:
        note_of: By photograph, the most similar one.
        left_out: By photograph with a copy in a later part, why it is left out.
        subject_of: By photograph without a known subject, the subject that it shares with its copies.
    """

    note_of: dict[str, str]
    left_out: dict[str, str]
    subject_of: dict[str, str]


def _find_copies(used: Sequence[_Used], files: DatasetFiles) -> _Copies:
    if not used:
        return _Copies({}, {}, {})
    vectors_of = {
        pack: crop_vectors(read_clip(files.clip_file(pack), "crops")["crops"])
        for pack in dict.fromkeys(one.pack for one in used)
    }
    vectors = np.stack([vectors_of[one.pack][one.pair] for one in used])
    subjects = pd.factorize(pd.Series([one.entry.subject for one in used], dtype=str))[0]
    near = near_pairs(vectors, subjects, similarity=COPY_SIMILARITY)
    copies = _Copies({}, {}, {})
    pairs = zip(near.first.tolist(), near.second.tolist(), near.similarity.tolist(), strict=True)
    for first, second, similarity in sorted(pairs, key=lambda pair: -pair[2]):
        for one, other in ((first, second), (second, first)):
            entry, copy = used[one].entry, used[other].entry
            words = f"a copy of {copy.video_id}, {copy.emotion}"
            words += f" in {copy.part}" if copy.part else ""
            words += f" (correlation {similarity:.3f})"
            copies.note_of.setdefault(entry.video_id, words)
            if entry.part and copy.part and PARTS.index(entry.part) < PARTS.index(copy.part):
                copies.left_out.setdefault(entry.video_id, words)
        ends = [used[each].entry for each in (first, second)]
        if all(map(_is_alone, ends)) and ends[0].part == ends[1].part:
            of_first, of_second = (copies.subject_of.get(each.video_id, each.subject) for each in ends)
            shared = {name for name, subject in copies.subject_of.items() if subject == of_second}
            copies.subject_of.update(dict.fromkeys({*shared, *(each.video_id for each in ends)}, of_first))
    return copies


def _is_alone(entry: VideoEntry) -> bool:
    """Return whether the subject of a photograph is not known, so that it counts as a person of its own."""
    return entry.subject == entry.video_id


def _video_rows(
    listing: CorpusListing,
    root: Path,
    row_of: dict[str, dict[str, Any]],
    copies: _Copies,
    labels: LabelSet,
    *,
    column_of: dict[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``videos.csv``.

    Args:
        listing: The photographs, and what is left out.
        root: Folder of the corpus, or its file.
        row_of: Row of each photograph that was prepared.
        copies: What follows from near-identical crops.
        labels: Classes to keep.
        column_of: Name of the column of each further column of the corpus's table.
    """
    for entry in listing.entries:
        row: dict[str, Any] = {
            "video": entry.video_id,
            "path": relative_place(entry.path, root),
            "subject": copies.subject_of.get(entry.video_id, entry.subject),
            "emotion": entry.emotion,
            "part": entry.part or "",
        } | {column_of[name]: cell for name, cell in entry.further}
        if entry.emotion not in labels:
            reason = f"{entry.emotion} is not one of {', '.join(labels.names)}"
            yield row | {"note": entry.note, "status": "left_out", "reason": reason}
            continue
        found = row_of[entry.video_id]
        notes = [entry.note, copies.note_of.get(entry.video_id, "")]
        notes += ["no subject is known; counted as a person of its own"] if _is_alone(entry) else []
        notes += [f"the largest of {found['faces']} faces"] if found["faces"] > 1 else []
        row |= {"code": labels.code(entry.emotion), "note": "; ".join(filter(None, notes))}
        row |= {name: found[name] for name in ("frames", "faces", "status", "reason")}
        row["pairs"] = int("pair" in found)
        if entry.video_id in copies.left_out:
            row |= {"pairs": 0, "status": "left_out", "reason": copies.left_out[entry.video_id]}
        yield row
    for left in listing.left_out:
        yield left_out_row(left, column_of)


def _data_row(used: _Used, root: Path, subject_of: dict[str, str], labels: LabelSet) -> dict[str, Any]:
    entry = used.entry
    return {
        "flow": "",
        "spatial": relative_place(entry.path, root),
        "emotion": entry.emotion,
        "code": labels.code(entry.emotion),
        "subject": subject_of.get(entry.video_id, entry.subject),
        "video": entry.video_id,
        "segment": 0,
        "frame": 0,
        "seconds": 0.0,
        "clip": used.pack,
        "pair": used.pair,
    }
