"""Train a model of facial actions over a second and a half, without an image of a moving face, and write it.

    python examples/motion/train_motion.py FACES BUNDLE --look studio
    python examples/motion/train_motion.py FACES BUNDLE --look studio everyday --stills DATASET

FACES is the folder of ``examples/action_network``: on its rendered people who were kept apart, what the
estimator ``small`` makes of true actions is measured. People who show expressions, down to faint ones, who
speak, blink, look about and turn their heads are then drawn as curves. Videos are prepared as for the shipped
model. DATASET is FER2013, prepared with ``--labels seven`` and split: from photographs of its
training part it learns to say nothing about a face of which there is a single image.
"""

import argparse
from pathlib import Path

import numpy as np

from curves import Variety, Windows, draw_windows
from ferfusion.actions.estimators import make_estimator
from ferfusion.actions.names import ACTIONS
from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.inference.predictor import SHIPPED
from ferfusion.label_set import SEVEN
from ferfusion.models.build import count_parameters
from ferfusion.synthesis.looks import LOOKS
from noise import Noise
from stills import still_windows
from temporal import CONFIG, described, train

HELD_CLIPS, HELD_SEED = 1500, 9
RIGHTS = "Learned from drawn curves, whose noise was measured on faces that ferfusion rendered."
RIGHTS_OF_STILLS = (
    " It also learned from photographs of FER2013, none of which has a licence of its own: for research."
)


def main() -> None:
    """Measure the noise, train, score on drawn people held apart, and write the bundle."""
    given = _options()
    gives = np.isin(ACTIONS, make_estimator("small").gives)
    noise = Noise.of_faces([given.faces / f"{look}_apart.safetensors" for look in given.look], gives)
    print(
        f"the true actions explain {noise.explained.min():.0%} to {noise.explained.max():.0%} of an estimate"
    )
    variety = Variety(
        {
            name: tuple(way for look in given.look for way in LOOKS[look].variants[name])
            for name in LOOKS["studio"].variants
        }
    )
    stills = still_windows(given.stills, "train") if given.stills else None
    model = train(noise, variety, gives=gives, stills=stills, rounds=given.rounds, seed=given.seed)
    held = [
        draw_windows(np.random.default_rng([HELD_SEED, number]), noise, variety, gives=gives)
        for number in range(HELD_CLIPS)
    ]
    print(f"drawn people held apart: {described(model, Windows.joined(held))}")
    if given.stills:
        print(f"choosing photographs: {described(model, still_windows(given.stills, 'validation'))}")
    training: TrainingSummary = {
        "actions": "small",
        "parameters": count_parameters(model),
        "epochs": given.rounds,
    }
    prepared = load_bundle(SHIPPED).prepare_recipe
    rights = RIGHTS + (RIGHTS_OF_STILLS if given.stills else "")
    save_bundle(given.bundle, Bundle(model.state_dict(), CONFIG, SEVEN, prepared, training, {}, rights))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", type=Path, help="folder of examples/action_network")
    parser.add_argument("bundle", type=Path, help="bundle to write")
    parser.add_argument(
        "--look",
        nargs="+",
        choices=list(LOOKS),
        default=["studio"],
        help="whose ways to show an expression, and whose noise",
    )
    parser.add_argument("--stills", type=Path, help="a dataset of photographs, prepared and split")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
