#!/bin/sh
# Runs fuzz targets one after the other, so many seconds each, and prints a line for each.
#
#     fuzz/run.sh SECONDS [TARGET…]
set -eu
cd "$(dirname "$0")"
seconds=${1:?seconds for each target}
shift
[ $# -gt 0 ] || set -- $(ls fuzz_targets | sed 's/\.rs$//')
[ -d corpus ] || python3 seeds.py
built=$(ls -d target/*/release | head -1)
for target in "$@"; do
    mkdir -p "corpus/$target" "artifacts/$target" logs
    # What fails is kept and the run goes on: -fork starts the target again after each.
    "$built/$target" -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -max_len=65536 -timeout=20 \
        -rss_limit_mb=2048 -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 "corpus/$target" \
        >"logs/$target.log" 2>&1 || true
    last=$(grep -E '^#[0-9]+: cov' "logs/$target.log" | tail -1 || true)
    echo "$target: $last failed inputs: $(ls "artifacts/$target" | wc -l)"
done
