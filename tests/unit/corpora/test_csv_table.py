import csv
import io
from pathlib import Path

import pytest

from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.path_pattern import PathPattern
from ferfusion.errors import ConfigError, CorpusError
from helpers.corpora import left_out_of, rows_of, write_files, write_sheet, write_text
from helpers.corpus_trees import write_csv


def test_list_csv_reads_stretches_and_the_split(tmp_path: Path) -> None:
    listing = list_csv(write_csv(tmp_path))
    assert rows_of(listing) == [
        ("videos-a-0s", "Ada", "Happiness", "train"),
        ("videos-a-0.08s", "Ada", "Sadness", "train"),
        ("videos-b", "Bob", "Fear", "validation"),
        ("frames", "Cy", "Neutral", "test"),
    ]
    stretches = [(entry.start_seconds, entry.end_seconds) for entry in listing.entries]
    assert stretches == [(0.0, 0.08), (0.08, None), (None, None), (None, None)]
    assert left_out_of(listing) == {"videos/unnamed.mp4": "no row in table.csv"}


def test_list_csv_accepts_the_file_itself(tmp_path: Path) -> None:
    listing = list_csv(write_csv(tmp_path) / "table.csv")
    assert listing == list_csv(tmp_path)


def test_list_csv_leaves_out_unusable_rows_with_a_reason(tmp_path: Path) -> None:
    write_files(tmp_path, *(f"{name}.mp4" for name in "abcdef"), "g.mov")
    table = """path,label,subject,start_seconds,end_seconds,split
a.mp4,joy,s1,,,
gone.mp4,joy,s1,,,
,joy,s1,,,
b.mp4,,s1,,,
c.mp4,joy, ,,,
d.mp4,joy,s1,soon,,
e.mp4,joy,s1,2,1.5,
f.mp4,joy,s1,,,holdout
g.mov,joy,s1,,,test,and more
./a.mp4,joy,s1,,,

"""
    listing = list_csv(write_text(tmp_path, "t.csv", table))
    merged = "; of merged cells, the first row alone has the value: fill in every row"
    assert rows_of(listing) == [("a", "s1", "Happiness", None)]
    assert left_out_of(listing) == {
        "gone.mp4": f"there is no file {tmp_path / 'gone.mp4'}; the folder {tmp_path} has no gone.mp4",
        "": "the path is empty",
        "b.mp4": f"the label is empty{merged}",
        "c.mp4": f"the subject is empty{merged}",
        "d.mp4": "start_seconds is 'soon', not a number of seconds, m:ss or h:mm:ss",
        "e.mp4": "end_seconds 1.5 is not after start_seconds 2.0",
        "f.mp4": "split is 'holdout', not train, validation or test",
        "g.mov": "the row has more cells than there are columns; quote a cell that has a comma",
        "./a.mp4": "a second row for the same video, after line 2",
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_list_csv_reads_tables_that_a_spreadsheet_saved(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    write_files(tmp_path, "Zo\u00eb.mp4")
    cells = [
        ["Path", "Label", " subject", "my notes, in Word", "start_seconds", ""],
        ["Zo\u00eb.mp4", "joy", "Zo\u00eb", 'a "b"\r\nc', "0,04", ""],
        ["", "", "", "", "", ""],
    ]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(cells)
    (tmp_path / "t.csv").write_bytes(text.getvalue().encode(encoding))
    listing = list_csv(tmp_path)
    assert rows_of(listing) == [("Zo\u00eb-0.04s", "Zo\u00eb", "Happiness", None)]
    assert listing.entries[0].start_seconds == 0.04


def test_list_csv_refuses_a_workbook_and_a_column_that_comes_twice(tmp_path: Path) -> None:
    write_sheet(tmp_path / "t.csv", ["path", "label", "subject"], [])
    with pytest.raises(CorpusError, match=r"t\.csv is not a CSV table .*save it as CSV, with the columns"):
        list_csv(tmp_path)
    write_text(tmp_path, "t.csv", "path,label,subject,Label\n")
    with pytest.raises(CorpusError, match=r"label is there more than once \(label and Label\)"):
        list_csv(tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        "Clips\\S1\\caf\u00e9.mp4",
        "clips/s1/CAFE\u0301.MP4",
        "./Clips/S1/cafe\u0301.mp4",
        "Clips/../clips/S1/Caf\u00c9.mp4",
    ],
)
def test_list_csv_finds_the_file_of_a_path_that_is_spelled_otherwise(tmp_path: Path, written: str) -> None:
    there = "Clips/S1/cafe\u0301.mp4"  # NFD, as macOS writes it
    write_files(tmp_path, there)
    listing = list_csv(write_text(tmp_path, "t.csv", f"path,label,subject\n{written},joy,s1\n"))
    assert [entry.path.resolve() for entry in listing.entries] == [(tmp_path / there).resolve()]
    assert listing.left_out == ()


def test_list_csv_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"needs one CSV file; in .* there are: none"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,feeling\nx.mp4,joy\n")
    with pytest.raises(
        CorpusError, match="missing: label; found: path, feeling; name them, such as --columns"
    ):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,label,subject\nx.mp4,joy,s1\n")
    with pytest.raises(CorpusError, match="no row that can be used; the first is left out: there is no file"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,label,subject\n")
    with pytest.raises(CorpusError, match="no row that can be used; it is empty"):
        list_csv(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="is not a CSV table"):
        list_csv(tmp_path)
    write_text(tmp_path, "b.csv", "")
    with pytest.raises(CorpusError, match=r"there are: a.csv, b.csv"):
        list_csv(tmp_path)


def test_list_csv_reads_photographs_and_counts_each_as_a_person_without_the_column_subject(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, "in/a.jpg", "in/b.png", "in/other.jpg", "in/film.mp4")
    write_text(tmp_path, "in/t.csv", "path,label\na.jpg,joy\nb.png,fear\n")
    listing = list_csv(tmp_path / "in")
    assert [(entry.path.name, entry.subject, entry.emotion) for entry in listing.entries] == [
        ("a.jpg", "a", "Happiness"),
        ("b.png", "b", "Fear"),
    ]
    assert [(left.path, left.reason) for left in listing.left_out] == [("other.jpg", "no row in t.csv")]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Datei;Person;Emotion", None),
        ("nom du fichier;sujet;\u00c9motion", None),
        ("Nombre de archivo;PARTICIPANTE;expresi\u00f3n", None),
        ("nome_file;soggetto;emozione", None),
        ("Arquivo;sujeito;emo\u00e7\u00e3o", None),
        ("Bestandsnaam;proefpersoon;Emotie", None),
        ("\u6587\u4ef6;\u88ab\u8bd5;\u60c5\u7eea", None),
        ("a;b;c", "path=a,subject=b,label=c"),
        ("Datei;wer;Klasse", {"subject": "wer"}),
    ],
)
def test_list_csv_finds_the_columns_by_their_names(
    tmp_path: Path, header: str, columns: str | dict[str, str] | None
) -> None:
    write_files(tmp_path, "a.mp4")
    write_text(tmp_path, "t.csv", f"{header};Alter;Note\na.mp4;s1;joy;31;;\n")
    listing = list_csv(tmp_path, columns=columns)
    assert rows_of(listing) == [("a", "s1", "Happiness", None)]
    assert listing.entries[0].further == (("Alter", "31"), ("Note", ""))
    path, subject, label = header.split(";")
    assert listing.notes == (
        f"Table t.csv: path is {path}, label is {label}, subject is {subject}; further columns: Alter, Note",
    )


