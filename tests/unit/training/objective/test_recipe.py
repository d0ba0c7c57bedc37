import pytest

from ferfusion.errors import ConfigError
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.objective.recipe import ObjectiveRecipe


@pytest.mark.parametrize("name", TREATMENTS)
def test_treatment_is_the_item_of_the_table(name):
    assert ObjectiveRecipe(imbalance=name).treatment is TREATMENTS[name]


def test_uses_votes_with_soft_labels_or_a_vote_weight():
    assert not ObjectiveRecipe().uses_votes
    assert ObjectiveRecipe(soft_labels=True).uses_votes
    assert ObjectiveRecipe(vote_weight=0.1).uses_votes


def test_objective_recipe_refuses_votes_for_synthetic_embeddings():
    with pytest.raises(ConfigError, match="synthetic embeddings, which have no votes"):
        ObjectiveRecipe(imbalance="smote", soft_labels=True)


def test_objective_recipe_refuses_an_unknown_treatment():
    with pytest.raises(ConfigError, match="Unknown treatment of imbalance 'weights'"):
        ObjectiveRecipe(imbalance="weights")
