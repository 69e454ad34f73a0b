# Both stages use the same Python, because the second runs what the first installs.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# requirements-c2pa.txt: with what signs pictures.
ARG REQUIREMENTS=requirements.txt
WORKDIR /build
COPY ${REQUIREMENTS} .
# Wheels only, each with a pinned hash. The virtual environment has no pip.
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: -r ${REQUIREMENTS}
# Remove files that the bot never loads: tests, C sources, static libraries, libraries for Windows,
# zstandard for PyPy, and Pillow's AVIF, colour profiles and fonts with their libraries. The import below fails the
# build if one of them is needed.
RUN find /opt/venv/lib -depth \
        \( -type d \( -name tests -o -path '*/sqlalchemy/testing' \) -exec rm -rf {} \; \) \
        -o \( -type f \( -name '*.dll' -o -name '*.rlib' -o -name '*.[ch]' -o -name '*.py[xi]' -o -name '*.px[di]' \
            -o -path '*/zstandard/_cffi*' \
            -o -path '*/PIL/_avif*' -o -path '*/PIL/_imagingcms*' -o -path '*/PIL/_imagingft*' \
            -o -path '*/pillow.libs/libavif*' -o -path '*/pillow.libs/liblcms2*' \
            -o -path '*/pillow.libs/libharfbuzz*' -o -path '*/pillow.libs/libfreetype*' \
            -o -path '*/pillow.libs/libpng*' -o -path '*/pillow.libs/libbrotli*' \
        \) -delete \)

FROM ${BASE}
RUN groupadd --system --gid 10001 imagine \
    && useradd --system --no-log-init --uid 10001 --gid 10001 --home-dir /data \
        --shell /usr/sbin/nologin imagine \
    && install -d -o imagine -g imagine /data
ENV PATH=/opt/venv/bin:$PATH
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY bot bot
COPY cogs cogs
# The root is read-only at run time, so this import compiles every module now: it halves the cost of
# a health check. Pillow must still read the vendor's formats. With PostgreSQL, pictures
# under way are files in ./data, which is the volume.
RUN ln -s /data data \
    && python -c 'from importlib import import_module; from PIL import Image, features; \
        import asyncpg, obstore.store, sqlalchemy.ext.asyncio; \
        from bot import app, client; from bot.files import bucket; from bot.pixazo import shrinking; \
        [import_module(name) for name in client.COGS]; \
        Image.init(); assert all(map(features.check, ("jpg", "webp", "zlib")))'
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/imagine.db \
    WEB_HOST=0.0.0.0
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
