# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Makes the images of the emulated host: hypervisor, kernel, and an initramfs
# each for dom0 and for the domUs. Sourced by xenhost.sh; needs no root.
#
# Cache, under $XH_CACHE:
#   debs/             packages as downloaded, checked against apt's SHA256
#   current-SOURCES   names the image that was built last from these sources
#   img-KEY/          xen, vmlinux, dom0.cpio (with the domUs' initramfs in
#                     it) and id, a hash of the three; KEY hashes the sources
#                     and the list of package files
# A directory appears under its final name only when it is complete.

xh_hash() { # hash of standard input, short enough for a file name
	sha256sum | cut -c1-16
}

xh_source_key() {
	(cd "$XH_HERE" && cat packages.sh images.sh dom0-init dom0-lib.sh \
		domu-init) | xh_hash
}

xh_image_key() { # the image built last from today's sources, or nothing
	local f
	f=$XH_CACHE/current-$(xh_source_key)
	[ ! -s "$f" ] || cat "$f"
}

# xh_closure PACKAGE...: these and all they depend on, without the unused.
# Only names that have a candidate: purely virtual ones are dropped.
xh_closure() {
	local unused names
	unused=$(IFS='|' && echo "${XH_UNUSED_PKGS[*]}")
	names=$(apt-cache depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
		sed -n 's/^\([a-z0-9][^:]*\).*/\1/p' | sort -u |
		grep -Evx "$unused")
	# shellcheck disable=SC2086  # one word per package
	apt-cache policy $names 2>/dev/null | awk '
		/^[^ ]/ { name = $1; sub(/:$/, "", name) }
		/Candidate:/ && $2 != "(none)" { print name }'
}

# xh_manifest NAME-FILE...: "file sha256" of every package named there. apt
# prints it for files that are not there, hence the empty directory.
xh_manifest() {
	local dir=$XH_BUILD/manifest
	mkdir -p "$dir"
	sort -u "$@" | (cd "$dir" && xargs apt-get -q download --print-uris) |
		sed -n "s/^'.*' \([^ ]*\.deb\) [0-9]* SHA256:\([0-9a-f]*\).*/\1 \2/p"
}

xh_deb_is_good() { # FILE SHA256
	[ -s "$XH_CACHE/debs/$1" ] &&
		echo "$2  $XH_CACHE/debs/$1" | sha256sum --check --status
}

