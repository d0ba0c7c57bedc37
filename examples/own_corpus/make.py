"""Write a corpus as people have one: files under names of their own, and a spreadsheet with faults.

    python examples/own_corpus/make.py work/recordings

The videos are those of six people of the sample corpus. The spreadsheet is in German, with semicolons, in
Windows' encoding; its labels are words of several annotators. One label is misspelled, one file is missing,
and one video is not listed.
"""

import argparse
import shutil
from pathlib import Path

import ferfusion as fer

WORDS = {
    "anger": "angry",
    "disgust": "Ekel",
    "fear": "Angst",
    "happiness": "joy",
    "sadness": "Trauer",
    "surprise": "surprised",
}
PEOPLE = {"s01": "Jörg", "s02": "Aïcha", "s03": "Zoë", "s04": "Ben", "s05": "Ida", "s06": "Max"}
MISSPELLED, MISSING, UNLISTED = 7, 20, 33


def main() -> None:
    """Copy the videos, and write the spreadsheet."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    (folder / "Videos").mkdir(parents=True)
    lines = ["Datei;Person;Emotion;Alter"]
    videos = [video for video in sorted(fer.sample_corpus().glob("*/*/*.mp4")) if video.parts[-3] in PEOPLE]
    for number, video in enumerate(videos, start=1):
        person, word = PEOPLE[video.parts[-3]], WORDS[video.parts[-2]]
        name = f"Aufnahme {number:03d}.mp4"
        if number != MISSING:
            shutil.copyfile(video, folder / "Videos" / name)
        if number == MISSPELLED:
            word = "Hapiness"
        if number != UNLISTED:
            lines.append(f"Videos\\{name};{person};{word};{20 + 3 * len(person)}")
    (folder / "Liste.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))


if __name__ == "__main__":
    main()
