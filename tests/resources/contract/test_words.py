"""Every field, parameter, operation and error of /openapi.json is explained, and has an example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from forecast_service import errors
from forecast_service.errors import ForecastServiceError
from forecast_service.resources.contract.document.addresses import PATH_PARAMETERS
from forecast_service.resources.contract.problem import PLAIN, SENTENCES

from .operations import Documented, fields_of, operations, resolved

Document = dict[str, Any]
NUMBERS = {"number", "integer"}


def described(document: Document, part: dict[str, Any]) -> str:
    """The words of a field: its own, or those of the model that it has."""
    choices = [part, *part.get("anyOf", ())]
    return part.get("description") or next(
        (words for each in choices if (words := resolved(document, each).get("description"))), ""
    )


def is_model(part: dict[str, Any]) -> bool:
    """Whether the field is an object of ours, or a list of them: its fields have the examples."""
    inner = [part.get("items"), *part.get("anyOf", ()), *part.get("oneOf", ())]
    return "$ref" in part or any(is_model(each) for each in inner if each is not None)


def alternatives(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield part
    for name in ("anyOf", "oneOf"):
        yield from part.get(name, ())


def kinds(part: dict[str, Any]) -> set[str]:
    """The JSON types of a value, and of the values in a list or an object."""
    found = set()
    for each in alternatives(part):
        found |= {each["type"]} if "type" in each else set()
        for inner in (each.get("items"), each.get("additionalProperties")):
            if isinstance(inner, dict):
                found |= kinds(inner)
    return found


def is_quantity(part: dict[str, Any]) -> bool:
    """Whether it is a number; a number or a text is a name, such as that of a store."""
    return bool(kinds(part) & NUMBERS) and "string" not in kinds(part)


def units(part: dict[str, Any]) -> list[str]:
    inner = [part.get("items"), part.get("additionalProperties"), *part.get("anyOf", ())]
    own = [part["x-unit"]] if "x-unit" in part else []
    return own + [unit for each in inner if isinstance(each, dict) for unit in units(each)]


def test_every_field_has_a_description(document: Document) -> None:
    assert [name for name, part in fields_of(document) if not described(document, part)] == []


def test_every_field_has_an_example(document: Document) -> None:
    without = [
        name
        for name, part in fields_of(document)
        if not part.get("examples") and "const" not in part and not is_model(part)
    ]

    assert without == []


def test_every_number_has_a_unit(document: Document) -> None:
    without = [
        name
        for name, part in fields_of(document)
        if is_quantity(part) and not is_model(part) and not units(part)
    ]

    assert without == []


def test_every_example_of_a_field_is_a_value_of_it(document: Document) -> None:
    for _name, part in fields_of(document):
        for example in part.get("examples", ()):
            jsonschema.validate(example, within(document, part), cls=VALIDATOR)


def test_every_parameter_has_a_description_and_an_example(document: Document) -> None:
    without = [
        f"{operation.name} {parameter['name']}"
        for operation in operations(document)
        for parameter in operation.parameters
        if not parameter.get("description")
        or not (parameter.get("example") or parameter["schema"].get("examples"))
    ]

    assert without == []


def test_every_name_in_a_path_is_explained_once(document: Document) -> None:
    named = {
        parameter["name"]
        for operation in operations(document)
        for parameter in operation.parameters
        if parameter["in"] == "path"
    }

    assert named == set(PATH_PARAMETERS)


def test_every_operation_says_what_it_does_and_answers(document: Document) -> None:
    for operation in operations(document):
        assert operation.operation["summary"], operation.name
        assert operation.operation["description"], operation.name


def test_every_json_body_has_an_example(document: Document) -> None:
    without = [
        operation.name
        for operation in operations(document)
        if "examples" not in json_body(operation).get("application/json", {"examples": ()})
    ]

    assert without == []


def json_body(operation: Documented) -> dict[str, Any]:
    content: dict[str, Any] = operation.operation.get("requestBody", {}).get("content", {})
    return content


def test_every_answer_has_an_example_of_its_schema(document: Document) -> None:
    for operation in operations(document):
        for answer in operation.operation["responses"].values():
            for media in resolved(document, answer).get("content", {}).values():
                for example in examples(media):
                    jsonschema.validate(example, within(document, media["schema"]), cls=VALIDATOR)


def examples(media: dict[str, Any]) -> Iterator[Any]:
    if "$ref" in media.get("schema", {}):
        assert "example" in media or "examples" in media
    if "example" in media and "schema" in media:
        yield media["example"]
    for example in media.get("examples", {}).values():
        yield example["value"]


def test_every_error_shows_its_types(document: Document) -> None:
    for operation in operations(document):
        for status, answer in operation.operation["responses"].items():
            problem = resolved(document, answer).get("content", {}).get("application/problem+json")
            assert (problem is None) == (int(status) < 400), operation.name
            if problem is not None:
                assert problem["examples"], f"{operation.name} {status}"


KINDS = [
    kind
    for kind in (getattr(errors, name) for name in errors.__all__)
    if isinstance(kind, type) and issubclass(kind, ForecastServiceError) and kind.status != 500
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_type_of_problem_has_a_sentence(kind: type[ForecastServiceError]) -> None:
    assert SENTENCES.get(kind("").type), f"add an example of {kind.__name__} to SENTENCES"


def test_the_sentences_of_problems_end_with_a_full_stop() -> None:
    sentences = [*PLAIN.values(), *SENTENCES.values()]

    assert [text for text in sentences if not text.endswith(".")] == []


def test_what_a_caller_needs_is_said(document: Document) -> None:
    training = document["paths"]["/training"]

    assert training["post"]["security"] == [
        {"key": ["train"]},
        {"keyHeader": ["train"]},
        {"session": ["train"], "csrf": []},
    ]
    assert training["get"]["security"][2] == {"session": ["read"]}
    assert "security" not in document["paths"]["/healthz"]["get"]
    assert "Needs the scope `train`." in training["post"]["description"]


VALIDATOR = jsonschema.Draft202012Validator


def within(document: Document, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the rest of the document beside it, so that references resolve."""
    return {**schema, "components": document["components"]}
