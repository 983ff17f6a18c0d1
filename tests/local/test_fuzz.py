"""Whatever is sent, the answer is an answer or a declared error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast_service.database import Database
from forecast_service.local import shapes
from forecast_service.local.api import LocalForecast
from forecast_service.local.query import LocalForecastQuery
from forecast_service.settings import Settings

from .amazon import ARNS, Amazon, assert_conforms, legacy_request

DECLARED = {
    None,  # an answer, or what boto3 refuses before it sends
    "InvalidInputException",
    "InvalidNextTokenException",
    "LimitExceededException",
    "ResourceAlreadyExistsException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "ValidationException",
}
WORDS = """
item_id timestamp demand promo location sales chain weekly string float D W 15min RETAIL CUSTOM
zero nan value mean 0.5 0.9 holiday weather US CountryCode middlefill middlefill_value ACTIVE
Status IS aws:x s3://bucket/file 2015-08-01T00:00:00 filling
"""

ANYTHING = st.characters(exclude_categories=())  # halves of surrogate pairs included
text = st.one_of(
    st.sampled_from(WORDS.split()), st.sampled_from(ARNS), st.text(ANYTHING, max_size=5)
)
PLANES = (shapes.CONTROL, shapes.QUERY)
OPERATIONS = [(plane, name) for plane in PLANES for name in shapes.operations(plane)]


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape that botocore lets pass, most of them near to what is meant."""
    if shape.type_name == "structure":
        required = {name: values(shape.members[name], depth + 1) for name in shape.required_members}
        optional = {
            name: values(member, depth + 1)
            for name, member in shape.members.items()
            if name not in required and depth < 5
        }
        return st.fixed_dictionaries(required, optional=optional)
    if shape.type_name == "list":
        least = shape.metadata.get("min", 0)
        return st.lists(values(shape.member, depth + 1), min_size=least, max_size=3)
    if shape.type_name == "map":
        least = shape.metadata.get("min", 0)
        keys, entries = values(shape.key, depth + 1), values(shape.value, depth + 1)
        return st.dictionaries(keys, entries, min_size=least, max_size=3)
    return scalars(shape)


def scalars(shape: Any) -> st.SearchStrategy[Any]:
    if shape.metadata.get("enum"):
        return st.one_of(st.sampled_from(shape.metadata["enum"]), text)
    return {
        "string": st.one_of(text, st.sampled_from(ARNS)) if "Arn" in shape.name else text,
        "integer": st.integers(-2, 600),
        "long": st.integers(),
        "double": st.floats(allow_nan=False),
        "boolean": st.booleans(),
    }[shape.type_name]


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    """An Amazon Forecast in process that holds one resource of each kind."""
    home: Path = tmp_path_factory.mktemp("home")
    configured = Settings(home=home, processes=1)
    database = Database(configured.resolved_database_url)
    database.migrate()
    planes = LocalForecast(database, configured), LocalForecastQuery(database, configured)
    amazon = Amazon(*planes, database, configured)
    group = amazon.trainable_group()
    predictor = amazon.forecast.create_predictor(**legacy_request(group))["PredictorArn"]
    amazon.mark(predictor, "ACTIVE")
    amazon.make_forecast(predictor)
    yield amazon
    database.dispose()


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_parameters_get_an_answer_or_a_declared_error(
    populated: Amazon, data: st.DataObject
) -> None:
    plane, operation = data.draw(st.sampled_from(OPERATIONS))
    parameters = data.draw(values(shapes.input_shape(plane, operation)))
    client = populated.forecast if plane == shapes.CONTROL else populated.forecastquery

    try:
        answer = client.invoke(operation, parameters)
    except (ParamValidationError, ClientError) as error:
        code = getattr(error, "response", {"Error": {"Code": None}})["Error"]["Code"]
    else:
        del answer["ResponseMetadata"]
        assert_conforms(answer, shapes.output_shape(plane, operation))
        code = None
    assert code in DECLARED


@settings(max_examples=100, deadline=None)
@given(
    parameters=st.dictionaries(
        st.one_of(st.text(max_size=3), st.sampled_from(["DatasetName", "Schema", "Tags"])),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)
            ),
            max_leaves=4,
        ),
        max_size=3,
    )
)
def test_any_junk_is_refused(populated: Amazon, parameters: dict[str, Any]) -> None:
    with pytest.raises((ParamValidationError, ClientError)):
        populated.forecast.invoke("CreateDataset", parameters)
