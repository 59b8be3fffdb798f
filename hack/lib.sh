# What the scripts of hack/ share. Sourced by them, never run; leaves the shell in the checkout's
# top folder, so that every path in them is relative to it.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Everything that is fetched or built outside the checkout; hack/tools keeps its own there too.
cache=${SPILLWAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/spillway}

# Debian's Python, whatever else stands on PATH: python3-yaml and python3-pytest belong to it.
python=/usr/bin/python3

say() { printf 'hack/%s: %s\n' "${0##*/}" "$*"; }
die() { say "$*" >&2; exit 1; }

# One run at a time works on what FILE stands for: several people share a checkout, and neither
# ninja nor apt-get waits for its like. Held until the script ends.
take_lock() {
    local file=$1 lock
    mkdir -p "$(dirname "$file")"
    exec {lock}>"$file"
    flock --nonblock "$lock" && return
    say "another run holds $file: waiting"
    flock "$lock"
}

# Steps: `step NAME COMMAND...` runs a command and remembers how it went, so that the next step runs
# whatever became of this one. A command that runs tests tells their number through hack/tally.
# hack/test hands its table down to hack/verify in SPILLWAY_STEPS; whoever made it sums it up.
if [[ ! -v SPILLWAY_STEPS ]]; then
    sums_up=yes
fi

start_steps() {
    [[ -v sums_up ]] || return 0
    SPILLWAY_STEPS=$(mktemp -d)
    export SPILLWAY_STEPS
    trap 'rm -rf "$SPILLWAY_STEPS"' EXIT
    : >"$SPILLWAY_STEPS/table"
}

step() {
    local name=$1 started=$SECONDS verdict=ok passed failed skipped
    shift
    printf '\n==> %s\n' "$name"
    : >"$SPILLWAY_STEPS/tally"
    "$@" </dev/null || verdict=FAILED
    read -r passed failed skipped < <(
        awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' \
            "$SPILLWAY_STEPS/tally")
    # A step that fails without a failed test is itself the failure that the sum must show.
    if [[ $verdict == FAILED ]] && ((failed == 0)); then
        failed=1
    fi
    if ((failed > 0)); then
        verdict=FAILED
    fi
    printf '%s\t%s\t%d\t%d\t%d\t%d\n' \
        "$name" "$verdict" $((SECONDS - started)) "$passed" "$failed" "$skipped" \
        >>"$SPILLWAY_STEPS/table"
    printf '<== %s: %s in %d s\n' "$name" "$verdict" $((SECONDS - started))
}

# The table of all steps; the status says whether every one of them went well.
end_steps() {
    local table=$SPILLWAY_STEPS/table
    if [[ -v sums_up ]]; then
        printf '\n'
        awk -F '\t' 'BEGIN { row = "%-24s %-7s %7s %7s %7s %7s\n"
                             printf row, "step", "", "seconds", "passed", "failed", "skipped" }
                     { printf row, $1, $2, $3, $4, $5, $6 }' "$table"
    fi
    ! grep -q $'\tFAILED\t' "$table"
}

# The closing line that sums up every runner's: `N passed, N failed`, alone on its line.
print_sum() {
    awk -F '\t' '{ p += $4; f += $5; s += $6 }
                 END { printf "%d passed, %d failed", p, f
                       if (s) printf ", %d skipped", s
                       print "" }' "$SPILLWAY_STEPS/table"
}

# run_tests BUILD-FOLDER [SUITE [MESON-OPTION...]]: the tests of one meson suite, or all of them.
run_tests() {
    local folder=$1 suite=${2:-} status=0
    local log=${suite:-all}
    shift $(($# < 2 ? $# : 2))
    # A log of an earlier run must not be counted for one that did not come to write its own.
    rm -f "$folder/meson-logs/$log.json"
    meson test -C "$folder" --no-rebuild --print-errorlogs --logbase "$log" \
        ${suite:+--suite "$suite"} "$@" || status=1
    hack/tally meson "$folder" "$log" || status=1
    return $status
}
