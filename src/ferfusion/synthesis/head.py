"""The head of the body model ``anny``: its mesh, cut to head and shoulders, and its shape for a person.

anny's code is Apache-2.0 and its assets, from MakeHuman, are CC0. The first load builds the shapes of the
whole body, which takes more than half a minute and 1.1 GB of disk. They are built in a temporary folder and
deleted, unless the variable ANNY_CACHE_DIR names a folder to keep them; then later loads take two seconds.
Nothing is written elsewhere, and nothing is fetched from a network.
"""

import os
import tempfile
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ferfusion.actions.names import ACTIONS
from ferfusion.extras import require

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int32]
_CUT_BELOW_M = 0.40  # template height, just above the breast
_CUT_BESIDE_M = 0.30
_HAIR_BEHIND_M = -0.04  # the hair helper's locks in front of the face are left out
_NECK_SHARES = (
    ("head", 1.0),
    ("eye.L", 1.0),
    ("eye.R", 1.0),
    ("neck03", 0.8),
    ("neck02", 0.5),
    ("neck01", 0.2),
)

_WELD_M = 0.007
_TEETH_SHIFT_M = MappingProxyType(
    {"helper-upper-teeth": (0.0, -0.0035), "helper-lower-teeth": (0.003, -0.001)}
)


class Material(IntEnum):
    """The material of a triangle."""

    SKIN = 0
    MOUTH = 1
    EYE = 2
    TONGUE = 3
    TEETH = 4
    HAIR = 5


_PARTS = (
    ("helper-l-eye", Material.EYE),
    ("helper-r-eye", Material.EYE),
    ("helper-tongue", Material.TONGUE),
    ("helper-upper-teeth", Material.TEETH),
    ("helper-lower-teeth", Material.TEETH),
    ("helper-hair", Material.HAIR),
)


@dataclass(frozen=True)
class HeadModel:
    """The mean head and its movements.

    Attributes:
        template_cm: (V, 3) the mean head in centimetres: x to its left, y backwards, z upwards.
        normals: (V, 3) unit normals of the mean head.
        corners: (F, 3) vertex indices of the triangles, anticlockwise from outside.
        materials: (F,) a Material each.
        actions_m: (52, V, 3) movement of every vertex at full weight of each action, in metres.
        follows_head: (V,) 1 where a vertex turns with the head, 0 at the shoulders.
        lips: (V,) 1 on the red of the lips, 0 elsewhere.
        lid_edges: (V,) 1 on the edges of the eyelids.
        teeth_shift_m: (V, 3) displacement of the teeth from their place in the body model.
        body: The body model, which shapes a person.
        kept: (V,) the body model's index of each vertex.
    """

    template_cm: Floats
    normals: Floats
    corners: Ints
    materials: NDArray[np.uint8]
    actions_m: Floats
    follows_head: Floats
    lips: Floats
    lid_edges: Floats
    teeth_shift_m: Floats
    body: Any
    kept: NDArray[np.int64]

    def shaped(self, phenotypes: dict[str, float], local_changes: dict[str, float]) -> Floats:
        """Return a person's neutral head (V, 3) in metres, the point between the eyes at the origin."""
        whole = self.body(phenotype_kwargs=phenotypes, local_changes_kwargs=local_changes)
        vertices = whole["rest_vertices"][0].detach().numpy()[self.kept] + self.teeth_shift_m
        eyes = self.vertices_of(Material.EYE)
        return np.asarray(vertices - vertices[eyes].mean(axis=0), dtype=np.float32)

    def vertices_of(self, material: Material) -> NDArray[np.int32]:
        """Return the indices of the vertices of a material's triangles."""
        return np.unique(self.corners[self.materials == material])


def vertex_normals(vertices: Floats, corners: Ints) -> Floats:
    """Return unit normals (V, 3), the area-weighted mean of the triangles around each vertex."""
    first, second, third = (vertices[corners[:, k]] for k in range(3))
    across = np.cross(second - first, third - first)
    normals = np.stack(
        [
            np.bincount(corners.ravel(), np.repeat(across[:, axis], 3), minlength=len(vertices))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12), dtype=np.float32)


def _build_body(anny: Any) -> Any:
    """Build anny's whole body with every helper vertex (hair, teeth) and its original shapes."""
    return anny.Anny(
        topology="anny-full",
        facial_actions="all",
        phenotypes="all",
        local_changes="all",
        phenotype_blendshapes="original",  # a compact basis takes longer to find than it saves
        skinning_method="lbs",  # the default starts Warp, which writes a cache of kernels
    )


def _load_body(anny: Any) -> Any:
    """Load the body model, keeping its cache out of the home folder (see the module's docstring)."""
    if "ANNY_CACHE_DIR" in os.environ:
        return _build_body(anny)
    paths = require("anny.paths", extra="synth")
    usual = paths.get_anny_cache_path()
    with tempfile.TemporaryDirectory(prefix="ferfusion-anny-") as folder:
        paths.set_anny_cache_path(folder)
        try:
            return _build_body(anny)
        finally:
            paths.set_anny_cache_path(usual)


