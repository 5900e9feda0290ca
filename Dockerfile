# One image for every process of Pushrail: `server`, `worker`, `check` and the rest are arguments of its entry point.
FROM python:3.11-slim

# git and ssh are what `pull` speaks with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends git openssh-client \
    && rm -rf /var/lib/apt/lists/*

RUN groupadd --gid 10001 pushrail \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/pushrail --shell /usr/sbin/nologin pushrail \
    && install -d -m 0700 -o 10001 -g 10001 /var/lib/pushrail \
    && install -d /etc/pushrail

# Dependencies before code: a change of code moves only the last layer.
WORKDIR /opt/pushrail
COPY pyproject.toml .
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > dependencies.txt \
    && pip install --no-cache-dir --requirement dependencies.txt

COPY LICENSE README.md ./
COPY pipeline/ pipeline/
COPY hook_server/ hook_server/
COPY worker/ worker/
COPY cli/ cli/
RUN pip install --no-cache-dir --no-deps .

ENV PUSHRAIL_CONFIG=/etc/pushrail/pipeline.yaml \
    PUSHRAIL_DATA_DIR=/var/lib/pushrail \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /var/lib/pushrail
USER 10001:10001
VOLUME /var/lib/pushrail
EXPOSE 8080
ENTRYPOINT ["pushrail"]
CMD ["--help"]
