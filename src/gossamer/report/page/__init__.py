"""One HTML page that opens without a network: everything it needs is inside."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import gossamer
from gossamer.analysis.groups import GroupFindings
from gossamer.report.answer import answer, facts
from gossamer.report.figure import javascript
from gossamer.report.figures.accuracy_data import reading_options
from gossamer.report.groups import group_facts
from gossamer.report.material import Material
from gossamer.report.section import Section
from gossamer.report.words import READING_NOTES, READING_SHORT
from gossamer.study import StudyRuns

_END = re.compile(r"<(/script|/style|!--)", re.IGNORECASE)


def page(material: Material, sections: Sequence[Section]) -> str:
    """HTML of the report of a study with a numeric axis."""
    return rendered(
        sections,
        name=material.config.name,
        question=material.config.question,
        answers={reading: _unbroken(answer(material, reading)) for reading in material.readings},
        facts={reading: facts(material, reading) for reading in material.readings},
        reading=material.reading,
        score=material.score.label,
        readings=reading_options(material),
    )


def group_page(study: StudyRuns, found: Mapping[str, GroupFindings], sections: Sequence[Section]) -> str:
    """HTML of the report of a study without one."""
    first = next(iter(found.values()))
    return rendered(
        sections,
        name=study.config.name,
        question=study.config.question,
        answers={reading: one.sentence for reading, one in found.items()},
        facts={reading: group_facts(one) for reading, one in found.items()},
        reading=first.reading,
        score=first.score.label,
        readings={reading: READING_SHORT[reading] for reading in found},
    )


def rendered(sections: Sequence[Section], **values: Any) -> str:
    """HTML of a page with these sections; the names are those of the template."""
    loader = PackageLoader("gossamer.report", "page")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["script"] = _script
    environment.filters["inline"] = _inline
    environment.globals["source"] = lambda name: loader.get_source(environment, name)[0]
    return environment.get_template("report.html.j2").render(
        **values,
        notes=READING_NOTES,
        sections=sections,
        libraries=javascript(),
        version=gossamer.__version__,
    )


def _unbroken(text: str) -> str:
    """Text in which "ζ = 0.3" stays on one line."""
    return text.replace(" = ", "\u00a0=\u00a0")


def _script(value: Any) -> Markup:
    """JSON inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def _inline(text: str) -> Markup:
    """Text of a script or style element: nothing in it can end the element."""
    return Markup(_END.sub(r"<\\\1", text))
