# `dialtone lab --attach`: others join the lab by an interface of the host. The host is a network namespace that plays it, with
# the interface eth1 (and eth2); far0 (far1) at the other end of its cable is where a guest is.

load helpers
PART=${PART:-$BATS_TEST_DIRNAME/../../build/tests/system/part}
guest=SEP02000000AA09 guest_mac=02:00:00:00:aa:09

host() { nsenter --net=/proc/"$host"/ns/net -- "$@"; }
far() { nsenter --net=/proc/"$far"/ns/net -- "$@"; }

# A network namespace of its own for a process that only keeps it; its pid in $keeper.
space() {
  local i
  unshare --net sleep 600 3>&- &
  keeper=$!
  disown "$keeper" # its end is not worth a word
  for ((i = 0; i < 100; i++)); do
    [ "$(readlink /proc/$keeper/ns/net)" = "$(readlink /proc/self/ns/net)" ] || return 0
    sleep 0.05
  done
  return 1
}

setup() {
  lab='' host='' far='' other='' place=''
  [ "$(id -u)" -eq 0 ] || skip "a host that others play needs root"
  space
  host=$keeper
  space
  far=$keeper
  for i in 0 1; do
    ip link add "eth$((i + 1))" netns "$host" type veth peer name far$i netns "$far"
    host ip link set "eth$((i + 1))" up
    far sh -c "echo 1 > /proc/sys/net/ipv6/conf/far$i/disable_ipv6" 2> /dev/null || true
    far ip link set far$i up
  done
}

teardown() {
  stop_leftovers
  [ -z "$place" ] || rm -rf "$place"
  kill -KILL ${host:+"$host"} ${far:+"$far"} ${other:+"$other"} 2> /dev/null || true
}

# far1 goes to a second machine.
move_far1() {
  space
  other=$keeper
  far ip link set far1 netns "$other"
  other ip link set far1 up
}
other() { nsenter --net=/proc/"$other"/ns/net -- "$@"; }

# attached ARGS: a lab in the background, in the host's namespace, once its switch runs.
attached() {
  lines=$BATS_TEST_TMPDIR/lines
  : > "$lines"
  nsenter --net=/proc/"$host"/ns/net -- "$DIALTONE" lab "$@" > "$lines" 2> "$BATS_TEST_TMPDIR/stderr" 3>&- &
  lab=$!
}
lines_attached() {
  attached --stay "$@"
  until_lines "attached +eth1 is port 4 .*: link up" 10 || { cat "$BATS_TEST_TMPDIR/stderr"; return 1; }
}
all_registered() { # with --known all: once each
  for device in $first $second $third; do until_lines " $device .* registered with " 10; done
}

promiscuous() { host ip -d link show "$1" | grep -o 'promiscuity [0-9]*'; }

# A DHCP client of the far side: the lease in $BATS_TEST_TMPDIR/lease, the address on the interface.
client() {
  local script=$BATS_TEST_TMPDIR/script
  printf '#!/bin/sh\n[ "$1" = bound ] || exit 0\nenv > %s/lease\nip address add $ip/24 dev $interface\nip route add default via $router\n' \
    "$BATS_TEST_TMPDIR" > "$script"
  chmod 755 "$script"
  far udhcpc -i "$1" -f -n -q -t 5 -T 1 -s "$script" -O 150
}

# refused STATUS WORDS ARGS: the lab does not begin, for that reason, and nothing is on standard output.
refused() {
  local expected=$1 words=$2
  shift 2
  run --separate-stderr host timeout 20 "$DIALTONE" lab "$@"
  echo "$* -> $status: $stderr"
  [ "$status" -eq "$expected" ] && [ -z "$output" ] && [[ $stderr == "dialtone lab: "*"$words"* ]]
}

