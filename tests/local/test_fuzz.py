"""Any request gets an answer or a declared error."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from forecast_service.local import shapes
from forecast_service.local.api import HANDLERS, LocalForecast
from forecast_service.local.query import HANDLERS as QUERY_HANDLERS
from forecast_service.local.query import LocalForecastQuery
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

from .amazon import ARNS, Amazon, assert_conforms, legacy_request

DECLARED = {
    None,  # an answer, or an error that boto3 raises before it sends
    "InvalidInputException",
    "InvalidNextTokenException",
    "LimitExceededException",
    "ResourceAlreadyExistsException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "ValidationException",
}
NAMES = (
    "item_id",
    "timestamp",
    "demand",
    "promo",
    "location",
    "sales",
    "chain",
    "holiday",
)
FITTING = {
    "Arn": ARNS,
    "Name": NAMES,
    "NextToken": ("AAAA",),
    "AttributeName": NAMES,
    "AttributeValue": ("1", "milk"),
    "Domain": ("RETAIL", "RETAIL", "CUSTOM"),
    "ForecastType": ("0.1", ".5", "0.9", "mean"),
    "Format": ("CSV", "PARQUET"),
    "Frequency": ("D", "D", "W", "15min", "60min"),
    "GeolocationFormat": ("LAT_LONG", "other"),
    "KMSKeyArn": ("arn:aws:kms:eu-west-1:000000000000:key/one",),
    "ParameterKey": ("middlefill", "backfill", "backfill_value", "aggregation", "other"),
    "ParameterValue": ("zero", "nan", "value", "2", "sum", "other"),
    "S3Path": ("s3://bucket/file.csv",),
    "String": ("DatasetArn", "Status", "PredictorArn"),
    "TagKey": ("team", "aws:team"),
    "TimeZone": ("Europe/Berlin",),
    "TimestampFormat": ("yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", "MM-dd"),
    "Value": ("US", "DE", "zero"),
}
"""Values within the limits of a shape, by its name."""

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=5)  # half surrogate pairs too
OPERATIONS = [
    (plane, name)
    for plane, handlers in ((shapes.CONTROL, HANDLERS), (shapes.QUERY, QUERY_HANDLERS))
    for name in handlers
]


def values(shape: Any, text: st.SearchStrategy[str] | None = None, depth: int = 0) -> Any:
    """Values of a shape that boto3 would send; strings fit the shape unless ``text`` is given."""
    deeper = partial(values, text=text, depth=depth + 1)
    least = shape.metadata.get("min", 0)
    if shape.type_name == "structure":
        required = {name: deeper(shape.members[name]) for name in shape.required_members}
        others = {n: deeper(m) for n, m in shape.members.items() if n not in required}
        return st.fixed_dictionaries(required, optional=others)
    if shape.type_name == "list":
        return st.lists(deeper(shape.member), min_size=least, max_size=3)
    if shape.type_name == "map":
        entries = deeper(shape.key), deeper(shape.value)
        return st.dictionaries(*entries, min_size=least, max_size=3)
    return text if text is not None and shape.type_name == "string" else scalars(shape)


def scalars(shape: Any) -> st.SearchStrategy[Any]:
    fitting = FITTING.get(shape.name) or shape.metadata.get("enum")
    if fitting:
        return st.sampled_from(fitting)
    return {
        "string": st.just("ACTIVE"),
        "integer": st.integers(-1, 30),
        "double": st.floats(allow_nan=False),
        "boolean": st.booleans(),
    }[shape.type_name]


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    """An Amazon Forecast in process with one resource of each kind."""
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


@pytest.mark.parametrize("text", [None, ANYTHING], ids=["fitting", "wild"])
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_parameters_get_an_answer_or_a_declared_error(
    populated: Amazon, text: st.SearchStrategy[str] | None, data: st.DataObject
) -> None:
    plane, operation = data.draw(st.sampled_from(OPERATIONS))
    parameters = data.draw(values(shapes.input_shape(plane, operation), text))
    client = populated.forecast if plane == shapes.CONTROL else populated.forecastquery

    try:
        answer = client.invoke(operation, parameters)
    except (ParamValidationError, ClientError) as error:
        code = getattr(error, "response", {"Error": {"Code": None}})["Error"]["Code"]
    else:
        del answer["ResponseMetadata"]
        assert_conforms(answer, shapes.output_shape(plane, operation))
        code = None

    event(f"{code}")
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
