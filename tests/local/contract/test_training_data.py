"""The data that a dataset group needs before a training."""

from __future__ import annotations

from ..amazon import Amazon, auto_request, refusal

RELATED = "RELATED_TIME_SERIES"


def test_a_group_without_data_cannot_be_trained(amazon: Amazon) -> None:
    group = amazon.group(amazon.dataset("empty"))

    error = refusal(amazon.forecast.create_auto_predictor, **auto_request(group))

    dataset = "arn:aws:forecast:eu-west-1:000000000000:dataset/empty"
    assert error == (
        "InvalidInputException",
        f"The dataset '{dataset}' has no data. Import some with CreateDatasetImportJob, or take it "
        "out of the dataset group.",
    )


def test_a_group_is_in_use_during_its_first_import(amazon: Amazon) -> None:
    dataset = amazon.dataset()
    amazon.import_job(dataset, status="CREATE_IN_PROGRESS")

    error = refusal(amazon.forecast.create_auto_predictor, **auto_request(amazon.group(dataset)))

    assert error == (
        "ResourceInUseException",
        f"The dataset '{dataset}' is being imported for the first time. Wait until its import job "
        "is "
        "ACTIVE.",
    )


def test_a_group_without_a_target_cannot_be_trained(amazon: Amazon) -> None:
    group = amazon.group()

    error = refusal(amazon.forecast.create_auto_predictor, **auto_request(group))

    assert error == (
        "InvalidInputException",
        f"The dataset group '{group}' has no TARGET_TIME_SERIES dataset. Add one with "
        "UpdateDatasetGroup.",
    )


def related_group(amazon: Amazon, frequency: str = "D", **fields: str) -> str:
    """A group with both time series; the related one has this frequency and more fields."""
    sales, promotions = amazon.dataset(location="string"), amazon.dataset("p", RELATED, **fields)
    for dataset in (sales, promotions):
        amazon.import_job(dataset)
    if frequency != "D":
        described = amazon.forecast.describe_dataset(DatasetArn=promotions)
        request = {name: described[name] for name in ("Domain", "DatasetType", "Schema")}
        amazon.mark(promotions, "ACTIVE", request={**request, "DataFrequency": frequency})
    return amazon.group(sales, promotions)


def test_text_in_a_related_time_series_must_be_a_dimension(amazon: Amazon) -> None:
    group = related_group(amazon, weather="string")

    error = refusal(amazon.forecast.create_auto_predictor, **auto_request(group))

    assert error == (
        "InvalidInputException",
        "The attribute(s) [weather] present in the RELATED_TIME_SERIES schema should be of numeric "
        "type such as `integer` or `float`, or be added as a forecast dimension",
    )


def test_a_related_time_series_is_never_aggregated(amazon: Amazon) -> None:
    group = related_group(amazon, "H")

    error = refusal(amazon.forecast.create_auto_predictor, **auto_request(group))

    assert error == (
        "InvalidInputException",
        "ForecastFrequency 'D' differs from 'H', the frequency of the RELATED_TIME_SERIES dataset, "
        "which is never aggregated. Use 'H', or take that dataset out of the dataset group.",
    )


def test_features_of_a_related_time_series_can_be_filled(amazon: Amazon) -> None:
    group = related_group(amazon, location="string")
    promo = {"AttributeName": "promo", "Transformations": {"futurefill": "mean"}}
    data = {"DatasetGroupArn": group, "AttributeConfigs": [promo]}

    arn = amazon.predictor(group, DataConfig=data, ForecastDimensions=["location"])

    assert amazon.forecast.describe_auto_predictor(PredictorArn=arn)["DataConfig"] == data
