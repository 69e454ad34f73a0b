# Both stages stand on the same Python: what the first installs, the second finds.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /build
COPY requirements.txt .
# Wheels only, each of a pinned hash. pip itself stays outside.
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: -r requirements.txt
# What the bot never loads: tests, sources in C, libraries for Windows, zstandard for PyPy, and
# Pillow's AVIF, colour profiles and fonts with their libraries, and Babel's knowledge of languages
# that the bot does not speak. A start that did need one of them
# fails below, while the image is built.
RUN find /opt/venv/lib -depth \
        \( -type d \( -name tests -o -path '*/sqlalchemy/testing' \) -exec rm -rf {} \; \) \
        -o \( -type f \( -name '*.dll' -o -name '*.[ch]' -o -name '*.py[xi]' -o -name '*.px[di]' \
            -o -path '*/zstandard/_cffi*' \
            -o -path '*/PIL/_avif*' -o -path '*/PIL/_imagingcms*' -o -path '*/PIL/_imagingft*' \
            -o -path '*/pillow.libs/libavif*' -o -path '*/pillow.libs/liblcms2*' \
            -o -path '*/pillow.libs/libharfbuzz*' -o -path '*/pillow.libs/libfreetype*' \
            -o -path '*/pillow.libs/libpng*' -o -path '*/pillow.libs/libbrotli*' \
            -o -path '*/babel/locale-data/*' ! -name root.dat ! -name en.dat ! -name de.dat \
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
# Nothing here can be written once it runs, so what a start loads is compiled now, which halves what
# each health check costs. Pillow is asked whether it can still read what the vendor sends.
# Where files wait that were not fetched yet, when the store is a PostgreSQL: ./data.
RUN ln -s /data data \
    && python -c 'from importlib import import_module; from PIL import Image, features; \
        from bot import app, client; \
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
