# One image with the whole service: web processes and a worker. The volume /data has the state.
#   docker build -t forecast-service . && docker run -p 127.0.0.1:5000:5000 -v forecast:/data forecast-service
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
WORKDIR /build
RUN python3 -m venv /opt/venv
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md requirements.in ./
COPY forecast_service forecast_service
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps . \
    && /opt/venv/bin/python -m compileall -q /opt/venv

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/venv /opt/venv
RUN install -d -o 10001 -g 10001 /data
# HOME and MPLCONFIGDIR are in /tmp: libraries write caches, and the root file system may be
# read-only.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    FORECAST_HOME=/data \
    FORECAST_HOST=0.0.0.0 \
    FORECAST_PORT=5000
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['FORECAST_PORT']}/healthz\", timeout=4)"]
CMD ["forecast-service", "serve"]
