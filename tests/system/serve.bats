# `dialtone serve` in the namespaces of tests/system/served: a test a row. All rows run at the beginning, several at a time, each in a
# world of its own.

load helpers

here=$BATS_TEST_DIRNAME

setup_file() {
  rows=$BATS_FILE_TMPDIR
  export rows
  [ "$(id -u)" -eq 0 ] || return 0
  ip -o link 2> /dev/null | cut -d: -f2 > "$rows/links.before"
  "$here/served" --rows > "$rows/names"
  xargs -P 6 -I{} timeout -k 2 90 "$here/served" {} "$rows" < "$rows/names" 3>&- || true # each test looks for its own
}

# row NAME: it went as it should.
row() {
  [ "$(id -u)" -eq 0 ] || skip "what serves a network needs root"
  [ -e "$rows/$1.done" ] && return 0
  cat "$rows/$1.log"
  return 1
}

@test "the one-line home lab: it looks around, announces, and a phone comes up in the voice VLAN" { row home_lab; }
@test "DHCP that is asked for waits for no look" { row dhcp_at_once; }
@test "a phone takes its voice VLAN by LLDP-MED alone" { row home_lab_lldp; }
@test "from a file: a reservation, a short lease in the data VLAN, a number of its own" { row file; }
@test "another DHCP server leaves ours off, and that is said" { row no_rogue; }
@test "a switch that gives a voice VLAN leaves the announcer off" { row no_second_announcer; }
@test "an interface that is unplugged is told, the other one goes on, and it is served when it is back" { row unplugged; }
@test "an interface goes down and comes up; a voice VLAN that was taken away is made again" { row down_and_up; }
@test "interfaces that are not there when it starts are told, the others are served, and they are when they come" { row late; }
@test "another address of the machine: DHCP, documents, HTTP and CallManager follow" { row other_address; }
@test "an interface that came back is looked at before DHCP answers there" { row no_rogue_later; }
@test "who comes by an interface that is not served is not served; who comes routed by one that is, is" { row arrival; }
@test "more connections than files may be open is told at the start, and lowered" { row few_files; }
@test "a port that is held names its holder; the role can be left out" { row port_in_use; }
@test "a start that fails takes back what it made, and names who holds a port" { row start_fails; }
@test "a voice VLAN overlaps no other interface's network" { row voice_overlap; }
@test "it stops in the middle of a storm, and what was promised is there" { row stop_in_a_storm; }
@test "a second instance does not start on the same store" { row second_instance; }
@test "devices are added, changed, shown, imported, exported, removed; changes reach the phone; the store keeps them" { row administration; }
@test "without a daemon, administration says what to do" { row nobody; }
@test "an exported pool has neither our address nor routers and exclusions" { row export_pools; }
@test "dnsmasq with our exported snippet brings up a phone" { row export_dnsmasq; }
@test "ISC dhcpd with our exported snippet brings up a phone" { row export_isc; }
@test "Kea with our exported snippet brings up a phone" { row export_kea; }
@test "udhcpc, dhclient, dhcpcd and nmap get leases and offers" { row dhcp_clients; }
@test "perfdhcp: four-way exchanges, broadcasts, an avalanche" { row perfdhcp; }
@test "curl, tftp-hpa, atftp, BusyBox: 40 MB over the end of block numbers, options, HTTP ranges; nothing outside of the folder" { row tftp_clients; }
@test "lldpd and cdpr see a switch with a voice VLAN" { row announcer; }
@test "a device that was entered wrong: its phone is listed as not known, with who is near" { row typing_error; }
@test "an ATA that asks for a profile in vain is listed with what to do; one in the folder is served" { row ata; }
@test "SIGHUP takes what can change and says what cannot; a bad file changes nothing" { row reload; }
@test "a hundred reloads take the memory of one; changed interfaces are told" { row reload_often; }
@test "who asks for much and reads nothing keeps nobody waiting" { row control_flood; }
@test "phones are served while long lists are made" { row long_lists; }
@test "a log that nobody reads stops nobody" { row stuck_log; }
@test "an import is on disk when that is said" { row import; }
@test "systemd hears READY, WATCHDOG and STOPPING" { row notify; }
@test "it becomes the user that owns its folder, with three capabilities and a seccomp filter" { row user; }
@test "a full disk is told, nothing is promised that is not on it, and nothing is lost" { row full_disk; }
@test "promtool has nothing to say about /metrics; /healthz" { row metrics; }

@test "every row has a test" {
  [ "$(id -u)" -eq 0 ] || skip "the rows need root"
  diff <(sort "$rows/names") <(sed -n 's/^@test .* { row \([a-z_0-9]*\); }$/\1/p' "$BATS_TEST_FILENAME" | sort)
}

@test "this machine's own network is as it was, and nothing goes on" {
  [ "$(id -u)" -eq 0 ] || skip "the rows need root"
  diff "$rows/links.before" <(ip -o link 2> /dev/null | cut -d: -f2)
  ! pgrep -f "$here/served --inside" || false
}
