"""Runs stay bit for bit: what is not meant to change results changes no byte of them."""

import pytest
from run_digests import digests

from gossamer.train.build import instruction_class
from gossamer.train.config import RunConfig

STORED = {
    "set": "d52cfb0d01bdf31529b8846024436204099675365dd9c0c3c5544c1e125a3546",
    "static": "83cda357fb9f18738afb57ecbeaa46617ec3cb486eadf1e745b5108fb0b71f95",
    "paper_threshold": "a15f9923ec898d45d9215b790a7250e5a3f98a3e0d95725423595b1db04e34bf",
    "magnitude": "f1e08dbf413b6fb9d4ae684b732e725906dac0c67380e553760385e899c1fc4c",
    "adam_dropout": "f6ccbd50bfc4af2a295f8d95373aa3e908b74df0bba4c351a6922c3b4c864925",
    "float64_tanh": "1b6f736374a9479a9a56ecb629125aec6a46ab283b68195116de2d17445429c7",
    "no_validation": "e2a5a2541ac81053f9e4c565e84d69d2c66123255357b3dfe433d32a2c18099e",
    "teacher": "9832d7ba72d9856e7e56d914b91e9d3794308a97a684a566aa8566fa03cb848c",
}
"""Of `run_digests.py`; changed only on purpose, with what changed them said in CHANGELOG.md."""


@pytest.mark.skipif(
    instruction_class(RunConfig()) != "fma",
    reason="results without fused multiply-add are a class of their own",
)
def test_every_byte_of_a_run_is_as_it_was(tmp_path):
    assert digests(tmp_path) == STORED
