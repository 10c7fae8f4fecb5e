#!/usr/bin/env bash
# Includes point one way (architecture): base < config < match, source,
# firewall, action, store < jail, access, control < process < tools, programs.
# Rooms of one level do not see each other.
set -u
cd "$(dirname "$0")/.."

grep -rHo '^#include "[^"]*"' src --include='*.[ch]' | awk -F'[:"]' '
BEGIN {
	levels = "base;config;match source firewall action store;" \
	    "jail access control;process;tools"
	n = split(levels, rooms, ";")
	for (i = 1; i <= n; i++) {
		m = split(rooms[i], names, " ")
		for (j = 1; j <= m; j++)
			level[names[j]] = i
	}
	programs = n + 1
}
{
	split($1, from, "/")
	split($3, to, "/")
	if (!(from[2] in level))
		from[2] = "programs"
	above = from[2] in level ? level[from[2]] : programs
	below = to[1] in level ? level[to[1]] : programs
	if (from[2] != to[1] && below >= above) {
		print "not ok - " $1 " includes " $3
		bad = 1
	}
}
END {
	if (NR == 0)
		print "not ok - no include was found"
	else if (!bad)
		print "ok - " NR " includes point downwards"
	exit NR == 0 || bad
}'
