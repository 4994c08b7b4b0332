# The Debian package: its source package builds, it installs into a fresh Debian, its unit runs, and purging it leaves nothing.
# As root, with a Debian mirror; some minutes. The Debian is made by debootstrap in a folder of the test's own. By way of ./run soak.

bats_require_minimum_version 1.5.0

setup_file() {
  export LC_ALL=C DEBIAN_FRONTEND=noninteractive
  export source=$BATS_FILE_TMPDIR/source root=$BATS_FILE_TMPDIR/root
  local tree=$BATS_TEST_DIRNAME/../..
  mkdir -p "$source/dialtone"
  tar -C "$tree" --exclude=./.git --exclude='./build*' -cf - . | tar -C "$source/dialtone" -xf -
  mv "$source/dialtone/packaging/debian" "$source/dialtone/debian"
}

setup() {
  [ "$(id -u)" -eq 0 ] || skip "debootstrap and chroot need root"
  part=${PART:-$BATS_TEST_DIRNAME/../../build/tests/system/part}
}

in_root() { chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" 3>&-; }

# Everything that is there but what the package manager itself keeps.
files_of_root() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apt \) -prune -o -print) |
    grep -vE '^\./(etc/[a-z]+-|run)(/|$)' | sort
}

@test "the source package is made, and builds the package" {
  cd "$source/dialtone"
  DEB_BUILD_OPTIONS='parallel=1 noautodbgsym' dpkg-buildpackage -us -uc > "$source/log" 2>&1 3>&- || { tail -n 40 "$source/log"; false; }
  ls "$source"/dialtone_*.dsc "$source"/dialtone_*.tar.xz "$source"/dialtone_*.deb
  dpkg-deb -c "$source"/dialtone_*.deb > "$source/contents"
  for file in usr/bin/dialtone lib/systemd/system/dialtone.service etc/dialtone/dialtone.yaml usr/share/bash-completion/completions/dialtone \
    usr/share/man/man1/dialtone-device.1.gz usr/share/man/man5/dialtone.yaml.5.gz usr/share/man/man8/dialtone-serve.8.gz; do
    grep -qF " ./$file" "$source/contents" || { echo "no $file"; false; }
  done
  [ "$(dpkg-deb -f "$source"/dialtone_*.deb Version)" = "$("$source"/dialtone/debian/dialtone/usr/bin/dialtone --version | cut -d' ' -f2)" ]
}

@test "a fresh Debian takes it; what is needed comes with it; nothing starts by itself" {
  debootstrap --variant=minbase bookworm "$root" > "$source/debootstrap" 2>&1 3>&- || { tail "$source/debootstrap"; false; }
  cp "$source"/dialtone_*.deb "$root/tmp/dialtone.deb"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  in_root apt-get update -qq
  in_root apt-get satisfy -y -qq --no-install-recommends "$(dpkg-deb -f "$root/tmp/dialtone.deb" Depends)" > "$source/apt" 2>&1 || { tail "$source/apt"; false; }
  files_of_root > "$source/before"
  cp "$root/etc/passwd" "$root/etc/group" "$source/"
  in_root dpkg -i /tmp/dialtone.deb
  [ "$(stat -c %U "$root/var/lib/dialtone" 2> /dev/null)" != root ]
  [ "$(in_root stat -c '%U %G %a' /var/lib/dialtone)" = 'dialtone dialtone 750' ]
  [ -z "$(find "$root/etc/systemd/system" -name 'dialtone.service')" ] # not enabled
  in_root dialtone serve --check -c /etc/dialtone/dialtone.yaml
}

