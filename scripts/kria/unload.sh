#!/bin/sh
# Unloads whatever app is loaded: dfx-mgr loads none over another.
# shellcheck source=scripts/kria/common.sh
. "$(dirname "$0")/common.sh"
begin_step
before=$(active_app)
fact unloaded "$before"
[ -n "$before" ] || exit 0
taken=$(devices_in_use 0)
[ -z "$taken" ] || problem 1 app-in-use "a program uses $before: it has ${taken% }" "its memory would be freed under it, and the accelerator could write into what others get of it" "end it (fuser ${taken% } shows its process) and deploy again"
remember apps unload
unload_app || problem 4 unload-failed "xmutil could not unload $before" "$(tail_of "$said")" "stop the programs that use it (fuser /dev/uio* /dev/dri/*) and deploy again"
