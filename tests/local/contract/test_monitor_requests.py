"""Monitors that are made together with their predictor, and refusals."""

from __future__ import annotations

from ..amazon import Amazon, legacy_request, refusal


def test_a_monitor_waits_for_its_predictor(amazon: Amazon) -> None:
    predictor = amazon.predictor(
        amazon.trainable_group(), status=None, MonitorConfig={"MonitorName": "watch"}
    )

    (monitor,) = amazon.forecast.list_monitors()["Monitors"]
    amazon.forecast.stop_resource(ResourceArn=predictor)
    described = amazon.forecast.describe_monitor(MonitorArn=monitor["MonitorArn"])

    assert (monitor["Status"], monitor["MonitorName"]) == ("CREATE_PENDING", "watch")
    assert monitor["ResourceArn"] == predictor
    assert described["Status"] == "CREATE_STOPPED"
    assert amazon.forecast.delete_monitor(MonitorArn=monitor["MonitorArn"]) == {}


def test_the_name_of_another_monitor_is_taken(amazon: Amazon) -> None:
    group = amazon.trainable_group()
    amazon.predictor(group, "one", MonitorConfig={"MonitorName": "watch"})

    code, _ = refusal(
        amazon.predictor, group=group, name="two", MonitorConfig={"MonitorName": "watch"}
    )

    assert code == "ResourceAlreadyExistsException"
    assert len(amazon.forecast.list_predictors()["Predictors"]) == 1


def test_a_legacy_predictor_cannot_be_monitored(amazon: Amazon) -> None:
    arn = amazon.forecast.create_predictor(**legacy_request(amazon.trainable_group()))[
        "PredictorArn"
    ]
    amazon.mark(arn, "ACTIVE")

    code, message = refusal(amazon.forecast.create_monitor, MonitorName="m", ResourceArn=arn)

    assert code == "InvalidInputException"
    assert "Only predictors of CreateAutoPredictor can be monitored" in message


def test_evaluations_have_no_other_filter(amazon: Amazon) -> None:
    predictor = amazon.predictor(amazon.trainable_group())
    monitor = amazon.forecast.create_monitor(MonitorName="m", ResourceArn=predictor)["MonitorArn"]

    error = refusal(
        amazon.forecast.list_monitor_evaluations,
        MonitorArn=monitor,
        Filters=[{"Key": "Status", "Value": "ACTIVE", "Condition": "IS"}],
    )

    assert error == (
        "InvalidInputException",
        "'Status' is not a filter key of ListMonitorEvaluations. Allowed are: EvaluationState.",
    )
