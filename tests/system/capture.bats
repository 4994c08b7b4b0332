# --pcap and --pcap-uplink: what tshark and tcpdump say of the lab's frames.

load helpers

setup_file() {
  load helpers
  ports=$BATS_FILE_TMPDIR/ports.pcapng uplink=$BATS_FILE_TMPDIR/uplink.pcapng
  export ports uplink
  "$DIALTONE" lab --json --pcap "$ports" --pcap-uplink "$uplink" --change "SEP020000000003:load=SCCP70.8-5-3S" > "$BATS_FILE_TMPDIR/document"
}

setup() {
  lab=
  command -v tshark > /dev/null || skip "tshark is missing"
}

teardown() { stop_leftovers; }

dissect() { tshark -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE -o tcp.analyze_sequence_numbers:FALSE "$@" 2> /dev/null; }

# fields FILE FILTER FIELD...: a line a frame.
fields() {
  local file=$1 filter=$2 f of=()
  shift 2
  for f in "$@"; do of+=(-e "$f"); done
  dissect -r "$file" -Y "$filter" -T fields "${of[@]}"
}

# What tshark finds malformed, or warns of. The one exception: it calls every TFTP ERROR packet a warning, "TFTP ERROR packet";
# RFC 1350 wants such a packet for a file that is not there, and a phone asks for several. TCP is the kernel's own: that a segment
# came twice ("D-SACK Sequence"), or that a phone was reset while its second connection was being opened ("Connection reset
# (RST)"), is none of our encoding; a wrong TCP checksum is.
complaints() {
  dissect -r "$1" -Y '_ws.malformed || _ws.expert.severity >= 0x00600000' -T fields -e frame.number -e _ws.col.Protocol -e _ws.expert.message |
    grep -vE $'\t(TFTP\tTFTP ERROR packet|TCP\t(D-SACK Sequence|Connection reset \\(RST\\)))$' || true
}

frames_of() { fields "$1" "$2" frame.number | wc -l; }

@test "the captures are whole, with an interface for each port" {
  [ "$(capinfos -Mc "$ports" | sed -n 's/^Number of packets: *//p')" -gt 300 ]
  run capinfos "$ports"
  [ "$status" -eq 0 ]
  [[ $output == *"pcapng"* && $output == *"Ethernet"* ]]
  [ "$(grep -cE 'Name = port [123]$' <<< "$output")" -eq 3 ]
  [ "$(capinfos "$uplink" | grep -c 'Name = uplink$')" -eq 1 ]
}

@test "tshark finds nothing malformed and nothing to warn of, checksums included" {
  for file in "$ports" "$uplink"; do
    found=$(complaints "$file")
    echo "$found"
    [ -z "$found" ]
  done
}

@test "what it looked at is there: CDP, LLDP, ARP, DHCP, TFTP, SCCP" {
  for protocol in cdp lldp arp dhcp tftp skinny; do
    n=$(frames_of "$ports" "$protocol")
    echo "$protocol: $n"
    [ "$n" -ge 3 ]
  done
  [ "$(frames_of "$ports" 'tftp.opcode == 5 && tftp.error.code == 1')" -ge 3 ] # the exception of complaints() has something to except
}

# spoil PATTERN REPLACEMENT: a copy of the capture in which the bytes of the first are those of the second, and nothing else.
spoil() {
  sed -z "s/$1/$2/" "$ports" > "$BATS_TEST_TMPDIR/spoilt"
  ! cmp -s "$ports" "$BATS_TEST_TMPDIR/spoilt" || false
  [ "$(stat -c %s "$ports")" -eq "$(stat -c %s "$BATS_TEST_TMPDIR/spoilt")" ]
}

@test "a broken frame is noticed: one of CDP, of LLDP, of DHCP, of TFTP, of SCCP" {
  spoil 'Cisco IP Phone 79' 'Cisco IP Phane 79' # the checksum of CDP
  complaints "$BATS_TEST_TMPDIR/spoilt" | grep -q CDP
  spoil '\x0a\x08access-1\x0c' '\x0b\x08access-1\x0c' # LLDP: a name that is 264 bytes long
  complaints "$BATS_TEST_TMPDIR/spoilt" | grep -q LLDP
  spoil '\x37\x07\x01\x42\x06' '\x37\x07\x01\x43\x06' # the list of DHCP's options: UDP's checksum
  complaints "$BATS_TEST_TMPDIR/spoilt" | grep -q DHCP
  spoil 'XMLDefault' 'XMLDefaulT'
  complaints "$BATS_TEST_TMPDIR/spoilt" | grep -q TFTP
  spoil 'Last=Initialized' 'Last=Initialised' # an SCCP alarm: TCP's checksum
  complaints "$BATS_TEST_TMPDIR/spoilt" | grep -q SKINNY
}