def test_list_csv_says_that_no_column_has_the_person(tmp_path: Path) -> None:
    """A column id that numbers the rows is none."""
    write_files(tmp_path, "a.mp4", "b.mp4")
    write_text(tmp_path, "t.csv", "ID,file,emotion\n1,a.mp4,joy\n2,b.mp4,fear\n")
    listing = list_csv(tmp_path)
    assert [entry.subject for entry in listing.entries] == ["a", "b"]
    assert "each video counts as a person of its own" in listing.notes[1]
    write_text(tmp_path, "t.csv", "ID,file,emotion\n1,a.mp4,joy\n1,b.mp4,fear\n")
    assert [entry.subject for entry in list_csv(tmp_path).entries] == ["1", "1"]


def test_list_csv_reads_subject_and_label_from_a_pattern_of_the_paths(tmp_path: Path) -> None:
    write_files(tmp_path, "ann_session2/joy_take1.mp4", "ben_session1/fear_take3.mp4", "loose.mp4")
    text = "file,Emotion,n\nann_session2/joy_take1.mp4,x,7\nben_session1/fear_take3.mp4,,8\nloose.mp4,y,9\n"
    write_text(tmp_path, "t.csv", text)
    pattern = PathPattern("{subject}_session{session}/{label}_take{n}")
    listing = list_csv(tmp_path, pattern=pattern)
    assert [(row.subject, row.emotion) for row in listing.entries] == [("ann", "Happiness"), ("ben", "Fear")]
    first = dict(listing.entries[0].further)
    assert first == {"Emotion": "x", "n": "7", "session": "2", "path_n": "1"}
    assert left_out_of(listing) == {"loose.mp4": f"the path does not fit the pattern {pattern.text}"}
    with pytest.raises(ConfigError, match="label is in the pattern and in the column Emotion; name one"):
        list_csv(tmp_path, pattern=pattern, columns="label=Emotion")


