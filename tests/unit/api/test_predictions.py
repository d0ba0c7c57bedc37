import html

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import ferfusion as fer
from ferfusion.bundle import save_bundle
from ferfusion.files import read_json
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.bundles import untrained_bundle
from helpers.face_videos import face_images
from helpers.photographs import whole_image_predictor, write_photograph
from helpers.stores import memory_store
from helpers.videos import numbered, textured, write_video

GREY = np.full((3, 90, 120, 3), 90, np.uint8)


@pytest.fixture(scope="module")
def seen(model):
    """A face for 16 frames."""
    return model.predict(np.stack(face_images(16)), fps=25)


def test_prediction_table_is_the_callers_to_change(model):
    seen = model.predict(GREY, fps=25)
    table = seen.table
    table["status"] = "changed"
    assert set(seen.table["status"]) == {"no_face"}


def test_prediction_is_a_short_line_and_a_table_of_verdicts(seen):
    assert repr(seen) == f"Prediction('frames-1': 16 frames, 1 face; model {seen.model})"
    page = seen._repr_html_()
    assert seen.statement in page
    assert seen.verdicts[0].expression in page


def test_prediction_tables_have_the_documented_columns(seen):
    probabilities = list(seen.labels.probability_columns)
    assert seen.per_second().columns.tolist() == ["seconds", "face", "frames", *probabilities, "expression"]
    assert seen.spans().columns.tolist() == ["face", "expression", "start", "end", "mean_probability"]
    episode = ["onset", "apex", "offset", "probability", "onset_seen", "offset_seen"]
    assert seen.onsets("Fear").columns.tolist() == ["face", "expression", *episode]
    with pytest.raises(fer.ConfigError, match="Boredom"):
        seen.onsets("Boredom")
    with pytest.raises(fer.ConfigError, match="low <= high"):
        seen.onsets(high=0.2, low=0.4)


def test_prediction_means_have_a_row_for_each_period(seen):
    assert seen.means("0.2s")["seconds"].tolist() == pytest.approx([0, 0.2, 0.4, 0.6])
    with pytest.raises(fer.ConfigError, match="number of seconds such as 1s"):
        seen.means("5")


def test_prediction_per_second_is_the_mean_of_the_rows_with_a_face(seen):
    columns = list(seen.labels.probability_columns)
    rows = seen.table[seen.table["status"] == "ok"]
    [second] = seen.per_second().to_dict("records")
    assert second["frames"] == len(rows)
    assert [second[name] for name in columns] == pytest.approx(rows[columns].mean().tolist(), abs=1e-5)


def test_prediction_save_writes_the_folder_of_the_video(seen, tmp_path):
    assert seen.folder is None
    folder = seen.save(str(tmp_path / "out"), progress=False)
    assert {file.name for file in folder.iterdir()} == {
        "annotated.mp4",
        "frames.csv",
        "report.html",
        "verdict.json",
        "onsets.csv",
    }
    summary = pd.read_csv(tmp_path / "out" / "videos.csv")
    assert summary["folder"].tolist() == [folder.name]
    assert summary["status"].tolist() == ["ok"]


