import pytest

from ferfusion.errors import ConfigError
from ferfusion.synthesis.recipe import SynthesisRecipe


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"subjects": 0}, "subjects must be at least 1, got 0"),
        ({"frames": 5}, "frames must be at least 12, got 5"),
        ({"size": 63}, "size must be even and at least 64 pixels, got 63"),
        ({"size": 101}, "size must be even"),
        ({"min_intensity": 0.9, "max_intensity": 0.5}, "Intensities must be .* got 0.9 to 0.5"),
        ({"crf": 60}, "crf must be from 0 to 51, got 60"),
    ],
)
def test_synthesis_recipe_names_a_setting_out_of_range(settings, message):
    with pytest.raises(ConfigError, match=message):
        SynthesisRecipe(**settings)