@test "a DHCP client that sends untagged gets an address of the data VLAN, with option 150" {
  lines_attached --known all --attach eth1
  client far0
  cat "$BATS_TEST_TMPDIR/lease"
  grep -qE '^ip=10\.1\.0\.[0-9]+$' "$BATS_TEST_TMPDIR/lease"
  grep -qx 'router=10.1.0.1' "$BATS_TEST_TMPDIR/lease"
  grep -qx 'opt150=0a000002' "$BATS_TEST_TMPDIR/lease"
  until_lines "attached +guest [0-9a-f:]{17} has the address 10\.1\.0\." 5
  all_registered
  end_lab
  [ "$status" -eq 0 ]
  grep -qE "^guest [0-9a-f:]{17}: 10\.1\.0\.[0-9]+$" "$lines"
}

@test "a phone behind the interface takes the voice VLAN by CDP, boots, registers, and is shown as a guest" {
  lines_attached --known all --attach eth1:access
  far "$PART" phone far0 --mac $guest_mac --seconds 6 --until end > "$BATS_TEST_TMPDIR/phone"
  grep -q 'vlan=100 source="cdp" switch="access-1" port="FastEthernet1/0/4" native_vlan=1' "$BATS_TEST_TMPDIR/phone"
  grep -qE 'address=10\.0\.0\.[0-9]+ .*tftp_source="option 150"' "$BATS_TEST_TMPDIR/phone"
  grep -q "file=\"$guest.cnf.xml\" source=\"tftp\"" "$BATS_TEST_TMPDIR/phone" # its own, after auto-registration and reset
  until_lines "attached +guest $guest registered with 10\.0\.0\.2 as 1003, 7960 at 10\.0\.0\." 1
  until_lines "attached +eth1: $guest \(Cisco IP Phone 7960\) says by CDP that it is there" 1
  all_registered
  end_lab
  [ "$status" -eq 0 ]
  grep -q "3 of 3 phones registered" "$lines"
  grep -qE "^eth1 \(port 4, access\): link up, [1-9][0-9]* frames came in, [1-9][0-9]* went out$" "$lines"
  grep -qE "^guest $guest: 10\.0\.0\.[0-9]+, registered with 10\.0\.0\.2 as 1003$" "$lines"
}

@test "the document has the interface and the guest under keys of their own, and the lab's phones as ever" {
  attached --stay --known all --json --attach eth1
  far "$PART" phone far0 --mac $guest_mac --seconds 6 --until end > "$BATS_TEST_TMPDIR/phone"
  end_lab
  [ "$status" -eq 0 ]
  is '.registered == 3 and .failed == 0 and (.phones | length) == 3'
  is '.attached | length == 1 and .[0].interface == "eth1" and .[0].port == 4 and .[0].mode == "access" and .[0].link'
  is '.attached[0] | .received > 10 and .sent > 10 and .lost == 0'
  is '.guests | length == 1'
  is ".guests[0] | .device == \"$guest\" and .mac == \"$guest_mac\" and .model == \"7960\" and .registered
      and .callmanager == \"10.0.0.2\" and .directory_number == \"1003\" and (.address | startswith(\"10.0.0.\"))"
  page=$BATS_TEST_DIRNAME/../../man/dialtone-lab.1
  for key in attached guests $(value '.attached[0], .guests[0] | keys[]'); do grep -qE "^\.(It )?Va .*\b$key\b" "$page" || { echo "the man page does not name $key"; false; }; done
  document
  is 'has("attached") or has("guests") | not'
}

