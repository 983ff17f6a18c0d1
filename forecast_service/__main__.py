"""Run the command line: `python -m forecast_service` does the same as `forecast-service`."""

from forecast_service.cli import main

if __name__ == "__main__":
    main(prog_name="forecast-service")
