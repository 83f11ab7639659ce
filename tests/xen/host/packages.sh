# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034  # read by the files that source this
#
# What the emulated Xen host is made of: Debian packages by name, nothing
# else. Sourced by xenhost.sh. A change here makes a new image (images.sh).

# What the machine that runs the emulation needs; `xenhost.sh packages`
# prints it. apt, dpkg, tar, util-linux and coreutils are always there.
XH_HOST_PKGS=(qemu-system-x86 cpio kmod xz-utils procps)

XH_XEN_VERSION=4.17
XH_HYPERVISOR_PKG=xen-hypervisor-$XH_XEN_VERSION-amd64
XH_KERNEL_METAPKG=linux-image-amd64
XH_BUSYBOX_PKG=busybox-static

# dom0: the Xen tools, what xenplane's programs link to, and what tests use.
XH_DOM0_PKGS=(
	bash coreutils util-linux mount procps grep sed gawk findutils tar
	gzip hostname kmod
	"xen-utils-$XH_XEN_VERSION" xen-utils-common xenstore-utils
	libmnl0 libnftnl11 libjansson4 libnl-3-200 libnl-route-3-200 libseccomp2 libcap2
	libsystemd0
	bridge-utils iproute2 iperf3 arping iputils-ping tcpdump ethtool
	nftables iptables ebtables socat strace gdbserver psmisc
	python3.11-minimal # tests/lab/manager.py: a service manager's stand-in
)
XH_DOMU_PKGS=(
	bash xenstore-utils iperf3 arping iputils-ping ethtool iproute2
	tcpdump socat
)

# Dependencies that these images never use: maintainer scripts do not run
# and nothing is configured. Whole names, extended regular expressions.
XH_UNUSED_PKGS=(
	adduser base-files cdebconf debconf debianutils dpkg e2fsprogs elogind
	gcc-12-base init-system-helpers install-info 'libc-l10n' 'libdb5\.3'
	libdebian-installer4 libelogind0 libfile-find-rule-perl 'libgdbm.*'
	'libnewt0\.52' libnumber-compare-perl libpam-runtime 'libpam.*'
	'libperl.*' 'libpython3.*-stdlib' 'libsemanage.*' 'libslang2' 'libsqlite3-0'
	libtext-glob-perl libtextwrap1 login logsave lsb-base mailcap mawk
	media-types mime-support original-awk passwd perl perl-base
	'perl-modules.*' python3 'python3-.*' 'python3\.[0-9]*' readline-common runit-helper
	sensible-utils sgml-base sysvinit-utils tzdata ucf udev
	usr-is-merged usrmerge
)

XH_DOM0_MODULES=(
	xen-netback xen-netfront xen-blkback xen-gntdev xen-gntalloc
	xen-evtchn xen-privcmd xenfs xen-pciback
	virtio_pci virtio_blk virtio_console virtio_net virtio_balloon
	tun tap bridge br_netfilter veth 8021q dummy ifb macvlan macvtap
	bonding vxlan
	sch_netem sch_tbf sch_htb sch_ingress sch_fq_codel sch_prio
	act_mirred cls_u32 cls_flower cls_matchall
	nf_tables nf_nat nf_conntrack nf_conntrack_bridge nft_chain_nat
	nft_masq nft_nat nft_ct nft_limit nft_log nft_reject
	nft_reject_inet nft_reject_bridge nft_meta_bridge nft_redir
	nft_compat nft_fib_inet nft_tproxy nft_hash nft_quota nft_objref
	nf_flow_table_inet ip_tables iptable_filter ebtables ebtable_filter
	af_packet_diag inet_diag tcp_diag udp_diag
	loop squashfs overlay e1000
)
XH_DOMU_MODULES=(xen-netfront 8021q bridge dummy)
