#!/bin/sh
# A task of `bfq explore --executor slurm`: node, the command, space and folder as bfq gives them, and how many parts there are.
exec "$1" "$2" explore "$3" -o "$4" --part "$SLURM_ARRAY_TASK_ID/$5" --json
