#!/bin/sh
# Says running, success or failed of the Slurm job that is named. A job that is requeued is running still.
state=$(squeue --noheader --states=all --format=%T --jobs "$1" 2>&1)
case $state in
    "" | *"Invalid job id"*)    # ended, and the controller has forgotten it (MinJobAge): accounts know, where there are any
        state=$(sacct --allocations --noheader --parsable2 --format=State --jobs "$1" 2>/dev/null | tail -n 1)
        [ "${state:=FORGOTTEN}" != PREEMPTED ] || state=CANCELLED   # and not requeued, or the controller would know it
        ;;
    *rror*) state=UNREACHABLE ;;    # of the controller: ask again
esac
case $state in
    COMPLETED) echo success ;;
    BOOT_FAIL | CANCELLED* | DEADLINE | FAILED | FORGOTTEN | NODE_FAIL | OUT_OF_MEMORY | REVOKED | TIMEOUT) echo failed ;;
    *) echo running ;;
esac
