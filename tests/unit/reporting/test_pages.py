import base64

import pytest
from jinja2 import Environment, TemplateNotFound, UndefinedError

import ferfusion
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval
from ferfusion.reporting import pages

NAN = float("nan")


@pytest.fixture
def template(monkeypatch):
    """Make a page from the text of a template, with the filters of all pages."""
    environment: Environment = pages._environment()

    def fill(text, *, images=None, **values):
        monkeypatch.setattr(environment, "get_template", lambda _: environment.from_string(text))
        return pages.render_page("any", images=images or {}, **values)

    return fill


def test_render_page_escapes_values_and_names_the_version(template):
    assert template("{{ name }}", name="<b> & c") == "&lt;b&gt; &amp; c"
    assert template("{{ version }}") == ferfusion.__version__


def test_render_page_holds_images_as_data(template, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG any bytes")
    uri = template("{{ images.a }}", images={"a": tmp_path / "a.png"})
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == b"\x89PNG any bytes"


def test_render_page_refuses_a_missing_value_and_a_missing_template(template):
    with pytest.raises(TemplateNotFound):
        pages.render_page("none.html.j2", images={})
    with pytest.raises(UndefinedError, match="score"):
        template("{{ score }}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pages.percent(0.5466), "54.7 %"),
        (pages.percent(NAN), "n/a"),
        (pages.interval_text(Interval(0.351, 0.875)), "35 to 88 %"),
        (pages.interval_text(NO_INTERVAL), "n/a"),
        (pages.points_text(0.034), "+3.4"),
        (pages.points_text(-0.034), "\N{MINUS SIGN}3.4"),
        (pages.points_text(NAN), "n/a"),
        (pages.points_interval_text(Interval(-0.021, 0.106)), "\N{MINUS SIGN}2.1 to +10.6"),
        (pages.p_text(0.001), "0.001"),
        (pages.p_text(0.00099), "< 0.001"),
        (pages.p_text(1.0), "1.000"),
        (pages.p_text(NAN), "n/a"),
        (pages.minutes_text(59.4), "59 seconds"),
        (pages.minutes_text(60), "1.0 minutes"),
    ],
)
def test_number_texts(text, expected):
    assert text.replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 3961350 | number }} {{ none | number }}", "3,961,350 n/a"),
        ("{{ 0.876 | share }}", "0.88"),
        ("{{ 1 | people }}, {{ 1234 | people }}", "one person, 1,234 people"),
        ("{{ -0.5 | css }} {{ 0.25 | css }} {{ 1.5 | css }}", "0.00% 25.00% 100.00%"),
    ],
)
def test_filters_of_templates(template, text, expected):
    assert template(text) == expected
