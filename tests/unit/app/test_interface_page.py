from ferfusion.app.interface_page import interface_page


def test_page_lists_every_address_without_a_script():
    get = {"description": "Tell <all>.", "parameters": [{"in": "query", "name": "from"}]}
    page = interface_page({"info": {"title": "t", "description": "d"}, "paths": {"/a/{b}": {"get": get}}})
    assert "<code>GET</code></td><td><code>/a/{b}</code></td><td>Tell &lt;all&gt;.</td><td>from</td>" in page
    assert "<script" not in page
    assert "style=" not in page
