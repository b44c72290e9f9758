#!/usr/bin/env bash
# One run in parts on Slurm: sbatch templates/cluster/slurm.sh scenario.toml [options of simulate]
#
# Every task of the array simulates its part; `--shard auto` reads which one from SLURM_ARRAY_TASK_ID, and of how
# many from DRPLAN_SHARDS. Parts are written whole or not at all: a task that is killed leaves none, and submitting
# it again (sbatch --array=3 ...) is all there is to do. When all are there, any machine joins them, to the bytes
# of one run:
#
#   drplan merge part-*.json --format json -o result.json
#
# or, queued behind the array:
#
#   sbatch --dependency=afterok:JOB --wrap 'drplan merge part-*.json --format json -o result.json'
#SBATCH --job-name=drplan
#SBATCH --array=1-4
#SBATCH --cpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --output=drplan-%a.log
set -euo pipefail
export DRPLAN_SHARDS="${DRPLAN_SHARDS:-4}" # the last number of --array

exec "${DRPLAN:-drplan}" simulate "$@" --threads "${SLURM_CPUS_PER_TASK:-1}" --shard auto \
  --output "part-$SLURM_ARRAY_TASK_ID.json"
