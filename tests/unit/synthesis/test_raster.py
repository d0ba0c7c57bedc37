import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.synthesis.raster import rasterize

POINTS = st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25)), min_size=3, max_size=3)


def facing(points):
    """Return a triangle's corners in the order that faces the viewer (anticlockwise, y downwards)."""
    (x0, y0), (x1, y1), (x2, y2) = points
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    return np.array([[0, 1, 2]] if area < 0 else [[0, 2, 1]], np.int32)


def grid(size, step):
    """Return a flat mesh that covers a image of ``size`` pixels, and its corners."""
    ticks = np.arange(-1, size + step, step, dtype=np.float64) + 0.37
    x, y = np.meshgrid(ticks, ticks)
    n = len(ticks)
    first = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    corners = np.concatenate(
        [np.stack([first, first + n, first + 1], 1), np.stack([first + 1, first + n, first + n + 1], 1)]
    )
    return np.stack([x.ravel(), y.ravel()], 1), corners.astype(np.int32)


@given(POINTS)
@settings(max_examples=60)
def test_rasterize_covers_pixels_with_their_centre_inside(points):
    tri = np.array(points)
    corners = facing(points)
    coverage = rasterize(tri, np.ones(3), corners, width=20, height=20)
    a, b, c = tri[corners[0]]
    x, y = np.meshgrid(np.arange(20), np.arange(20))
    sides = [(q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]) for p, q in ((a, b), (b, c), (c, a))]
    lengths = [np.hypot(*(q - p)) for p, q in ((a, b), (b, c), (c, a))]
    distance = np.max([s / max(length, 1e-9) for s, length in zip(sides, lengths, strict=True)], axis=0)
    clear = np.abs(distance) > 1e-3  # a centre on an edge may go either way
    inside = np.zeros((20, 20), bool)
    inside.ravel()[coverage.pixels] = True
    if min(lengths) > 0.1 and abs(np.cross([*(b - a), 0], [*(c - a), 0])[2]) > 0.1:
        np.testing.assert_array_equal(inside[clear], (distance < 0)[clear])


def test_rasterize_covers_every_pixel_of_a_closed_mesh_once():
    points, corners = grid(31, 2.3)
    coverage = rasterize(points, np.ones(len(points)), corners, width=31, height=31)
    np.testing.assert_array_equal(coverage.pixels, np.arange(31 * 31))
    np.testing.assert_allclose(coverage.weights.sum(axis=1), 1, atol=1e-5)


def test_coverage_interpolates_a_linear_function_exactly():
    points, corners = grid(31, 4.7)
    coverage = rasterize(points, np.full(len(points), 2.0), corners, width=31, height=31)
    values = coverage.interpolate(points.astype(np.float32), corners)
    rows, columns = np.divmod(coverage.pixels, 31)
    np.testing.assert_allclose(values, np.stack([columns, rows], 1), atol=1e-3)


def test_coverage_interpolates_in_perspective():
    """A plane that leads away: the depth seen at a pixel is where the ray through it meets the plane."""
    focal, ground = 50.0, 1.0
    world = np.array([[-3, 2, ground], [3, 2, ground], [-3, 20, ground], [3, 20, ground]])
    points = np.stack([focal * world[:, 0] / world[:, 1] + 20, focal * world[:, 2] / world[:, 1]], axis=1)
    corners = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    coverage = rasterize(points, world[:, 1], corners, width=41, height=41)
    depth = coverage.interpolate(world[:, 1:2].astype(np.float32), corners)[:, 0]
    np.testing.assert_allclose(depth, focal * ground / (coverage.pixels // 41), rtol=1e-3)
    assert len(depth) > 100


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_rasterize_shows_the_nearer_triangle(order):
    square = np.array([[-1, -1], [-1, 30], [30, -1]], np.float64)
    points = np.concatenate([square, square])
    depth = np.array([2.0] * 3 + [1.0] * 3)
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)[list(order)]
    coverage = rasterize(points, depth, triangles, width=5, height=5)
    assert set(coverage.triangles) == {order.index(1)}


def test_rasterize_leaves_out_back_faces_and_triangles_outside():
    points = np.array([[0, 0], [0, 9], [9, 0], [50, 50], [50, 60], [60, 50]], np.float64)
    away = np.array([[0, 2, 1]], np.int32)
    outside = np.array([[3, 4, 5]], np.int32)
    for corners in (away, outside):
        assert len(rasterize(points, np.ones(6), corners, width=10, height=10).pixels) == 0
