#!/usr/bin/env bats
# Wireshark as the referee of our CDP, LLDP, DHCP and TFTP: what it shows of what we encode (tests/wire/link_samples.c) is what
# was meant, its checksums are ours, and it warns of nothing.

bats_require_minimum_version 1.5.0
export LC_ALL=C.UTF-8
SAMPLES=${SAMPLES:-$BATS_TEST_DIRNAME/../../build/tests/wire/link_samples}

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  "$SAMPLES" > hex
  text2pcap -q hex pcap 2> text2pcap.errors
}

# shown FILTER FIELD...: a line a frame; several values of a field with commas between.
shown() {
  local filter=$1 fields=() f
  shift
  for f in "$@"; do fields+=(-e "$f"); done
  tshark -r "$BATS_FILE_TMPDIR/pcap" -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -Y "$filter" \
    -T fields -E separator='|' -E occurrence=a -E aggregator=, "${fields[@]}" 2> "$BATS_TEST_TMPDIR/errors"
}

same() { # WANTED: what the last `run` gave
  [ "$output" = "$1" ] || { printf 'wanted:\n%s\nshown:\n%s\n' "$1" "$output"; return 1; }
}

@test "Wireshark shows each of the twelve frames and has no complaint" {
  run shown frame frame.number
  [ "${#lines[@]}" -eq 12 ]
  run shown '_ws.expert || _ws.malformed' frame.number _ws.expert.message
  same ''
}

@test "CDP checksums are right at even and odd lengths, whatever the last byte" {
  run shown cdp cdp.checksum.status eth.len cdp.data
  [ "${#lines[@]}" -eq 5 ]
  run shown 'cdp && cdp.checksum.status == 1' frame.number
  [ "${#lines[@]}" -eq 5 ]
  run shown 'cdp && eth.len == 25' frame.number # 8 bytes of LLC and SNAP, 17 of CDP
  [ "${#lines[@]}" -eq 3 ]
}

@test "CDP power: a phone asks, and its switch grants with the same request id" {
  run shown 'cdp && cdp.request_id' cdp.request_id cdp.management_id cdp.power_consumption cdp.power_requested cdp.power_available
  same '23025|0|6300|12000,6300|
23025|2|||12000,4294967295'
  run shown 'cdp.tlv.type == 0x000e' cdp.voice_vlan
  same 110
}

@test "LLDP power: 802.3at and MED, of a phone and of its switch" {
  run shown lldp lldp.ieee.802_3.mdi_power_support lldp.ieee.802_3.mdi_pse_pair lldp.ieee.802_3.mdi_power_class \
    lldp.ieee.802_3.mdi_power_type lldp.ieee.802_3.mdi_power_source lldp.ieee.802_3.mdi_power_priority \
    lldp.ieee.802_3.mdi_pde_requested lldp.ieee.802_3.mdi_pse_allocated
  same '0x00|0|4|3|1|3|120|63
0x07|1|4|2|1|2|120|115'
  run shown lldp lldp.media.power.type lldp.media.power.source lldp.media.power.prio lldp.media.power.value
  same '1|1|3|120
0|1|3|115'
}

@test "DHCP: option 150, a text in two pieces, and each sub-option of a relay agent" {
  run shown dhcp dhcp.id dhcp.option.dhcp dhcp.ip.your dhcp.ip.relay dhcp.option.tftp_server_address
  same '0x3c1d2e4f|2|10.1.0.21|10.1.0.1|10.0.0.5,10.0.0.6'
  run shown dhcp dhcp.option.message
  [ "${#output}" -eq 301 ] # with the comma between the pieces
  run shown dhcp dhcp.option.agent_information_option.agent_circuit_id dhcp.option.agent_information_option.agent_remote_id \
    dhcp.option.agent_information_option.link_selection dhcp.option.agent_information_option.server_id_override
  same '4661302f33|616363657373|10.1.0.0|10.1.0.1'
}

@test "TFTP: every option asked for and answered, and blocks on both sides of the roll-over" {
  run shown 'tftp.opcode == 1' tftp.source_file tftp.type tftp.option.name tftp.option.value
  same 'SEP020000000001.cnf.xml|octet|blksize,tsize,timeout,windowsize|1428,0,5,8'
  run shown 'tftp.opcode == 6' tftp.option.name tftp.option.value
  same 'blksize,tsize,timeout,windowsize|1428,100000000,5,4'
  run shown 'tftp.opcode == 3' tftp.block
  same '65535
0'
}
