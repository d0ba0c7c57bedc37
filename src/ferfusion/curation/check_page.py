"""The page of a check: its sentences, its tables, and the crops of what is worth a look."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pandas as pd

from ferfusion.curation.crop_images import CropImages
from ferfusion.curation.doubtful_labels import LEAST_VOTERS
from ferfusion.curation.findings import TITLES, Findings
from ferfusion.curation.lost_faces import LOST, MANY, has_frames
from ferfusion.curation.near_copies import KINDS as COPY_KINDS
from ferfusion.curation.near_copies import SAME_PERSON_SIMILARITY
from ferfusion.curation.rated_videos import KINDS as RATED_KINDS
from ferfusion.curation.study_votes import Variant
from ferfusion.evaluation.uncertainty import Interval
from ferfusion.parts import PARTS
from ferfusion.preparation.reasons import count_reasons
from ferfusion.preparation.recipe import COPY_SIMILARITY
from ferfusion.reporting.pages import interval_text, percent, render_page
from ferfusion.reporting.words import counted

SHOWN, ROWS, MEMBERS = 24, 20, 4
"""Cards of a kind, rows of a table and videos of a group of copies on the page; the CSV files have all."""
_PHONE = 42
"""Characters of a row of a table that fit on a phone."""


@dataclass(frozen=True)
class Card:
    """A video, or a group of them, with its crops: images with a caption, a title, and lines."""

    images: tuple[tuple[str, str], ...]
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table of the page: its caption, the names of its columns, and its cells."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_wide(self) -> bool:
        """Whether a phone shows each row as a card, since the columns do not fit."""
        return sum(max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)) > _PHONE


@dataclass(frozen=True)
class Section:
    """A kind of findings on the page.

    Attributes:
        key: A key of ``TITLES``.
        title: Its title.
        lines: What was found.
        how: How it was found.
        sheets: Its tables.
        cards: Its videos.
        total: Number of cards that there could be.
        file: Table with all of them.
    """

    key: str
    title: str
    lines: tuple[str, ...]
    how: str
    sheets: tuple[Sheet, ...]
    cards: tuple[Card, ...]
    total: int
    file: str


def check_page(findings: Findings) -> str:
    """Return the page."""
    dataset, crops = findings.dataset, CropImages(findings.dataset)
    pairs = dataset.pairs
    size = [counted(pairs["video"].nunique(), "image" if dataset.stills else "video")]
    size += [counted(pairs["subject"].nunique(), "person")] if dataset.people_known else ["people unknown"]
    size += [] if dataset.stills else [counted(len(pairs), "pair")]
    sections = [
        _counts(findings),
        _copies(findings, crops),
        _labels(findings, crops),
        _raters(findings, crops),
        _faces(findings, crops),
    ]
    return render_page(
        "check.html.j2",
        images={},
        name=dataset.root.resolve().name,
        size=", ".join([*size, counted(len(dataset.labels), "class")]),
        corpus=dataset.corpus,
        sections=sections,
    )


def _section(findings: Findings, key: str, how: str, **parts: Any) -> Section:
    empty: dict[str, Any] = {"sheets": (), "cards": (), "total": 0, "file": ""}
    return Section(key, TITLES[key], tuple(findings.lines[key]), how, **{**empty, **parts})


def _counts(findings: Findings) -> Section:
    classes = findings.classes
    names = [name for name in ("videos", "people", "pairs") if name in classes]
    parts = [name for name in PARTS if name in classes]
    official = [name for name in map(str, classes.columns) if name.startswith("official_")]
    columns = [*names, *parts, *official]
    if findings.dataset.stills:
        columns.remove("pairs")
    words = {"videos": "images"} if findings.dataset.stills else {}
    head = (
        "Class",
        *(words.get(name, name).replace("official_", "official ").capitalize() for name in columns),
    )
    rows = [
        (str(row["emotion"]), *(f"{row[name]:,}" for name in columns)) for row in classes.to_dict("records")
    ]
    totals = ("All", *("" if name == "people" else f"{classes[name].sum():,}" for name in columns))
    sheets = [Sheet("Per class", head, (*rows, totals))]
    little = findings.people[findings.people["note"] != ""]
    if len(little):
        sheets.append(
            Sheet(
                _first("People with little", len(little), "people.csv"),
                ("Person", "Videos", "Classes", "Pairs", "What"),
                tuple(
                    (
                        row["subject"],
                        f"{row['videos']}",
                        f"{row['classes']}",
                        f"{row['pairs']:,}",
                        row["note"],
                    )
                    for row in _records(little.head(ROWS))
                ),
            )
        )
    of_people = ", for each person in people.csv" if findings.dataset.people_known else ""
    how = f"What is used only. The numbers of each class are also in classes.csv{of_people}."
    return _section(findings, "counts", how, sheets=tuple(sheets))


def _copies(findings: Findings, crops: CropImages) -> Section:
    copies = findings.copies
    cards = []
    for number, group in copies[copies["group"] <= SHOWN].groupby("group"):
        of_its_label = group.groupby("emotion").cumcount().sort_values(kind="stable")
        members = _records(group.loc[of_its_label.index].head(MEMBERS))  # each label is shown
        images = tuple(
            (crops.of_pair(row["clip"], row["pair"]), f"{row['emotion']}{_person(row, findings)}")
            for row in members
        )
        of_crops = f"{percent(group['share'].max())} of the crops of a video; "
        share = "" if findings.dataset.stills else of_crops
        more = [f"and {len(group) - MEMBERS} more"] if len(group) > MEMBERS else []
        cards.append(
            Card(
                images,
                f"Group {number}: {COPY_KINDS[group['kind'].iloc[0]]}",
                (
                    ", ".join([*(row["video"] for row in members), *more]),
                    f"{share}highest correlation {group['similarity'].max():.3f}",
                ),
            )
        )
    how = (
        "Two videos of different people are compared crop by crop, reduced to 16 x 16 grey pixels; a "
        f"correlation of {COPY_SIMILARITY:g} or more is near-identical. Of one person, the crops at the "
        f"same relative times must have {SAME_PERSON_SIMILARITY:g} on average. A few near-identical crops "
        "can be one person under two names; if all are, it is one recording, or two takes of one person "
        "that are nearly the same: compare the crops."
    )
    total = int(copies["group"].max()) if len(copies) else 0
    return _section(findings, "copies", how, cards=tuple(cards), total=total, file="copies.csv")


def _labels(findings: Findings, crops: CropImages) -> Section:
    votes = findings.votes
    if votes is None:
        return _section(findings, "labels", "")
    cards = [
        Card(
            ((crops.of_video(row["video"]), ""),),
            f"Label {row['emotion']}, models: {row['named']}",
            (
                f"{row['video']}{_person(row, findings)}",
                f"{row['against']} of {row['models']} models against the label, {row['naming']} of them for "
                f"{row['named']}",
                f"mean probability: {row['emotion']} {row['p_label']:.2f}, {row['named']} "
                f"{row['p_named']:.2f}{'; confident learning agrees' if row['confident'] else ''}",
            ),
        )
        for row in _records(votes.table.head(SHOWN))
    ]
    how = (
        f"Every model predicts people whom it has not seen. A video with {LEAST_VOTERS} or more models is "
        "judged; its label is contradicted if more than half of them name another class. Confident learning "
        "(Northcutt et al. 2021) agrees if another class is the most probable one, and at least as probable "
        "as in the videos that have it as their label, without what the models prefer for the face of a "
        "person. The label of a contradicted video may be right, and its expression hard."
    )
    return _section(
        findings,
        "labels",
        how,
        sheets=(_voters(votes.variants),),
        cards=tuple(cards),
        total=len(votes.table),
        file="doubtful_labels.csv",
    )


def _voters(variants: Sequence[Variant]) -> Sheet:
    rows = []
    for each in variants:
        cells = [
            f"{percent(one['value'])} ({interval_text(Interval(one['low'], one['high']))}), baseline "
            f"{percent(one['baseline'])}"
            for one in (each.scores["uar"], each.scores["war"])
        ]
        judges = f"no: {each.why_not}" if each.why_not else "yes"
        rows.append((f"{each.study}: {each.name}", *cells, f"{each.seeds}", judges))
    return Sheet(
        "Models, per video of people not seen in training, with intervals over people",
        ("Variant", "UAR", "WAR", "Seeds", "Judges"),
        tuple(rows),
    )


def _raters(findings: Findings, crops: CropImages) -> Section:
    rated = findings.rated
    if rated is None:
        return _section(findings, "raters", "")
    cards = [
        Card(
            ((crops.of_video(row["video"]), ""),),
            f"Label {row['emotion']}, raters: {row['majority']}",
            (
                f"{row['video']}{_person(row, findings)}",
                f"{row['votes_label']} of {row['votes']} votes for the label, {row['votes_majority']} for "
                f"{row['majority']}",
                *([RATED_KINDS[row["kind"]]] if "tie" in row["kind"] else []),
            ),
        )
        for row in _records(rated.table.head(SHOWN))
    ]
    how = (
        "Alpha is that of Krippendorff 2011 for unordered classes. Raters can disagree with a label that is "
        "right by its own rule, such as the expression that an actor was asked for."
    )
    return _section(
        findings, "raters", how, cards=tuple(cards), total=len(rated.table), file="rated.csv"
    )  # fmt: skip


def _faces(findings: Findings, crops: CropImages) -> Section:
    losses = findings.losses
    sheets = []
    many = losses[(losses["status"] == "ok") & (losses["share_lost"] >= MANY)]
    cards = [
        Card(
            ((crops.of_video(row["video"]), ""),),
            f"{row['lost']} of {row['frames']} frames lost",
            (
                f"{row['video']}{_person(row, findings)}, {row['emotion']}",
                ", ".join(f"{name}: {row[name]:.0f}" for name in LOST if row[name] > 0),
            ),
        )
        for row in _records(many.head(SHOWN))
    ]
    if has_frames(losses):
        sheets.append(_loss_sheet("Per class", "Class", findings.classes.rename(columns={"emotion": "name"})))
    if len(findings.people) and has_frames(losses):
        people = findings.people.sort_values("share_lost", ascending=False, kind="stable")
        people = people[people["lost"].fillna(0) + people["unused"] > 0]
        caption = _first("People with the largest loss", len(people), "people.csv")
        sheets.append(_loss_sheet(caption, "Person", people.head(ROWS).rename(columns={"subject": "name"})))
    reasons = count_reasons(findings.dataset.videos)
    if len(reasons):
        sheets.append(
            Sheet(
                _first("Not used", len(reasons), "lost_faces.csv"),
                ("Reason", "Rows", "For example"),
                tuple(
                    (row["reason"], f"{row['rows']:,}", PurePath(row["example"]).name)
                    for row in _records(reasons.head(ROWS))
                ),
            )
        )
    how = (
        "A frame is lost if its status is not ok. Videos that are not used count for their class and person."
    )
    return _section(
        findings,
        "faces",
        how,
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        cards=tuple(cards),
        total=len(many),
        file="lost_faces.csv",
    )


def _loss_sheet(caption: str, first: str, table: pd.DataFrame) -> Sheet:
    rows = tuple(
        (
            row["name"],
            _whole(row["frames"]),
            _whole(row["lost"]),
            percent(row["share_lost"]),
            _whole(row["unused"]),
        )
        for row in _records(table)
    )
    return Sheet(caption, (first, "Frames", "Lost", "Share", "Not used"), rows)


def _records(table: pd.DataFrame) -> Iterable[dict[Hashable, Any]]:
    return table.to_dict("records")


def _whole(number: float) -> str:
    return "n/a" if pd.isna(number) else f"{number:,.0f}"


def _person(row: Mapping[Hashable, Any], findings: Findings) -> str:
    return f", {row['subject']}" if findings.dataset.people_known else ""


def _first(caption: str, total: int, file: str) -> str:
    return f"{caption}, {ROWS} of {total:,}; all are in {file}" if total > ROWS else caption