@test "every message on port 2000 is dissected as SCCP, and none is unknown" {
  [ "$(frames_of "$ports" 'tcp.port == 2000 && tcp.len > 0 && !skinny')" -eq 0 ]
  [ "$(frames_of "$ports" 'skinny && data')" -eq 0 ]
  run dissect -r "$ports" -Y skinny -O skinny -V
  [ "$(grep -c 'Message ID: ' <<< "$output")" -ge 100 ]
  ! grep -qi 'Message ID: Unknown' <<< "$output" || false
}

@test "the messages of a registration, in their order" {
  # The third phone, before its change of load: what a 7970 says and hears.
  ids=$(fields "$ports" 'frame.interface_name == "port 3" && skinny' skinny.messageId | tr ',\n' '  ')
  echo "$ids"
  for want in "32 1 2 " " 129 155 " " 16 " " 15 152 " " 14 151 " " 40 264 " " 37 265 " " 11 327 " " 18 158 " " 45 " " 13 148"; do
    [[ " $ids " == *"$want"* ]] || { echo "no '$want'"; false; }
  done
  # XMLAlarm (its load is of 9.x), Alarm, Register, then RegisterAck before anything else is asked; the time comes last.
  [[ $ids == "346 32 1 2 129 155 16 15 152 14 151 "* ]]
  # A 7910 has no soft keys, and its version of SCCP has the older answer to LineStatReq.
  ids=$(fields "$ports" 'frame.interface_name == "port 1" && skinny' skinny.messageId | tr ',\n' '  ')
  echo "$ids"
  [[ $ids == *" 11 146 "* && $ids != *" 40 "* ]]
}

@test "each frame is recorded once: no segment of TCP twice at a port, and as many frames as were counted" {
  twice=$(fields "$ports" 'tcp' frame.interface_name ip.src tcp.srcport tcp.seq tcp.ack tcp.len tcp.flags tcp.options.timestamp.tsval | sort | uniq -d)
  echo "$twice"
  [ -z "$twice" ]
  recorded=$(($(frames_of "$ports" frame) + $(frames_of "$uplink" frame)))
  counted=$(jq .frames.sent "$BATS_FILE_TMPDIR/document")
  echo "recorded $recorded, counted $counted"
  [ "$recorded" -ge "$counted" ] && [ "$recorded" -le $((counted + 40)) ] # a few more pass between the count and the end
}

@test "a phone's traffic is tagged with VLAN 100, priority 3; CDP and LLDP are not tagged" {
  for port in 1 2 3; do
    from="frame.interface_name == \"port $port\" && eth.src == 02:00:00:00:00:0$port"
    [ "$(frames_of "$ports" "$from && (ip || arp)")" -gt 20 ]
    [ "$(frames_of "$ports" "$from && ip && !(vlan.id == 100 && vlan.priority == 3)")" -eq 0 ]
    [ "$(frames_of "$ports" "$from && arp && !(vlan.id == 100)")" -eq 0 ]
    [ "$(frames_of "$ports" "$from && (cdp || lldp) && vlan")" -eq 0 ]
    [ "$(frames_of "$ports" "$from && cdp")" -ge 1 ]
  done
  [ "$(frames_of "$uplink" vlan)" -eq 0 ] # the uplink is an access port of the voice VLAN
}

@test "tcpdump names the voice VLAN in our CDP, and the power that a phone wants" {
  command -v tcpdump > /dev/null || skip "tcpdump is missing"
  editcap -F pcap "$ports" "$BATS_TEST_TMPDIR/pcap"
  run tcpdump -v -n -r "$BATS_TEST_TMPDIR/pcap"
  grep -q "VoIP VLAN assignment (0x0e), value length: 3 bytes: app 1, vlan 100" <<< "$output"
  grep -q "Device-ID (0x01), value length: 15 bytes: 'SEP020000000001'" <<< "$output"
  grep -q "power consumption (0x10), value length: 2 bytes: 6.30W" <<< "$output"
  ! grep -qi 'bad cksum\|bad udp cksum\|incorrect' <<< "$output" || false
}

@test "the switch answers a phone's CDP at once" {
  # From the phone's first CDP at port 1 to the switch's next one: triggered, not the 60 s period.
  read -r asked answered < <(fields "$ports" 'frame.interface_name == "port 1" && cdp' eth.src frame.time_relative |
    awk '$1 == "02:00:00:00:00:01" && !a {a = $2; next} a && !b && $1 != "02:00:00:00:00:01" {b = $2} END {print a, b}')
  echo "asked at $asked, answered at $answered"
  awk -v a="$asked" -v b="$answered" 'BEGIN {exit !(a != "" && b != "" && b - a >= 0 && b - a < 0.1)}'
}