def test_predictions_name_two_videos_of_one_name_by_their_paths(model, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.fromarray(GREY[0]).save(tmp_path / folder / "x.png")
    several = model.predict(tmp_path)
    assert sorted(set(several.table["video"])) == [
        str(tmp_path / "a" / "x.png"),
        str(tmp_path / "b" / "x.png"),
    ]


def test_predictions_are_a_sequence_whose_tables_have_the_column_video(model, seen):
    several = fer.Predictions((seen, model.predict(GREY[0])), (fer.UnreadVideo("in/x.mp4", "damaged"),))
    assert repr(several) == "Predictions(1 video, 1 photograph, 1 could not be read)"
    assert several[0] is seen
    assert len(several[1:]) == 1
    assert several.table.drop(columns="video")[: len(seen.table)].equals(seen.table)
    for table in (
        several.table,
        several.per_second(),
        several.spans(),
        several.onsets("Fear"),
        several.verdicts,
    ):
        assert table.columns[0] == "video"
        assert set(table["video"]) <= {"frames-1", "image-1"}


def test_predictions_without_a_video_are_empty_tables(tmp_path):
    none = fer.Predictions((), (fer.UnreadVideo("in/x.mp4", "damaged"),))
    assert none.table.empty
    assert none.save(tmp_path) == tmp_path
    assert pd.read_csv(tmp_path / "videos.csv")["reason"].tolist() == ["damaged"]


def test_predictions_of_photographs_save_what_the_command_line_writes(tmp_path):
    write_photograph(tmp_path / "in" / "a.png", textured(60, 60))
    write_photograph(tmp_path / "in" / "b" / "c.jpg", textured(60, 60, seed=1))
    (tmp_path / "in" / "torn.png").write_bytes(b"no image")
    model = fer.Model(whole_image_predictor())
    several = model.predict(tmp_path / "in", progress=False)
    assert repr(several) == "Predictions(2 photographs, 1 could not be read)"
    several.save(tmp_path / "saved", progress=False)
    model.predict(tmp_path / "in", out=tmp_path / "written", progress=False)
    for name in ("photographs.csv", "verdict.json", "report.html", "annotated/a.jpg", "annotated/b-c.jpg"):
        saved, written = (tmp_path / out / "photographs" / name for out in ("saved", "written"))
        assert saved.read_bytes() == written.read_bytes()
    table = pd.read_csv(tmp_path / "saved" / "photographs" / "photographs.csv")
    columns = ["x", "y", "w", "h", *model.labels.probability_columns]
    assert several.table[columns].to_numpy() == pytest.approx(table[columns].to_numpy()[:2], abs=1e-6)
    assert several.per_second().empty
    one = several[0]
    assert (one.is_photograph, one.verdicts[0].frames) == (True, 1)
    assert repr(one).startswith("Prediction('a.png': photograph, 1 face; model")
    assert next(one.frame_lines()).startswith("Photograph: a.png Face: 0 Out: ")
    assert one.plot().axes[0].get_xlabel() == "probability"
    assert one.save(tmp_path / "one", progress=False) == tmp_path / "one" / "a"
    assert pd.read_csv(tmp_path / "one" / "videos.csv")["folder"].tolist() == ["a"]


def test_predictions_save_keeps_the_folder_of_another_video_of_the_same_name(model, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_video(tmp_path / folder / "talk.mp4", numbered(3))
    out = tmp_path / "out"
    first, second = (model.predict(tmp_path / folder / "talk.mp4", progress=False) for folder in "ab")
    assert [one.save(out, progress=False).name for one in (first, second, first)] == [
        "talk",
        "talk-2",
        "talk",
    ]
    unread = tuple(fer.UnreadVideo(str(tmp_path / folder / "talk.mp4"), "damaged") for folder in "cb")
    fer.Predictions((first,), unread).save(out, progress=False)
    summary = pd.read_csv(out / "videos.csv").set_index("folder")
    assert summary["video"].to_dict() == {
        "talk": str(tmp_path / "a" / "talk.mp4"),
        "talk-2": str(tmp_path / "b" / "talk.mp4"),
        "talk-3": str(tmp_path / "c" / "talk.mp4"),
    }
    assert summary["status"].tolist() == ["no_face", "unreadable", "unreadable"]


def test_predict_says_what_a_folder_has_beside_videos(model, tmp_path):
    write_video(tmp_path / "talk.mp4", numbered(3))
    (tmp_path / "notes.txt").touch()
    messages = []
    model.predict(tmp_path, progress=lambda progress: messages.append(progress.message))
    assert [message for message in messages if message] == [
        f"In the folder {tmp_path}, files without the suffix of a video or photograph are passed over: "
        "1 .txt (name a file to read it)"
    ]


def test_prediction_says_that_its_model_learned_nothing(tmp_path):
    metrics = {"uar": 1 / 6, "majority_uar": 1 / 6, "war": 0.4, "majority_war": 0.4}
    bundle, out = tmp_path / "bundle.safetensors", tmp_path / "out"
    save_bundle(bundle, untrained_bundle(metrics=metrics, prepare_recipe=PrepareRecipe(detector="none")))
    model = fer.load_model(bundle)
    caution = model.caution
    assert caution.startswith("Caution: this model learned nothing")
    seen = model.predict(np.stack(face_images(4)), fps=25, out=out, annotate=False)
    assert seen.statement.endswith(caution)
    assert repr(seen).endswith("see its caution)")
    assert read_json(seen.folder / "verdict.json")["caution"] == caution
    assert caution in html.unescape((seen.folder / "report.html").read_text())
    assert pd.read_csv(out / "videos.csv")["caution"].tolist() == [caution]
    photograph = model.predict(face_images(1)[0], out=out, annotate=False)
    assert caution in html.unescape((photograph.folder / "report.html").read_text())
    assert read_json(photograph.folder / "verdict.json")["caution"] == caution


def test_predict_refuses_its_output_before_the_model_is_loaded(tmp_path):
    file = tmp_path / "file"
    file.write_text("video,status\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "videos.csv").write_text("name,mark\n")
    for out, words in ((file, "is a file"), (tmp_path / "out", "has no column folder")):
        with pytest.raises(fer.ConfigError, match=words):
            fer.predict(GREY, fps=25, model=tmp_path / "no-model", out=out)


def test_prediction_of_an_address_is_saved_from_a_new_copy(model, tmp_path):
    with memory_store() as store:
        store.put_file(str(write_video(tmp_path / "a.mp4", numbered(4))), "memory://bucket/a.mp4")
        [seen] = model.predict("memory://bucket")
        gone = model.predict(["memory://bucket/gone.mp4"])
        assert (seen.video, seen.path, seen.folder, seen.address) == (
            "a.mp4",
            "memory://bucket/a.mp4",
            None,
            "",
        )
        assert (seen.save(tmp_path / "out") / "annotated.mp4").is_file()
        gone.save(tmp_path / "out")
        table = pd.read_csv(tmp_path / "out" / "videos.csv").set_index("folder")
        assert table["video"].to_dict() == {"a": seen.path, "gone": "memory://bucket/gone.mp4"}
        written = model.predict("memory://bucket/a.mp4", out="memory://results")
        assert written.address == "memory://results/a"
        with pytest.raises(fer.VideoError, match="there is no such file"):
            model.predict("memory://bucket/gone.mp4")