def test_list_csv_ids_are_short_and_the_same_wherever_the_videos_are(tmp_path: Path) -> None:
    for place in ("one", "another/place"):
        folder = write_files(tmp_path / place / "videos", "s1/a.mp4").resolve()
        table = tmp_path / place / "table"
        write_text(table, "t.csv", f"path,label\n{folder}/s1/a.mp4,joy\n../videos/s1/a.mp4,fear\n")
        assert [entry.video_id for entry in list_csv(table).entries] == ["s1-a", "videos-s1-a"]
        inside = write_text(folder, "t.csv", f"path,label,start\n{folder}/s1/a.mp4,joy,\ns1/a.mp4,joy,0.5\n")
        assert [entry.video_id for entry in list_csv(inside).entries] == ["s1-a", "s1-a-0.5s"]


def test_list_csv_id_of_a_stretch_does_not_change_with_the_rows_before_it(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    rows = ["a.mp4,joy,0,1", "a.mp4,fear,1,2.5", "a.mp4,joy,2.5,3"]
    ids = []
    for kept in (rows, rows[1:]):
        write_text(tmp_path, "t.csv", "path,label,start,end\n" + "\n".join(kept))
        ids.append([entry.video_id for entry in list_csv(tmp_path).entries])
    assert ids == [["a-0s", "a-1s", "a-2.5s"], ["a-1s", "a-2.5s"]]


def test_list_csv_takes_a_column_for_times_by_its_cells_too(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    write_text(tmp_path, "t.csv", "path,label,Start\na.mp4,joy,2021-03-04 12:00\n")
    [entry] = list_csv(tmp_path).entries
    assert (entry.start_seconds, entry.further) == (None, (("Start", "2021-03-04 12:00"),))


def test_list_csv_reads_minutes_and_names_columns_of_times_that_are_none(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    rows = ["Archivo;Emoci\u00f3n;Inicio;Fin", "a.mp4;ira;0:00,5;0:01,5", "a.mp4;ira;00:01:30;"]
    write_text(tmp_path, "t.csv", "\n".join(rows))
    listing = list_csv(tmp_path)
    stretches = [(entry.start_seconds, entry.end_seconds) for entry in listing.entries]
    assert stretches == [(0.5, 1.5), (90.0, None)]
    assert [entry.video_id for entry in listing.entries] == ["a-0.5s", "a-90s"]
    write_text(tmp_path, "t.csv", "\n".join(["path;label;Inicio", "a.mp4;ira;12/03/2024"]))
    assert list_csv(tmp_path).notes[2].startswith("Times of stretches are not taken from Inicio, whose cells")


def test_list_csv_names_the_workbook_to_save_as_csv(tmp_path: Path) -> None:
    write_sheet(tmp_path / "lista.xlsx", ["path", "label"], [["a.mp4", "ira"]])
    with pytest.raises(CorpusError, match=r"has lista\.xlsx; save the sheet of the videos as CSV there"):
        list_csv(tmp_path)
    with pytest.raises(CorpusError, match="bytes that are no text; a spreadsheet must be saved as CSV"):
        list_csv(tmp_path / "lista.xlsx")


def test_list_csv_takes_the_one_table_of_videos_in_a_folder(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4", "data/b.mp4", "predicted/a/annotated.mp4")
    write_text(tmp_path, "people.csv", "person,age\ns1,31\n")
    write_text(tmp_path, "videos.csv", "file,emotion\na.mp4,joy\n")
    write_files(tmp_path, "data/dataset.json", "predicted/a/verdict.json")
    listing = list_csv(tmp_path)
    assert [entry.video_id for entry in listing.entries] == ["a"]
    assert listing.left_out == ()  # ferfusion wrote the other videos
    write_text(tmp_path, "more.csv", "file,emotion\na.mp4,joy\n")
    with pytest.raises(CorpusError, match=r"there are tables of videos: more.csv, videos.csv"):
        list_csv(tmp_path)


def test_list_csv_lists_a_loop_of_links_which_stops_no_other_row(tmp_path: Path) -> None:
    """Whoever opens it says that it cannot be read."""
    write_files(tmp_path, "a.mp4")
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    table = "path,label,subject\na.mp4,joy,s1\nloop.mp4,fear,s2\n"
    assert [row[0] for row in rows_of(list_csv(write_text(tmp_path, "t.csv", table)))] == ["a", "loop"]
