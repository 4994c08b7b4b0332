# Parts of Dialtone meet programs that others wrote, as Debian packages them: a test a pair. What happens in each stands in
# the script `strangers`, whose rows all run at the beginning, several at a time, each in a world of its own.
# INTEROPERABILITY=docs/interoperability.md writes the table of that page anew.

load helpers

here=$BATS_TEST_DIRNAME

setup_file() {
  rows=$BATS_FILE_TMPDIR
  export rows
  [ "$(id -u)" -eq 0 ] || return 0
  ip -o link 2> /dev/null | cut -d: -f2 > "$rows/links.before"
  "$here/strangers" --rows > "$rows/names"
  xargs -P 6 -I{} timeout -k 2 60 "$here/strangers" {} "$rows" < "$rows/names" 3>&- || true # each test looks for its own
  [ -z "${INTEROPERABILITY:-}" ] || "$here/strangers" --page "$rows" "$INTEROPERABILITY"
}

# row NAME: it was found what was looked for.
row() {
  [ "$(id -u)" -eq 0 ] || skip "daemons that change to users of their own need root"
  [ -s "$rows/$1.found" ] && return 0
  cat "$rows/$1.log"
  return 1
}

@test "udhcpc takes a lease with option 150 from our DHCP" { row udhcpc; }
@test "dhclient takes a lease with option 150 from our DHCP, comes back with it, releases it" { row dhclient; }
@test "dhcpcd takes a lease with option 150 from our DHCP" { row dhcpcd; }

@test "tftp-hpa fetches from our TFTP byte for byte" { row tftp_hpa; }
@test "atftp fetches from our TFTP byte for byte, with each option" { row atftp; }
@test "curl fetches from our TFTP byte for byte, with and without options" { row curl; }
@test "BusyBox fetches from our TFTP byte for byte, with and without options" { row busybox_tftp; }

@test "our phone boots with dnsmasq as DHCP server: option 150 alone" { row dnsmasq_150; }
@test "our phone boots with dnsmasq as DHCP server: option 66 alone" { row dnsmasq_66; }
@test "our phone boots with dnsmasq as DHCP server: a name in option 66 alone, and dnsmasq as DNS" { row dnsmasq_66_name; }
@test "our phone boots with dnsmasq as DHCP server: siaddr alone" { row dnsmasq_siaddr; }
@test "our phone boots with Kea as DHCP server: option 150 alone" { row kea_150; }
@test "our phone boots with Kea as DHCP server: option 66 alone" { row kea_66; }
@test "our phone boots with Kea as DHCP server: siaddr alone" { row kea_siaddr; }
@test "our phone boots with ISC dhcpd as DHCP server: option 150 alone" { row isc_150; }
@test "our phone boots with ISC dhcpd as DHCP server: option 66 alone" { row isc_66; }
@test "our phone boots with ISC dhcpd as DHCP server: siaddr alone" { row isc_siaddr; }

@test "our phone renews a short lease of Kea by unicast, and stays registered" { row kea_renew; }
@test "our phone renews a short lease of ISC dhcpd by unicast, and stays registered" { row isc_renew; }

@test "our phone takes configuration and load from dnsmasq's TFTP, and registers" { row dnsmasq_tftp; }
@test "our phone takes configuration and load from tftpd-hpa, and registers" { row tftpd_hpa; }
@test "our phone takes configuration and load from atftpd, and registers" { row atftpd; }

@test "our phone and our DHCP with dnsmasq's relay between them" { row dnsmasq_relay; }
@test "our phone and our DHCP with ISC dhcrelay between them" { row isc_relay; }
@test "our phone and our DHCP with ISC dhcrelay between them, with option 82" { row isc_relay_82; }
@test "our phone behind ISC dhcrelay and Kea" { row isc_relay_kea; }

@test "lldpd lists our switch by LLDP-MED with the voice VLAN, and our switch lists lldpd" { row lldpd_switch; }
@test "lldpd lists our switch by CDP, and our switch lists lldpd" { row lldpd_switch_cdp; }
@test "lldpd lists our 7970 as an LLDP-MED telephone" { row lldpd_lists_phone; }
@test "our 7970 takes its voice VLAN from lldpd by LLDP-MED, and registers in it" { row lldpd_phone; }
@test "by lldpd's CDP our 7960 has a neighbour, no voice VLAN, and registers untagged" { row lldpd_phone_cdp; }
@test "cdpr reads the CDP of our switch" { row cdpr; }
@test "tcpdump reads the CDP and LLDP of our switch" { row tcpdump_switch; }
@test "tcpdump reads the CDP and LLDP of our 7970" { row tcpdump_phone; }

@test "every row has a test" {
  [ "$(id -u)" -eq 0 ] || skip "the rows need root"
  diff <(sort "$rows/names") <(sed -n 's/^@test .* { row \([a-z_0-9]*\); }$/\1/p' "$BATS_TEST_FILENAME" | sort)
}

@test "the table of docs/interoperability.md says what these tests found" {
  [ "$(id -u)" -eq 0 ] || skip "the rows need root"
  "$here/strangers" --page "$rows" "$BATS_TEST_TMPDIR/page"
  without_versions() { sed -n 's/^| \(.*\) | [^|]* | \(.*\) | \(.*\) |$/\1|\2|\3/p' "$1" | sort; } # they are of the machine
  diff <(without_versions "$here/../../docs/interoperability.md") <(without_versions "$BATS_TEST_TMPDIR/page")
}

@test "this machine's own network is as it was, and nothing of the strangers goes on" {
  [ "$(id -u)" -eq 0 ] || skip "the rows need root"
  diff "$rows/links.before" <(ip -o link 2> /dev/null | cut -d: -f2)
  ! pgrep -f "$here/strangers --inside" || false
}
