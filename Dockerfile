# Two images from one file: `operator` (reconciles; no learning stack) and `runtime` (trains and serves).
# Builds with BuildKit and with the classic builder, so no RUN --mount and no here-documents.
ARG BASE=python:3.13-slim

FROM ${BASE} AS builder
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true \
    UV_PROJECT_ENVIRONMENT=/opt/venv PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --quiet uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock ./
COPY runtime/pyproject.toml runtime/pyproject.toml
COPY operator/pyproject.toml operator/pyproject.toml

# Third-party packages are in a separate layer below ours, which are in /opt/app: they change less often, and a change
# of our sources neither reinstalls nor transfers them.
FROM builder AS operator-packages
# The operator uses only the light parts of the runtime package, so dependencies of the other parts are left out.
COPY hack/image hack/image
RUN sh hack/image/packages make-mlops-easy-operator \
    jinja2 joblib markupsafe numpy orjson pandas pyarrow scikit-learn scipy shtab threadpoolctl

FROM builder AS runtime-packages
COPY hack/image hack/image
# lightgbm needs a system library that the base image does not have; xgboost bundles its own.
RUN sh hack/image/packages 'make-mlops-easy[xgboost]'

FROM operator-packages AS operator-app
COPY runtime runtime
COPY operator operator
RUN sh hack/image/app ./runtime ./operator

FROM runtime-packages AS runtime-app
COPY runtime runtime
RUN sh hack/image/app ./runtime

FROM ${BASE} AS final
# Numeric, so that the kubelet can verify runAsNonRoot.
USER 10001:10001
WORKDIR /tmp
ENV PATH=/opt/app/bin:/opt/venv/bin:$PATH PYTHONPATH=/opt/app HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ARG VERSION=0.5.0
LABEL org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.vendor="Make MLOps Easy"

FROM final AS operator
LABEL org.opencontainers.image.title=easy-mlops-operator \
      org.opencontainers.image.description="Reconciles ModelDeployment resources"
COPY --from=operator-packages /opt/venv /opt/venv
COPY --from=operator-app /opt/app /opt/app
ENTRYPOINT ["make-mlops-easy-operator"]

FROM final AS runtime
LABEL org.opencontainers.image.title=easy-mlops-runtime \
      org.opencontainers.image.description="Trains, verifies and serves models"
COPY --from=runtime-packages /opt/venv /opt/venv
COPY --from=runtime-app /opt/app /opt/app
ENTRYPOINT ["make-mlops-easy"]
