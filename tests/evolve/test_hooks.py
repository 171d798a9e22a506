"""A rule of one's own that fails or gives what it should not is one sentence, for every hook of a rule."""

import sys
from typing import Literal

import numpy as np
import pytest

from gossamer._native import Pattern
from gossamer.cli.app import run
from gossamer.engine.initial import Initial
from gossamer.errors import ConfigError
from gossamer.evolve import plugins
from gossamer.evolve.density.base import Density
from gossamer.evolve.drop.base import DropRule, ScoredDrop
from gossamer.evolve.fraction import Fraction
from gossamer.evolve.grow.base import GrowRule
from gossamer.evolve.hooks import AT, HOOKS
from gossamer.evolve.latent import LatentRule
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import PARTS, Part, register
from gossamer.evolve.redistribute.base import Redistribute
from gossamer.evolve.schedule import Schedule
from gossamer.evolve.when import When

PATTERN = Pattern(2, 3, np.array([0, 2, 3]), np.array([0, 2, 1], np.uint32))
LAYER = LayerView(0, PATTERN, {"weight": np.ones(3, np.float32)}, Initial("he_uniform", "dense"))
KEEP = np.array([True, False, True])  # positions 0 and 4 of 6
NAN = float("nan")
FLAGS = (None, 1, [True] * 3, np.ones(3), np.ones(2, bool), np.ones((3, 1), bool))
ALL_FLAGS = (None, np.ones((1, 3), bool), [], [KEEP, KEEP], *([wrong] for wrong in FLAGS))
F4, U8 = np.float32, np.uint64

# Base, hook, arguments, what is right, and what is wrong.
CASES = [
    (DropRule, "keep", (LAYER, 0.5, None), [KEEP], FLAGS),
    (DropRule, "keep_all", ([LAYER], 0.5, None), [[KEEP]], ALL_FLAGS),
    (ScoredDrop, "keep_all_but", ([LAYER], 1, None), [[KEEP]], ALL_FLAGS),
    (
        ScoredDrop,
        "scores",
        (LAYER,),
        [np.ones(3), np.arange(3)],
        (None, 1.0, [1.0] * 3, np.ones(2), np.array([1, NAN, 1]), -np.ones(3), np.array(["a", "b", "c"])),
    ),
    (
        GrowRule,
        "grow",
        (LAYER, KEEP, 2, None),
        [(np.array([2, 5], U8), np.zeros(2, F4)), (np.array([1, 2], U8), np.ones(2, F4))],
        (
            None,
            np.array([2, 5], U8),
            (np.array([2, 5]), np.zeros(2, F4)),
            (np.array([2, 5], U8), np.zeros(2)),
            (np.array([2, 5], U8), np.array([0, NAN], F4)),
            (np.array([5, 2], U8), np.zeros(2, F4)),
            (np.array([2, 2], U8), np.zeros(2, F4)),
            (np.array([0, 2], U8), np.zeros(2, F4)),
            (np.array([2, 6], U8), np.zeros(2, F4)),
            (np.array([2], U8), np.zeros(1, F4)),
            (np.array([2, 3, 5], U8), np.zeros(3, F4)),
        ),
    ),
    (GrowRule, "wanted", (LAYER, KEEP), [None, 0, 4, np.int64(3)], (-1, 5, 1.5, "2", True, np.ones(2))),
    (GrowRule, "kept_batches", None, [0, 32], (-1, None, 1.5, 10**6)),
    (Redistribute, "share", (LAYER, KEEP), [0, 1.5, np.float32(2)], (None, -1.0, NAN, "1", np.ones(1))),
    (Density, "target", (None, None, [LAYER]), [3, np.int64(4)], (None, 3.0, NAN, "3", np.ones(1))),
    (Density, "shrink", ([LAYER], None, None), [None, [KEEP]], ALL_FLAGS[1:]),
    (When, "next", (10, None), [None, 11], (10, 9, 11.0, "11", True)),
    (Fraction, "at", (10, None), [0, 1, 0.5, np.float64(0.3)], (None, -0.1, 1.1, NAN, "0.5", np.ones(1))),
    (Schedule, "at", (None,), [0, -3.5], (None, NAN, float("inf"), "1", np.ones(1))),
    (LatentRule, "of_layer", (PATTERN,), [], (None, 1, "top_kast")),
    (LatentRule, "settle", (None, 0), [None], (1,)),
    (When, "depends_on_total", None, [True, False], (None, 1, "yes")),
]


def rule(base, hook, give):
    """A part from outside whose hook does what `give` does; its other hooks are not asked."""
    own = property(lambda self: give()) if CASE_OF[base, hook] is None else lambda self, *given: give()
    rest = {name: (lambda self, *given: None) for name in base.__abstractmethods__}
    fields = {"__annotations__": {"kind": Literal["mine"]}, "kind": "mine", "__module__": "my_rules"}
    return type(base)("Mine", (base,), {**rest, hook: own, **fields})()


