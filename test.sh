#!/usr/bin/env bash
# Builds Redoubt and runs its tests.
#
# usage: ./test.sh [Project ...]      for example: ./test.sh Redoubt.Resp.Tests Tidy
#
# Without arguments every project under tests/ runs. The last line is "N passed, N failed" (and ", N skipped" where any was), summed
# from the result files the test hosts write. The exit code is 0 only if a test ran and none failed, no host crashed or hung.
#
#   REDOUBT_SERVER            the server under test; artifacts/redoubt-server unless set
#   REDOUBT_SERVER_OPTIONS    directives for it, such as "--io portable"
#   REDOUBT_PYTHON            the python3 that has the redis package; found unless set
#   REDOUBT_TEST_TIMEOUT_S    seconds a single project may take (600)
#   REDOUBT_TEST_BUDGET_S     seconds the whole run may take (1380)
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" || exit 2
case "${1-}" in -h | --help) sed -n '2,13s/^# \{0,1\}//p' test.sh; exit 0 ;; esac

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1
timeout_s=${REDOUBT_TEST_TIMEOUT_S:-600}
deadline=$((SECONDS + ${REDOUBT_TEST_BUDGET_S:-1380}))
passed=0 failed=0 skipped=0

# Every way out ends with the line that says how it went.
finish() {
    local line="$passed passed, $failed failed"
    if [ "$skipped" -gt 0 ]; then line="$line, $skipped skipped"; fi
    echo "$line"
    if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then exit 1; fi
    exit 0
}

all=()
for file in tests/*/*.csproj; do
    # A library that tests share has none of its own.
    if grep -q '<IsTestProject>false' "$file"; then continue; fi
    all+=("$(basename "$file" .csproj)")
done
chosen=()
if [ $# -eq 0 ]; then
    chosen=("${all[@]}")
else
    for name in "$@"; do
        name=$(basename "$name")
        if [ ! -e "tests/$name/$name.csproj" ]; then
            echo "test: there is no tests/$name; there are: ${all[*]}" >&2
            finish
        fi
        chosen+=("$name")
    done
fi

# A run of everything needs the real Redis. Whoever names projects may have chosen some that do not.
if ! bash eng/prerequisites.sh; then
    if [ $# -eq 0 ]; then finish; fi
    echo "test: going on without; tests that start a real Redis will fail"
fi

./build.sh || finish
export REDOUBT_SERVER=${REDOUBT_SERVER:-$PWD/artifacts/redoubt-server}
if [ -z "${REDOUBT_PYTHON-}" ]; then
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import redis' >/dev/null 2>&1; then export REDOUBT_PYTHON=$candidate; break; fi
    done
fi

results=artifacts/test-results
rm -rf $results
mkdir -p $results

# The tests run against Release code: it is what ships, and its objects are shared with the build above.
started=$SECONDS
printf 'build: %-58s' 'tests (Release)'
targets=(Redoubt.slnx)
if [ $# -gt 0 ]; then targets=(); for name in "${chosen[@]}"; do targets+=("tests/$name"); done; fi
for target in "${targets[@]}"; do
    if ! dotnet build "$target" -c Release -nologo -v:quiet -clp:NoSummary </dev/null >$results/build.log 2>&1; then
        printf ' failed after %d s\n' $((SECONDS - started))
        cat $results/build.log
        finish
    fi
done
printf '%4d s\n' $((SECONDS - started))

# Prints the value of one attribute of the <assembly> element of a result file.
attribute() { sed -n 's/.*<assembly [^>]*[ ]'"$2"'="\([0-9.]*\)".*/\1/p' "$1" | head -n 1; }

# One host after the other: each already uses every core for its own test classes, and what they time or connect to is not disturbed.
run() {
    local name=$1 report=$results/$1.xml output=$results/$1.log limit=$timeout_s code=0 began=$SECONDS
    if [ $limit -gt $((deadline - SECONDS)) ]; then limit=$((deadline - SECONDS)); fi
    if [ $limit -lt 1 ]; then
        failed=$((failed + 1))
        printf 'test:  %-32s not run: the %s seconds for the whole run are over\n' "$name" "${REDOUBT_TEST_BUDGET_S:-1380}"
        return
    fi
    # 'timeout' leads a process group of its own, so that a host that hangs takes the servers it started along.
    local guard=()
    if command -v timeout >/dev/null; then guard=(timeout -k 10 "$limit"); fi
    ${guard[@]+"${guard[@]}"} "tests/$name/bin/Release/net10.0/$name" -xml "$report" -noColor -noLogo -longRunning 60 </dev/null >"$output" 2>&1 || code=$?

    local total=''
    if [ -s "$report" ]; then total=$(attribute "$report" total); fi
    if [ -z "$total" ]; then
        failed=$((failed + 1))
        local why="the test host died, exit code $code"
        if [ $code -eq 124 ] || [ $code -eq 137 ]; then why="the test host was stopped after $limit s"; fi
        printf 'test:  %-32s CRASHED: %s\n' "$name" "$why"
        sed 's/^/    /' "$output"
        return
    fi
    local good bad skip
    good=$(attribute "$report" passed) skip=$(attribute "$report" skipped)
    bad=$(($(attribute "$report" failed) + $(attribute "$report" errors)))
    # A host that reports no failure but does not end well (a crash on the way out, say) is one failure.
    if [ $code -ne 0 ] && [ $bad -eq 0 ]; then bad=1; echo "test:  $name reported no failure, yet ended with code $code"; fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$total" -eq 0 ] && [ $bad -eq 0 ]; then
        printf 'test:  %-32s no tests yet\n' "$name"
        return
    fi
    local rest=''
    if [ "$skip" -gt 0 ]; then rest=", $skip skipped"; fi
    printf 'test:  %-32s %5d passed, %d failed%s  %4d s\n' "$name" "$good" "$bad" "$rest" $((SECONDS - began))
    if [ $bad -gt 0 ]; then sed 's/^/    /' "$output"; fi
}

for name in "${chosen[@]}"; do run "$name"; done
finish
