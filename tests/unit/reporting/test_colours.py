from itertools import combinations

import pytest
from matplotlib.colors import to_rgb

from ferfusion.label_set import SEVEN, LabelSet
from ferfusion.reporting.colours import CLASS_COLOURS, OKABE_ITO, PART_COLOURS, colour_of


def test_okabe_ito_has_the_published_colours():
    """Okabe and Ito 2008, Color Universal Design, figure 16, as 8 bit RGB."""
    rgb = {name: [round(255 * value) for value in to_rgb(text)] for name, text in OKABE_ITO.items()}
    assert rgb == {
        "blue": [0, 114, 178],
        "vermilion": [213, 94, 0],
        "green": [0, 158, 115],
        "purple": [204, 121, 167],
        "orange": [230, 159, 0],
        "sky": [86, 180, 233],
    }


def test_class_colours_are_different_for_every_class():
    assert tuple(CLASS_COLOURS) == SEVEN.names
    for one, other in combinations(CLASS_COLOURS.values(), 2):
        difference = sum((a - b) ** 2 for a, b in zip(to_rgb(one), to_rgb(other), strict=True)) ** 0.5
        assert difference > 0.2  # the nearest two, of Sadness and Surprise, are 0.26 apart


def test_part_colours_are_those_of_the_three_parts():
    assert set(PART_COLOURS) == {"train", "validation", "test"}
    assert len(set(PART_COLOURS.values())) == 3


def test_colour_of_what_is_no_class_is_grey():
    assert colour_of("Fear", SEVEN) == CLASS_COLOURS["Fear"]
    assert colour_of("unsure", SEVEN) == CLASS_COLOURS["Neutral"]


def test_colour_of_own_classes_is_that_of_the_expression_in_any_words():
    labels = LabelSet(("Freude", "joy", "wut"))
    assert colour_of("Freude", labels) == CLASS_COLOURS["Happiness"]
    assert colour_of("wut", labels) == CLASS_COLOURS["Anger"]
    assert colour_of("joy", labels) not in CLASS_COLOURS.values()


@pytest.mark.parametrize(("count", "apart"), [(11, 0.3), (40, 0.1)])
def test_colour_of_many_own_classes_differs_for_each(count, apart):
    """The farthest colour is taken each time; the nearest two of the seven classes are 0.26 apart."""
    labels = LabelSet(tuple(f"word {number}" for number in range(count)))
    colours = [to_rgb(colour_of(name, labels)) for name in labels.names]
    greys = [to_rgb(CLASS_COLOURS["Neutral"])]
    for one, other in combinations([*colours, *greys], 2):
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > apart
