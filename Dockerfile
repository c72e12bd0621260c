# Two stages: what builds is not in what runs. Pin the base by its digest where you build it.
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir "build>=1.2,<2" && python -m build --wheel --outdir /dist \
    && python -m venv /opt/venue-conformance \
    && /opt/venue-conformance/bin/pip install --no-cache-dir --compile /dist/*.whl

FROM python:3.11-slim
COPY --from=build /opt/venue-conformance /opt/venue-conformance
ENV PATH=/opt/venue-conformance/bin:$PATH
# A number, so that an orchestrator can see that it is not root. It writes only where its user mounts a folder.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["venue-conformance"]
CMD ["--help"]
