import json
import sys

import pytest

from ferfusion.errors import MissingExtraError
from ferfusion.extras import require


def test_require_imports_an_installed_package():
    assert require("json", extra="app") is json
    assert require("json.decoder", extra="app") is json.decoder


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.inside"])
def test_require_names_a_missing_package_with_its_install_line(module):
    with pytest.raises(MissingExtraError) as caught:
        require(module, extra="synth")
    assert str(caught.value) == (
        "This needs the package 'no_such_package', which is not installed. "
        "Install it with: pip install 'ferfusion[synth]'"
    )


def test_require_does_not_call_a_broken_package_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_inside.py").write_text("import something_it_needs")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_it_needs"):
        require("broken_inside", extra="synth")
    sys.modules.pop("broken_inside", None)
