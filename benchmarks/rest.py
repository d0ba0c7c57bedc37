"""The estimated rest of a face beside simpler ones, on rendered clips that are cut to start at the apex.

Error: the sum over the actions of |estimated rest - rest|, without gaze and blinks; rest is the median of
the frames of the uncut clip in which the face truly shows nothing. UAR: a logistic regression on the 90th and
10th percentiles of each action after subtracting rest, trained on the uncut clips of the sample corpus,
tested on the cut ones, all of other people.

    ferfusion synthesize CORPUS --subjects 8 --clips 1 --seed 24 --size 256
    python benchmarks/rest.py CORPUS [--speech 3]

With ``--speech N``, the clips of the first N people are rendered again with mouth motion as of speech added.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from actions import read_frames_of, recipe_of, tracked
from common import CHECKOUT, header, print_table
from ferfusion.actions.estimator import ActionEstimator
from ferfusion.actions.estimators import make_estimator
from ferfusion.actions.names import ACTIONS
from ferfusion.actions.rest import RunningRest, estimate_rest
from ferfusion.synthesis.corpus import Take, perform, portrait_of, takes
from ferfusion.synthesis.head import load_head
from ferfusion.synthesis.performance import Performance
from ferfusion.synthesis.recipe import SynthesisRecipe
from ferfusion.synthesis.renderer import render_frames
from ferfusion.video.footage import frames_in_memory
from ferfusion.video.reader import Frame

Floats = NDArray[np.float32]
GIVEN = [column for column, name in enumerate(ACTIONS) if name != "tongueOut"]
COMPARED = [column for column in GIVEN if not ACTIONS[column].startswith(("eyeBlink", "eyeLook"))]
SPEECH = {
    "jawOpen": (0.35, 4.2),
    "mouthLowerDownLeft": (0.25, 4.2),
    "mouthLowerDownRight": (0.25, 4.2),
    "mouthFunnel": (0.3, 2.0),
    "mouthPucker": (0.25, 2.0),
}
"""Greatest weight and rate, in Hz, of the actions of speech."""
METHODS: dict[str, Callable[[Floats], Floats]] = {
    "first three frames": lambda track: np.median(track[:3], axis=0),
    "median": lambda track: np.median(track, axis=0),
    "10th percentile": lambda track: np.percentile(track, 10, axis=0).astype(np.float32),
    "least active frames": estimate_rest,
}


@dataclass(frozen=True)
class Track:
    """The estimated actions of a clip.

    Attributes:
        label: Its expression.
        actions: Coefficients (T, 52).
        intensity: True intensity of the expression, (T,).
        apex: First frame of the peak.
    """

    label: str
    actions: Floats
    intensity: NDArray[np.floating]
    apex: int

    @property
    def cut(self) -> Floats:
        """The coefficients from the apex on."""
        return self.actions[self.apex :]

    @property
    def rest(self) -> Floats:
        """The median over the frames without an expression."""
        return np.asarray(np.median(self.actions[self.intensity < 0.03], axis=0))


def read_track(frames: Iterator[Frame], estimator: ActionEstimator, take: Take, shown: Performance) -> Track:
    """Return the track of a clip."""
    rows = [faces[0].coefficients for _, faces in estimator.follow(tracked(frames)) if faces and faces[0]]
    assert len(rows) == len(shown.intensity)
    return Track(take.label, np.stack(rows), shown.intensity, math.ceil(shown.timing.apex))


def read_tracks(root: Path, estimator: ActionEstimator) -> list[Track]:
    """Return the tracks of a corpus."""
    recipe = recipe_of(root)
    return [
        read_track(read_frames_of(root, take), estimator, take, perform(take, recipe))
        for take in takes(recipe)
    ]


def speaking(performance: Performance, rng: np.random.Generator) -> Performance:
    """Return a performance with speech added: phrases with pauses between."""
    seconds = np.arange(len(performance.weights)) / 25
    loudness = np.clip(np.sin(2 * np.pi * (0.9 * seconds + rng.random())) + 0.6, 0, 1)
    phases = {rate: rng.random() for _, rate in SPEECH.values()}
    weights = performance.weights.copy()
    for name, (most, rate) in SPEECH.items():
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (rate * seconds + phases[rate]))
        column = ACTIONS.index(name)
        weights[:, column] = np.clip(weights[:, column] + most * loudness * wave, 0, 1)
    return replace(performance, weights=weights)


def speaking_tracks(recipe: SynthesisRecipe, estimator: ActionEstimator, *, people: int) -> list[Track]:
    """Render the clips of some people with speech, and return their tracks."""
    head = load_head()
    tracks = []
    for subject in range(people):
        portrait = portrait_of(subject, recipe, head)
        for take in (each for each in takes(recipe) if each.subject == subject):
            shown = speaking(perform(take, recipe), np.random.default_rng([subject, ord(take.label[0])]))
            images = np.stack(list(render_frames(portrait, shown, portrait.vertices(shown))))
            frames = frames_in_memory(images, fps=recipe.fps, name=take.path.stem).read()
            tracks.append(read_track(frames, estimator, take, shown))
    return tracks


def features(track: Floats, rest: Floats) -> Floats:
    """Return the 90th and the 10th percentile of each action after subtracting rest; 0 if it is not given."""
    changes = np.percentile((track - rest)[:, GIVEN], (90, 10), axis=0)
    return np.asarray(np.nan_to_num(changes.ravel()), np.float32)


def uar(train: list[Track], test: list[Track], method: Callable[[Floats], Floats]) -> float:
    """Return the UAR on cut clips of a classifier of uncut clips."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    classifier.fit([features(t.actions, method(t.actions)) for t in train], [t.label for t in train])
    predicted = classifier.predict([features(t.cut, method(t.cut)) for t in test])
    return float(recall_score([t.label for t in test], predicted, average="macro"))