@test "tcpdump at the far end sees the port's CDP: voice VLAN 100, native VLAN 1; a trunk's has no voice VLAN" {
  far timeout 20 tcpdump -nn -v -c 1 -i far0 'ether dst 01:00:0c:cc:cc:cc' > "$BATS_TEST_TMPDIR/access" 2> /dev/null 3>&- &
  one=$!
  far timeout 20 tcpdump -nn -v -c 1 -i far1 'ether dst 01:00:0c:cc:cc:cc' > "$BATS_TEST_TMPDIR/trunk" 2> /dev/null 3>&- &
  two=$!
  sleep 0.5
  lines_attached --known all --attach eth1 --attach eth2:trunk
  wait $one $two
  cat "$BATS_TEST_TMPDIR/access" "$BATS_TEST_TMPDIR/trunk"
  grep -qE "Device-ID.*'access-1'" "$BATS_TEST_TMPDIR/access"
  grep -qE "Port-ID.*'FastEthernet1/0/4'" "$BATS_TEST_TMPDIR/access"
  grep -qE "VoIP VLAN assignment.*app 1, vlan 100" "$BATS_TEST_TMPDIR/access"
  grep -qE "Native VLAN ID.*: 1$" "$BATS_TEST_TMPDIR/access"
  grep -qE "Port-ID.*'FastEthernet1/0/5'" "$BATS_TEST_TMPDIR/trunk"
  grep -qE "Native VLAN ID.*: 1$" "$BATS_TEST_TMPDIR/trunk"
  ! grep -q "VoIP VLAN" "$BATS_TEST_TMPDIR/trunk" || false
}

@test "trunk: the voice VLAN with its tag, the data VLAN without; no other VLAN" {
  lines_attached --known all --attach eth1:trunk --attach eth2:trunk
  client far0
  grep -qE '^ip=10\.1\.0\.[0-9]+$' "$BATS_TEST_TMPDIR/lease"
  far "$PART" phone far0 --mac $guest_mac --preference "admin-vlan 100" --seconds 10 > "$BATS_TEST_TMPDIR/phone"
  grep -qE 'vlan=100 source="preference"' "$BATS_TEST_TMPDIR/phone"
  grep -qE 'address=10\.0\.0\.[0-9]+ ' "$BATS_TEST_TMPDIR/phone"
  move_far1
  run other "$PART" phone far1 --mac 02:00:00:00:aa:0a --preference "admin-vlan 200" --until address --seconds 2
  echo "$output"
  [ "$status" -eq 1 ] && [[ $output == *vlan=200* && $output != *address=10* ]]
}

@test "a kernel that leaves checksums to hardware fetches a file by TFTP, and reaches the CallManager by TCP" {
  lines_attached --known all --attach eth1
  client far0
  run far busybox tftp -g -r XMLDefault.cnf.xml -l "$BATS_TEST_TMPDIR/file" 10.0.0.2
  echo "$output"
  grep -q '<Default>' "$BATS_TEST_TMPDIR/file"
  far timeout 5 bash -c 'exec 4<> /dev/tcp/10.0.0.2/2000'
}

@test "two interfaces: guests reach each other through the virtual switch" {
  move_far1
  other ip address add 10.1.0.252/24 dev far1
  far ip address add 10.1.0.251/24 dev far0
  lines_attached --known all --attach eth1 --attach eth2:trunk
  far timeout 10 sh -c 'until ip neighbour show | grep -q "10.1.0.252.*lladdr"; do echo | busybox nc -w 1 10.1.0.252 9 > /dev/null 2>&1; sleep 0.2; done'
}

@test "the carrier of the interface is that of the port" {
  changes() { # N WORD: so many times the link has come or gone
    local i
    for ((i = 0; i < 100; i++)); do
      [ "$(grep -cE "attached +eth1 is port 4 \(access\): link $2" "$lines")" -lt "$1" ] || return 0
      sleep 0.05
    done
    cat "$lines"
    return 1
  }
  lines_attached --known all --attach eth1
  far ip link set far0 down
  changes 1 down
  far ip link set far0 up
  changes 2 up
  host ip link set eth1 down # its own end
  changes 2 down
  host ip link set eth1 up
  changes 3 up
  client far0 # frames pass again
  host ip link delete eth1 # it goes away altogether: the lab goes on without it
  changes 3 down
  all_registered
  end_lab
  [ "$status" -eq 0 ]
  grep -q "^eth1 (port 4, access): link down" "$lines"
}

