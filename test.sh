#!/usr/bin/env bash
# Installs what the tests need and runs them all. See ./test.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# A command that the tests start, and the Debian package that brings it.
needs=(
    curl:curl
    chromium:chromium
    redis-server:redis-server
    etcd:etcd-server
    mount:mount
)

help() {
    cat <<'TEXT'
Usage: ./test.sh [argument of dotnet test]...

Builds the registry and runs all of its tests: unit, contract, API and end to end, against real processes and servers that the tests
start themselves on free loopback ports and in temporary folders. It needs the .NET 10 SDK; as root it installs with apt-get whatever
else is missing (curl, chromium, redis-server, etcd-server, mount), and leaves none of it running as a service. Without root it prints
the line that installs what is missing, and fails.

Arguments go to dotnet test as they are:
  ./test.sh --filter 'FullyQualifiedName~EndToEnd'    only the end-to-end tests
  ./test.sh --filter 'FullyQualifiedName!~EndToEnd'   all but those

Environment:
  REGISTRY_SOAK_SECONDS   how long each soak lasts: whole seconds, 10 unless set. With 10 the whole takes less than ten minutes on two
                          cores; 60 and more is for before a release.
  REGISTRY_FUZZ_SEED      the seed of the random requests, to repeat a failure with: the failing test prints it. Random unless set.

Exit code 0 when every test that ran has passed; tests that are skipped say why.
TEXT
}

# Debian starts and enables the servers that it installs. The tests start their own, so neither may happen here.
install() {
    local policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap "rm -f $policy" EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi

    echo "Installing: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" </dev/null
    if [[ -d /run/systemd/system ]]; then
        local package
        for package; do
            case $package in
                redis-server) systemctl disable --now --quiet redis-server.service ;;
                etcd-server) systemctl disable --now --quiet etcd.service ;;
            esac
        done
    fi

    if [[ -n $(trap -p EXIT) ]]; then
        rm -f "$policy"
        trap - EXIT
    fi
}

for argument; do
    if [[ $argument == --help || $argument == -h ]]; then
        help
        exit 0
    fi
done

soak=${REGISTRY_SOAK_SECONDS:-10}
if [[ ! $soak =~ ^[1-9][0-9]{0,5}$ ]]; then
    echo "REGISTRY_SOAK_SECONDS is '$soak'; whole seconds above 0 are expected." >&2
    exit 2
fi

missing=()
for need in "${needs[@]}"; do
    # Servers lie in sbin, which is not on everybody's path.
    PATH=$PATH:/usr/sbin:/sbin command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done

if ((${#missing[@]})); then
    if ((EUID != 0)); then
        echo "The tests need what is not installed here. As root, run:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi

    install "${missing[@]}"
fi

if ! command -v dotnet >/dev/null; then
    echo "The tests need the .NET 10 SDK, with dotnet on the path: https://dotnet.microsoft.com/download" >&2
    exit 1
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# A test that hangs is stopped, named and failed.
exec dotnet test Registry.sln -c Release --logger 'console;verbosity=minimal' \
    --blame-hang-timeout "$((240 + 4 * soak))s" --blame-hang-dump-type none "$@"
