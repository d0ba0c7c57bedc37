"""The page that describes the HTTP interface, made from its OpenAPI description; it has no script."""

from collections.abc import Mapping
from html import escape
from typing import Any


def interface_page(described: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI description."""
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(_text(operation))}</td><td>{escape(', '.join(_parameters(operation)))}</td></tr>"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    title = f"{escape(described['info']['title'])}: the HTTP interface"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        '<link rel="stylesheet" href="static/css/base.css">'
        f"</head><body><main><h1>{title}</h1><p>{escape(described['info']['description'])} "
        'The whole description: <a href="api/v1/openapi.json">openapi.json</a>.</p>'
        "<table><thead><tr><th>Method</th><th>Address</th><th>What it does</th><th>Query</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></main></body></html>"
    )


def _text(operation: Mapping[str, Any]) -> str:
    return str(operation.get("description") or operation.get("summary") or "")


def _parameters(operation: Mapping[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
