# A folder and a device table by TFTP and HTTP (file_server: the engines and drivers that `dialtone serve` has), and the clients
# that people have: curl, tftp-hpa, atftp, BusyBox. In a network namespace of its own, at two addresses.

load helpers

server=${FILE_SERVER:-$BATS_TEST_DIRNAME/../../build/tests/system/file_server}
first_address=10.9.9.1 second_address=10.9.9.2 http=16970

setup() {
  for program in curl tftp atftp busybox; do command -v "$program" > /dev/null || skip "$program is not installed"; done
  unshare -rn true 2> /dev/null || skip "this machine gives no network namespace"
  files=$BATS_TEST_TMPDIR/files
  mkdir "$files" "$files/English_United_States"
  cd "$BATS_TEST_TMPDIR" || return 1
  local size
  for size in 0 1 511 512 513 1428 4096 400000; do head -c $size /dev/urandom > "$files/of$size.bin"; done
  printf 'one\ntwo\r\nthree\rfour\n' > "$files/text.txt"
  printf jar > "$files/English_United_States/mk-sccp.jar"
  start 69
}

teardown() {
  local of
  for of in "${pid:-}" "${holder:-}"; do
    [ -z "$of" ] || { kill -KILL "$of" && wait "$of"; } 2> /dev/null || true
  done
}

# start PORT [OPTION]...: the server in a namespace of its own; in_world COMMAND: runs it there.
start() {
  unshare -rn sleep 600 3>&- &
  holder=$!
  until [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ] && in_world true 2> /dev/null; do sleep 0.01; done
  in_world sh -c "ip link set lo up; ip address add $first_address/32 dev lo; ip address add $second_address/32 dev lo"
  serve "$@"
}

serve() {
  : > said # what an earlier one said is not what this one says
  nsenter -t "$holder" -U -n --preserve-credentials "$server" 0.0.0.0 "$1" $http "$files" "${@:2}" > said 2> heard 3>&- &
  pid=$!
  local i
  for ((i = 0; i < 100; i++)); do
    grep -q ready said && return 0
    sleep 0.05
  done
  cat heard
  return 1
}

# stop: the counts of the server are in `said`.
stop() {
  kill -TERM "$pid"
  wait "$pid"
  pid=
  counted timed_out 0
  counted lost_in_kernel 0
}

counted() { grep -qx "$1 $2" said || { cat said; return 1; }; }

in_world() { nsenter -t "$holder" -U -n --preserve-credentials "$@"; }

# fetches NAME COMMAND...: the file that COMMAND leaves in `got` is the one of that name.
fetches() {
  rm -f got
  in_world "${@:2}" > output 2>&1 || { cat output; return 1; }
  cmp got "$files/$1"
}

@test "curl, tftp-hpa, atftp and BusyBox fetch files of every size byte for byte" {
  for size in 0 1 511 512 513 1428 4096 400000; do
    f=of$size.bin
    fetches $f curl -sS --tftp-no-options -o got tftp://$first_address/$f
    fetches $f curl -sS --tftp-blksize 1428 -o got tftp://$second_address/$f
    fetches $f tftp -m binary $first_address -c get $f got
    fetches $f busybox tftp -g -r $f -l got $second_address
    [ $size -eq 0 ] || fetches $f atftp --option "blksize 1428" --option "tsize" -g -r $f -l got $first_address 69
  done
  stop
  counted aborted 0
}

@test "a window of blocks brings a load byte for byte (atftp, windowsize)" {
  for window in 2 8 16 64; do
    fetches of400000.bin atftp --option "windowsize $window" -g -r of400000.bin -l got $first_address 69
    fetches of400000.bin atftp --option "windowsize $window" --option "blksize 1428" -g -r of400000.bin -l got $second_address 69
    fetches of512.bin atftp --option "windowsize $window" -g -r of512.bin -l got $first_address 69
  done
  stop
}

@test "40 MB at block size 512: block numbers roll over" {
  head -c 40000000 /dev/urandom > "$files/large.bin"
  sleep 0.6
  fetches large.bin curl -sS --tftp-no-options -o got tftp://$first_address/large.bin
  stop
}

@test "netascii arrives as text" {
  printf 'one\ntwo\n' > "$files/lines.txt"
  sleep 0.6
  fetches lines.txt tftp -m ascii $first_address -c get lines.txt got
}

@test "with all of a transfer at one port, one socket is all there is, and every client is served" {
  stop
  serve 69 one-port
  [ "$(in_world ss -Hlun | wc -l)" -eq 1 ]
  fetches of400000.bin curl -sS -o got tftp://$second_address/of400000.bin
  fetches of400000.bin tftp -m binary $first_address -c get of400000.bin got
  fetches of400000.bin atftp --option "windowsize 8" -g -r of400000.bin -l got $first_address 69
  fetches of400000.bin busybox tftp -b 1428 -g -r of400000.bin -l got $second_address
  stop
}

@test "names are taken as phones send them" {
  for name in OF4096.BIN /of4096.bin Cisco/of4096.bin; do fetches of4096.bin curl -sS -o got "tftp://$first_address/$name"; done
  fetches of4096.bin tftp -m binary $first_address -c get '\of4096.bin' got
  fetches English_United_States/mk-sccp.jar tftp -m binary $first_address -c get 'english_united_states\MK-SCCP.JAR' got
}

@test "what is not there gets error 1 at once, a write error 2" {
  run in_world curl -sS -o got tftp://$first_address/CTLSEP020000000001.tlv
  [ "$status" -eq 68 ]
  run in_world tftp -m binary $first_address -c put said new.bin
  [[ $output == *"code 2"* ]]
  run in_world tftp -m binary $first_address -c get ../said got
  [[ $output == *"code 1"* ]]
}