def _triangles(quads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut quads (Q, 4) along a diagonal."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _mask_at_vertices(path: Path, uv: NDArray[np.float64]) -> Floats:
    """Read a mask image at texture coordinates (V, 2), 0 to 1 with v upwards."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise FileNotFoundError(f"anny's mask {path} cannot be read; reinstall anny")
    height, width = mask.shape
    column = np.clip(np.rint(uv[:, 0] * width), 0, width - 1).astype(int)
    row = np.clip(np.rint((1 - uv[:, 1]) * height), 0, height - 1).astype(int)
    return np.asarray(mask[row, column] / 255, dtype=np.float32)


def _mesh(body: Any, groups: Any, inside_mouth: Floats) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the triangles (F, 3) of head and shoulders, whole-body indices, and their materials (F,)."""
    parts = {name: _triangles(groups[name]["face_vertex_indices"].numpy()) for name, _ in _PARTS}
    skin = body.faces.numpy()
    others = np.concatenate([np.unique(triangles) for triangles in parts.values()])
    skin = skin[~np.isin(skin, others).any(axis=1)]
    is_mouth = inside_mouth[skin].min(axis=1) > 0.5
    parts["helper-hair"] = _weld(parts["helper-hair"], body.template_vertices.numpy())
    parts["helper-hair"] = np.concatenate(
        [parts["helper-hair"], parts["helper-hair"][:, ::-1]]
    )  # seen from inside
    corners = np.concatenate([skin, *parts.values()])
    materials = np.concatenate(
        [
            np.where(is_mouth, Material.MOUTH, Material.SKIN),
            *(np.full(len(parts[name]), material) for name, material in _PARTS),
        ]
    )
    at = body.template_vertices.numpy()[corners]
    near = (at[:, :, 2].min(axis=1) > _CUT_BELOW_M) & (np.abs(at[:, :, 0]).max(axis=1) < _CUT_BESIDE_M)
    near &= (materials != Material.HAIR) | (at[:, :, 1].min(axis=1) > _HAIR_BEHIND_M)
    return corners[near], materials[near].astype(np.uint8)


def _weld(triangles: NDArray[np.int64], template_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Join vertices of neighbouring locks of hair, so that no gap shows between them."""
    used = np.unique(triangles)
    pairs = cKDTree(template_m[used]).query_pairs(_WELD_M, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(used), len(used)))
    _, cluster = connected_components(graph, directed=False)
    _, first_of_cluster = np.unique(cluster, return_index=True)
    joined = used[first_of_cluster[cluster]][np.searchsorted(used, triangles)]
    whole = (joined != np.roll(joined, 1, axis=1)).all(axis=1)
    return np.asarray(joined[whole])


def _teeth_shift(groups: Any, num_vertices: int) -> Floats:
    """Return the displacement (V, 3) of the teeth in metres; the upper row is lowered below the lip."""
    shift = np.zeros((num_vertices, 3), np.float32)
    for name, (backwards_m, upwards_m) in _TEETH_SHIFT_M.items():
        shift[np.unique(groups[name]["face_vertex_indices"].numpy()), 1:] = backwards_m, upwards_m
    return shift


def _uv_of_vertices(body: Any) -> NDArray[np.float64]:
    """Return a texture coordinate of each vertex (V, 2); at a seam, one of its two."""
    uv = np.zeros((len(body.template_vertices), 2))
    uv[body.faces.numpy().ravel()] = body.texture_coordinates.numpy()[
        body.face_texture_coordinate_indices.numpy().ravel()
    ]
    return uv


def _follows_head(body: Any) -> Floats:
    """Return how far each vertex turns with the head, from the weights of head and neck bones."""
    share_of_bone = np.zeros(len(body.bone_labels))
    for label, share in _NECK_SHARES:
        share_of_bone[body.bone_labels.index(label)] = share
    weights, bones = body.vertex_bone_weights.numpy(), body.vertex_bone_indices.numpy()
    return np.asarray((weights * share_of_bone[bones]).sum(axis=1), dtype=np.float32)


def load_head() -> HeadModel:
    """Load the head.

    Raises:
        MissingExtraError: the package anny is not installed.
    """
    anny = require("anny", extra="synth")
    body = _load_body(anny)
    root = Path(require("anny.paths", extra="synth").get_anny_root_dir()) / "data" / "mpfb2"
    read_obj = require("anny.utils.obj_utils", extra="synth").load_obj_file
    _, _, groups = read_obj(str(root / "3dobjs" / "base.obj"), dtype=body.template_vertices.dtype)
    uv = _uv_of_vertices(body)
    masks = root / "textures"
    corners, materials = _mesh(body, groups, _mask_at_vertices(masks / "mpfb_inside-mouth.jpg", uv))
    kept, flat = np.unique(corners, return_inverse=True)
    corners_cut = flat.reshape(-1, 3).astype(np.int32)
    template_m = body.template_vertices.numpy()[kept].astype(np.float32)
    rows = [body.blendshape_labels.index(f"facial_action:{name}") for name in ACTIONS]
    return HeadModel(
        template_cm=template_m * 100,
        normals=vertex_normals(template_m, corners_cut),
        corners=corners_cut,
        materials=materials,
        actions_m=body.blendshapes[rows].numpy()[:, kept].astype(np.float32),
        follows_head=_follows_head(body)[kept],
        lips=_mask_at_vertices(masks / "mpfb_lips.jpg", uv)[kept],
        lid_edges=_mask_at_vertices(masks / "mpfb_eyelids.jpg", uv)[kept],
        teeth_shift_m=_teeth_shift(groups, len(body.template_vertices))[kept],
        body=body,
        kept=kept,
    )
