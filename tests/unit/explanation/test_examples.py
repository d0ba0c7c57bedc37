import numpy as np

from ferfusion.bundle import load_bundle
from ferfusion.explanation.examples import choose_examples, read_answers
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.label_set import SIX


def test_read_answers_has_the_predictions_of_the_model(source, run):
    answers = read_answers(source, ExplainRecipe())
    rows = answers.index.to_numpy()
    model = load_bundle(run / "bundle.safetensors").build_model()
    probabilities = model(*source.images(rows)).softmax(1).detach().numpy()
    assert answers["expression"].tolist() == [SIX.names[code] for code in probabilities.argmax(1)]
    p = probabilities.max(axis=1)
    np.testing.assert_allclose(answers["log_odds"], np.log(p / (1 - p)), atol=1e-4)


def test_choose_examples_gives_correct_and_wrong_predictions_of_each_class(source):
    recipe = ExplainRecipe(examples=2)
    classes = choose_examples(source, read_answers(source, recipe), recipe)
    assert [one.name for one in classes] == list(SIX.names)
    assert sum(len(one.correct) for one in classes) > 0
    assert sum(len(one.wrong) for one in classes) > 0
    for one in classes:
        code = SIX.code(one.name)
        assert len(one.correct) <= 2
        assert len(one.wrong) <= 2
        assert all(example.explanation.code == code for example in one.correct)
        assert all(example.explanation.code != code for example in one.wrong)
        for example in (*one.correct, *one.wrong):
            assert example.true_code == code
            assert example.explanation.code == example.explanation.probabilities.argmax()