CASE_OF = {(base, hook): arguments for base, hook, arguments, _, _ in CASES}


def asked(part, hook):
    arguments = CASE_OF[next(key for key in CASE_OF if isinstance(part, key[0]) and key[1] == hook)]
    return getattr(part, hook) if arguments is None else getattr(part, hook)(*arguments)


def test_every_hook_of_every_role_is_a_case():
    known = {(base.role, hook) for base, hook, *_ in CASES}
    assert {hook for _, hook in known} == {*HOOKS, "at"}
    assert {role for role, hook in known if hook == "at"} == set(AT)
    for base in {base for base, *_ in CASES}:
        public = {
            name
            for name in vars(base)
            if not name.startswith(("_", "model_")) and name not in ("role", "by_fraction")
        }
        cases = {hook for other, hook, *_ in CASES if issubclass(other, base) or issubclass(base, other)}
        assert public <= {*cases, "depends_on_total"}


@pytest.mark.parametrize(
    ("base", "hook", "value"),
    [(base, hook, value) for base, hook, _, right, _ in CASES for value in right],
)
def test_what_is_right_is_handed_on(base, hook, value):
    assert asked(rule(base, hook, lambda: value), hook) is value


@pytest.mark.parametrize(
    ("base", "hook", "value"),
    [(base, hook, value) for base, hook, _, _, wrong in CASES for value in wrong],
)
def test_what_is_wrong_is_one_sentence_with_rule_hook_and_expectation(base, hook, value):
    with pytest.raises(ConfigError) as caught:
        asked(rule(base, hook, lambda: value), hook)
    sentence = str(caught.value)
    assert sentence.startswith(f"The {base.role} part 'mine' gives ")
    assert f"from {hook}, expected " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(("base", "hook"), CASE_OF)
def test_a_hook_that_fails_is_one_sentence_with_its_error(base, hook):
    def give():
        raise IndexError("index 7\nis out of bounds")

    with pytest.raises(ConfigError) as caught:
        asked(rule(base, hook, give), hook)
    sentence = str(caught.value)
    failed = f"The {base.role} part 'mine' fails in {hook}: IndexError, index 7 is out of bounds; "
    assert sentence.startswith(f"{failed}{hook} is expected to give")
    assert "\n" not in sentence


def test_errors_of_ours_pass_as_they_are():
    def give():
        raise parts_error

    parts_error = ConfigError("My own sentence.")
    with pytest.raises(ConfigError, match=r"^My own sentence\.$"):
        asked(rule(DropRule, "keep", give), "keep")


def test_parts_that_are_built_in_are_not_looked_at():
    for part in PARTS.values():
        if part.__module__.startswith("gossamer."):
            assert not any(hasattr(vars(part).get(hook), "__wrapped__") for hook in (*HOOKS, "at"))


@pytest.mark.parametrize("needs", [["weights"], {"weights"}, None])
def test_needs_that_are_none_are_refused(needs):
    part = type(rule(DropRule, "keep", lambda: KEEP))
    part.needs = needs
    with pytest.raises(ConfigError, match="expected a frozenset of Need"):
        register(part)


def test_a_class_without_a_kind_is_no_part():
    with pytest.raises(ConfigError, match="is no part"):
        register(type(Part)("Bare", (DropRule,), {"__module__": "my_rules"}))


RULE = """
from typing import Literal
from gossamer.evolve import Magnitude, register
from gossamer.fields import field

@register
class Broken(Magnitude):
    kind: Literal["broken"] = field("broken", help="from outside")

    def scores(self, layer):
        {body}
"""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 1 / 0", "fails in scores: ZeroDivisionError, division by zero"),
        ("return layer.weights[:-1]", "float32 of shape"),
        ("return None", "gives NoneType None from scores"),
    ],
)
def test_a_broken_rule_ends_a_command_with_one_line(tmp_path, monkeypatch, capsys, body, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(plugins.VARIABLE, "")
    monkeypatch.setattr(plugins, "_loaded", set())
    (tmp_path / "broken_rule.py").write_text(RULE.format(body=body))
    small = [
        "dataset=teacher",
        "data.teacher.samples=200",
        "data.validation_samples=40",
        "hidden=12",
        "epochs=2",
    ]
    try:
        code = run(["--plugin", "broken_rule.py", "train", "method=set", "method.drop=broken", *small])
    finally:
        PARTS.pop(("drop", "broken"), None)
        sys.modules.pop("plugin_broken_rule", None)
    error = capsys.readouterr().err
    assert code == 2
    assert words in error
    assert "Traceback" not in error
