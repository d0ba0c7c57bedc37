import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from ferfusion.errors import FileError
from ferfusion.reporting import style
from ferfusion.reporting.style import fitted_name, name_bars, new_canvas

PNG = b"\x89PNG\r\n\x1a\n"


def test_notebook_figure_shows_itself_as_png():
    figure, _ = style.new_canvas(height=2)
    assert isinstance(figure, style.NotebookFigure)
    assert figure._repr_png_().startswith(PNG)


def test_new_canvas_has_the_size_in_inches():
    figure, axes = style.new_canvas(height=2, width=3)
    assert figure.get_size_inches().tolist() == [3, 2]
    assert figure.axes == [axes]


def test_save_writes_equal_bytes_for_equal_figures(tmp_path):
    for name in ("a", "b"):
        figure, axes = style.new_canvas(height=2)
        axes.plot([1, 2], [3, 4])
        style.set_title(axes, "Title", "subtitle")
        assert style.save(figure, tmp_path / f"{name}.png") == tmp_path / f"{name}.png"
    first = (tmp_path / "a.png").read_bytes()
    assert first.startswith(PNG)
    assert first == (tmp_path / "b.png").read_bytes()


def test_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    figure, _ = style.new_canvas(height=2)
    path = tmp_path / "figure.png"
    path.write_text("old")

    def full_disk(partial, **settings):
        partial.write_text("half of")
        raise OSError("No space left on device")

    monkeypatch.setattr(figure, "savefig", full_disk)
    with pytest.raises(FileError, match="No space"):
        style.save(figure, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_name_bars_has_the_first_name_on_top():
    _, axes = style.new_canvas(height=2)
    style.name_bars(axes, ["first", "second"])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    bottom, top = axes.get_ylim()
    assert top < 0
    assert bottom > 1


def test_add_legend_has_an_entry_per_named_line():
    figure, axes = style.new_canvas(height=2)
    axes.plot([1, 2], label="train")
    axes.plot([2, 1], label="test")
    style.add_legend(figure, axes, columns=2)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["train", "test"]


def test_figure_draws_dollars_as_text(tmp_path):
    """Two dollars would begin and end a formula, and this one is none."""
    figure, axes = style.new_canvas(height=1)
    axes.barh([0], [1])
    style.name_bars(axes, ["$x^$"])
    style.set_title(axes, "a$_$", "$\\frac{$")
    assert style.save(figure, tmp_path / "a.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    "name", ["kurz", "x" * 200, "ein sehr langer Name " * 9, "ein_langer_name_eines_laufs", "a-b " * 40]
)
def test_fitted_name_keeps_to_its_lines_and_its_ends(name):
    name = name.strip()
    lines = fitted_name(name, width=20, lines=3).split("\n")
    assert len(lines) <= 3
    assert max(map(len, lines)) <= 20
    assert lines[0][:4] == name[:4]
    assert lines[-1][-4:] == name[-4:]


def test_name_bars_leaves_space_for_the_bars_of_long_names():
    figure, axes = new_canvas(height=2)
    axes.barh([0, 1], [1, 1])
    name_bars(axes, ["ein_sehr_langer_name_eines_laufs_" * 4, "kurz"])
    FigureCanvasAgg(figure).draw()  # warns, which is an error, where the axes collapse
    assert axes.get_position().width > 0.4
