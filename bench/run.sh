#!/usr/bin/env bash
# Measures the registry against nginx and a bare ASP.NET Core application. See bench/run.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A command that the benchmark starts, and the Debian package that brings it.
needs=(
    wrk:wrk
    nginx:nginx-light
    redis-server:redis-server
    etcd:etcd-server
)

# Servers lie in sbin, which is not on everybody's path.
export PATH=$PATH:/usr/sbin:/sbin

# Debian starts and enables the servers that it installs. The benchmark starts its own, so neither may happen here.
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
        local service
        for service in nginx redis-server etcd; do
            [[ " $* " != *" $service"* ]] || systemctl disable --now --quiet "$service.service"
        done
    fi

    if [[ -n $(trap -p EXIT) ]]; then
        rm -f "$policy"
        trap - EXIT
    fi
}

if ! command -v dotnet >/dev/null; then
    echo "The benchmark needs the .NET 10 SDK, with dotnet on the path: https://dotnet.microsoft.com/download" >&2
    exit 1
fi

missing=()
for need in "${needs[@]}"; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done

if ((${#missing[@]})) && [[ " $* " != *" --help "* && " $* " != *" -h "* ]]; then
    if ((EUID != 0)); then
        echo "The benchmark needs what is not installed here. As root, run:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi

    install "${missing[@]}"
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
dotnet build bench/Load -c Release -v quiet -nologo
exec dotnet bench/Load/bin/Release/net10.0/Registry.Bench.Load.dll \
    --commit "$(git describe --always --dirty 2>/dev/null || echo unknown)" "$@"
