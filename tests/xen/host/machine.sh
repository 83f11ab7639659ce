# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Starts, resumes and freezes the emulated machine. Sourced by xenhost.sh.
# Every QEMU started here dies with the script, even by SIGKILL. dom0-init
# tells the protocol between the machine and this file.
#
# The machine's clock counts instructions and leaps over idle time: a busy
# computer makes a test take longer and changes nothing in it, neither a
# timeout inside (libxl gives a backend 10 s) nor a measured figure.
#
# Traps: never a bare "-cpu max". SMAP kills dom0 (TCG wrongly applies it to
# IRET in ring 3); AVX and XSAVE corrupt user space once PV vCPUs switch FPU
# state lazily. A snapshot can only be resumed by the same machine, so its
# name carries a hash of all that makes one.

XH_MEM=${XENHOST_MEM:-2048}           # MiB, the whole machine
XH_DOM0_MEM=${XENHOST_DOM0_MEM:-1024} # MiB
XH_VCPUS=${XENHOST_VCPUS:-2}
XH_ACCEL=tcg,thread=single,tb-size=512
XH_CLOCK=shift=1,sleep=off # 2 ns an instruction
XH_CPU=max,-smap,-xsave,-xsaveopt,-xsavec,-xsaves,-avx,-avx2,-fma,-f16c,-mpx
XH_CPU+=,-pku
XH_XEN_ARGS="console=com1 com1=115200,8n1 noreboot"
XH_XEN_ARGS+=" dom0_mem=${XH_DOM0_MEM}M,max:${XH_DOM0_MEM}M"
XH_XEN_ARGS+=" dom0_max_vcpus=$XH_VCPUS"
XH_LINUX_ARGS="console=hvc0 loglevel=4 apparmor=0 audit=0 cryptomgr.notests"
XH_LINUX_ARGS+=" pmtmr=0 random.trust_cpu=on"
XH_DISK_MIB=256 # capacity for a payload, and for results
XH_RECIPE_S_MAX=400 # booting and running a snapshot's recipe
XH_SAVE_S_MAX=100
XH_QEMU=qemu-system-x86_64

# Sets XH_MACHINE. IMAGE-DIR and WORK-DIR may be mere words when only the
# machine's identity is wanted.
xh_machine() { # IMAGE-DIR WORK-DIR
	local img=$1 work=$2 disk=if=virtio,format=raw,cache=unsafe
	XH_MACHINE=(
		-machine "pc,hpet=on" -accel "$XH_ACCEL" -cpu "$XH_CPU"
		-icount "$XH_CLOCK" -rtc clock=vm
		-smp "$XH_VCPUS" -m "$XH_MEM" -nodefaults -no-reboot
		-display none -vga none
		-kernel "$img/xen" -append "$XH_XEN_ARGS"
		-initrd "$img/vmlinux $XH_LINUX_ARGS,$img/dom0.cpio"
		-drive "file=$work/in,$disk" -drive "file=$work/out,$disk"
		-serial "file:$work/console"
		-device "virtio-serial-pci,max_ports=8"
		-chardev "file,id=c0,path=$work/output"
		-device "virtserialport,chardev=c0,name=xenhost.out,nr=1"
		-chardev "file,id=c1,path=$work/status"
		-device "virtserialport,chardev=c1,name=xenhost.status,nr=2"
	)
}

xh_snapshot_file() { # NAME IMAGE-KEY
	local recipe=$XH_HERE/snapshot-$1.sh hash
	[ -f "$recipe" ] || xh_die "no recipe for a snapshot named $1"
	xh_machine img work
	hash=$({
		printf '%s\n' "${XH_MACHINE[@]}"
		"$XH_QEMU" --version
		cat "$XH_CACHE/img-$2/id" "$recipe"
	} | xh_hash)
	echo "$XH_CACHE/snapshot-$1-$hash"
}

# xh_payload once|prep COMMAND PATH...: the first disk. A folder's content, or
# a file, lands in /lab/in.
xh_payload() {
	local mode=$1 command=$2 tar=$XH_WORK/payload.tar bytes path
	shift 2
	mkdir "$XH_WORK/command"
	printf '%s\n' "$command" >"$XH_WORK/command/.xh-command"
	tar -C "$XH_WORK/command" --mtime=@0 -cf "$tar" .xh-command
	for path; do
		if [ -d "$path" ]; then
			tar -C "$path" --mtime=@0 -rhf "$tar" .
		else
			tar -C "$(dirname "$path")" --mtime=@0 -rhf "$tar" \
				"$(basename "$path")"
		fi
	done
	bytes=$(stat -c %s "$tar")
	[ "$bytes" -lt $(((XH_DISK_MIB - 1) << 20)) ] ||
		xh_die "$bytes bytes are too much for the machine's disk"
	{
		echo "XENHOST1 $bytes $$.$RANDOM$RANDOM $mode" |
			dd bs=512 conv=sync status=none
		cat "$tar"
	} >"$XH_WORK/in"
	rm "$tar"
	truncate -s "${XH_DISK_MIB}M" "$XH_WORK/in"
}

