# One image for the four services and for the command `sdz`; what runs in a container, compose says.
FROM python:3.13-slim AS build
WORKDIR /opt/sdz
COPY requirements/server.txt ./
# The environment has no pip of its own: nothing can be installed into the finished image.
# Wheels only, so that neither stage needs a compiler.
RUN python -m venv --without-pip venv \
 && python -m pip --python venv/bin/python install --no-cache-dir --disable-pip-version-check \
    --root-user-action=ignore --only-binary :all: --require-hashes -r server.txt
COPY chassis app/chassis
COPY services app/services
COPY sdz app/sdz
COPY migrations app/migrations
# Compiled here, since the root is read-only where it runs; readable by any user, whatever umask the checkout has.
RUN venv/bin/python -m compileall -q --invalidation-mode unchecked-hash app && chmod -R a+rX .

FROM python:3.13-slim
# A volume for documents takes the mode of this folder, so that whoever the container runs as may write.
RUN groupadd --gid 10001 sdz \
 && install --directory --mode 1777 /var/documents \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sdz
COPY --from=build /opt/sdz/venv /opt/sdz/venv
COPY --from=build /opt/sdz/app /opt/sdz/app
WORKDIR /opt/sdz/app
ENV PATH=/opt/sdz/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
ENTRYPOINT ["python", "-m"]
CMD ["sdz", "--help"]
