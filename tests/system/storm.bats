# `dialtone serve` is killed in the middle of storms of phones; what stands in the script `storm` happens once, at the beginning.
# STORM_PHONES and STORM_KILLS make it longer: ./run soak has a thousand phones and twenty kills.

load helpers

setup_file() {
  [ "$(id -u)" -eq 0 ] || return 0
  ip -o link 2> /dev/null | cut -d: -f2 > "$BATS_FILE_TMPDIR/links.before"
  timeout -k 5 "$((120 + ${STORM_KILLS:-2} * (30 + ${STORM_PHONES:-200} / 5)))" "$BATS_TEST_DIRNAME/storm" "$BATS_FILE_TMPDIR" 3>&- || true # each test looks for its own
}

# held CHECK
held() {
  [ "$(id -u)" -eq 0 ] || skip "network namespaces with DHCP in them need root"
  [ -e "$BATS_FILE_TMPDIR/storm.$1.done" ] && return 0
  cat "$BATS_FILE_TMPDIR/storm.log"
  return 1
}

@test "kill -9 in a storm: no address is given to two clients, and no lease that was ACKed is missing" { held lease; }
@test "kill -9 in a storm: no directory number is given to two phones, and no device that registered is missing" { held number; }
@test "kill -9 in a storm: all phones register again after each" { held back; }
@test "kill -9 in a storm: the store can be read after each" { held store; }

@test "kill -9 in a storm: what happened" {
  [ "$(id -u)" -eq 0 ] || skip "network namespaces with DHCP in them need root"
  sed 's/^/# /' "$BATS_FILE_TMPDIR/storm.log" >&3
  diff "$BATS_FILE_TMPDIR/links.before" <(ip -o link 2> /dev/null | cut -d: -f2)
}