# xh_power_on IMAGE-KEY [QEMU-ARGUMENT...]: QEMU's own messages end up in
# $XH_WORK/qemu.log, its monitor reads $XH_WORK/monitor.
xh_power_on() {
	local key=$1
	shift
	: >"$XH_WORK/console"
	: >"$XH_WORK/status"
	truncate -s "${XH_DISK_MIB}M" "$XH_WORK/out"
	mkfifo "$XH_WORK/output" "$XH_WORK/monitor"
	xh_child cat "$XH_WORK/output"
	XH_OUTPUT_PID=$!
	exec 5<>"$XH_WORK/monitor"
	xh_machine "$XH_CACHE/img-$key" "$XH_WORK"
	xh_child "$XH_QEMU" "${XH_MACHINE[@]}" -monitor stdio "$@" \
		<"$XH_WORK/monitor" >"$XH_WORK/qemu.log" 2>&1
	XH_QEMU_PID=$!
}

xh_console_tail() {
	tail -n 20 "$XH_WORK/qemu.log" >&2
	xh_say "end of the console:"
	tail -n 40 "$XH_WORK/console" >&2
}

xh_status() { # KEYWORD: the number behind it on the status port, if any
	sed -n "s/^$1 \([0-9]*\)$/\1/p" "$XH_WORK/status" | tail -n 1
}

xh_await_power_off() { # SECONDS
	local timer
	xh_child sleep "$1"
	timer=$!
	wait -n "$XH_QEMU_PID" "$timer" || :
	if ! kill -0 "$timer" 2>/dev/null; then
		xh_console_tail
		xh_say "timed out after $1 s"
		exit 124
	fi
	kill "$timer"
	wait "$XH_OUTPUT_PID" || :
}

xh_take_results() { # DIR
	local magic bytes
	read -r magic bytes < <(head -c 512 "$XH_WORK/out" | tr -d '\0')
	[ "$magic" = XENHOST1 ] || xh_die "the machine left no results"
	mkdir -p "$1"
	dd if="$XH_WORK/out" iflag=skip_bytes,count_bytes bs=64k \
		status=none skip=512 count="$bytes" |
		tar -x --no-same-owner -C "$1"
}

# xh_run IMAGE-KEY SNAPSHOT-FILE|'' SECONDS OUT-DIR|'' COMMAND PATH...
# Ends the script with the command's status.
xh_run() {
	local key=$1 snapshot=$2 seconds=$3 out=$4 status resume=()
	shift 4
	xh_payload once "$@"
	[ -z "$snapshot" ] || resume=(-incoming "exec:exec cat '$snapshot'")
	xh_power_on "$key" "${resume[@]}"
	xh_await_power_off "$seconds"
	[ -z "$out" ] || cp "$XH_WORK/console" "$out/console.log"
	status=$(xh_status status)
	if [ -z "$status" ]; then
		xh_console_tail
		xh_die "the machine ended without a status"
	fi
	[ -z "$out" ] || xh_take_results "$out"
	exit "$status"
}

xh_await_line() { # FILE PATTERN END, END in terms of SECONDS
	until grep -q "$2" "$1"; do
		if ! kill -0 "$XH_QEMU_PID" 2>/dev/null; then
			xh_console_tail
			xh_die "the machine ended early"
		elif [ "$SECONDS" -ge "$3" ]; then
			xh_console_tail
			xh_say "timed out waiting for '$2'"
			exit 124
		fi
		sleep 0.2
	done
}

# xh_freeze IMAGE-KEY RECIPE FILE: boot, run the recipe, save the
# running machine under FILE, which appears only when it is complete.
xh_freeze() {
	local key=$1 recipe=$2 file=$3
	xh_payload prep ". ./$(basename "$recipe")" "$recipe"
	XH_PARTIAL=$file.$$ # removed at exit, whatever happens
	xh_power_on "$key"
	xh_await_line "$XH_WORK/status" '^prep ' \
		$((SECONDS + XH_RECIPE_S_MAX))
	[ "$(xh_status prep)" = 0 ] || xh_die "$recipe failed"
	echo "migrate_set_parameter max-bandwidth 100G" >&5
	echo "migrate \"exec:exec cat > '$XH_PARTIAL'\"" >&5
	echo "info migrate" >&5
	xh_await_line "$XH_WORK/qemu.log" '^Migration status: ' \
		$((SECONDS + XH_SAVE_S_MAX))
	grep -q '^Migration status: completed' "$XH_WORK/qemu.log" ||
		xh_die "saving failed: $(tail -n 3 "$XH_WORK/qemu.log")"
	echo quit >&5
	wait "$XH_QEMU_PID" || :
	wait "$XH_OUTPUT_PID" || :
	mv "$XH_PARTIAL" "$file"
	rm -rf "$XH_WORK"/{command,output,monitor,in,out}
}
