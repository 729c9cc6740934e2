# One image for the worker and the desk: `docker build -t smeflow .`, then see docs/scale.md and compose.yaml.
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /smeflow \
 && /smeflow/bin/pip install --no-cache-dir ".[ocr,einvoice,mailbox,report,charts,postgres,web]"

FROM python:3.12-slim
COPY --from=build /smeflow /smeflow
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin smeflow
USER smeflow
# The root is read-only: what is written goes to the workspace, a volume, and to /tmp, in memory.
ENV PATH=/smeflow/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
WORKDIR /work
STOPSIGNAL SIGTERM
ENTRYPOINT ["smeflow"]
CMD ["work"]
