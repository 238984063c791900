#!/usr/bin/env bash
# Installs what the tests need and runs them all. See ./test.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

source .ci/require.sh
source .ci/helm.sh

help() {
    cat <<'TEXT'
Usage: ./test.sh [argument of dotnet test]...

Builds the registry and runs all of its tests: unit, contract, storage, API and end to end. They start real processes and servers on free
loopback ports and in temporary folders. The .NET 10 SDK is required. As root, the script installs missing tools with apt-get (curl,
chromium-headless-shell, redis-server, etcd-server, nginx-light, mount, e2fsprogs, util-linux, skopeo, npm, unzip) and leaves none of
them running as a service. Without root, it prints the command that installs them and fails.

The versions of helm come from the npm registry, and stay in $XDG_CACHE_HOME/registry-tests (by default ~/.cache/registry-tests). If a
version cannot be installed, its tests are skipped.

The run prints a line for each test that takes two seconds or more: the time since the start of the run, the number of tests that have
ended, the duration of this test and its name.

Arguments are passed to dotnet test unchanged:
  ./test.sh --filter 'FullyQualifiedName~EndToEnd'    only the end-to-end tests
  ./test.sh --filter 'FullyQualifiedName!~EndToEnd'   all but those

Environment:
  REGISTRY_SOAK_SECONDS   the duration of each soak test in whole seconds, by default 5. With 5, the whole run takes about ten minutes
                          on two cores. Use 60 or more before a release.
  REGISTRY_FUZZ_SEED      the seed of the random requests, by default random. A failing test prints it, so that you can repeat the failure.

The exit code is 0 if every test that ran passed. A skipped test reports the reason.
TEXT
}

for argument; do
    if [[ $argument == --help || $argument == -h ]]; then
        help
        exit 0
    fi
done

soak=${REGISTRY_SOAK_SECONDS:-5}
if [[ ! $soak =~ ^[1-9][0-9]{0,5}$ ]]; then
    echo "REGISTRY_SOAK_SECONDS is '$soak'; expected a whole number of seconds above 0." >&2
    exit 2
fi

require "The tests need" curl:curl chromium-headless-shell:chromium-headless-shell redis-server:redis-server etcd:etcd-server \
    nginx:nginx-light mount:mount mkfs.ext4:e2fsprogs fsfreeze:util-linux skopeo:skopeo npm:npm unzip:unzip
install_helm

if ! command -v dotnet >/dev/null; then
    echo "The tests need the .NET 10 SDK, with dotnet on the path: https://dotnet.microsoft.com/download" >&2
    exit 1
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# A test that hangs is stopped, named and failed.
exec dotnet test Registry.sln -c Release --logger 'console;verbosity=minimal' \
    --blame-hang-timeout "$((240 + 4 * soak))s" --blame-hang-dump-type none "$@"
