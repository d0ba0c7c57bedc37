"""One dataset of several, for a study across corpora: all their clips, and the classes that all of them have.

The clips are links to those of the datasets. The names of clips, videos and people begin with the name of
their dataset, since most corpora have a subject 01.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.files import printable, write_json
from ferfusion.label_set import LabelSet, emotion_of_word, word_key
from ferfusion.preparation.clip_hashes import clip_hashes, record_clips
from ferfusion.preparation.clip_identities import identities_of_clips
from ferfusion.preparation.dataset import (
    DATA_COLUMNS,
    VIDEO_COLUMNS,
    Dataset,
    open_dataset,
    write_header,
)
from ferfusion.preparation.identity import dataset_identity, record_identity
from ferfusion.preparation.votes import votes_by_class
from ferfusion.tables import write_table

SEPARATOR = "__"
"""Between the name of a dataset and that of a clip, a video or a person."""
_NAMED, _IMAGES = ("subject", "video", "clip"), ("flow", "spatial")


@dataclass(frozen=True)
class PooledDataset(Dataset):
    """Several datasets as one.

    Its tables are made from those of the datasets, so that they exist before ``write`` has written them.

    Attributes:
        sources: The datasets by name, in the order of their names.
    """

    sources: Mapping[str, Dataset] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """``data.csv``: the rows of the shared classes of every dataset."""
        return self._joined({name: source.pairs for name, source in self.sources.items()}, DATA_COLUMNS)

    @cached_property
    def videos(self) -> pd.DataFrame:
        """``videos.csv``: a row per video that has such rows; without the official parts of the corpora."""
        used = set(self.pairs["video"])
        rows = self._joined({name: source.videos for name, source in self.sources.items()}, VIDEO_COLUMNS)
        return rows[rows["video"].isin(used)].assign(part="").reset_index(drop=True)

    @cached_property
    def clips(self) -> pd.DataFrame:
        """The identity of every clip (see ``identities_of_clips``)."""
        contents = {
            _named(name, clip): content
            for name, source in self.sources.items()
            for clip, content in clip_hashes(source.root).items()
        }
        return identities_of_clips(self.pairs, contents)

    @cached_property
    def votes(self) -> pd.DataFrame | None:
        """``votes.csv``: a row per video with votes, a column per choice of any of the datasets.

        Words for one expression are one choice. One that the raters of a dataset did not have is missing.
        """
        tables = [
            votes_by_class(votes.set_index("video"), self.labels, has_gaps=True).reset_index()
            for votes in map(self.votes_of, self.sources)
            if votes is not None
        ]
        joined = self._stacked(tables, "video")
        if joined is None:
            return None
        offered = joined.dropna(axis="columns", how="all")
        return offered.astype({name: int for name in offered.columns[1:] if not offered[name].hasnans})

    def votes_of(self, name: str) -> pd.DataFrame | None:
        """Return the votes of one dataset with its own choices, by the pooled names; None without."""
        return _with_names(name, self.sources[name].votes, "video")

    @cached_property
    def subjects(self) -> pd.DataFrame | None:
        """``subjects.csv``: a row per person; columns of one name, in whatever case, are one column."""
        spelled: dict[str, str] = {}
        tables = [
            people.rename(columns=lambda column: spelled.setdefault(column.casefold(), column))
            for people in map(self.subjects_of, self.sources)
            if people is not None
        ]
        joined = self._stacked(tables, "subject")
        return None if joined is None else joined.fillna("")

    def subjects_of(self, name: str) -> pd.DataFrame | None:
        """Return the columns of the people of one dataset, by the pooled names; None without."""
        return _with_names(name, self.sources[name].subjects, "subject")

    def _stacked(self, tables: Sequence[pd.DataFrame], key: str) -> pd.DataFrame | None:
        """Return the rows of the pooled videos or people in several tables; None without any."""
        if not tables:
            return None
        rows = pd.concat(tables, ignore_index=True)
        rows = rows[rows[key].isin(self.pairs[key])].reset_index(drop=True)
        return None if rows.empty else rows

    @cached_property
    def corpus_of(self) -> dict[str, str]:
        """The name of the dataset of each person."""
        return {
            _named(name, subject): name
            for name, source in self.sources.items()
            for subject in source.pairs["subject"].unique()
        }

    @cached_property
    def left_out(self) -> dict[str, dict[str, int]]:
        """By dataset, the number of videos of each class that not all datasets have."""
        found = {}
        for name, source in self.sources.items():
            videos = source.pairs.drop_duplicates("video")["emotion"]
            counts = Counter(videos[~videos.map(self._shared_name).isin(self.labels.names)])
            found[name] = {emotion: counts[emotion] for emotion in source.labels.names if emotion in counts}
        return found

    def write(self) -> None:
        """Write the folder: its header, its tables, and the links to the clips; a stopped call is completed.

        A clip is a hard link, so that it stays as it is if its dataset is prepared again; a symbolic link
        where the disk allows no hard link.
        """
        settings: dict[str, Any] = {
            "corpus": self.corpus,
            "labels": self.labels,
            "recipe": self.recipe,
            "images": False,
            "counts": self.counts,
            "stills": self.stills,
            "actions": self.actions,
        }
        write_header(self.root, complete=False, **settings)
        links = self._link_clips()
        write_table(self.pairs_file, self.pairs)
        write_table(self.videos_file, self.videos)
        for file, table in ((self.votes_file, self.votes), (self.subjects_file, self.subjects)):
            if table is None:
                file.unlink(missing_ok=True)
            else:
                write_table(file, table)
        write_json(self.root / "corpora.json", {name: self._record(name) for name in self.sources})
        record_clips(self.root, links, rows_of={})
        write_header(self.root, complete=True, **settings)
        record_identity(open_dataset(self.root))

    def _record(self, name: str) -> dict[str, Any]:
        source, own = self.sources[name], self.pairs["subject"].map(self.corpus_of) == name
        counts = {
            noun: int(self.pairs.loc[own, column].nunique())
            for noun, column in (("people", "subject"), ("videos", "video"))
        }
        return {
            "path": str(source.root.resolve()),
            "identity": dataset_identity(source),
            **counts,
            "left_out": self.left_out[name],
        }

    def _link_clips(self) -> dict[str, Path]:
        """Link every clip that is not linked yet, and return the links by clip."""
        self.clips_folder.mkdir(parents=True, exist_ok=True)
        links: dict[str, Path] = {}
        for name, source in self.sources.items():
            for clip in source.pairs["clip"].unique():
                links[_named(name, clip)] = link = self.clip_file(_named(name, clip))
                _link(source.clip_file(clip), link)
        for file in self.clips_folder.iterdir():
            if file not in links.values():
                file.unlink()
        return links

    def _shared_name(self, emotion: str) -> str:
        return {_key(name): name for name in self.labels.names}.get(_key(emotion), "")

    def _joined(self, tables: Mapping[str, pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
        return pd.concat(
            [self._renamed(name, table.reindex(columns=list(columns))) for name, table in tables.items()],
            ignore_index=True,
        )

    def _renamed(self, name: str, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the shared classes, with the names and codes of the pooled dataset."""
        shared = table["emotion"].map({word: self._shared_name(word) for word in table["emotion"].unique()})
        rows = table[shared != ""].copy()
        rows["emotion"] = shared[shared != ""]
        rows["code"] = rows["emotion"].map({word: code for code, word in enumerate(self.labels.names)})
        for column in (each for each in _NAMED if each in rows):
            rows[column] = _named(name, "") + rows[column]
        for column in (each for each in _IMAGES if each in rows):
            rows[column] = rows[column].str.replace("/", f"/{_named(name, '')}", n=1, regex=False)
        return rows


