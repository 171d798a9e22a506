import pytest
from pydantic import ValidationError

from gossamer.data import DataConfig, MadelonConfig, TeacherConfig


def test_every_field_has_help_a_unit_where_it_is_a_number_and_a_range():
    for model in (DataConfig, MadelonConfig, TeacherConfig):
        schema = model.model_json_schema()
        for name, info in model.model_fields.items():
            assert info.description, name
            assert info.json_schema_extra["role"] == "identity", name
            kind = schema["properties"][name].get("type")
            if kind in ("integer", "number"):
                assert info.json_schema_extra["unit"], name
                assert {"minimum", "exclusiveMinimum"} & schema["properties"][name].keys(), name


def test_a_config_survives_json_and_cannot_be_changed():
    config = DataConfig(name="madelon", label_column="kind", train_samples=5)
    assert DataConfig.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ValidationError):
        config.name = "digits"


def test_equal_meaning_is_an_equal_config():
    assert DataConfig(name="madelon") == DataConfig(name="madelon", madelon=MadelonConfig())
    assert DataConfig(name="teacher", teacher={"hidden": 30}).teacher == TeacherConfig(hidden=30)
    assert DataConfig().madelon is None


@pytest.mark.parametrize(
    "settings",
    [
        {"name": ""},
        {"train_samples": 0},
        {"train_samples": -1},
        {"validation_samples": -1},
        {"test_samples": 0},
        {"test_fraction": 0.0},
        {"test_fraction": 1.0},
        {"test_fraction": float("nan")},
        {"scaling": "other"},
        {"split": "other"},
        {"trainsamples": 5},
        {"name": "digits", "madelon": {}},
        {"name": "madelon", "teacher": {}},
    ],
)
def test_values_out_of_range_and_unknown_fields_are_refused(settings):
    with pytest.raises(ValidationError):
        DataConfig(**settings)


def test_folders_can_be_left_out_of_a_name():
    assert DataConfig(name="some/folder/set.csv").without_folders() == DataConfig(name="set.csv")
    assert DataConfig().without_folders() == DataConfig()


def test_columns_may_be_given_as_a_command_line_gives_them():
    one = DataConfig(leave_out="id", words=0, missing_values="-9, ?", header=True)
    assert (one.leave_out, one.words, one.missing_values, one.header) == (("id",), (0,), ("-9", "?"), "yes")
    assert DataConfig(leave_out=["a,b", -1], header=False).leave_out == ("a,b", -1)
