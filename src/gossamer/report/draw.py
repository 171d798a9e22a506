"""From figures to pictures."""

import re

import altair as alt
import vl_convert as vlc

from gossamer.report.figure import Figure

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
"""Version of Vega-Lite that the charts are written in, as vl-convert and the page's JavaScript take it."""

_PIXELS = 2.0
_COUNTED = re.compile(r"\b(clip|gradient_)\d+\b")
_RESOURCES = re.compile(rb"(?:[ ]+/[A-Za-z]+\d+ \d+ 0 R\n){2,}")


def pictures(figure: Figure) -> dict[str, bytes]:
    """The figure as SVG, PNG and PDF on white, by ending of the file's name."""
    tables = dict(figure.specification)
    tables["config"] = {**tables["config"], "background": "white"}
    svg = _numbered_anew(vlc.vegalite_to_svg(tables, vl_version=VEGA_LITE))
    return {
        "svg": svg.encode() + b"\n",
        "png": vlc.svg_to_png(svg, scale=_PIXELS),
        "pdf": _in_order(vlc.svg_to_pdf(svg)),
    }


def _numbered_anew(svg: str) -> str:
    """The SVG with its clips and gradients counted from 0: Vega counts through all drawings of a process."""
    names: dict[str, str] = {}
    return _COUNTED.sub(lambda found: names.setdefault(found[0], f"{found[1]}{len(names)}"), svg)


def _in_order(pdf: bytes) -> bytes:
    """The PDF with its resource tables in order; svg2pdf writes them in any. No offset changes."""
    return _RESOURCES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), pdf)


def javascript() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script without anything to load."""
    return vlc.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
