"""``scripts/benchmark VERB``: runs the module of the verb."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from forecast_service.errors import ForecastServiceError

VERBS = {
    "accuracy": "WAPE, WQL, MASE and coverage of rolling forecasts of the past",
    "burst": "every store sends its sales at closing time: when are they served?",
    "exports": "time and memory of exports, for 1,115 and 100,000 series",
    "frequencies": "hourly and weekly accuracy of auto and each member, by seasonal naive",
    "memory": "peak memory of import, training and forecast, each in its own process",
    "retrain": "cost of a full training, compared with a training after one store's new day",
    "scale": "time and memory of training and forecast, for 100 to 100,000 synthetic series",
    "serving": "CPU, requests/s and latency of GET /forecast, compared with a bare resource",
    "soak": "memory of a web process while forecasts are replaced under mixed requests",
    "speed": "CPU of fit and forecast of our Prophet, compared with the prophet package",
}


def main() -> int:
    """Run the benchmark that the command line names; returns the exit status."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: waiting threads burn CPU
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description="Measure the service.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in VERBS}
    for name, summary in VERBS.items():
        modules[name].add_arguments(verbs.add_parser(name, help=summary, description=summary))
    arguments = parser.parse_args()
    try:
        status: int = modules[arguments.verb].run(arguments)
    except ForecastServiceError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