@test "the unit's ExecStart, as its user with its capabilities, brings up a phone and says READY and STOPPING" {
  unit=$root/lib/systemd/system/dialtone.service
  execute=$(sed -n 's/^ExecStart=//p' "$unit")
  capabilities=$(sed -n 's/^AmbientCapabilities=//p' "$unit" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
  [ -n "$execute" ] && [ -n "$capabilities" ]
  printf 'interfaces: [{name: ours0, voice-vlan: 100}]\ndhcp: {serve: on}\n' > "$root/etc/dialtone/dialtone.yaml"
  cat > "$source/inside" << 'END'
set -e
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
mount -t proc proc "$1/proc"
ip link set lo up
ip link add ours0 type veth peer name theirs0
ip address add 10.9.0.1/24 dev ours0
ip link set ours0 up
unshare -n sleep 100 & theirs=$!
sleep 0.3
ip link set theirs0 netns $theirs
nsenter -t $theirs -n ip link set theirs0 up
socat -u UNIX-RECV:"$1/run/notify",mode=777 - > notified & socat=$!
sleep 0.3
chroot "$1" env -i PATH=/usr/bin:/bin NOTIFY_SOCKET=/run/notify setpriv --reuid dialtone --regid dialtone --init-groups \
  --inh-caps "-all,$4" --ambient-caps "-all,$4" --bounding-set "-all,$4" --no-new-privs $3 > serve 2>&1 & serve=$!
for i in $(seq 100); do ! grep -q READY=1 notified || break; sleep 0.1; done
grep -q READY=1 notified
nsenter -t $theirs -n "$2" phone theirs0 --model 7960 --seconds 25 > phone
grep -q '^0x11c ' phone
chroot "$1" dialtone device list | grep -qE '^SEP020000000009 +7960 +1000 '
kill $serve
wait $serve
grep -q STOPPING=1 notified
END
  cd "$source"
  run unshare --mount --net bash -x inside "$root" "$part" "$execute" "$capabilities"
  [ "$status" -eq 0 ] || { echo "$output"; cat serve notified; tail phone; false; }
  [[ $output != *'Not owner'* ]]
  grep -q 'runs as uid' serve
}

@test "purged, nothing of it is left: no file, no user, no group" {
  in_root dpkg --purge dialtone
  files_of_root > "$source/after"
  diff "$source/before" "$source/after"
  diff "$source/passwd" "$root/etc/passwd"
  diff "$source/group" "$root/etc/group"
}

@test "systemd starts it in all its confinement, reloads and stops it; removed, it does not run on" {
  command -v systemd-nspawn > /dev/null || skip "no systemd-nspawn here"
  in_root apt-get install -y -qq --no-install-recommends systemd-sysv iproute2 > "$source/apt" 2>&1 || { tail "$source/apt"; false; }
  in_root dpkg -i /tmp/dialtone.deb
  cp "$part" "$root/usr/local/bin/part"
  printf 'interfaces: [{name: ours0, voice-vlan: 100}]\ndhcp: {serve: on}\n' > "$root/etc/dialtone/dialtone.yaml"
  cat > "$root/usr/local/bin/proof" << 'END'
#!/bin/bash
exec > /proof.log 2>&1
set -x
ip netns add theirs
ip link add ours0 type veth peer name theirs0 netns theirs
ip link set ours0 up
ip -n theirs link set theirs0 up
ip address add 10.9.0.1/24 dev ours0
echo "enabled: $(systemctl is-enabled dialtone)"
systemctl start dialtone
echo "active: $(systemctl is-active dialtone)"
ip netns exec theirs part phone theirs0 --model 7960 --seconds 25
dialtone device list
dialtone status
grep ^Seccomp: "/proc/$(systemctl show -P MainPID dialtone)/status"
cat /proc/sys/net/ipv6/conf/ours0.100/disable_ipv6
systemctl reload dialtone
sleep 1
journalctl -u dialtone -o cat --no-pager
dpkg -r dialtone
echo "removed: $(pgrep -c dialtone 2> /dev/null || ls /proc/*/exe -l 2> /dev/null | grep -c bin/dialtone)"
ip -br link
systemctl poweroff
END
  chmod 755 "$root/usr/local/bin/proof"
  printf '[Service]\nType=oneshot\nExecStart=/usr/local/bin/proof\n[Install]\nWantedBy=multi-user.target\n' > "$root/etc/systemd/system/proof.service"
  in_root systemctl enable proof.service
  [ -e /sys/fs/cgroup/cgroup.controllers ] || export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0 # a machine with the older cgroups
  timeout 120 systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network -b > "$source/boot" 2>&1 3>&- < /dev/null || true
  cat "$root/proof.log" || { tail "$source/boot"; false; }
  for sight in '^enabled: disabled' '^active: active' '^0x11c ' '^SEP020000000009 +7960 +1000 ' '^Seccomp:.2' '^1$' '^reload: done' '^removed: 0'; do
    grep -qE -- "$sight" "$root/proof.log" || { echo "no $sight"; false; }
  done
  ! grep -q '^ours0.100' "$root/proof.log" || false # what it made is gone with it
}
