"""A flat square before the camera, and a corpus rendered with the real head model."""

import numpy as np
import pytest

from ferfusion.synthesis.camera import Camera
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.corpus import write_corpus
from ferfusion.synthesis.head import HeadModel, Material, load_head, vertex_normals
from ferfusion.synthesis.portrait import Portrait
from ferfusion.synthesis.recipe import SynthesisRecipe

SIZE, FOCAL_PX, DISTANCE_M, HALF_M = 48, 100.0, 1.0, 0.15


def square_mesh(steps=9):
    """Return a square (V, 3) in the plane y = 0 that faces the camera, and its corners."""
    ticks = np.linspace(-HALF_M, HALF_M, steps, dtype=np.float32)
    x, z = np.meshgrid(ticks, ticks)
    first = (np.arange(steps - 1)[:, None] * steps + np.arange(steps - 1)).ravel()
    corners = np.concatenate(
        [
            np.stack([first, first + 1, first + steps], 1),
            np.stack([first + 1, first + steps + 1, first + steps], 1),
        ]
    )
    return np.stack([x.ravel(), np.zeros(x.size, np.float32), z.ravel()], axis=1), corners.astype(np.int32)


@pytest.fixture
def portrait():
    vertices, corners = square_mesh()
    materials = np.full(len(corners), Material.SKIN, np.uint8)
    zeros = np.zeros(len(vertices), np.float32)
    head = HeadModel(
        template_cm=np.tile(np.array([0, -12, 70], np.float32), (len(vertices), 1)),
        normals=vertex_normals(vertices, corners),
        corners=corners,
        materials=materials,
        actions_m=np.zeros((52, len(vertices), 3), np.float32),
        follows_head=zeros,
        lips=zeros,
        lid_edges=zeros,
        teeth_shift_m=np.zeros((len(vertices), 3), np.float32),
        body=None,
        kept=np.arange(len(vertices)),
    )
    middle = (SIZE - 1) / 2
    return Portrait(
        subject=draw_subject(0, seed=7),
        head=head,
        neutral_m=vertices,
        actions_m=head.actions_m,
        corners=corners,
        materials=materials,
        face_rgb=np.zeros((1, 1, 3), np.float32),
        background_rgb=np.zeros((SIZE, SIZE, 3), np.float32),
        camera=Camera((0, 0, 0), 0, 0, DISTANCE_M, FOCAL_PX, (middle, middle)),
        size=SIZE,
    )


@pytest.fixture(scope="session")
def head(head_model_cache):
    """The real head model."""
    pytest.importorskip("anny.paths")
    return load_head()


@pytest.fixture(scope="session")
def rendered_recipe():
    return SynthesisRecipe(subjects=1, clips=1, frames=14, size=144, seed=11)


@pytest.fixture(scope="session")
def rendered_corpus(head, rendered_recipe, tmp_path_factory):
    """A corpus of six clips with its true flow."""
    root = tmp_path_factory.mktemp("corpus")
    paths = list(write_corpus(root, rendered_recipe, with_flow=True, head=head))
    assert len(paths) == 6
    return root