xh_fetch() { # MANIFEST: download what is missing
	local file sum missing=()
	mkdir -p "$XH_CACHE/debs"
	while read -r file sum; do
		xh_deb_is_good "$file" "$sum" && continue
		rm -f "$XH_CACHE/debs/$file"
		missing+=("${file%%_*}")
	done <"$1"
	[ ${#missing[@]} -gt 0 ] || return 0
	xh_say "downloading ${#missing[@]} packages"
	xh_patiently env -C "$XH_CACHE/debs" timeout 600 apt-get -q \
		-o APT::Sandbox::User=root download "${missing[@]}" \
		>"$XH_BUILD/apt.log" 2>&1 || {
		tail -5 "$XH_BUILD/apt.log" >&2
		xh_die "apt-get download failed; are apt's lists up to date?"
	}
	while read -r file sum; do
		xh_deb_is_good "$file" "$sum" || xh_die "$file is damaged"
	done <"$1"
}

xh_unpack() { # ROOT NAME-FILE: unpack the packages named in the file
	local root=$1 pkg file
	while read -r pkg; do
		file=$(awk -v p="${pkg}_" 'index($1, p) == 1 { print $1 }' \
			"$XH_BUILD/manifest.txt")
		dpkg-deb --fsys-tarfile "$XH_CACHE/debs/$file" |
			tar -x -C "$root" --keep-directory-symlink \
				--no-same-owner \
				--exclude=./usr/share/{doc,man,locale,info} \
				--exclude=./usr/share/{lintian,zoneinfo,i18n} \
				--exclude=./usr/share/{perl5,bash-completion} \
				--exclude=./usr/share/python3 --exclude=./boot \
				--exclude=./usr/lib/debug \
				--exclude='./usr/lib/*/gconv'
	done <"$2"
}

xh_skeleton() { # ROOT: an empty system with a merged /usr
	local root=$1 dir
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/var/{lib,log/xen} \
		"$root"/{dev,proc,sys,run,tmp,root,etc,mnt,lab}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	ln -s ../run "$root/var/run"
	ln -s ../proc/mounts "$root/etc/mtab"
	chmod 1777 "$root/tmp"
	echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	printf '%s: files\n' passwd group hosts protocols services \
		>"$root/etc/nsswitch.conf"
}

xh_busybox() { # ROOT: applets for every command that no package brought
	local root=$1 applet
	install -m755 "$XH_BUILD/busybox/bin/busybox" "$root/bin/busybox"
	for applet in $("$root/bin/busybox" --list); do
		[ -e "$root/usr/bin/$applet" ] ||
			[ -e "$root/usr/sbin/$applet" ] ||
			ln -s busybox "$root/usr/bin/$applet"
	done
}

xh_modules() { # ROOT MODULE...: these modules and those they need
	local root=$1 src dst version module file
	shift
	src=$(echo "$XH_BUILD"/kernel/lib/modules/*)
	version=${src##*/}
	dst=$root/usr/lib/modules/$version
	mkdir -p "$dst"
	cp "$src"/modules.{builtin,builtin.modinfo,order} "$dst/"
	for module; do
		modprobe -d "$XH_BUILD/kernel" -S "$version" --show-depends \
			"$module" || xh_die "the kernel has no module $module"
	done | awk '$1 == "insmod" { print $2 }' | sort -u |
		while read -r file; do
			install -D -m644 "$file" "$dst/${file#"$src/"}"
		done
	depmod -b "$root" "$version"
}

xh_cpio() { # ROOT FILE
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --null -o -H newc -R 0:0 --quiet) >"$2"
}

# xh_vmlinux BZIMAGE: the plain ELF kernel inside it. Unpacking it in the
# emulated machine would cost seconds per domain. Header fields: Linux
# Documentation/x86/boot.rst (setup_sects, payload_offset, payload_length).
xh_vmlinux() {
	local setup offset length
	setup=$(od -An -tu1 -j $((0x1f1)) -N1 "$1")
	read -r offset length < <(od -An -tu4 -j $((0x248)) -N8 "$1")
	[ "$setup" -ne 0 ] || setup=4
	dd if="$1" iflag=skip_bytes,count_bytes bs=64k status=none \
		skip=$(((setup + 1) * 512 + offset)) count="$length" |
		xz -dc --single-stream
}

xh_deb_extract() { # PACKAGE DIR
	local file
	file=$(awk -v p="$1_" 'index($1, p) == 1 { print $1 }' \
		"$XH_BUILD/manifest.txt")
	mkdir -p "$2"
	dpkg-deb -x "$XH_CACHE/debs/$file" "$2"
}

xh_make_domu() { # IMAGE-DIR
	local root=$XH_BUILD/domu
	xh_skeleton "$root"
	xh_unpack "$root" "$XH_BUILD/domu.pkgs"
	xh_busybox "$root"
	xh_modules "$root" "${XH_DOMU_MODULES[@]}"
	install -m755 "$XH_HERE/domu-init" "$root/init"
	xh_cpio "$root" "$XH_BUILD/domu.cpio"
}

xh_make_dom0() { # IMAGE-DIR, which holds vmlinux already
	local root=$XH_BUILD/dom0
	xh_skeleton "$root"
	xh_unpack "$root" "$XH_BUILD/dom0.pkgs"
	xh_busybox "$root"
	xh_modules "$root" "${XH_DOM0_MODULES[@]}"
	install -m755 "$XH_HERE/dom0-init" "$root/init"
	install -m644 "$XH_HERE/dom0-lib.sh" "$root/lab/lib.sh"
	ln "$1/vmlinux" "$XH_BUILD/domu.cpio" "$root/lab/"
	xh_cpio "$root" "$1/dom0.cpio"
}

xh_make_image() { # IMAGE-DIR KERNEL-PACKAGE
	mkdir "$1"
	xh_deb_extract "$XH_HYPERVISOR_PKG" "$XH_BUILD/xen"
	xh_deb_extract "$2" "$XH_BUILD/kernel"
	xh_deb_extract "$XH_BUSYBOX_PKG" "$XH_BUILD/busybox"
	depmod -b "$XH_BUILD/kernel" \
		"$(basename "$XH_BUILD"/kernel/lib/modules/*)"
	gzip -dc "$XH_BUILD/xen/boot/xen-$XH_XEN_VERSION-amd64.gz" >"$1/xen"
	xh_vmlinux "$XH_BUILD"/kernel/boot/vmlinuz-* >"$1/vmlinux"
	xh_make_domu "$1"
	xh_make_dom0 "$1"
	(cd "$1" && cat xen vmlinux dom0.cpio) | xh_hash >"$1/id"
}

# The caller holds the cache's lock.
xh_build() {
	local kernel sources key
	XH_BUILD=$(mktemp -d "$XH_CACHE/build.XXXXXX") # removed at exit, too
	sources=$(xh_source_key)
	kernel=$(apt-cache depends "$XH_KERNEL_METAPKG" |
		awk '/Depends:/ { print $2; exit }')
	[ -n "$kernel" ] || xh_die "apt knows no $XH_KERNEL_METAPKG"
	xh_closure "${XH_DOM0_PKGS[@]}" >"$XH_BUILD/dom0.pkgs"
	xh_closure "${XH_DOMU_PKGS[@]}" >"$XH_BUILD/domu.pkgs"
	printf '%s\n' "$kernel" "$XH_HYPERVISOR_PKG" "$XH_BUSYBOX_PKG" \
		>"$XH_BUILD/boot.pkgs"
	xh_manifest "$XH_BUILD"/{dom0,domu,boot}.pkgs >"$XH_BUILD/manifest.txt"
	key=$({ echo "$sources" && cat "$XH_BUILD/manifest.txt"; } | xh_hash)
	if [ ! -d "$XH_CACHE/img-$key" ]; then
		xh_fetch "$XH_BUILD/manifest.txt"
		xh_make_image "$XH_BUILD/image" "$kernel"
		mv "$XH_BUILD/image" "$XH_CACHE/img-$key"
	fi
	echo "$key" >"$XH_BUILD/current"
	mv "$XH_BUILD/current" "$XH_CACHE/current-$sources"
	rm -rf "$XH_BUILD"
}