def error(rest: Floats, track: Track) -> float:
    """Return the sum of the absolute errors of a rest over the actions that the estimator gives."""
    return float(np.nansum(np.abs(rest - track.rest)[COMPARED]))


def causal_errors(tracks: list[Track]) -> str:
    """Return the mean error of the running rest in each quarter of a cut clip."""
    quarters = []
    for track in tracks:
        so_far = RunningRest()
        errors = np.array([error(so_far.add(row), track) for row in track.cut])
        quarters.append([part.mean() for part in np.array_split(errors, 4)])
    return ", ".join(f"{one:.2f}" for one in np.mean(quarters, axis=0))


def print_errors(what: str, tracks: list[Track], train: list[Track]) -> None:
    """Print a line for each method."""
    rows = []
    for name, method in METHODS.items():
        cut = [error(method(track.cut), track) for track in tracks]
        whole = [error(method(track.actions), track) for track in tracks]
        score = uar(train, tracks, method)
        figures = (np.mean(cut), np.median(cut), np.percentile(cut, 90), np.mean(whole))
        rows.append((name, *(f"{figure:.2f}" for figure in figures), f"{100 * score:.1f} %"))
    print(f"{what}: {len(tracks)} clips; causal, in each quarter of the cut clip: {causal_errors(tracks)}")
    print_table(("rest", "cut: mean", "median", "90th percentile", "uncut: mean", "UAR of cut clips"), rows)
    print()


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path, help="a corpus that ferfusion synthesize has written")
    parser.add_argument("--speech", type=int, default=0, help="people whose clips are rendered with speech")
    parser.add_argument("--estimator", default="small", help="one of ACTION_ESTIMATORS")
    arguments = parser.parse_args()
    print(header(), "\n")
    estimator = make_estimator(arguments.estimator)
    train = read_tracks(CHECKOUT / "src" / "ferfusion" / "sample", estimator)
    print_errors("Cut clips", read_tracks(arguments.corpus, estimator), train)
    if arguments.speech:
        spoken = speaking_tracks(recipe_of(arguments.corpus), estimator, people=arguments.speech)
        print_errors("Cut clips with speech", spoken, train)


if __name__ == "__main__":
    main()
