#!/usr/bin/env bash
# Installs what the tests need beside the .NET SDK: a real redis-server, the judge of everything Redoubt answers, with its tools,
# its Sentinel, Python's client, a BIND and a HAProxy; and node with two of its clients, these into artifacts/node-clients. Does nothing where all of it is there.
#
# On Debian and Ubuntu, as root or where sudo allows it, the packages are installed and none of their services is started.
# Elsewhere it says what to install and ends with code 1.
set -euo pipefail

missing=()
need() { # need PACKAGE COMMAND...
    local package=$1; shift
    "$@" >/dev/null 2>&1 </dev/null || missing+=("$package")
}
need redis-server command -v redis-server
need redis-tools command -v redis-cli
case " ${missing[*]-} " in *" redis-tools "*) ;; *)
    need redis-tools command -v redis-benchmark ;;
esac
need redis-sentinel command -v redis-sentinel
need bind9 test -x /usr/sbin/named
need bind9-dnsutils command -v nsupdate
need haproxy test -x /usr/sbin/haproxy -o -x /usr/local/sbin/haproxy
# A python3 that was installed by hand often comes first on the PATH and does not see the packages of the system's own.
python_has_redis() { python3 -c 'import redis' || /usr/bin/python3 -c 'import redis'; }
need python3-redis python_has_redis
need nodejs command -v node
need npm command -v npm

# The tests of node's clients are left out where these cannot be had; nothing else needs them.
clients=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../artifacts/node-clients
install_node_clients() {
    local wanted=${clients%/artifacts/*}/tests/Interop/Tools/Node/package.json
    if [ -d "$clients/node_modules/ioredis" ] && cmp -s "$wanted" "$clients/package.json"; then return; fi
    mkdir -p "$clients" && cp "$wanted" "$clients/"
    timeout 180 npm install --prefix "$clients" --no-package-lock --no-audit --no-fund --silent </dev/null >/dev/null 2>&1 ||
        echo "test: npm could not install ioredis and redis; their tests are left out"
}
if [ ${#missing[@]} -eq 0 ]; then install_node_clients; exit 0; fi

say_how() {
    cat >&2 <<EOF
The tests compare Redoubt with a real Redis 7; missing here: ${missing[*]}
$1
  Debian, Ubuntu:  apt-get install redis-server redis-tools redis-sentinel python3-redis bind9 bind9-dnsutils haproxy nodejs npm
  macOS:           brew install redis bind haproxy node && python3 -m pip install redis
  Fedora:          dnf install redis python3-redis bind bind-utils haproxy nodejs npm
No running service is needed: the tests start their own servers, on free ports of the loopback address.
EOF
    exit 1
}

command -v apt-get >/dev/null || say_how "Please install:"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then say_how "Installing needs root, and there is no sudo. Please have installed:"; fi
    # A password may be asked for only where somebody sits to type it.
    if sudo -n true 2>/dev/null; then as_root=(sudo -n)
    elif [ -t 0 ] && [ -z "${CI-}" ]; then echo "test: installing ${missing[*]} (sudo may ask for your password)"; as_root=(sudo)
    else say_how "Installing needs root. Please have installed:"; fi
fi

printf 'test: installing %s\n' "${missing[*]}"
log=$(mktemp)
# The packages start a redis-server on port 6379 and a Sentinel, unless this file forbids it, which is Debian's own way to say so.
policy=/usr/sbin/policy-rc.d made_policy=no
cleanup() {
    rm -f "$log"
    if [ $made_policy = yes ]; then ${as_root[@]+"${as_root[@]}"} rm -f $policy; fi
}
trap cleanup EXIT
if [ ! -e $policy ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' | ${as_root[@]+"${as_root[@]}"} tee $policy >/dev/null
    ${as_root[@]+"${as_root[@]}"} chmod 755 $policy
fi
apt() { ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1; }
# The lists may be empty, as in most container images, or so old that what they name is gone: then fetch them and try again.
if ! apt install -y --no-install-recommends "${missing[@]}"; then
    apt update || true
    if ! apt install -y --no-install-recommends "${missing[@]}"; then
        cat "$log" >&2
        say_how "apt-get could not install them (its words are above). Please install:"
    fi
fi
install_node_clients
