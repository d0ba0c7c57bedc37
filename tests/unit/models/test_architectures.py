import subprocess
import sys

import pytest
import torch

from ferfusion.models.architectures import ARCHITECTURES, PAIR_STREAMS
from ferfusion.models.config import ModelConfig
from ferfusion.models.encoder_streams import encoder_streams
from ferfusion.training.procedures import PROCEDURES


def test_architectures_are_listed_without_torch():
    code = "import ferfusion.models.architectures, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures_make_a_model_with_their_streams(name):
    architecture = ARCHITECTURES[name]
    with torch.device("meta"):
        model = architecture.make(ModelConfig(architecture=name, frames=3), 6)
    # lstm and convlstm read a window by a spatial stream
    window_stream = "spatial" if name in ("lstm", "convlstm") else None
    assert list(encoder_streams(model)) == [window_stream or stream for stream in architecture.streams]


def test_architectures_name_a_procedure_of_the_table():
    assert {architecture.procedure for architecture in ARCHITECTURES.values()} <= set(PROCEDURES)


def test_architectures_fuse_by_an_operator_from_two_streams_on():
    fused = {name for name, architecture in ARCHITECTURES.items() if architecture.has_operator}
    several = {name for name, architecture in ARCHITECTURES.items() if len(architecture.streams) > 1}
    # late fusion averages probabilities, the hybrid joins by a deep belief network
    assert fused == several - {"late-fusion", "hybrid"}


def test_architectures_that_predict_videos_are_the_hybrid_alone():
    assert {name for name, architecture in ARCHITECTURES.items() if architecture.predicts == "video"} == {
        "hybrid"
    }


def test_pair_streams_read_no_window():
    for name, architecture in ARCHITECTURES.items():
        reads_pairs = set(architecture.streams) <= set(PAIR_STREAMS)
        assert (ModelConfig(architecture=name).window == 0) == reads_pairs
