#!/usr/bin/env bash
# One run in parts by GNU parallel: templates/cluster/parallel.sh scenario.toml [options of simulate]
#
# `--shard auto` reads the part from PARALLEL_SEQ, and of how many from DRPLAN_SHARDS. With --sshlogin, parallel
# spreads them over machines. What is left to do is `drplan merge part-*.json`.
set -euo pipefail
export DRPLAN_SHARDS="${DRPLAN_SHARDS:-4}"

seq "$DRPLAN_SHARDS" | parallel -q "${DRPLAN:-drplan}" simulate "$@" --threads 1 --shard auto --output part-{}.json
