# Every image of Credence, one target each: predictor (also the storage initializer), explainer, platform.
#   docker build --target predictor --tag credence/predictor .
# How they are built, checked and pinned: docs/images.md.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
# Not carried: large libraries' own tests and headers, Arrow's Flight, and the ONNX Runtime for programs in C. By name,
# because there are packages that import what they call tests.
ARG PRUNE="cd /venv/lib/python3.11/site-packages \
&& find . -regextype egrep -type d -regex './(matplotlib|numpy|pandas|pyarrow|scipy|sklearn|statsmodels)(/.*)?/tests' -prune -exec rm -r {} + \
&& rm -rf pyarrow/include pyarrow/*flight* onnxruntime/capi/libonnxruntime.so.*"

FROM ${BASE} AS base
# LightGBM's wheel leaves OpenMP's library to the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*

# The locked packages of a component, in layers that a change of source leaves alone; pip stays in these stages.
FROM base AS environment
RUN python -m venv --without-pip /venv
# --no-deps: a lock is complete, and the explainer's goes past bounds that Alibi states and does not need.
# unchecked-hash: the file system is read-only and its times are not ours, so nothing is to be compared at a start.
ENV PIP="python -m pip --python /venv/bin/python install --disable-pip-version-check --root-user-action ignore \
--cache-dir /var/cache/pip --no-compile --no-deps" \
    COMPILE="/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash"

FROM environment AS predictor-packages
COPY requirements-predictor.lock .
RUN --mount=type=cache,target=/var/cache/pip $PIP --require-hashes --requirement requirements-predictor.lock && $COMPILE /venv
ARG PRUNE
RUN eval "$PRUNE"

FROM environment AS explainer-packages
COPY requirements-explainer.lock .
RUN --mount=type=cache,target=/var/cache/pip $PIP --require-hashes --requirement requirements-explainer.lock && $COMPILE /venv
ARG PRUNE
RUN eval "$PRUNE"

FROM environment AS platform-packages
COPY requirements-platform.lock .
RUN --mount=type=cache,target=/var/cache/pip $PIP --require-hashes --requirement requirements-platform.lock && $COMPILE /venv
ARG PRUNE
RUN eval "$PRUNE"

# What serves: this package and the bundle's format, which is all of training that it imports.
FROM environment AS serving-source
COPY training/__init__.py /app/training/
COPY training/bundle /app/training/bundle
COPY serving /app/serving
RUN $COMPILE /app

# All packages, with the credence command and the version that it tells.
FROM environment AS platform-source
COPY requirements-build.lock .
RUN --mount=type=cache,target=/var/cache/pip $PIP --require-hashes --requirement requirements-build.lock
COPY pyproject.toml README.md LICENSE /source/
COPY training /source/training
COPY serving /source/serving
COPY monitoring /source/monitoring
COPY flows /source/flows
RUN $PIP --no-build-isolation --target /app /source && $COMPILE /app

# What the images share. HOME is the one place that is written to: mount something writable on /tmp.
FROM base AS image
RUN rm -rf /usr/local/lib/python3.11/site-packages/* /usr/local/bin/pip* \
    && groupadd --gid 10001 credence \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin credence
ENV PATH=/venv/bin:/app/bin:$PATH PYTHONPATH=/app HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001:10001
ARG VERSION=0.1.0 REVISION=unknown
LABEL org.opencontainers.image.vendor="Credence" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/credence-platform/credence" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM image AS predictor
LABEL org.opencontainers.image.title="credence-predictor" \
      org.opencontainers.image.description="Answers loan applications over the Open Inference Protocol; fetches what it serves"
COPY --from=predictor-packages /venv /venv
COPY --from=serving-source /app /app
EXPOSE 8080
CMD ["python", "-m", "serving.predictor"]

FROM image AS explainer
LABEL org.opencontainers.image.title="credence-explainer" \
      org.opencontainers.image.description="Gives reasons, anchors and counterfactuals for a decision"
COPY --from=explainer-packages /venv /venv
COPY --from=serving-source /app /app
EXPOSE 8080
CMD ["python", "-m", "serving.explainer"]

FROM image AS platform
LABEL org.opencontainers.image.title="credence-platform" \
      org.opencontainers.image.description="Training, flows and monitoring, with MLflow and Prefect"
COPY --from=platform-packages /venv /venv
COPY --from=platform-source /app /app
CMD ["credence", "--help"]
