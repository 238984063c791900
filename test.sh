#!/usr/bin/env bash
# Installs what the tests need and runs them all. See ./test.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

source .ci/require.sh

help() {
    cat <<'TEXT'
Usage: ./test.sh [argument of dotnet test]...

Builds the registry and runs all of its tests: unit, contract, API and end to end, against real processes and servers that the tests
start themselves on free loopback ports and in temporary folders. It needs the .NET 10 SDK; as root it installs with apt-get whatever
else is missing (curl, chromium, redis-server, etcd-server, nginx-light, mount, e2fsprogs), and leaves none of it running as a service.
Without root it prints the line that installs what is missing, and fails.

While they run, each test that took two seconds or more gets a line: how long the run has lasted, how many tests have ended, how long this
one took, and its name.

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

require "The tests need" curl:curl chromium:chromium redis-server:redis-server etcd:etcd-server nginx:nginx-light mount:mount \
    mkfs.ext4:e2fsprogs fsfreeze:util-linux

if ! command -v dotnet >/dev/null; then
    echo "The tests need the .NET 10 SDK, with dotnet on the path: https://dotnet.microsoft.com/download" >&2
    exit 1
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# A test that hangs is stopped, named and failed.
exec dotnet test Registry.sln -c Release --logger 'console;verbosity=minimal' \
    --blame-hang-timeout "$((240 + 4 * soak))s" --blame-hang-dump-type none "$@"