@test "ring and background lists are made of the files that are there, and a file of that name is served instead" {
  run in_world curl -sS -o got tftp://$first_address/RINGLIST.XML
  [ "$status" -eq 68 ] # nothing to ring with
  printf sound > "$files/Bass.raw"
  mkdir -p "$files/Desktops/320x212x12"
  printf small > "$files/Desktops/320x212x12/TN-hill.png"
  printf large > "$files/Desktops/320x212x12/hill.png"
  sleep 0.6
  for name in RINGLIST.XML Ringlist.xml DistinctiveRingList.xml; do
    in_world curl -sS -o got "tftp://$first_address/$name"
    [ "$(xmllint --xpath "string(/CiscoIPPhoneRingList/Ring/FileName)" got)" = Bass.raw ]
    [ "$(xmllint --xpath "string(/CiscoIPPhoneRingList/Ring/DisplayName)" got)" = Bass ]
  done
  in_world curl -sS -o got "http://$first_address:$http/Desktops/320x212x12/List.xml"
  [ "$(xmllint --xpath "string(/CiscoIPPhoneImageList/ImageItem/@URL)" got)" = TFTP:Desktops/320x212x12/hill.png ]
  fetches Desktops/320x212x12/TN-hill.png curl -sS -o got "tftp://$first_address/Desktops/320x212x12/TN-hill.png"
  printf mine > "$files/ringlist.xml"
  sleep 0.6
  fetches ringlist.xml curl -sS -o got "tftp://$first_address/RINGLIST.XML"
}

@test "HTTP gives the same bytes: whole, a range, the rest of one that was cut, many on one connection" {
  url=http://$first_address:$http
  fetches of400000.bin curl -sS -o got $url/of400000.bin
  in_world curl -sS -r 1000-1999 -o got $url/OF400000.bin
  cmp got <(tail -c +1001 "$files/of400000.bin" | head -c 1000)
  head -c 123456 "$files/of400000.bin" > got
  in_world curl -sS -C - -o got $url/of400000.bin
  cmp got "$files/of400000.bin"
  run in_world curl -sS -v -o /dev/null $url/of512.bin -o /dev/null $url/of513.bin -o /dev/null $url/absent -o /dev/null $url/of1.bin
  [ "$(grep -c 'Re-using existing connection' <<< "$output")" -eq 3 ]
  for name in SEP020000000001.cnf.xml XMLDefault.cnf.xml; do
    in_world curl -sS -o by_tftp tftp://$second_address/$name
    in_world curl -sS -o by_http $url/$name
    grep -q '<callManagerGroup>' by_tftp
    cmp by_tftp by_http
  done
}

@test "HTTP leads nowhere outside, and reads only" {
  url=http://$first_address:$http
  code() { in_world curl -sS --path-as-is -o body -w '%{http_code}' "$@"; }
  for name in ../said /etc/passwd %2e%2e/said ..%2fsaid ..%5csaid English_United_States/../../said .%00 English_United_States; do
    [[ $(code $url/$name) == 40[04] ]]
  done
  [ "$(code -X PUT -T said $url/new.bin)" = 405 ]
  [ "$(code -X DELETE $url/of1.bin)" = 405 ]
  [ "$(code -I $url/of4096.bin)" = 200 ]
  grep -qi '^content-length: 4096' body
  [ ! -e "$files/new.bin" ] && [ -e "$files/of1.bin" ]
}

@test "new, replaced and removed files are seen without a restart; links out of the folder are not followed" {
  ln -s ../said "$files/out.bin"
  ln -s of512.bin "$files/in.bin"
  printf new > "$files/new.bin"
  printf other > next
  mv next "$files/of1.bin"
  rm "$files/of513.bin"
  sleep 1.2
  fetches new.bin curl -sS -o got tftp://$first_address/new.bin
  fetches of1.bin curl -sS -o got tftp://$first_address/of1.bin
  fetches of512.bin curl -sS -o got tftp://$first_address/in.bin
  run in_world curl -sS -o got tftp://$first_address/of513.bin
  [ "$status" -eq 68 ]
  run in_world curl -sS -o got tftp://$first_address/out.bin
  [ "$status" -eq 68 ]
  grep -q 'out.bin' heard
}

@test "a made document wins over a file of its name, unless the setting says otherwise" {
  printf by-hand > "$files/SEP020000000001.cnf.xml"
  sleep 0.6
  in_world curl -sS -o got tftp://$first_address/SEP020000000001.cnf.xml
  grep -q '<callManagerGroup>' got
  stop
  serve 69 folder-first
  fetches SEP020000000001.cnf.xml curl -sS -o got tftp://$first_address/SEP020000000001.cnf.xml
}

@test "two hundred fetches, fifty at a time, all byte for byte, by TFTP and by HTTP" {
  fetch_many() {
    in_world seq 200 | in_world xargs -P 50 -I{} curl -sS -o "$1.{}" "$2/of400000.bin"
    for i in $(seq 200); do cmp "$1.$i" "$files/of400000.bin" || return 1; done
    rm -f "$1".*
  }
  fetch_many t tftp://$second_address
  fetch_many h http://$second_address:$http
  stop
  counted done 200
  counted files_read 1
}

@test "a phone that asks for SIP files is listed as such" {
  run in_world curl -sS tftp://$second_address/SIPDefault.cnf
  [ "$status" -eq 68 ]
  stop
  grep -q '^asker 10.9.9.[12] runs SIP$' said
}
