#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots a real Xen host - hypervisor, Linux PV dom0, xl - in QEMU's full
# emulation and runs a command in its dom0. Made from Debian packages only.
#   xenhost.sh packages             print the Debian packages needed here
#   xenhost.sh build                make the images, anew if packages changed
#   xenhost.sh snapshot NAME        run snapshot-NAME.sh in dom0 and freeze
#                                   the running machine, unless that is done
#   xenhost.sh run [OPTIONS] COMMAND...
#                                   run COMMAND (bash, in dom0, in /lab/in,
#                                   dom0-lib.sh sourced); makes what it needs
#     -s NAME   resume this snapshot instead of booting
#     -i PATH   folder whose content, or file that, lands in /lab/in; may be
#               repeated
#     -o DIR    receives what COMMAND left in $XH_OUT, and console.log
#     -t SEC    hard limit for the machine's life, default 300
# Exit status: COMMAND's; 124 timed out; 125 the machine or this failed.
# Environment: XENPLANE_CACHE (default .cache/xen at the root of the tree),
# TMPDIR, XENHOST_MEM, XENHOST_DOM0_MEM, XENHOST_VCPUS.
# Several may run at once; images and snapshots are made under a lock.
set -Eeuo pipefail
PATH=$PATH:/usr/sbin:/sbin
XH_HERE=$(dirname "$(readlink -f "$0")")
XH_CACHE=${XENPLANE_CACHE:-$(readlink -f "$XH_HERE/../../..")/.cache/xen}
XH_WORK=
XH_BUILD=
XH_PARTIAL=
XH_CHILDREN=()

xh_say() {
	echo "xenhost: $*" >&2
}

xh_die() {
	xh_say "$*"
	exit 125
}

# xh_child COMMAND...: in the background; dies with this script.
xh_child() {
	setpriv --pdeathsig KILL "$@" <&0 & # bash would give it /dev/null
	XH_CHILDREN+=($!)
}

# xh_patiently COMMAND...: in the foreground, but a signal to the script is
# served at once.
xh_patiently() {
	setpriv --pdeathsig KILL "$@" <&0 &
	XH_CHILDREN+=($!)
	wait $!
}

xh_cleanup() {
	local pid
	for pid in "${XH_CHILDREN[@]}"; do
		kill -KILL "$pid" || :
	done 2>/dev/null
	wait 2>/dev/null # or bash reports each that was killed
	rm -rf ${XH_WORK:+"$XH_WORK"} ${XH_BUILD:+"$XH_BUILD"} \
		${XH_PARTIAL:+"$XH_PARTIAL"}
}

# shellcheck source=packages.sh
. "$XH_HERE/packages.sh"
# shellcheck source=images.sh
. "$XH_HERE/images.sh"
# shellcheck source=machine.sh
. "$XH_HERE/machine.sh"

xh_usage() {
	sed -n '/^#$/,/^set /{/^# /s/^# //p}' "$0" >&2
	exit 2
}

xh_check_host() {
	local tool
	for tool in "$XH_QEMU" cpio modprobe xz apt-get dpkg-deb setpriv; do
		command -v "$tool" >/dev/null || xh_die \
			"no $tool; needed packages: ${XH_HOST_PKGS[*]}"
	done
}

xh_lock() { # until the script ends or xh_unlock
	exec 7>"$XH_CACHE/lock"
	flock -n 7 || {
		xh_say "waiting for another one that builds"
		xh_patiently flock -w 1200 7 || xh_die "the lock stays taken"
	}
}

xh_unlock() {
	exec 7>&-
}

# What was not used for a day makes room: images and snapshots are large, and
# each change of the sources makes new ones. The caller holds the lock.
xh_prune() {
	find "$XH_CACHE" -mindepth 1 -maxdepth 1 -mmin +1440 \
		\( -name 'img-*' -o -name 'snapshot-*' -o -name 'build.*' \) \
		-exec rm -rf {} +
}

xh_cmd_build() {
	local start=$SECONDS
	xh_lock
	xh_prune
	xh_build
	xh_unlock
	xh_say "image $(xh_image_key) is ready, $((SECONDS - start)) s"
}

# Sets XH_IMAGE, the key of an image of today's sources that is there.
xh_need_image() {
	XH_IMAGE=$(xh_image_key)
	if [ -z "$XH_IMAGE" ] || [ ! -s "$XH_CACHE/img-$XH_IMAGE/id" ]; then
		xh_cmd_build
		XH_IMAGE=$(xh_image_key)
	fi
	touch "$XH_CACHE/img-$XH_IMAGE"
}

# Sets XH_SNAPSHOT, the file of a snapshot that is there.
xh_need_snapshot() { # NAME
	local start=$SECONDS
	XH_SNAPSHOT=$(xh_snapshot_file "$1" "$XH_IMAGE")
	[ ! -s "$XH_SNAPSHOT" ] || {
		touch "$XH_SNAPSHOT"
		return 0
	}
	xh_lock
	[ -s "$XH_SNAPSHOT" ] || {
		xh_freeze "$XH_IMAGE" "$XH_HERE/snapshot-$1.sh" \
			"$XH_SNAPSHOT" >&2
		xh_say "snapshot $1 is ready, $((SECONDS - start)) s"
	}
	xh_unlock
}

xh_cmd_run() {
	local snapshot='' out='' seconds=300 option paths=()
	while getopts s:i:o:t: option; do
		case $option in
		s) snapshot=$OPTARG ;;
		i) paths+=("$OPTARG") ;;
		o) out=$OPTARG ;;
		t) seconds=$OPTARG ;;
		*) xh_usage ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] || xh_usage
	[ -z "$out" ] || mkdir -p "$out"
	XH_SNAPSHOT=
	xh_need_image
	[ -z "$snapshot" ] || xh_need_snapshot "$snapshot"
	xh_run "$XH_IMAGE" "$XH_SNAPSHOT" "$seconds" "$out" "$*" \
		${paths[@]+"${paths[@]}"}
}

command=${1:-}
[ $# -eq 0 ] || shift
if [ "$command" = packages ]; then
	printf '%s\n' "${XH_HOST_PKGS[@]}"
	exit
fi
case $command in
build | run) ;;
snapshot) [ $# -eq 1 ] || xh_usage ;;
*) xh_usage ;;
esac
xh_check_host
mkdir -p "$XH_CACHE"
trap xh_cleanup EXIT
trap 'xh_die "\"$BASH_COMMAND\" failed, ${BASH_SOURCE[0]}:$LINENO"' ERR
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
XH_WORK=$(mktemp -d "${TMPDIR:-/tmp}/xenhost.XXXXXX")
case $command in
build) xh_cmd_build ;;
run) xh_cmd_run "$@" ;;
snapshot)
	xh_need_image
	xh_need_snapshot "$1"
	;;
esac
