# Sourced by the scripts that start servers of their own.

# Sees to it that commands are there: as root installs the packages that bring those that are missing, otherwise prints the line that does, and fails.
# $1: who needs them, as the messages begin. The others: command:package, the package being Debian's.
require() {
    local who=$1 need missing=()
    shift
    for need; do
        # Servers lie in sbin, which is not on everybody's path.
        PATH=$PATH:/usr/sbin:/sbin command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
    done

    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        echo "$who what is not installed here. As root, run:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi

    install "${missing[@]}"
}

# Debian starts and enables the servers that it installs. Ours are started where they are needed, so neither may happen here.
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
