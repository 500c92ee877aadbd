"""A page of proof as one HTML file: readable by day and by night, printable, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

#: What each verdict and state looks like.
GOOD, FAIR, BAD = "good", "fair", "bad"
TONES: Mapping[str, str] = {
    **dict.fromkeys(("equal", "identical"), GOOD),
    **dict.fromkeys(("partial", "unproven", "not compared"), FAIR),
    **dict.fromkeys(("different", "failed"), BAD),
}

_DAY = "--ink:#1c2024;--soft:#60656c;--line:#d9dce0;--paper:#fff;--good:#116932;--fair:#8a5a00;--bad:#b3261e"
_NIGHT = "--ink:#edeef0;--soft:#a0a6ad;--line:#3a3f45;--paper:#15181b;--good:#5fd38a;--fair:#f0bd5a;--bad:#ff8f85"
_STYLE = f"""
:root{{color-scheme:light dark;{_DAY}}}
@media(prefers-color-scheme:dark){{:root{{{_NIGHT}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}}
main{{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem}}
h1{{font-size:1rem;font-weight:600;color:var(--soft);margin:0}}
h2{{font-size:1.05rem;margin:2rem 0 .5rem}}
.verdict{{font-size:3rem;line-height:1.1;font-weight:700;margin:.3rem 0 .6rem}}
.says{{font-size:1.15rem;margin:0 0 2rem}}
table{{border-collapse:collapse;width:100%}}
th{{font-weight:600;color:var(--soft)}}
th,td{{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0}}
th,td{{border-bottom:1px solid var(--line);overflow-wrap:anywhere}}
td:first-child,.state{{white-space:nowrap}}
pre{{font:13px/1.45 ui-monospace,monospace;margin:.4rem 0 0;white-space:pre-wrap}}
.good{{color:var(--good)}}
.fair{{color:var(--fair)}}
.bad{{color:var(--bad)}}
.state{{font-weight:600}}
@media print{{:root{{{_DAY}}}main{{padding:0}}tr{{break-inside:avoid}}}}
"""

Row = Sequence[str]


def page(title: str, verdict: str, says: str, tables: Sequence[tuple[str, Row, Sequence[Row]]]) -> str:
    """Return the page; each table is a heading, its columns (none: names and values) and its rows."""
    body = "\n".join(_table(*table) for table in tables if table[2])
    tone = TONES.get(verdict, FAIR)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(verdict)}: {escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="verdict {tone}">{escape(verdict.capitalize())}</p>\n'
        f'<p class="says">{escape(says)}</p>\n{body}\n</main></body></html>\n'
    )


def _table(heading: str, columns: Row, rows: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in columns)
    lines = [f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows]
    thead = f"<thead><tr>{head}</tr></thead>" if columns else ""
    return f"<h2>{escape(heading)}</h2>\n<table>{thead}<tbody>\n" + "\n".join(lines) + "\n</tbody></table>"


def _cell(text: str) -> str:
    if text in TONES:
        return f'<td class="state {TONES[text]}">{escape(text)}</td>'
    first, _, rest = text.partition("\n")
    return f"<td>{escape(first)}<pre>{escape(rest)}</pre></td>" if rest else f"<td>{escape(first)}</td>"
