#!/usr/bin/env bash
# Builds the two programs of Redoubt into artifacts/:
#
#   artifacts/redoubt-server   the data store
#   artifacts/redoubt          the operator's tool
#
# usage: ./build.sh [--force] [--quiet]
#
# Both run from any folder and through a symbolic link; they need the .NET 10 runtime, which the SDK brings along.
# Nothing is built when no source has changed since the last build; --force builds all the same. --quiet speaks only when it has work.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

needed_major=10
force=no quiet=no
for argument in "$@"; do
    case "$argument" in
        --force) force=yes ;;
        --quiet) quiet=yes ;;
        -h | --help) sed -n '2,10s/^# \{0,1\}//p' build.sh; exit 0 ;;
        *) echo "build.sh: unknown option '$argument' (there are --force and --quiet)" >&2; exit 2 ;;
    esac
done

# No banner, no figures sent home, no build nodes that stay. (The compiler does stay for some minutes: without that, every project pays for
# its start, and the whole takes several times as long.)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1

if ! command -v dotnet >/dev/null; then
    cat >&2 <<EOF
Redoubt needs the .NET $needed_major SDK, and there is no 'dotnet' on the PATH.
  Install it from https://dotnet.microsoft.com/download/dotnet/$needed_major.0 (or with your system's
  package manager, often under the name dotnet-sdk-$needed_major.0), open a new terminal and run this again.
EOF
    exit 3
fi
# Where global.json finds no SDK that is new enough, 'dotnet --version' fails: then list what there is instead.
if ! sdk=$(dotnet --version 2>/dev/null) || [ "${sdk%%.*}" -lt "$needed_major" ]; then
    cat >&2 <<EOF
Redoubt needs the .NET $needed_major SDK; 'dotnet' ($(command -v dotnet)) offers only:
$(dotnet --list-sdks 2>/dev/null | sed 's/^/    /' | grep . || echo "    no SDK at all (a runtime alone cannot build)")
  Install the newer one from https://dotnet.microsoft.com/download/dotnet/$needed_major.0; it lives beside the older ones.
EOF
    exit 3
fi

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) system=linux-x64 ;;
    Linux-aarch64 | Linux-arm64) system=linux-arm64 ;;
    Darwin-arm64) system=osx-arm64 ;;
    Darwin-x86_64) system=osx-x64 ;;
    *) echo "Redoubt builds on Linux and macOS, x64 and arm64; this is $(uname -s) on $(uname -m)." >&2; exit 3 ;;
esac
# musl has its own runtime packages.
if [ -e /etc/alpine-release ]; then system=${system/linux-/linux-musl-}; fi

hash_command() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
fingerprint() {
    {
        echo "$sdk $system"
        find src eng -name bin -prune -o -name obj -prune -o -type f -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum
        cksum Directory.Build.props Directory.Packages.props global.json BannedSymbols.txt .editorconfig build.sh
    } | hash_command | cut -d' ' -f1
}

before=$(fingerprint)
stamp=artifacts/.built-from
if [ $force = no ] && [ -x artifacts/redoubt-server ] && [ -x artifacts/redoubt ] && [ "$(cat $stamp 2>/dev/null)" = "$before" ]; then
    if [ $quiet = no ]; then echo "build: artifacts/ is up to date"; fi
    exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# One line per step: what, then how long it took. What the step said is shown only where it failed.
step() {
    local what=$1; shift
    local started=$SECONDS
    printf 'build: %-58s' "$what"
    if "$@" </dev/null >"$log" 2>&1; then
        printf '%4d s\n' $((SECONDS - started))
    else
        printf ' failed after %d s\n' $((SECONDS - started))
        return 1
    fi
}

publish() {
    dotnet publish "$1" -c Release -r "$system" --self-contained false -p:PublishReadyToRun="$ready_to_run" \
        --no-restore -o "$staging" -nologo -v:minimal
}
restore() {
    local project
    for project in src/server/Redoubt.Server src/operations/Redoubt.Cli; do
        dotnet restore "$project" -r "$system" -p:PublishReadyToRun="$ready_to_run" -nologo -v:minimal || return 1
    done
}

# A server that runs from artifacts/ has its files mapped: writing into them would end it. So the build goes to a folder of its own
# and each finished file is renamed over the old one, which the running server keeps.
staging=artifacts/.staging
mkdir -p artifacts
rm -rf $stamp $staging
# Code compiled ahead of time halves the time to the first reply. Its compiler is a package per system that an offline machine may
# lack; then the programs are built without, and are the same in everything but their start.
ready_to_run=true
if ! step "packages ($system)" restore; then
    ready_to_run=false
    if ! step "packages, without the ahead-of-time compiler" restore; then cat "$log"; exit 1; fi
    echo "build: note: the ahead-of-time compiler for $system could not be fetched; the programs will start more slowly."
    echo "build:       Run ./build.sh --force where packages can be restored to change that."
fi
step "redoubt-server (Release)" publish src/server/Redoubt.Server || { cat "$log"; exit 1; }
step "redoubt (Release)" publish src/operations/Redoubt.Cli || { cat "$log"; exit 1; }
for program in redoubt-server redoubt; do
    if [ ! -x $staging/$program ]; then echo "build: the build succeeded without leaving $program" >&2; exit 1; fi
done
mv -f $staging/* artifacts/
rmdir $staging
echo "$before" >$stamp
echo "build: done: artifacts/redoubt-server, artifacts/redoubt"
