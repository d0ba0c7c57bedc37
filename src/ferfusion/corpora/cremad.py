"""CREMA-D: 91 actors speak twelve sentences in five emotions (no surprise) and neutrally.

Cao, Cooper, Keutmann, Gur, Nenkova & Verma 2014, IEEE Transactions on Affective Computing 5(4). Licence:
ODbL 1.0. The label is the emotion that the actor was asked for, as in the file's name. The votes of
raters who saw the face without sound are read beside it, if the folder has them (see ``cremad_votes``). They
have ties, so that using them as labels would leave out the takes on which raters disagree, which are the hard
ones. ``VideoDemographics.csv`` has the columns of people: age, sex, race and ethnicity.
"""

import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.cremad_votes import VOTES_TABLE, dropped_line, read_face_votes
from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.people_columns import read_people
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.label_set import canonical_emotion

# actor _ sentence _ emotion _ level; one file of the corpus, 1040_ITH_SAD_X, lacks the last letter
PLACE = re.compile(r"(?:.*/)?(1\d{3})_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)\.\w+", re.I)

BAD_FILES = MappingProxyType(
    {
        "1076_MTI_NEU_XX": "known as a bad file of the corpus",
        "1076_MTI_SAD_XX": "known as a bad file of the corpus",
        "1064_TIE_SAD_XX": "known as a bad file of the corpus",
        "1064_IEO_DIS_MD": "a minute long, with all emotions in it",
    }
)


def list_cremad(root: Path) -> CorpusListing:
    """List CREMA-D by the names of its videos; subjects are the actors.

    Raises:
        CorpusError: ``root`` is no folder, or has no CREMA-D video, or a table of it is damaged.
    """
    videos, others = find_videos(root)
    tables = [path for path in others if path.name.lower() == "videodemographics.csv"]
    votes = [path for path in others if path.name.lower() == VOTES_TABLE]
    rest = [path for path in others if path not in (*tables[:1], *votes[:1])]
    expected = "a video named like 1001_IEO_NEU_XX.flv"
    listing = make_listing("cremad", root, map(_row, videos), rest, expected=expected)
    if votes:
        listing = _with_votes(listing, votes[0], others)
    return replace(listing, people=read_people(tables[0], subject="ActorID")) if tables else listing


def _with_votes(listing: CorpusListing, table: Path, others: list[Path]) -> CorpusListing:
    of_take = read_face_votes(table)
    take_of = {entry.video_id: re.sub("_X$", "_XX", entry.video_id) for entry in listing.entries}
    counts = {name: of_take.counts[take] for name, take in take_of.items() if take in of_take.counts}
    rated = replace(of_take, counts={take_of[name]: row for name, row in counts.items()})
    return replace(listing, votes=replace(of_take, counts=counts), notes=(dropped_line(rated, others),))


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None:
        return video.left_out("not named like 1001_IEO_NEU_XX")
    take = video.path.stem.upper()
    if take in BAD_FILES:
        return video.left_out(BAD_FILES[take])
    return VideoEntry(video.path, take, match[1], canonical_emotion(match[3]))
