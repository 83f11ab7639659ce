# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of beside-cost.sh to the table: counts over the frames that arrived. A
# frame of TCP is what GSO left whole.
BEGIN {
	printf "\nCounted for each frame that arrived; hypercalls are the whole machine's\n"
	printf "%-9s %2s %-17s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s\n",
		"", "q", "", "frames", "bytes", "copy", "segm.", "segm.",
		"pages", "noti-", "system", "twin", "grant", "hyper-"
	printf "%-9s %2s %-17s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s\n",
		"", "", "", "", "each", "calls", "", "a call", "mapped",
		"fied", "calls", "r., w.", "ops", "calls"
}

{
	at = 3
	name = $3
	while ($(at + 1) !~ /^[0-9]+$/ && at < NF)
		name = name " " $(++at)
	frames = $(at + 1)
	bytes = $(at + 2)
	split("", count)
	for (i = at + 3; i <= NF; i++) {
		split($i, pair, "=")
		count[pair[1]] = pair[2]
	}
	sub(/\|/, " ", name)
	if (frames == 0)
		next
	printf "%-9s %2d %-17s %6d %6d %6.3f %6.2f %6.1f %6.2f %6.3f %6.2f %6.2f %6.2f %6.2f\n",
		$1, $2, name, frames, bytes / frames, count["copies"] / frames,
		count["segments"] / frames,
		count["copies"] ? count["segments"] / count["copies"] : 0,
		count["mapped"] / frames, count["notified"] / frames,
		count["calls"] / frames, count["twin"] / frames,
		count["grant_ops"] / frames, count["hypercalls"] / frames
}
