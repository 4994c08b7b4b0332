# `dialtone firmware` for the folder that TFTP serves: list, add, check, and, with a daemon, default.

load helpers

setup() {
  folder=$BATS_TEST_TMPDIR/folder
  mkdir "$folder"
  cd "$BATS_TEST_TMPDIR" || exit 1
}

firmware() { run --separate-stderr "$DIALTONE" firmware "$@"; }

@test "firmware add: sound files are copied, readable to all, and nothing else is left in the folder" {
  "$DIALTONE" firmware built-in P0030801SR02 P0030801SR02.bin
  printf '# a list\r\nP0030801SR02.bin\r\n' > P0030801SR02.loads
  chmod 600 P0030801SR02.bin
  firmware add P0030801SR02.loads P0030801SR02.bin --folder "$folder"
  [ "$status" -eq 0 ] && [ "$output" = "2 files added to $folder" ] && [ -z "$stderr" ]
  [ "$(ls -A "$folder" | paste -sd' ')" = 'P0030801SR02.bin P0030801SR02.loads' ]
  [ "$(stat -c %a "$folder/P0030801SR02.bin")" = 644 ]
  cmp P0030801SR02.bin "$folder/P0030801SR02.bin"
  firmware check P0030801SR02 --folder "$folder"
  [ "$status" -eq 0 ]
  [ "$output" = "P0030801SR02: whole: 2 files, $(cat "$folder"/* | wc -c) bytes, Dialtone's, for 7940, 7960" ]
}

@test "firmware add: one that is not sound, or no load at all, and none is added" {
  "$DIALTONE" firmware built-in P0030801SR02 good.bin
  head -c 9000 good.bin > cut.bin
  { cat good.bin; echo; } > long.bin
  { head -c 9000 good.bin; printf X; tail -c +9002 good.bin; } > flipped.bin
  : > empty.bin
  echo '<!DOCTYPE html><title>404</title>' > page.bin
  printf 'PK\003\004zip' > archive.zip
  echo '# nothing' > none.loads
  echo 'no header' > part.sbn
  local bad
  for bad in 'cut.bin: byte 16: ' 'long.bin: byte [0-9]+: bytes after a load' 'flipped.bin: byte 20: digest of a load' 'empty.bin: it is empty' \
    'page.bin: it is a web page' 'archive.zip: it is a zip archive' 'none.loads: a list that names no file' 'part.sbn: byte 0: ' 'gone.bin: No such file'; do
    firmware add good.bin "${bad%%:*}" --folder "$folder"
    echo "$bad -> $status: $stderr"
    [ "$status" -eq 1 ] && [ -z "$output" ] && [[ $stderr =~ $bad && $stderr == *'nothing was added'* ]]
    [ -z "$(ls -A "$folder")" ]
  done
}

@test "firmware check: what a list names and the folder does not have is status 1, each by its name" {
  "$DIALTONE" firmware built-in SCCP70.9-4-2SR3-1S cnu70.bin
  printf 'CNU70.BIN 23563 0\njar70.sbn\napps70.sbn\n' > SCCP70.9-4-2SR3-1S.loads
  firmware add SCCP70.9-4-2SR3-1S.loads cnu70.bin --folder "$folder"
  [ "$status" -eq 0 ] && [[ $stderr == *'jar70.sbn is not in the folder'* ]]
  firmware check SCCP70.9-4-2SR3-1S --folder "$folder"
  [ "$status" -eq 1 ] && [ -z "$output" ]
  [ "$stderr" = $'SCCP70.9-4-2SR3-1S: jar70.sbn is not in the folder\nSCCP70.9-4-2SR3-1S: apps70.sbn is not in the folder' ]
  firmware check NOPE --folder "$folder" --json
  [ "$status" -eq 1 ]
  jq -e '.whole == false and .missing == ["NOPE.loads"]' <<< "$output"
  echo spoilt >> "$folder/cnu70.bin"
  firmware check SCCP70.9-4-2SR3-1S --folder "$folder"
  [[ $stderr == *'cnu70.bin: byte 23563: bytes after a load'* ]]
}

@test "firmware check: a file has the size and the MD5 that its list says, where a list says them" {
  head -c 5000 /dev/urandom > "$folder/SYS-1.BIN"
  head -c 300 /dev/urandom > "$folder/APP-1.BIN"
  local sum other
  sum=$(md5sum < "$folder/SYS-1.BIN" | cut -d' ' -f1)
  other=$(md5sum < "$folder/APP-1.BIN" | cut -d' ' -f1)
  list() { printf '#? HW_REV 0-4.*\r\nSYS-1.BIN %s %s\r\napp-1.bin 300\r\n#+ EXTRA.BIN 7 %s\r\n' "$1" "$2" "$sum" > "$folder/CP7925G-1.4.5.3.LOADS"; }
  list 5000 "${sum^^}"
  firmware check CP7925G-1.4.5.3 --folder "$folder"
  [ "$status" -eq 0 ] && [[ $output == *': whole: 3 files'* ]] # what is optional need not be there
  list 5001 "$sum"
  firmware check CP7925G-1.4.5.3 --folder "$folder"
  [ "$status" -eq 1 ] && [ "$stderr" = 'CP7925G-1.4.5.3: SYS-1.BIN: it has 5000 bytes, and the list says 5001' ]
  list 5000 "$other"
  firmware check CP7925G-1.4.5.3 --folder "$folder"
  [ "$status" -eq 1 ] && [ "$stderr" = "CP7925G-1.4.5.3: SYS-1.BIN: its MD5 is $sum, and the list says $other" ]
  list 5000 "$sum"
  echo no > "$folder/EXTRA.BIN" # but what is there must be right
  firmware check CP7925G-1.4.5.3 --folder "$folder" --json
  [ "$status" -eq 1 ]
  jq -e '.whole == false and (.files[] | select(.name == "EXTRA.BIN") | .wrong == "it has 3 bytes, and the list says 7")' <<< "$output"
}

