# shellcheck shell=sh
#
# engine.sh is sourced by the scripts beside it. It gives them a Docker engine:
# the one that runs, or one started by hand for as long as the script lasts, with
# no bridge and no firewall rules, so that it needs little more of the machine
# than root. Such an engine gives containers no network of their own: builds and
# runs pass --network host.

engine_pid=
engine_dir=

# engine_start leaves a running engine, and stops what it started at exit.
engine_start() {
	docker info >/dev/null 2>&1 && return
	engine_dir=$(mktemp -d)
	trap engine_stop EXIT
	trap 'exit 1' HUP INT TERM
	for driver in overlay2 vfs; do
		dockerd --iptables=false --bridge=none --storage-driver=$driver >"$engine_dir/log" 2>&1 &
		engine_pid=$!
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			docker info >/dev/null 2>&1 && return
			kill -0 "$engine_pid" 2>/dev/null || break
			sleep 1
		done
		kill "$engine_pid" 2>/dev/null || true
		wait "$engine_pid" || true
		engine_pid=
	done
	echo "engine: dockerd does not start; its last words:" >&2
	tail -n 5 "$engine_dir/log" >&2
	return 1
}

engine_stop() {
	if [ -n "$engine_pid" ]; then
		kill "$engine_pid" 2>/dev/null || true
		wait "$engine_pid" || true
	fi
	[ -z "$engine_dir" ] || rm -rf "$engine_dir"
}