@test "--pcap records the attached port under a name of its own, and --record what came by it" {
  lines_attached --known all --attach eth1 --pcap "$BATS_TEST_TMPDIR/frames" --record "$BATS_TEST_TMPDIR/record"
  client far0
  far "$PART" phone far0 --mac $guest_mac --seconds 10 > /dev/null
  all_registered
  end_lab
  [ "$status" -eq 0 ]
  names=$(tshark -r "$BATS_TEST_TMPDIR/frames" -T fields -e frame.interface_name 2> /dev/null | sort | uniq -c)
  echo "$names"
  grep -qE '^ +[1-9][0-9]+ port 4 \(eth1\)$' <<< "$names"
  dhcp() { tshark -r "$BATS_TEST_TMPDIR/frames" -Y "frame.interface_name == \"port 4 (eth1)\" and $1" 2> /dev/null | wc -l; }
  [ "$(dhcp "dhcp and not vlan")" -ge 4 ]
  [ "$(dhcp "dhcp and vlan.id == 100")" -ge 4 ]
  [ "$(dhcp "tftp")" -ge 2 ]
  [ "$(dhcp "cdp")" -ge 1 ]
  "$DIALTONE" replay "$BATS_TEST_TMPDIR/record"
}

@test "promiscuous while it runs; nothing is left of it, however it ends" {
  lines_attached --known all --attach eth1
  [ "$(promiscuous eth1)" = "promiscuity 1" ]
  all_registered
  end_lab
  [ "$status" -eq 0 ]
  [ "$(promiscuous eth1)" = "promiscuity 0" ]
  lines_attached --known all --attach eth1
  all=$(family "$lab")
  [ "$(wc -l <<< "$all")" -ge 5 ]
  kill -KILL "$lab"
  wait "$lab" || true
  for ((i = 0; i < 60; i++)); do
    [ "$(promiscuous eth1)" = "promiscuity 0" ] && [ -z "$(alive <<< "$all")" ] && break
    sleep 0.05
  done
  [ "$(promiscuous eth1)" = "promiscuity 0" ]
  [ -z "$(alive <<< "$all")" ]
}

@test "the fleet's process alone holds the interface" {
  lines_attached --known all --attach eth1
  holders=0
  while read -r pid _; do
    ls -l "/proc/$pid/fd" 2> /dev/null | grep -oE 'socket:\[[0-9]+\]' | tr -dc '0-9\n' > "$BATS_TEST_TMPDIR/sockets"
    host grep -E ' 0003 ' /proc/net/packet | awk '{print $NF}' | grep -qxFf "$BATS_TEST_TMPDIR/sockets" && holders=$((holders + 1))
  done < <(family "$lab")
  [ "$holders" -eq 1 ]
}

@test "two ends of one cable attached: the switch hears itself, says so, and the lab's own phones register all the same" {
  host ip link add eth3 type veth peer name eth4
  host ip link set eth3 up
  host ip link set eth4 up
  attached --known all --stay --attach eth3 --attach eth4
  until_lines "attached +eth[34]: the switch hears itself there" 10
  all_registered
  end_lab
  [ "$status" -eq 0 ]
}

@test "where no world can be made: status 3 with the reason, and no virtual time in its place" {
  unshare -U -r true 2> /dev/null || skip "this machine forbids user namespaces"
  run --separate-stderr unshare -U -r -n sh -c "ip link add eth1 type veth peer name far0 && ip link set eth1 up && ip link set far0 up &&
    echo 0 > /proc/sys/user/max_pid_namespaces && exec '$DIALTONE' lab --attach eth1"
  echo "$stderr"
  [ "$status" -eq 3 ] && [ -z "$output" ]
  [[ $stderr == *"/proc/sys/user/max_pid_namespaces is 0"* ]]
}

@test "in a namespace of one's own nobody needs more rights than one has there" {
  setpriv --reuid=65534 --regid=65534 --clear-groups unshare -U -r true 2> /dev/null || skip "this machine forbids user namespaces"
  place=$(mktemp -d /tmp/dialtone-attach.XXXXXX)
  cp "$DIALTONE" "$place/dialtone"
  chmod 755 "$place" "$place/dialtone"
  run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups unshare -U -r -n sh -c "ip link add eth1 type veth peer name far0 &&
    ip link set eth1 up && ip link set far0 up && exec '$place/dialtone' lab --attach eth1"
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  [[ $output == *"eth1 (port 4, access): link up"* ]]
}

