from ferfusion.inference.drawing import photographs_page
from ferfusion.inference.drawing.photographs_page import PhotographsPage
from ferfusion.inference.predict_video import predict_footage
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.footage import image_in_memory
from helpers.bundles import untrained_bundle
from helpers.photographs import grey, predicted, whole_image_predictor
from helpers.videos import textured


def page_of(page, folder):
    page.write(folder, title="photographs")
    return " ".join((folder / "report.html").read_text().split())


def test_photographs_page_of_one_photograph_has_its_statement_and_its_annotated_image(tmp_path):
    page = PhotographsPage(whole_image_predictor())
    prediction = predicted(grey(0))
    page.add("photo.jpg", prediction, grey(0), annotated=tmp_path / "annotated" / "photo.jpg")
    text = page_of(page, tmp_path)
    assert "Displayed expressions in a photograph" in text
    assert prediction.statement in text
    assert 'src="annotated/photo.jpg"' in text
    assert text.count("data:image/jpeg;base64,") == 1
    for word in ("video", "frame", "second"):
        assert word not in text.lower().split("</style>")[-1].replace("trained on videos", "")


def test_photographs_page_counts_faces_and_lists_what_has_none(tmp_path):
    page = PhotographsPage(whole_image_predictor())
    for name, level in (("a.jpg", 0), ("<b>.jpg", 0), ("c.jpg", 255)):
        page.add(name, predicted(grey(level)), grey(level))
    page.add_unread("in/torn.jpg", "torn.jpg: not an image that can be read")
    text = page_of(page, tmp_path)
    assert "4 photographs, 3 faces; 1 could not be read." in text
    assert "<td>2</td>" in text  # Anger
    assert "&lt;b&gt;.jpg" in text
    assert "in/torn.jpg: not an image that can be read" in text
    assert "<a " not in text  # nothing is annotated


def test_photographs_page_explains_the_first_faces_only(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs_page, "MAX_EXPLAINED", 1)
    recipe = PrepareRecipe(detector="none")
    predictor = TorchPredictor(untrained_bundle(architecture="spatial", prepare_recipe=recipe))
    page = PhotographsPage(predictor)
    for name in ("a.jpg", "b.jpg"):
        image = textured(40, 40)
        page.add(name, predict_footage(image_in_memory(image, name=name), predictor), image)
    text = page_of(page, tmp_path)
    assert "for the first face." in text
    assert [len(card.faces[0].images) for card in page.photographs] == [2, 1]
