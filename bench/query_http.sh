#!/bin/sh
# query_http.sh - how many requests a second does a querier answer?
#
#	bench/query_http.sh HOST:PORT [SECONDS]
#
# Needs wrk. The querier runs already; 32 connections, two threads.
set -eu
address=$1
seconds=${2:-5}

measure() { # name path
	wrk -t2 -c32 -d"${seconds}s" --latency "http://$address$2" | awk -v name="$1" '
		function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }
		$1 == "Requests/sec:" { printf "%s %.0f requests/s\n", name, $2 }
		$1 == "99%" { printf "%s_p99 %.2f ms\n", name, ms($2) }
		/Non-2xx/ { printf "%s: %s answers were no 2xx\n", name, $NF > "/dev/stderr"; exit 1 }'
}

measure healthy '/-/healthy'
measure instant_vector '/api/v1/query?query=vector(1)'
measure instant_arithmetic '/api/v1/query?query=sum(vector(1))%2Bvector(2)'
measure range_vector '/api/v1/query_range?query=vector(1)&start=0&end=600&step=15'
