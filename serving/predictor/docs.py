"""The page at /docs, made from the bundle's fields, with a form to send requests. It needs no other site."""

from __future__ import annotations

import json
from html import escape

from serving.protocol.codec import CLIENT
from serving.protocol.openapi import describe, example
from serving.protocol.warnings import span
from training.bundle.manifest import Field, Manifest

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name} {version}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse; width: 100% }} th, td {{ border-bottom: 1px solid #ddd; padding: .3rem .6rem;
text-align: left; vertical-align: top }} code, pre, textarea {{ font: 14px/1.4 ui-monospace, monospace }}
textarea {{ width: 100%; height: 16rem; box-sizing: border-box }} pre {{ background: #f5f5f5; padding: 1rem;
overflow: auto }}
</style></head><body>
<h1>{name}, version {version}</h1>
<p>{introduction}</p>
<p>For programs: <a href="/openapi.json">/openapi.json</a>, <a href="/v2/models/{name}">/v2/models/{name}</a>,
<a href="/metrics">/metrics</a>.</p>
<h2>Paths</h2><table><tr><th>Path</th><th>Answers</th></tr>{paths}</table>
<h2>Try it</h2>
<p>An application answered here is recorded like any other.</p>
<textarea id="request" spellcheck="false">{request}</textarea>
<p><button id="send">POST /v2/models/{name}/infer</button></p><pre id="answer"></pre>
<h2>Fields</h2>
<p>One tensor each, shape [n] or [n, 1]; <code>null</code> or left out means missing.
<code>{client}</code> (INT64) adds the history of a known client.</p>
<table><tr><th>Name</th><th>Type</th><th>Required</th><th>Seen in training</th><th>Meaning</th></tr>{fields}</table>
<script>
document.getElementById("send").onclick = async () => {{
  const answer = document.getElementById("answer");
  try {{
    const response = await fetch("/v2/models/{name}/infer", {{method: "POST",
      headers: {{"content-type": "application/json"}}, body: document.getElementById("request").value}});
    answer.textContent = response.status + "\\n" + JSON.stringify(await response.json(), null, 2);
  }} catch (error) {{ answer.textContent = String(error); }}
}};
</script></body></html>
"""


def page(manifest: Manifest, name: str, version: str) -> bytes:
    """The whole page, as HTML in UTF-8."""
    document = describe(manifest, name, version)
    paths = [
        (f"{method.upper()} {path}", operation["summary"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    text = _PAGE.format(
        name=escape(name),
        version=escape(version),
        introduction=escape(document["info"]["description"]),
        paths="".join(_row(path, summary) for path, summary in paths),
        request=escape(json.dumps(example(manifest), ensure_ascii=False, indent=1)),
        client=CLIENT,
        fields="".join(_field(field) for field in manifest.fields),
    )
    return text.encode()


def _field(field: Field) -> str:
    values = ", ".join(field.levels) if field.datatype == "BYTES" else span(field) or "nothing"
    if field.unit:
        values += f" ({field.unit})"
    return _row(field.name, field.datatype, "yes" if field.required else "", values, field.description)


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
