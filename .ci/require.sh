# Sourced by the scripts that start servers.

# Checks that commands exist. As root, installs the packages of the missing ones; otherwise prints the command that installs them, and fails.
# $1: the beginning of the error message, such as "The tests need". Other arguments: COMMAND:PACKAGE, with the name of the Debian package.
require() {
    local who=$1 need missing=()
    shift
    for need; do
        # Servers are in sbin, which may not be on the PATH.
        PATH=$PATH:/usr/sbin:/sbin command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
    done

    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        echo "$who packages that are not installed. As root, run:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi

    install "${missing[@]}"
}

# Debian packages start and enable their servers at installation. Prevent both: the scripts start the servers that they need.
install() {
    local policy=/usr/sbin/policy-rc.d ours=
    if [[ ! -e $policy ]]; then
        ours=yes
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
                docker-registry) systemctl disable --now --quiet docker-registry.service ;;
                nginx-light) systemctl disable --now --quiet nginx.service ;;
            esac
        done
    fi

    if [[ -n $ours ]]; then
        rm -f "$policy"
        trap - EXIT
    fi
}
