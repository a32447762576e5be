#!/bin/sh
# base.sh provides the two base images that the Dockerfile names,
# golang:1.26-bookworm and debian:bookworm-slim. It pulls them; where no registry
# can be reached it makes stand-ins under the same names from Debian's packages
# with debootstrap, the Go one with this machine's Go copied in. Needs root and a
# running engine (build.sh starts one).
#
# The stand-ins carry what this machine needs to reach its package mirrors: its
# extra certificates and its pip settings. They are for use here, not to publish.
# MIRROR names another Debian mirror than debootstrap's own.
set -eu

slim=debian:bookworm-slim
golang=golang:1.26-bookworm

present() { docker image inspect "$1" >/dev/null 2>&1; }

for image in $slim $golang; do
	present "$image" || docker pull -q "$image" 2>/dev/null || true
done
if present $slim && present $golang; then
	exit
fi

root=$(mktemp -d)
cleanup() {
	umount "$root/proc" 2>/dev/null || true
	rm -rf --one-file-system "$root"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

echo "base: no registry: making $slim with debootstrap"
debootstrap --variant=minbase bookworm "$root" ${MIRROR:+"$MIRROR"} >"$root.log" 2>&1 || {
	tail -n 20 "$root.log" >&2
	exit 1
}
rm -rf "$root.log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
if [ -d /usr/local/share/ca-certificates ]; then
	mkdir -p "$root/usr/local/share/ca-certificates"
	cp -R /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates"
fi
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - $slim >/dev/null

# As golang:1.26-bookworm: the same root with git, gcc, g++, make and Go.
echo "base: making $golang with $(go version)"
mount -t proc proc "$root/proc"
chroot "$root" sh -eu -c '
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update
	apt-get -q install -y --no-install-recommends ca-certificates g++ gcc git libc6-dev make pkg-config
	apt-get clean
	rm -rf /var/lib/apt/lists/*' >"$root.log" 2>&1 || {
	tail -n 20 "$root.log" >&2
	exit 1
}
rm -f "$root.log"
umount "$root/proc"
cp -R "$(go env GOROOT)" "$root/usr/local/go"
mkdir -p "$root/go"
tar -C "$root" -c . | docker import \
	--change 'ENV GOTOOLCHAIN=local GOPATH=/go' \
	--change 'ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
	--change 'WORKDIR /go' --change 'CMD ["bash"]' - $golang >/dev/null