@test "without CAP_NET_RAW: status 3, and what is missing" {
  place=$(mktemp -d /tmp/dialtone-attach.XXXXXX) # what is built need not be everybody's
  cp "$DIALTONE" "$place/dialtone"
  chmod 755 "$place" "$place/dialtone"
  for mode in "" ":access" ":trunk"; do
    run --separate-stderr host setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$place/dialtone" lab --attach eth1$mode
    echo "$stderr"
    [ "$status" -eq 3 ] && [ -z "$output" ]
    [[ $stderr == "dialtone lab: --attach eth1: CAP_NET_RAW is missing, "*"run this as root"*"setcap cap_net_raw+ep $place/dialtone"* ]]
  done
  run --separate-stderr host setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$DIALTONE" lab --attach eth1
  [ "$status" -eq 3 ] && [[ $stderr == *CAP_NET_RAW* ]]
  [ "$(promiscuous eth1)" = "promiscuity 0" ]
}

@test "an ordinary user whose program has that one capability attaches an interface" {
  setpriv --reuid=65534 --regid=65534 --clear-groups unshare -U -r true 2> /dev/null || skip "this machine forbids user namespaces"
  place=$(mktemp -d /tmp/dialtone-attach.XXXXXX) # bats' own folder is not everybody's
  chmod 755 "$place"
  cp "$DIALTONE" "$place/dialtone"
  chmod 755 "$place/dialtone"
  PATH=$PATH:/sbin:/usr/sbin setcap cap_net_raw+ep "$place/dialtone" || skip "no file capabilities here"
  lines=$BATS_TEST_TMPDIR/lines
  nsenter --net=/proc/"$host"/ns/net -- setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
    "$place/dialtone" lab --stay --known all --attach eth1 > "$lines" 2> "$BATS_TEST_TMPDIR/stderr" 3>&- &
  lab=$!
  far "$PART" phone far0 --mac $guest_mac --seconds 10 > "$BATS_TEST_TMPDIR/phone" || status=$?
  all_registered
  end_lab
  cat "$lines" "$BATS_TEST_TMPDIR/stderr"
  [ "$status" -eq 0 ]
  grep -q "guest $guest registered with" "$lines"
  [ "$(promiscuous eth1)" = "promiscuity 0" ]
}

@test "an interface that is not there, is down, or is not Ethernet: status 3, and what to do" {
  host ip link set eth2 down
  host ip link set lo up
  refused 3 "--attach eth9: there is no such interface here" --attach eth9
  refused 3 "--attach eth2: this interface is down: \`ip link set eth2 up\`" --attach eth2
  refused 3 "--attach lo: this interface is not Ethernet" --attach lo
  refused 3 "--attach eth9: there is no such interface here" --attach eth1 --attach eth9
  [ "$(promiscuous eth1)" = "promiscuity 0" ]
}

@test "wrong usage is status 2" {
  refused 2 "--attach takes IFACE, IFACE:access or IFACE:trunk" --attach ""
  refused 2 "--attach takes IFACE, IFACE:access or IFACE:trunk" --attach :trunk
  refused 2 "--attach takes IFACE, IFACE:access or IFACE:trunk" --attach eth1:
  refused 2 "--attach takes IFACE, IFACE:access or IFACE:trunk" --attach eth1:hybrid
  refused 2 "with a name of 1 to 15 bytes" --attach sixteen-bytes-00
  refused 2 "--attach: eth1 is attached already" --attach eth1 --attach eth1:trunk
  refused 2 "--attach can be given 4 times at most" --attach a --attach b --attach c --attach d --attach e
  refused 2 "--sim has no frames" --sim --attach eth1
}
