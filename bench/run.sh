#!/usr/bin/env bash
# Measures the registry against nginx and a bare ASP.NET Core application. See bench/run.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source .ci/require.sh

# Servers are in sbin, which may not be on the PATH.
export PATH=$PATH:/usr/sbin:/sbin

if ! command -v dotnet >/dev/null; then
    echo "The benchmark needs the .NET 10 SDK, with dotnet on the path: https://dotnet.microsoft.com/download" >&2
    exit 1
fi

if [[ " $* " != *" --help "* && " $* " != *" -h "* ]]; then
    require "The benchmark needs" wrk:wrk nginx:nginx-light redis-server:redis-server etcd:etcd-server docker-registry:docker-registry
fi

dotnet build bench/Load -c Release -v quiet -nologo
exec dotnet bench/Load/bin/Release/net10.0/Registry.Bench.Load.dll \
    --commit "$(git describe --always --dirty 2>/dev/null || echo unknown)" "$@"
