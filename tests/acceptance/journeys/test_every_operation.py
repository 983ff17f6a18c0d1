"""Each of the 65 operations succeeds over the wire, with an answer in the shape of its model."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_service.local import shapes

from .notebook import Notebook
from .rides import rentals

pytestmark = pytest.mark.slow

HORIZON = 7
KEYS = {"item_id": "string", "timestamp": "timestamp"}
LAYOUT = {"TimestampFormat": "yyyy-MM-dd"}


class Walk:
    """One resource of every kind, made one after the other."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook, self.forecast = notebook, notebook.forecast
        self.arns: dict[str, str] = {}

    def make(self, kind: str, operation: str = "", **parameters: Any) -> str:
        """Create a resource, and wait for it; ``kind`` is its name in method names."""
        member = "".join(part.capitalize() for part in kind.split("_"))
        method = getattr(self.forecast, f"create_{operation or kind}")
        arn = str(
            method(**{f"{member}Name": f"walk_{operation or kind}"}, **parameters)[f"{member}Arn"]
        )
        describe = getattr(self.forecast, f"describe_{operation or kind}")
        self.notebook.wait(describe, **{f"{member}Arn": arn})
        self.arns[kind] = arn
        return arn

    def data(self) -> str:
        """Datasets and a group of them, with imported rows; the ARN of the group."""
        target, related = rentals()
        places = ((target, "target_value", "TARGET"), (related, "temperature", "RELATED"))
        datasets = []
        for rows, field, kind in places:
            fields = KEYS | {field: "float"}
            made = self.notebook.dataset(
                f"walk_{kind}", fields, f"{kind}_TIME_SERIES", DataFrequency="D"
            )
            datasets.append(made)
            path = self.notebook.upload(f"{kind}.csv", rows)
            self.arns["dataset_import_job"] = self.notebook.load(datasets[-1], "i", path, **LAYOUT)
        group = self.make("dataset_group", Domain="CUSTOM")
        self.forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=datasets)
        self.forecast.describe_dataset_import_job(
            DatasetImportJobArn=self.arns["dataset_import_job"]
        )
        self.arns["dataset"], self.arns["other_dataset"] = datasets
        return group

    def models(self, group: str) -> None:
        """A legacy predictor, an auto predictor, its forecast, and what is made of it."""
        place = self.notebook.place
        legacy = self.make(
            "predictor",
            AlgorithmArn="arn:aws:forecast:::algorithm/NPTS",
            ForecastHorizon=HORIZON,
            InputDataConfig={"DatasetGroupArn": group},
            FeaturizationConfig={"ForecastFrequency": "D"},
        )
        self.forecast.get_accuracy_metrics(PredictorArn=legacy)
        self.make("predictor_backtest_export_job", PredictorArn=legacy, Destination=place("tested"))
        self.arns["legacy"] = legacy
        auto = self.make(
            "predictor",
            "auto_predictor",
            ForecastHorizon=HORIZON,
            ForecastFrequency="D",
            DataConfig={"DatasetGroupArn": group},
        )
        self.make("monitor", ResourceArn=auto)
        made = self.make("forecast", PredictorArn=auto)
        self.make("forecast_export_job", ForecastArn=made, Destination=place("forecast"))
        self.notebook.query(made, item_id="bike_1")
        every = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}
        explained = self.make("explainability", ResourceArn=made, ExplainabilityConfig=every)
        destination = place("explained")
        self.make("explainability_export", ExplainabilityArn=explained, Destination=destination)

    def what_ifs(self) -> None:
        """A what-if analysis with a forecast, which is queried and exported."""
        analysis = self.make("what_if_analysis", ForecastArn=self.arns["forecast"])
        action = {"AttributeName": "temperature", "Operation": "ADD", "Value": 2.0}
        changes = [{"Action": action, "TimeSeriesConditions": []}]
        what_if = self.make(
            "what_if_forecast", WhatIfAnalysisArn=analysis, TimeSeriesTransformations=changes
        )
        self.notebook.forecastquery.query_what_if_forecast(
            WhatIfForecastArn=what_if, Filters={"item_id": "bike_1"}
        )
        destination = self.notebook.place("what_if")
        self.make("what_if_forecast_export", WhatIfForecastArns=[what_if], Destination=destination)

    def lists(self) -> None:
        """Every list that is not empty by now, the tags, and the states of a monitor."""
        for method in (name for name in dir(self.forecast) if name.startswith("list_")):
            if method == "list_tags_for_resource":
                continue
            monitor = {"MonitorArn": self.arns["monitor"]} if "evaluations" in method else {}
            (listed,) = (
                found
                for name, found in getattr(self.forecast, method)(**monitor).items()
                if name not in ("ResponseMetadata", "NextToken")
            )
            assert listed or monitor, method
        tagged = {"ResourceArn": self.arns["forecast"]}
        self.forecast.tag_resource(**tagged, Tags=[{"Key": "team", "Value": "bikes"}])
        listed = self.forecast.list_tags_for_resource(**tagged)["Tags"]
        assert listed == [{"Key": "team", "Value": "bikes"}]
        self.forecast.untag_resource(**tagged, TagKeys=["team"])
        self.forecast.stop_resource(ResourceArn=self.arns["monitor"])
        self.forecast.resume_resource(ResourceArn=self.arns["monitor"])

    def deletions(self) -> None:
        """Delete everything, children first; the rest with its tree."""
        self.notebook.wait(self.forecast.describe_monitor, MonitorArn=self.arns["monitor"])
        for kind in (
            *("what_if_forecast_export", "what_if_forecast", "what_if_analysis"),
            *("explainability_export", "explainability", "forecast_export_job", "forecast"),
            *("monitor", "predictor", "predictor_backtest_export_job", "dataset_import_job"),
        ):
            member = "".join(part.capitalize() for part in kind.split("_"))
            delete = getattr(self.forecast, f"delete_{kind}")
            self.notebook.wait_till_delete(delete, **{f"{member}Arn": self.arns[kind]})
        self.notebook.delete_trees(self.arns["legacy"], self.arns["dataset"])
        self.forecast.delete_dataset(DatasetArn=self.arns["other_dataset"])
        self.forecast.delete_dataset_group(DatasetGroupArn=self.arns["dataset_group"])


def test_every_operation_succeeds(notebook: Notebook) -> None:
    walk = Walk(notebook)
    walk.models(walk.data())
    walk.what_ifs()
    walk.lists()
    walk.deletions()

    operations = {*shapes.operations("forecast"), *shapes.operations("forecastquery")}
    assert (len(operations), operations - notebook.called) == (65, set())