def pool_datasets(roots: Sequence[Path], folder: Path) -> PooledDataset:
    """Return several datasets as one in a folder; nothing is written.

    Args:
        roots: Two or more dataset folders; their order changes nothing.
        folder: Where ``PooledDataset.write`` will write it.

    Raises:
        DatasetError: a folder is no dataset or is named twice, the datasets were prepared with different
            settings, videos and still images are mixed, the people of images are unknown, or fewer than two
            classes are in all datasets.
    """
    sources = {name: open_dataset(root) for name, root in dataset_names(roots).items()}
    first = next(iter(sources.values()))
    for source in sources.values():
        _check_like(first, source)
    _refuse_twice(sources)
    labels = _shared_labels(sources)
    estimators = {source.actions for source in sources.values()}
    pooled = PooledDataset(
        folder,
        first.recipe,
        labels,
        "pooled",
        {},
        first.stills,
        # facial actions of two estimators are not the same
        actions=estimators.pop() if len(estimators) == 1 else "",
        sources=MappingProxyType(sources),
    )
    pairs = pooled.pairs
    pooled.counts.update(
        videos=int(pairs["video"].nunique()),
        subjects=int(pairs["subject"].nunique()),
        pairs=len(pairs),
        pairs_by_class={name: int((pairs["emotion"] == name).sum()) for name in labels.names},
    )
    return pooled


