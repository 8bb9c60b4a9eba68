#!/bin/bash
# Builds the Dockerfile's image without a Docker engine or a registry, and runs it.
#
# Its two base images are made here: debian:12-slim by debootstrap, swift:6.3-bookworm from that and
# this machine's toolchain. Needs root, a Debian mirror, buildah, debootstrap; 10 GB in FOLDER.
#
#   deploy/try-image.sh [FOLDER]        default: /tmp/consent-bridge-image
set -euo pipefail

folder=${1:-/tmp/consent-bridge-image}
project=$(cd "$(dirname "$0")/.." && pwd)
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
image() { buildah --root "$folder/store" --runroot "$folder/run" "$@"; }
mkdir -p "$folder"

for tool in buildah debootstrap curl; do
    command -v "$tool" >/dev/null || apt-get install -y -qq "$tool"
done

echo "== debian:12-slim"
if ! image images | grep -q 'debian  *12-slim'; then
    rm -rf "$folder/root"
    debootstrap --variant=minbase bookworm "$folder/root" >"$folder/debootstrap.log"
    rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder"/root/var/lib/apt/lists/* \
        "$folder"/root/usr/share/{doc,man,info,locale}/*
    # What the official image has too: no packages kept, no documentation installed.
    echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";' >"$folder/root/etc/apt/apt.conf.d/docker-clean"
    printf 'path-exclude %s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' \
        >"$folder/root/etc/dpkg/dpkg.cfg.d/docker"
    container=$(image from scratch)
    image add -q "$container" "$folder/root" /
    image config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    image commit -q "$container" docker.io/library/debian:12-slim
    image rm "$container" >/dev/null
fi

echo "== swift:6.3-bookworm"
if ! image images | grep -q 'swift  *6.3-bookworm'; then
    container=$(image from --pull-never docker.io/library/debian:12-slim)
    image run "$container" -- apt-get update -qq
    image run "$container" -- env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends binutils ca-certificates git gnupg2 libc6-dev libedit2 libgcc-12-dev \
        libncurses6 libpython3-dev libstdc++-12-dev libxml2-dev libz3-dev pkg-config tzdata zlib1g-dev \
        >"$folder/apt.log" 2>&1
    image config --env "PATH=$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        "$container"
    image commit -q "$container" docker.io/library/swift:6.3-bookworm
    image rm "$container" >/dev/null
fi

echo "== the Dockerfile"
# A machine whose git takes packages from elsewhere says so in its system configuration.
volumes=(--volume "$toolchain:$toolchain:ro")
for path in /etc/gitconfig $(git config --system --get-regexp 'url\..*\.insteadof' 2>/dev/null \
    | sed -n 's/^url\.\(\/.*\)\.insteadof .*/\1/p' | sort -u); do
    [[ ! -e "$path" ]] || volumes+=(--volume "$path:$path:ro")
done
image bud --pull-never --format docker "${volumes[@]}" -t consent-bridge "$project"
image images

echo "== what it adds to debian:12-slim"
container=$(image from --pull-never localhost/consent-bridge)
base=$(image from --pull-never docker.io/library/debian:12-slim)
(du -sm "$(image mount "$container")" "$(image mount "$base")" | cut -f1 | paste -s) \
    | awk '{print "image", $1, "MB, of which debian:12-slim", $2, "MB"}'

echo "== running it"
cat >"$folder/consent-bridge.json5" <<'JSON5'
{
  server: { host: "0.0.0.0", port: 18080 },
  integrations: [{
    type_id: "actito",
    authentication: { private_api_key: "none" },
    properties: { entity_id: "acme", table_name: "Profiles", user_unique_key: "emailAddress" },
    mappings: [{ id: "Newsletter", value: "consents_channels_email_enabled" }],
    webhooks: { didomi: { secret_header: { name: "X-Webhook-Secret", values: ["try"] } },
                actito: { secret_header: { name: "X-Webhook-Secret", values: ["try"] } } },
  }],
}
JSON5
image copy -q "$container" "$folder/consent-bridge.json5" /etc/consent-bridge.json5
# buildah run does not take over the entry point.
image run --user bridge --workingdir /data "$container" -- \
    consent-bridge serve --config /etc/consent-bridge.json5 >"$folder/serve.log" 2>&1 &
runner=$!
for _ in $(seq 100); do
    curl -fs http://127.0.0.1:18080/health >/dev/null && break
    kill -0 "$runner" || { cat "$folder/serve.log"; exit 1; }
    sleep 0.1
done
curl -s -w ' %{http_code}\n' -H 'X-Webhook-Secret: try' -d '[]' http://127.0.0.1:18080/webhooks/actito
image run --user bridge "$container" -- \
    consent-bridge health --url http://127.0.0.1:18080
process=$(pgrep -f 'consent-bridge serve --config /etc/consent-bridge.json5' | tail -1)
echo "runs as uid $(awk '/^Uid:/ {print $2}' "/proc/$process/status")"
kill -TERM "$process"
wait "$runner" && echo "SIGTERM: exit 0"
cat "$folder/serve.log"
image rm "$container" "$base" >/dev/null
