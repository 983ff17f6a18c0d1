"""JSON schemas of models for ``/openapi.json``, and the example that their fields make together."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from forecast_service.resources.contract.document.headers import refusal_headers
from forecast_service.resources.contract.problem import BLANK, Problem, errors_of, examples_of

__all__ = ["Schema", "Schemas", "example_of", "reference", "schema_of"]

Schema = dict[str, Any]
PLACE = "#/components/schemas/"
PROBLEM_TYPE = "application/problem+json"
PAGE_TYPE = "text/html"
WORDS = ("description", "examples", "x-unit")


class Schemas:
    """The schemas and the refusals of a document by name; each is made once."""

    def __init__(self) -> None:
        self.by_name: dict[str, Schema] = {}
        self.refusals: dict[str, Schema] = {}

    def of(self, model: type[BaseModel]) -> Schema:
        """The schema of a model; the models that it refers to are added."""
        schema = schema_of(model)
        for name, part in schema.pop("$defs", {}).items():
            self.by_name[name] = part
        return schema

    def reference(self, model: type[BaseModel]) -> Schema:
        """A reference to the schema of a model, which is added."""
        if model.__name__ not in self.by_name:
            self.by_name[model.__name__] = self.of(model)
        return reference(model.__name__)

    def refusal(self, status: int, types: Sequence[str]) -> Schema:
        """A reference to an answer with a problem of one of these types."""
        short = ["blank" if each == BLANK else each for each in types]
        name = ".".join((str(status), *short))
        problem = {"schema": self.reference(Problem), "examples": examples_of(status, types)}
        self.refusals[name] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(types)}",
            "headers": refusal_headers(status, errors_of(types)),
            "content": {PROBLEM_TYPE: problem, PAGE_TYPE: {"schema": {"type": "string"}}},
        }
        return {"$ref": f"#/components/responses/{name}"}

    def example(self, schema: Schema) -> Any:
        """A value of this schema, from the examples of its fields."""
        return example_of(schema, self.by_name)


def reference(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"{PLACE}{name}"}


def schema_of(model: type[BaseModel]) -> Schema:
    """JSON schema of a model; its references point into an OpenAPI document."""
    schema = model.model_json_schema(ref_template=f"{PLACE}{{model}}")
    for part in (schema, *schema.get("$defs", {}).values()):
        for field in part.get("properties", {}).values():
            _lift_words(field)
    return schema


def _lift_words(field: Schema) -> None:
    """Move description, examples and unit of an optional field from its type to the field."""
    field.pop("title", None)  # the name once more
    for choice in field.get("anyOf", ()):
        for word in WORDS:
            if word in choice:
                moved = choice.pop(word)
                field.setdefault(word, moved)


def example_of(schema: Schema, schemas: dict[str, Schema]) -> Any:
    """A value of this schema: the first example, or one that is made of its fields' examples."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(PLACE)], schemas)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return example_of(choices[0], schemas)
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    if "properties" in schema:
        return {
            name: example_of(field, schemas)
            for name, field in schema["properties"].items()
            if name in schema.get("required", ())
        }
    return {}
