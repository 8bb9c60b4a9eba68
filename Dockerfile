# The bridge as an image: build it with `docker build -t consent-bridge .`, then
#
#   docker run -p 8080:8080 -v consent-bridge:/data \
#       -v ./consent-bridge.json5:/etc/consent-bridge.json5:ro consent-bridge
#
# In the configuration, "server" needs "host": "0.0.0.0", so each webhook needs a credential.

FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN swift build -c release --static-swift-stdlib --product consent-bridge \
    && install -D -s "$(swift build -c release --show-bin-path)/consent-bridge" /out/consent-bridge

FROM debian:12-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libmicrohttpd12 libcurl4 libsqlite3-0 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin bridge \
    && install -d -o bridge -g bridge /data
COPY --from=build /out/consent-bridge /usr/local/bin/consent-bridge
USER bridge
# The default "sqlite:consent-bridge.db" is relative, so it lies on the volume.
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Readiness: the storage takes commits. A platform that is down is a warning, not ill health.
HEALTHCHECK --interval=10s --timeout=6s --start-period=5s CMD ["consent-bridge", "health"]
ENTRYPOINT ["consent-bridge"]
CMD ["serve", "--config", "/etc/consent-bridge.json5"]
