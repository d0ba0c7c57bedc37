"""BAUM-1: acted (1a) and spontaneous (1s) clips of 31 subjects, annotated in two Excel sheets.

Zhalehpour, Onder, Akhtar & Erdem 2017, IEEE Transactions on Affective Computing 8(3).
"""

from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.baum1_sheet import SheetRow, read_sheet
from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.errors import CorpusError
from ferfusion.label_set import canonical_emotion

# The two sheets number the emotions differently: 7 is Sadness in 1a and Fear in 1s.
CODES = MappingProxyType(
    {
        "1a": "Anger Boredom Disgust Fear Happiness Interest Sadness Surprise Unsure".split(),
        "1s": (
            "Anger Boredom Bothered Concentrating Contempt Disgust Fear Happiness Neutral Sadness "
            "Surprise Thinking Unsure"
        ).split(),
    }
)


def list_baum1(root: Path) -> CorpusListing:
    """List both subsets of BAUM-1; the same person has the same name in both.

    Raises:
        CorpusError: ``root`` is no folder, a sheet is missing or cannot be read, or there is no video.
    """
    return _list("baum1", root, ("1a", "1s"))


def list_baum1a(root: Path) -> CorpusListing:
    """List BAUM-1a, the acted clips; raises as ``list_baum1`` does."""
    return _list("baum1a", root, ("1a",))


def list_baum1s(root: Path) -> CorpusListing:
    """List BAUM-1s, the spontaneous clips; raises as ``list_baum1`` does."""
    return _list("baum1s", root, ("1s",))


def sheet_name(subset: str) -> str:
    """Return the name of the sheet of a subset (1a or 1s)."""
    return f"Annotations_BAUM{subset}.xlsx"


def _list(corpus: str, root: Path, subsets: tuple[str, ...]) -> CorpusListing:
    videos, others = find_videos(root)
    rows: list[VideoEntry | LeftOut] = []
    sheets = []
    for subset in subsets:
        sheet = next((path for path in others if path.name.lower() == sheet_name(subset).lower()), None)
        if sheet is None:
            raise CorpusError(
                f"There is no {sheet_name(subset)} under {root}, which the corpus {corpus} needs"
            )
        sheets.append(sheet)
        rows += _list_subset(sheet, [video for video in videos if _is_of(video, subset)], subset)
    folders = " or ".join(f"BAUM{subset}" for subset in subsets)
    rows += [
        video.left_out(f"not in a folder that begins with {folders}")
        for video in videos
        if not any(_is_of(video, subset) for subset in subsets)
    ]
    others = [path for path in others if path not in sheets]
    expected = f"BAUM{subsets[-1]}_MP4 - All/s001/S001_001.mp4 with {sheet_name(subsets[-1])}"
    return make_listing(corpus, root, rows, others, expected=expected)


def _is_of(video: Found, subset: str) -> bool:
    return any(folder.startswith(f"baum{subset}") for folder in video.folders)


def _list_subset(sheet: Path, videos: list[Found], subset: str) -> list[VideoEntry | LeftOut]:
    """Join the rows of a sheet with the videos, whose stems are the clips' names whatever the case."""
    of_clip: dict[str, Found] = {}
    rows: list[VideoEntry | LeftOut] = []
    for video in videos:
        first = of_clip.setdefault(video.path.stem.upper(), video)
        if first != video:
            rows.append(video.left_out(f"the same take as {first.place}"))
    named: set[str] = set()
    for row in read_sheet(sheet):
        where = f"{sheet.name}: {row.clip}"
        clip = row.clip.upper()
        emotion, note = _settle(row, subset)
        if clip in named:
            rows.append(LeftOut(where, "a second row for the same clip"))
        elif clip not in of_clip:
            rows.append(LeftOut(where, "a row without a video"))
        elif not emotion:
            rows.append(LeftOut(where, note))
        else:
            subject = clip.partition("_")[0]
            rows.append(VideoEntry(of_clip[clip].path, f"{subset}-{clip}", subject, emotion, note=note))
        named.add(clip)
    rows += [
        video.left_out(f"no row in {sheet.name}") for clip, video in of_clip.items() if clip not in named
    ]
    return rows


def _settle(row: SheetRow, subset: str) -> tuple[str, str]:
    """Return the emotion, and a note where name and code disagree; the name is taken.

    >>> _settle(SheetRow("S015_007", "Happiness", "9"), "1s")
    ('Happiness', 'the sheet says Happiness but code 9 is Neutral; the name is taken')
    """
    coded = {str(code): name for code, name in enumerate(CODES[subset], start=1)}.get(row.code, "")
    named = canonical_emotion(row.emotion) if row.emotion else ""
    if named and coded and named != coded:
        return named, f"the sheet says {named} but code {row.code} is {coded}; the name is taken"
    if named and row.code and not coded:
        return named, f"the sheet says {named} but has the unknown code {row.code!r:.80}; the name is taken"
    if coded and not named:
        return coded, f"the sheet has no emotion but code {row.code}, {coded}"
    return named, "" if named else "the sheet has neither an emotion nor a known code"
