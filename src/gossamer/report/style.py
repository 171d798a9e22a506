"""Colours and the look of charts.

Lines and letters are drawn in ``currentColor``: on the page they take the colour of the text around them, so
one drawing serves light, dark and print; in pictures they are black.
"""

from typing import Any, Final

TEXT = "currentColor"

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
)
GREY = "#8a8f98"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
"""Colours of series, told apart with any colour vision: Okabe and Ito 2008 without the yellow."""

SEQUENTIAL: Final = "viridis"
DIVERGING: Final = "purpleorange"
"""Colour maps of quantities, and of quantities with a sign; both keep their order with any colour vision."""

# One face for all letters: with a second one the order of objects in a PDF is not the same every time.
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"

WIDTH, HEIGHT = 640, 340
"""Size of a full figure in pixels."""


def config() -> dict[str, Any]:
    """Vega-Lite configuration of every chart."""
    label = {"labelColor": TEXT, "titleColor": TEXT, "labelFont": FONT, "titleFont": FONT}
    return {
        "background": None,
        "font": FONT,
        "axis": {
            **label,
            "labelFontSize": 11,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelOpacity": 0.85,
            "gridColor": TEXT,
            "gridOpacity": 0.1,
            "domainColor": TEXT,
            "domainOpacity": 0.5,
            "tickColor": TEXT,
            "tickOpacity": 0.5,
        },
        "axisY": {"minExtent": 36},
        "legend": {
            **label,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "labelLimit": 420,
        },
        "header": {**label, "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"},
        "title": {
            "color": TEXT,
            "subtitleColor": TEXT,
            "font": FONT,
            "fontSize": 12,
            "fontWeight": "normal",
            "anchor": "start",
        },
        "text": {"color": TEXT, "font": FONT, "fontSize": 11},
        "rule": {"color": TEXT},
        "view": {"stroke": None},
        "range": {"category": list(SERIES)},
        "aria": False,
    }