@test "no storm: a phone asks ARP for each address once a boot, and DHCP twice" {
  # requests at its own port: at most (boots of it) x (address, server, second server, router)
  asked=$(fields "$ports" 'frame.interface_name == "port 1" && arp.opcode == 1 && eth.src == 02:00:00:00:00:01' arp.dst.proto_ipv4 | sort | uniq -c)
  echo "$asked"
  [ "$(awk '$1 > 4' <<< "$asked" | wc -l)" -eq 0 ]
  [ "$(frames_of "$ports" 'frame.interface_name == "port 1" && dhcp.option.dhcp == 1 && eth.src == 02:00:00:00:00:01')" -eq 1 ]
  [ "$(frames_of "$ports" 'frame.interface_name == "port 1" && dhcp.option.dhcp == 3 && eth.src == 02:00:00:00:00:01')" -eq 2 ]
}

@test "TFTP names: the 7910 and the old 7960 ask for .cnf and .bin, newer loads for .cnf.xml and .loads" {
  asked() { fields "$ports" "frame.interface_name == \"port $1\" && tftp.opcode == 1" tftp.source_file | paste -sd' '; }
  one=$(asked 1) two=$(asked 2) three=$(asked 3)
  printf '%s\n' "$one" "$two" "$three"
  [ "$one" = "SEP020000000001.cnf SEPDefault.cnf SEP020000000001.cnf" ]
  [[ $two == *"SEP020000000002.cnf.xml XMLDefault.cnf.xml P0030801SR02.bin"* ]]
  [[ $two != *".loads"* ]]
  # Changed to an older load while it runs a new one: the list by its name, then each file that the list names.
  [[ $three == *"SEP020000000003.cnf.xml SCCP70.8-5-3S.loads SCCP70.8-5-3S.bin"* ]]
}

@test "every transfer of a file is whole: as many bytes arrive as the load has" {
  "$DIALTONE" firmware built-in P0030801SR02 "$BATS_TEST_TMPDIR/load" 
  # The transfer that follows the request: the server's port of its first block.
  port=$(fields "$ports" 'frame.interface_name == "port 2" && tftp.source_file == "P0030801SR02.bin"' udp.srcport | head -n 1)
  bytes=$(fields "$ports" "frame.interface_name == \"port 2\" && tftp.opcode == 3 && udp.dstport == $port" udp.length | awk '{n += $1 - 12} END {print n}')
  echo "client port $port, $bytes bytes"
  [ "$bytes" -eq "$(stat -c %s "$BATS_TEST_TMPDIR/load")" ]
}

@test "--pcap -: the capture is on standard output and the lines on standard error" {
  "$DIALTONE" lab --pcap - 2> "$BATS_TEST_TMPDIR/stderr" > "$BATS_TEST_TMPDIR/pipe"
  [ "$(frames_of "$BATS_TEST_TMPDIR/pipe" skinny)" -gt 50 ]
  grep -q "3 of 3 phones registered" "$BATS_TEST_TMPDIR/stderr"
  "$DIALTONE" lab --pcap - 2> /dev/null | tshark -r - -Y skinny 2> /dev/null | grep -q RegisterReq
}

@test "--pcap -: who reads it while the lab runs sees the frames as they come" {
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  tshark -l -r "$BATS_TEST_TMPDIR/fifo" -Y skinny > "$BATS_TEST_TMPDIR/seen" 2> /dev/null 3>&- &
  reader=$!
  start_lab --stay --pcap "$BATS_TEST_TMPDIR/fifo"
  for ((i = 0; i < 100; i++)); do
    grep -q RegisterAck "$BATS_TEST_TMPDIR/seen" && break
    sleep 0.1
  done
  kill -0 "$lab" # it runs still
  [ "$i" -lt 100 ]
  end_lab
  wait "$reader"
}

@test "a capture that cannot be written ends the lab with status 3 and says why" {
  lab --pcap /dev/full
  [ "$status" -eq 3 ]
  [[ $stderr == *"capture cannot be written: No space left on device"* ]]
  lab --pcap "$BATS_TEST_TMPDIR/no/such/folder"
  [ "$status" -eq 3 ]
  [[ $stderr == *"/no/such/folder cannot be written: No such file or directory"* ]]
  "$DIALTONE" lab --stay --pcap - 2> "$BATS_TEST_TMPDIR/stderr" 3>&- | head -c 1000 > /dev/null || true
  grep -q "capture cannot be written: Broken pipe" "$BATS_TEST_TMPDIR/stderr"
}
