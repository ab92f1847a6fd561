"""What the package offers, and what holds for every model in it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import BaseModel

from candidate_cards import models

MODELS = [
    value
    for name in models.__all__
    if isinstance(value := getattr(models, name), type) and issubclass(value, BaseModel)
]


def test_the_names_exist_and_are_listed() -> None:
    """Every name of ``__all__`` resolves, once, and ``dir`` shows it."""
    assert len(set(models.__all__)) == len(models.__all__) > 40
    assert all(getattr(models, name) is not None for name in models.__all__)
    assert set(models.__all__) <= set(dir(models))


def test_no_model_is_forgotten() -> None:
    """Every public model that the modules define is exported."""
    modules = {sys.modules[model.__module__] for model in MODELS}
    assert len(modules) == 7
    defined = {
        name
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, BaseModel)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
    assert defined <= set(models.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not offered fails as it does on any module."""
    with pytest.raises(AttributeError, match="Kandidat"):
        _ = models.Kandidat  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_frozen_and_discreet(model: type[BaseModel]) -> None:
    """No model can be changed, and no message of one repeats its input."""
    assert model.model_config.get("frozen") is True
    assert model.model_config.get("hide_input_in_errors") is True


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_built(model: type[BaseModel]) -> None:
    """Deferred models find all their types, and the wire's names are camelCase."""
    properties = model.model_json_schema()["properties"]
    assert properties
    assert not any("_" in name for name in properties)


def test_a_card_needs_two_modules() -> None:
    """Importing candidates and shortlists leaves requests, runs and webhooks unloaded."""
    code = (
        "import sys; from candidate_cards.models import Candidate, Shortlist; "
        "print(*sorted(name for name in sys.modules if name.startswith('candidate_cards.models.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name.rpartition(".")[2] for name in run.stdout.split()] == [
        "_base",
        "candidate",
        "shortlist",
    ]
