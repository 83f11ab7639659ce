# SPDX-License-Identifier: GPL-2.0-or-later
# Samples ("BACKEND QUEUES FIGURE VALUE") to the table: medians, their ratio
# and whether it reaches the target.
function median(key,    n, i, j, t, v) {
	n = split(samples[key], v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	least = v[1]; most = v[n]
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

function shown(key,    m) {
	m = median(key)
	return sprintf("%g (%g-%g)", m, least, most)
}

# Of a time less is better: its ratio is turned round.
function row(kind, unit, path, queues, target,    k, x, ratio) {
	k = "kernel " queues " " kind "|" path
	x = "xenplane " queues " " kind "|" path
	if (!(k in samples) || !(x in samples))
		return
	ratio = kind == "ping" ? median(k) / median(x) : median(x) / median(k)
	printf "%-24s %-14s %6d  %-22s %-22s %6.2f %6.2f  %s\n", unit, path,
		queues, shown(k), shown(x), ratio, target,
		(ratio >= target ? "reached" : "missed")
}

{
	key = $1 " " $2 " " $3
	for (i = 4; i < NF; i++)
		key = key " " $i
	samples[key] = samples[key] " " $NF
}

END {
	printf "\nMedians (least-most), by the emulated clock, which counts instructions\n"
	printf "%-24s %-14s %6s  %-22s %-22s %6s %6s\n", "", "", "queues",
		"kernel's xen-netback", "xenplane-netback", "ratio", "target"
	for (q = 1; q <= 2; q++) {
		row("tcp", "iperf3 TCP, Mbit/s", "dom0 to domU", q, 1)
		row("tcp", "iperf3 TCP, Mbit/s", "domU to dom0", q, 1)
		row("tcp", "iperf3 TCP, Mbit/s", "domU to domU", q, 1.5)
		row("udp", "UDP 64 B, frames/s", "dom0 to domU", q, 1)
		row("udp", "UDP 64 B, frames/s", "domU to dom0", q, 1)
		row("udp", "UDP 64 B, frames/s", "domU to domU", q, 1.5)
		row("ping", "ping median, us", "dom0 to domU", q, 1)
		row("ping", "ping median, us", "domU to domU", q, 1)
	}
}
