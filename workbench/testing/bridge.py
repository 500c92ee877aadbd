"""A widget in a browser page of its own: its messages go to the Python object in this process, without a Jupyter between."""

from __future__ import annotations

import base64
import json
from importlib.resources import files
from typing import Any

_PAGE = """<!doctype html><html><head><link rel="icon" href="data:,"><style>{css}</style></head>
<body><div id="root"></div><script type="module">
import widget from './{module}.js';
const hear = new Set(), traits = {traits};
const model = {{
  get: name => traits[name],
  set() {{}},
  save_changes() {{}},
  on: (event, handler) => event === 'msg:custom' && hear.add(handler),
  off: (event, handler) => hear.delete(handler),
  send: async content => {{
    if (window.isDeaf) return;
    for (const [told, buffers] of JSON.parse(await window.python(JSON.stringify(content)))) {{
      const views = buffers.map(text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer));
      [...hear].forEach(handler => handler(told, views));
    }}
  }}
}};
const made = widget();
made.initialize({{ model }});
made.render({{ model, el: document.getElementById('root') }});
</script></body></html>"""


def bridge(page: Any, widget: Any, **traits: Any) -> Any:
    """Show *widget* on *page*; with `window.isDeaf` set there, Python does not hear it."""

    def python(text: str) -> str:
        told: list[tuple[Any, list[str]]] = []
        widget.send = lambda content, buffers=(): told.append((content, [base64.b64encode(b).decode() for b in buffers]))
        widget._receive(widget, json.loads(text), [])
        return json.dumps(told)

    name, built = widget.module, files("workbench.widgets") / "static"
    html = _PAGE.format(css=built.joinpath(f"{name}.css").read_text(), module=name, traits=json.dumps(traits))
    page.expose_function("python", python)
    page.route("http://widget.test/", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route(
        f"http://widget.test/{name}.js",
        lambda route: route.fulfill(body=built.joinpath(f"{name}.js").read_text(), content_type="text/javascript"),
    )
    page.goto("http://widget.test/")
    return page
