"""Tables, settings and sheets that a person may write: each is read as the command reads it."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

import cv2
import numpy as np
import pandas as pd

from ferfusion.api.datasets import Dataset
from ferfusion.cli import build_app
from ferfusion.corpora.baum1_sheet import read_sheet
from ferfusion.errors import ConfigError, DatasetError
from ferfusion.evaluation.evaluate import write_tables
from ferfusion.evaluation.raters import compare_with_raters
from ferfusion.evaluation.report_page import cautions, report_html
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.run_page import run_story
from ferfusion.evaluation.scoring import score_measured
from ferfusion.evaluation.vote_scores import score_votes, vote_lines
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import Unreadable, predict_each
from ferfusion.inference.videos_table import VideosTable
from ferfusion.preparation.prepare_corpus import prepare_corpus
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset
from fuzz.kind import Kind, check, check_probabilities, refused_without
from fuzz.mutations import CELLS, cut_or_repeated, mutated_bytes, mutated_json, mutated_table
from helpers.corpora import write_sheet
from helpers.photographs import grey, whole_image_predictor
from helpers.runs import fake_config, fake_epochs, fake_predictions, write_run
from helpers.stills import VOTES_HEADER, fer_folders, fer_table
from helpers.videos import textured, write_video

_RECIPE = PrepareRecipe(detector="none", size=16)
_MISSING = "missing-dataset"
_PEOPLE = {"train": 2, "validation": 2, "test": 2}
_OF_HEADER = (
    *(
        "is not a CSV table",
        "is not a readable CSV",
        "lacks the column",
        "needs the columns",
        "has no column",
    ),
    *("more than once", "comes twice", "is empty", "no row"),
)


def _corpus(folder: Path) -> None:
    """Write six videos of three people, a photograph, and the table that names them."""
    folder.mkdir(exist_ok=True)
    rows = ["path,label,subject,start_seconds,end_seconds,split"]
    for number in range(6):
        name = f"{number}.mp4"
        write_video(folder / name, [textured(24, 24, seed=10 * number + take) for take in range(4)])
        label, part = ("anger", "happy")[number % 2], ("train", "validation", "test")[number // 2]
        rows.append(f"{name},{label},s{number // 2},0,0.16,{part}")
    assert cv2.imwrite(str(folder / "photo.png"), textured(24, 24))
    rows.append("photo.png,sad,s3,,,test")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")


def _read_corpus(path: Path) -> None:
    prepared = path.parent.parent / "prepared"
    prepare_corpus(path, prepared, corpus="csv", recipe=_RECIPE, engine="here", images=False)
    _read_dataset(prepared)


def _dataset(folder: Path) -> None:
    _corpus(folder)
    data = prepare_corpus(
        folder / "labels.csv", folder / "data", corpus="csv", recipe=_RECIPE, engine="here", images=False
    )
    split_dataset(data, SplitRecipe(official=True), copies=())


def _stills_dataset(folder: Path) -> None:
    data = prepare_corpus(
        fer_table(folder / "corpus"), folder / "data", corpus="fer2013", labels="seven", recipe=_RECIPE
    )
    split_dataset(data, SplitRecipe(), copies=())


def _read_dataset(folder: Path) -> None:
    """Read all tables of a dataset, describe it, and split it again."""
    data = Dataset(folder)
    check(len(repr(data)) < 1000, "the description is long")
    data._repr_html_()
    opened = data._opened
    check(np.isfinite(opened.pairs["seconds"].to_numpy(float)).all(), "a time is not finite")
    for table in (opened.videos,) if opened.stills else (opened.frames, opened.videos):
        for name in table.columns:
            if pd.api.types.is_float_dtype(table[name]):
                check(np.isfinite(table[name].dropna()).all(), f"{name} is not finite")
    if opened.votes is not None:
        check((opened.votes.drop(columns="video") >= 0).all().all(), "votes are below 0")
    if opened.splits_file.is_file():
        read_splits(opened)
    split_dataset(opened, SplitRecipe(official=True), path=folder / "again.csv")


def _read_dataset_file(path: Path) -> None:
    _read_dataset(path.parent)


def _predictions(folder: Path) -> None:
    """Write a photograph and a video, and their predictions."""
    for name, level in (("a", 40), ("b", 200)):
        assert cv2.imwrite(str(folder / f"{name}.png"), grey(level, height=24, width=24))
    write_video(folder / "c.mp4", [textured(24, 24, seed=seed) for seed in range(3)])
    _predict_again(folder)


def _predict_again(folder: Path) -> None:
    sources, out = [folder / name for name in ("a.png", "b.png", "c.mp4")], folder / "out"
    results = list(
        predict_each(make_jobs(sources, out=out), whole_image_predictor(), out=out, annotate=False)
    )
    for result in results:
        check(not isinstance(result.outcome, Unreadable), f"{result.job.name} is not read")
    VideosTable(out)


def _read_predictions(path: Path) -> None:
    folder = path.parents[2] if path.name == "photographs.csv" else path.parents[1]
    _predict_again(folder)


def _run(folder: Path) -> None:
    write_run(
        folder / "run",
        predictions=fake_predictions(pairs=2, subjects=_PEOPLE),
        config=fake_config(),
        epochs=fake_epochs(4),
    )


def _read_run(path: Path) -> None:
    """Score a run as ``evaluate`` does, but for the figures."""
    run = read_run(path.parent)
    columns = list(run.labels.probability_columns)
    check_probabilities(run.predictions[columns])
    scored = score_measured(run)
    for one in scored.scores:
        values = [estimate.value for estimate in one.estimates.values()]
        check(all(0 <= value <= 1 for value in values), f"scores {values}")
    write_tables(scored, path.parent)
    vote_lines(score_votes(scored), noun="video")
    raters = compare_with_raters(scored)
    report_html(scored, run_story(scored), {}, cautions=tuple(cautions(scored)), raters=raters)


def _settings(folder: Path) -> None:
    (folder / "settings.toml").write_text(
        "[split]\nvalidation = 0.2\ntest = 0.25\nseed = 3\nfolds = 5\nofficial = false\n\n"
        '[train]\nepochs = 3\nfusion = "gap-concat"\nlearning_rate = 0.001\n'
        '\n[predict]\nstart = 0.5\nevery = "0.5s"\n'
    )


def _mutate_settings(content: bytes, random: Random) -> bytes:
    lines = content.decode().splitlines()
    place = random.choice([number for number, line in enumerate(lines) if "=" in line])
    key, _, _ = lines[place].partition("=")
    match random.randrange(8):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            return cut_or_repeated(content, random)
        case 2:
            lines[place] = f"{random.choice(CELLS)!r} = 1"
        case 3:
            values = (
                "nan",
                "inf",
                "-1",
                "1e400",
                "[]",
                "[[1]]",
                "{a = 1}",
                "1979-05-27",
                "true",
                "9" * 300,
                "0x10",
            )
            lines[place] = f"{key}= {random.choice(values)}"
        case 4:
            lines[place] = f"{key}.a.b = 1"
        case 5:
            lines.insert(
                place, random.choice(("[evaluate]", "[split.a]", "[[split]]", "epochs = 3", "[nothing]"))
            )
        case _:
            lines[place] = f"{key}= {json.dumps(random.choice(CELLS))}"
    return "\n".join(lines).encode(errors="replace")


def _read_settings(path: Path) -> None:
    """Call a command with the settings; it ends since its dataset is missing, or since a setting is wrong."""
    command = ("split", _MISSING) if len(path.read_bytes()) % 2 else ("train", _MISSING, "run")
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            build_app(command[0]).meta(["--config", str(path), *command])
    except DatasetError as error:
        if _MISSING not in str(error):
            raise
    except SystemExit as ended:
        check(ended.code == 2 and "Traceback" not in said.getvalue(), f"{ended.code} {said.getvalue()}")
        raise ConfigError(said.getvalue().replace("\n", " ")[:1000]) from ended


def _sheet(folder: Path) -> None:
    rows = [("1", f"S00{number}_001.mp4", "Anger", float(number)) for number in range(1, 6)]
    write_sheet(folder / "sheet.xlsx", ("No.", "Clip Name", "Emotion", "Emotion code"), rows)


def _mutate_sheet(content: bytes, random: Random) -> bytes:
    """Mutate the XML of a member, drop a member, or mutate any bytes."""
    if random.randrange(6) == 0:
        return mutated_bytes(content, random)
    with ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    inner = [name for name in members if "sheet1" in name or "workbook" in name or "sharedStrings" in name]
    name = random.choice(inner if random.randrange(4) else sorted(members))
    match random.randrange(5):
        case 0:
            members[name] = mutated_bytes(members[name], random)
        case 1:
            del members[name]
        case _:
            text = members[name].decode()
            found = [at for at, sign in enumerate(text) if sign in '"><']
            for _ in range(random.choice((1, 2))):
                start, stop = sorted(random.sample(found, 2))
                stop = min(stop, start + 60)
                value = random.choice((*CELLS, "&a;", "<a>", "</c>", 't="d"', 't="e"', "XFD1048576", "-1"))
                text = text[: start + 1] + value + text[stop:]
            members[name] = text.encode(errors="replace")
    memory = io.BytesIO()
    with ZipFile(memory, "w", ZIP_DEFLATED) as archive:
        for each, member in members.items():
            archive.writestr(each, member)
    return memory.getvalue()


def _read_sheet(path: Path) -> None:
    for row in read_sheet(path):
        check(all(isinstance(cell, str) for cell in (row.clip, row.emotion, row.code)), f"a row is {row}")


def _fer(folder: Path) -> None:
    fer_table(folder / "corpus", per_class=1)


def _fer_with_votes(folder: Path) -> None:
    root = fer_folders(folder / "corpus", per_class=1)
    rows = [
        f"{path.relative_to(root)},{','.join(map(str, range(10)))}" for path in sorted(root.rglob("*.png"))
    ]
    (root / "votes.csv").write_text("\n".join([VOTES_HEADER, *rows]) + "\n")


def _read_stills(path: Path) -> None:
    prepared = path.parent.parent / "prepared"
    prepare_corpus(path.parent, prepared, corpus="fer2013", labels="seven", recipe=_RECIPE)
    data = Dataset(prepared)
    check(len(data.pairs) > 0, "there is no image")
    check(data._opened.votes is None or len(data._opened.votes) > 0, "votes are missing")


def _is_deep(content: bytes, message: str) -> bool:
    """Return whether a table was refused for a row, and not for its columns or as a file."""
    del content
    return "line " in message or not any(words in message for words in _OF_HEADER)


def _mutate_json(content: bytes, random: Random) -> bytes:
    return mutated_json(content.decode(), random).encode(errors="replace")


_table = partial(Kind, mutate=mutated_table, is_deep=_is_deep)
_json = partial(Kind, mutate=_mutate_json, is_deep=refused_without("is damaged"))

KINDS = (
    _table("corpus/labels.csv", build=lambda folder: _corpus(folder / "corpus"), read=_read_corpus),
    _table("out/videos.csv", build=_predictions, read=_read_predictions),
    _table("out/photographs/photographs.csv", build=_predictions, read=_read_predictions),
    _table("data/data.csv", build=_dataset, read=_read_dataset_file),
    _table("data/frames.csv", build=_dataset, read=_read_dataset_file),
    _table("data/videos.csv", build=_dataset, read=_read_dataset_file),
    _table("data/splits.csv", build=_dataset, read=_read_dataset_file),
    _table("data/votes.csv", build=_stills_dataset, read=_read_dataset_file),
    _json("data/dataset.json", build=_dataset, read=_read_dataset_file),
    _json("data/splits.json", build=_dataset, read=_read_dataset_file),
    _json("data/.clips.json", build=_dataset, read=_read_dataset_file),
    _table("run/predictions.csv", build=_run, read=_read_run),
    _table("run/metrics.csv", build=_run, read=_read_run),
    _json("run/config.json", build=_run, read=_read_run),
    Kind(
        "settings.toml",
        _settings,
        _mutate_settings,
        _read_settings,
        refused_without("is not TOML", "Unknown table"),
    ),
    Kind("sheet.xlsx", _sheet, _mutate_sheet, _read_sheet, refused_without("zip file")),
    _table("corpus/fer2013.csv", build=_fer, read=_read_stills),
    _table("corpus/fer2013new.csv", build=_fer, read=_read_stills),
    _table("corpus/votes.csv", build=_fer_with_votes, read=_read_stills),
)