def dataset_names(roots: Sequence[Path]) -> dict[str, Path]:
    r"""Return the datasets by name, in the order of their names: the ends of their paths that differ.

    Raises:
        DatasetError: one dataset is named twice.

    >>> list(dataset_names([Path("/b/crema"), Path("/b/ravdess")]))
    ['crema', 'ravdess']
    >>> list(dataset_names([Path("/b/data"), Path("/a/data")]))
    ['a-data', 'b-data']
    >>> list(dataset_names([Path("/b/caf\udce9"), Path("/b/x")]))
    ['caf-udce9', 'x']
    """
    places = [root.resolve() for root in roots]
    for place in places:
        if places.count(place) > 1:
            raise DatasetError(f"The dataset {place} is named twice; name each once")
    for length in range(1, max(len(place.parts) for place in places) + 1):
        names = [_name(place.parts[-length:]) for place in places]
        if len({name.casefold() for name in names}) == len(names):
            break
    return dict(sorted(zip(names, roots, strict=True), key=lambda each: (each[0].casefold(), each[0])))


def _name(parts: Sequence[str]) -> str:
    """Return the name of a dataset, which becomes a part of names of clips: text, without a backslash."""
    return printable("-".join(parts).replace(os.sep, "")).replace("\\", "-").lstrip(".")


def _check_like(first: Dataset, source: Dataset) -> None:
    """Refuse a dataset that was prepared otherwise than the first, or that cannot be divided by people."""
    if source.stills != first.stills:
        videos, images = (first, source) if source.stills else (source, first)
        raise DatasetError(
            f"{videos.root} has videos and {images.root} has still images; study datasets of one kind"
        )
    if not source.people_known:
        raise DatasetError(
            f"{source.root} has images of unknown people, who cannot be divided; study datasets with people"
        )
    if differences := first.recipe.differences(source.recipe):
        raise DatasetError(
            f"{source.root} was prepared with other settings than {first.root} ({'; '.join(differences)}); "
            "prepare them with the same settings"
        )


def _refuse_twice(sources: Mapping[str, Dataset]) -> None:
    """Refuse two folders with the same clips, of the same people and labels."""
    by_identity: dict[str, str] = {}
    for name, source in sources.items():
        if clip_hashes(source.root):
            other = by_identity.setdefault(dataset_identity(source), name)
            if other != name:
                raise DatasetError(
                    f"{source.root} is the same dataset as {sources[other].root}; name each once"
                )


def _shared_labels(sources: Mapping[str, Dataset]) -> LabelSet:
    """Return the classes with videos in every dataset: the same word, or words for one expression."""
    of_each = [_names_by_key(source) for source in sources.values()]
    shared = [name for key, name in of_each[0].items() if all(key in names for names in of_each[1:])]
    if len(shared) < 2:
        each = "; ".join(
            f"{name}: {', '.join(names.values())}" for name, names in zip(sources, of_each, strict=True)
        )
        raise DatasetError(
            f"A study across corpora needs two classes that all datasets have ({each}); "
            "prepare them with --label-map"
        )
    return LabelSet(tuple(shared))


def _names_by_key(source: Dataset) -> dict[str, str]:
    present, names = set(source.pairs["emotion"]), defaultdict(list)
    for name in source.labels.names:
        if name in present:
            names[_key(name)].append(name)
    for same in names.values():
        if len(same) > 1:
            raise DatasetError(
                f"{' and '.join(same)} of {source.root} are one expression; join them with --label-map when "
                "the dataset is prepared"
            )
    return {key: same[0] for key, same in names.items()}


def _key(emotion: str) -> str:
    name = emotion_of_word(emotion)
    return word_key(name) or name


def _named(name: str, part: str) -> str:
    return f"{name}{SEPARATOR}{part}"


def _with_names(name: str, table: pd.DataFrame | None, key: str) -> pd.DataFrame | None:
    return None if table is None else table.assign(**{key: _named(name, "") + table[key]})


def _link(source: Path, link: Path) -> None:
    """Link a file, unless the link is there."""
    with suppress(OSError):
        if link.samefile(source):
            return
    link.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), link)
    except FileNotFoundError as error:
        raise DatasetError(f"There is no clip {source}; run ferfusion prepare again") from error
    except OSError:  # another disk, or a file system without hard links
        link.symlink_to(source.resolve())
