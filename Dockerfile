# The image that every step runs in, and Dataflow's workers and the serving container: targets `cpu`
# and `gpu`. `make image` builds it, from a folder that holds the commit and a participant's files.

# A test holds both to the lock: the Python that it is for, and the version of Beam.
ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm
ARG BEAM_IMAGE=docker.io/apache/beam_python3.11_sdk:2.77.0

FROM scratch AS code
COPY . /app

FROM ${BEAM_IMAGE} AS beam

# What both targets share but for the packages.
FROM ${BASE_IMAGE} AS base
# The last four: where launchers without rights of their own put artifacts, and tuning its results.
RUN useradd --uid 1000 --home-dir /tmp --no-create-home pipelines \
    && mkdir -p -m 1777 /gcs /minio /s3 /var/hypertune
COPY --from=beam /opt/apache/beam /opt/apache/beam
WORKDIR /app
ENV PATH=/opt/packages/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 HOME=/tmp \
    RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1
USER 1000
# For Dataflow's workers; steps and the server have their own command. Dataflow names a folder that
# only root may write to, so that Beam gets another: the last of two options counts.
ENTRYPOINT ["sh", "-c", "exec /opt/apache/beam/boot \"$@\" --semi_persist_dir=/tmp", "boot"]

FROM ${BASE_IMAGE} AS cpu-packages
COPY requirements.txt /
RUN python3 -m venv /opt/packages \
    && /opt/packages/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM base AS cpu
COPY --from=cpu-packages /opt/packages /opt/packages
COPY --from=code /app /app

FROM ${BASE_IMAGE} AS gpu-packages
# `tensorflow` or `jax`
ARG KERAS_BACKEND=tensorflow
COPY requirements-gpu-${KERAS_BACKEND}.txt /requirements.txt
RUN python3 -m venv /opt/packages \
    && /opt/packages/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM base AS gpu
ARG KERAS_BACKEND=tensorflow
# Under JAX, TensorFlow only exports and evaluates: it must not take all of the GPU's memory.
ENV KERAS_BACKEND=${KERAS_BACKEND} TF_FORCE_GPU_ALLOW_GROWTH=true
COPY --from=gpu-packages /opt/packages /opt/packages
COPY --from=code /app /app
