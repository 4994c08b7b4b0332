# 20 phones boot from `dialtone serve` while a neighbour attacks it: a test for each kind of attack; what happens in each stands
# in the script `hostile`, whose rows all run at the beginning, some at a time, each in a world of its own.
# HOSTILE_CONNECTIONS and HOSTILE_SECONDS make it harder: ./run soak has 10,000 connections for a minute.

load helpers

setup_file() {
  [ "$(id -u)" -eq 0 ] || return 0
  "$BATS_TEST_DIRNAME/hostile" --rows > "$BATS_FILE_TMPDIR/names"
  xargs -P 3 -I{} timeout -k 2 "$((${HOSTILE_SECONDS:-8} + 100))" "$BATS_TEST_DIRNAME/hostile" {} "$BATS_FILE_TMPDIR" \
    < "$BATS_FILE_TMPDIR/names" 3>&- || true # each test looks for its own
}

# row NAME: phones registered in it, and serve held.
row() {
  [ "$(id -u)" -eq 0 ] || skip "network namespaces with DHCP in them need root"
  grep '^serve: VmRSS' "$BATS_FILE_TMPDIR/$1.log" | sed 's/^/# /' >&3 || true
  [ -e "$BATS_FILE_TMPDIR/$1.done" ] && return 0
  cat "$BATS_FILE_TMPDIR/$1.log"
  return 1
}

@test "phones register while garbage comes to the ports of DHCP, TFTP and its transfers" { row datagrams; }
@test "phones register while forged CDP, LLDP and ARP come" { row frames; }
@test "phones register while a flood of DISCOVERs of ever new clients comes" { row starvation; }
@test "phones register while strangers hold connections to the CallManager, send garbage and do not read" { row sccp; }
@test "phones register while strangers hold connections to HTTP, send garbage and do not read" { row http; }
@test "phones register while the port of the metrics is attacked" { row metrics; }
@test "phones register while the control socket is attacked" { row control; }

@test "every attack has a test" {
  [ "$(id -u)" -eq 0 ] || skip "the rows need root"
  diff <(sort "$BATS_FILE_TMPDIR/names") <(sed -n 's/^@test .* { row \([a-z_]*\); }$/\1/p' "$BATS_TEST_FILENAME" | sort)
}
