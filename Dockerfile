# The app of ferfusion on the processor: docker compose up, or
#   docker build -t ferfusion . && docker run --read-only --tmpfs /tmp -v ferfusion:/data -e FERFUSION_APP_TOKEN=… -p 127.0.0.1:8000:8000 ferfusion
FROM python:3.12-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib XDG_CACHE_HOME=/data/cache
WORKDIR /src
# torch's CPU build first: the package index may have a build with several GB of CUDA libraries
COPY constraints.txt ./
RUN pip install -c constraints.txt torch --index-url https://download.pytorch.org/whl/cpu
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip install -c constraints.txt ".[app,onnx]" && rm -rf /src/*

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ferfusion \
    && mkdir /data /videos && chown ferfusion /data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
# FERFUSION_APP_TOKEN must be set; only files below /videos can be opened by path
CMD ["ferfusion", "app", "/videos", "--host", "0.0.0.0", "--port", "8000", "--data", "/data/app", "--no-browser"]