@test "firmware list --folder: each load once, with its models, the files of a list under its name" {
  "$DIALTONE" firmware built-in P0030801SR02 "$folder/P0030801SR02.bin"
  "$DIALTONE" firmware built-in P00405000700 "$folder/P00405000700.bin" || "$DIALTONE" firmware built-in CP7912080004SCCP080108A "$folder/CP7912080004SCCP080108A.sbin"
  echo P0030801SR02.bin > "$folder/P0030801SR02.loads"
  mkdir "$folder/.hidden"
  echo tone > "$folder/ring.raw"
  firmware list --folder "$folder"
  [ "$status" -eq 0 ] && [ "${#lines[@]}" -eq 3 ]
  grep -qE "^P0030801SR02 +2 +[0-9]+ +Dialtone's +whole +7940, 7960" <<< "$output"
  firmware list --folder "$folder" --json
  jq -e '.loads | length == 2 and all(.missing == [])' <<< "$output"
  firmware list --folder "$folder/gone"
  [ "$status" -eq 1 ] && [[ $stderr == *'No such file or directory'* ]]
}

@test "firmware: without a daemon it says so, status 3; wrong usage is status 2" {
  for what in 'list' 'check P0030801SR02' "default 7960 ''"; do
    eval "firmware $what --state \"$folder\""
    echo "$what -> $status: $stderr"
    [ "$status" -eq 3 ] && [[ $stderr == *'is `dialtone serve` running with this --state?'* ]]
  done
  for what in 'check' 'add' 'default 7960' 'list --nonsense' 'check a b'; do
    firmware $what --folder "$folder"
    echo "$what -> $status: $stderr"
    [ "$status" -eq 2 ] && [ -z "$output" ]
  done
}

# In namespaces of its own: a phone is told its new load, fetches it from the folder, boots it and registers with it.
@test "firmware default: refused for a load that is not there or another model's; else phones fetch it and run it" {
  part=${PART:-$BATS_TEST_DIRNAME/../../build/tests/system/part}
  cat > inside <<'END'
set -e
trap 'kill $(jobs -p) 2> /dev/null' EXIT
state=$PWD/state
ip link set lo up
ip link add ours0 type veth peer name theirs0
ip address add 10.9.0.1/24 dev ours0
ip link set ours0 up
unshare -n sleep 60 & theirs=$!
sleep 0.3
ip link set theirs0 netns $theirs
nsenter -t $theirs -n ip link set theirs0 up
"$1" serve --interface ours0 --announce off --dhcp on --state "$state" > serve 2>&1 & serve=$!
for i in $(seq 100); do ! grep -q ready: serve || break; sleep 0.1; done
! "$1" firmware default 7960 P00307020200 --state "$state" 2> refused || false
grep -q 'P00307020200: P00307020200.loads is not in the folder' refused
grep -q -- '--force does it all the same' refused
"$1" firmware built-in P00307020200 P00307020200.bin
echo P00307020200.bin > P00307020200.loads
"$1" firmware add P00307020200.loads P00307020200.bin --state "$state"
! "$1" firmware default 7970 P00307020200 --state "$state" 2> refused || false
grep -q 'P00307020200 is not for the 7970' refused
nsenter -t $theirs -n "$2" phone theirs0 --model 7960 --vlan-wait 1 --seconds 30 --until end > phone & phone=$!
for i in $(seq 150); do ! grep -q ^0x11c phone || break; sleep 0.1; done
"$1" firmware default 7960 P00307020200 --state "$state"
"$1" firmware list --state "$state" | grep -qE "^P00307020200 +2 .* whole +7940, 7960 +Default \(7960\)"
for i in $(seq 150); do ! grep -q '^0x11c .*load="P00307020200"' phone || break; sleep 0.1; done
grep -q '^0x11c .*load="P00307020200"' phone
"$1" firmware default 7960 '' --state "$state"
"$1" firmware list --state "$state" --json | jq -e '.loads[0].pools == []'
END
  run unshare --user --map-root-user --net bash -x inside "$DIALTONE" "$part"
  echo "$output"
  cat serve phone refused 2> /dev/null | tail -40
  [ "$status" -eq 0 ]
}
