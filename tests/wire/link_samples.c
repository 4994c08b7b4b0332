/* Samples of CDP, LLDP, DHCP and TFTP for tests/system/link_referee.bats: `link_samples` writes whole Ethernet frames
 * for text2pcap, in the order of the functions below. What Wireshark must show of them stands in the test. */
#include <stdio.h>
#include "wire/cdp.h"
#include "wire/dhcp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/lldp.h"
#include "wire/lldp_power.h"
#include "wire/tftp.h"

static uint8_t room[2048];
static struct writer w;

static void print(void)
{
    for (size_t i = 0; i < w.len; i++) {
        if (i % 16 == 0) printf("%s%06zx", i ? "\n" : "", i);
        printf(" %02x", room[i]);
    }
    puts("\n");
}

static const struct mac FROM = {{2, 0, 0, 0, 0, 1}};

static void cdp(const struct cdp *c)
{
    struct ethernet e = {.to = MAC_CDP, .from = FROM, .form = ETHERNET_SNAP, .oui = 0x00000c, .type = 0x2000};

    w = writer(room, sizeof room);
    size_t begun = ethernet_begin(&w, &e);
    cdp_encode(&w, c);
    ethernet_end(&w, begun);
    print();
}

/* Five: a phone that asks for power, its switch that grants it; and odd lengths whose last byte is 0x64, 0x80 and
 * 0xff. */
static void cdps(void)
{
    static const uint8_t last[] = {0x64, 0x80, 0xff};
    struct cdp phone = {.version = 2,
                        .ttl = 180,
                        .has = CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_VLAN_QUERY) | CDP_HAS(CDP_POWER_CONSUMPTION) |
                               CDP_HAS(CDP_POWER_REQUESTED),
                        .device_id = bytes_of("SEP000653112233"),
                        .query = {(const uint8_t[]){0x20, 2, 0, 1}, 4},
                        .power_consumption = 6300,
                        .requested = {.request = 0x59f1, .milliwatts = {12000, 6300}, .count = 2},
                        .order = {CDP_DEVICE_ID, CDP_VLAN_QUERY, CDP_POWER_CONSUMPTION, CDP_POWER_REQUESTED},
                        .tlvs = 4};
    struct cdp answer = {.version = 2,
                         .ttl = 180,
                         .has = CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_VLAN_REPLY) | CDP_HAS(CDP_POWER_AVAILABLE),
                         .device_id = bytes_of("access"),
                         .reply_appliance = 1,
                         .voice_vlan = 110,
                         .available = {0x59f1, 2, 12000, UINT32_MAX},
                         .order = {CDP_DEVICE_ID, CDP_VLAN_REPLY, CDP_POWER_AVAILABLE},
                         .tlvs = 3};

    cdp(&phone);
    cdp(&answer);
    for (size_t i = 0; i < sizeof last; i++) {
        struct cdp odd = {.version = 2,
                          .ttl = 180,
                          .has = CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_UNTRUSTED_COS),
                          .device_id = bytes_of("even"),
                          .untrusted_cos = last[i],
                          .order = {CDP_DEVICE_ID, CDP_UNTRUSTED_COS},
                          .tlvs = 2};
        cdp(&odd);
    }
}

static void lldp(const struct lldp *l)
{
    struct ethernet e = {.to = MAC_LLDP, .from = FROM, .type = TYPE_LLDP};

    w = writer(room, sizeof room);
    size_t begun = ethernet_begin(&w, &e);
    lldp_encode(&w, l);
    ethernet_end(&w, begun);
    print();
}

/* Two: a phone that wishes 12.0 W by 802.3at and MED, its switch that allots 11.5 W. */
static void lldps(void)
{
    struct lldp_power wish = {.class = 3,
                              .extended = true,
                              .type = LLDP_TYPE_1_PD,
                              .source = LLDP_PD_FROM_PSE,
                              .priority = LLDP_POWER_LOW,
                              .requested = 120,
                              .allocated = 63};
    struct lldp_power grant = {.pse = true,
                               .supported = true,
                               .enabled = true,
                               .pair = LLDP_PAIR_SIGNAL,
                               .class = 3,
                               .extended = true,
                               .type = LLDP_TYPE_1_PSE,
                               .source = LLDP_PSE_PRIMARY,
                               .priority = LLDP_POWER_HIGH,
                               .requested = 120,
                               .allocated = 115};
    uint8_t value[16];
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_ADDRESS,
                     .chassis = {(const uint8_t[]){1, 10, 1, 0, 21}, 5},
                     .port_subtype = LLDP_PORT_LOCAL,
                     .port = bytes_of("020000000001:P1"),
                     .ttl = 180,
                     .has_power = true,
                     .has_med = true,
                     .med_capabilities = 0x33,
                     .med_class = MED_CLASS_3,
                     .policy = {{.application = MED_VOICE, .unknown = true}},
                     .policies = 1,
                     .has_med_power = true,
                     .power_type = 1,
                     .power_source = 1,
                     .power_priority = 3,
                     .power = 120};
    l.inventory[MED_MODEL] = bytes_of("CP-7945G");

    struct writer v = writer(value, sizeof value);
    lldp_power_encode(&v, &wish);
    l.power_mdi = written(&v);
    lldp(&l);
    v = writer(value, sizeof value);
    lldp_power_encode(&v, &grant);
    l.power_mdi = written(&v);
    l.med_class = MED_NETWORK;
    l.policy[0] = (struct med_policy){.application = MED_VOICE, .tagged = true, .vlan = 110, .priority = 5, .dscp = 46};
    l.power_type = 0;
    l.power = 115;
    lldp(&l);
}

static const struct endpoint CLIENT = {.address = IPV4(10, 1, 0, 21), .port = 50000};

static void datagram_begin(size_t begun[3], struct endpoint from, struct endpoint to)
{
    struct ethernet e = {.to = MAC_BROADCAST, .from = FROM, .type = TYPE_IPV4};
    struct ipv4_packet p = {.protocol = PROTOCOL_UDP, .from = from.address, .to = to.address};

    w = writer(room, sizeof room);
    begun[0] = ethernet_begin(&w, &e);
    begun[1] = ipv4_begin(&w, &p);
    begun[2] = udp_begin(&w, from.port, to.port);
}

static void datagram_end(const size_t begun[3], struct endpoint from, struct endpoint to)
{
    udp_end(&w, begun[2], from.address, to.address);
    ipv4_end(&w, begun[1]);
    ethernet_end(&w, begun[0]);
    print();
}

/* One: an offer with both addresses of option 150, a text of 300 bytes in two pieces (RFC 3396), and all of option
 * 82. */
static void dhcps(void)
{
    static uint8_t relay[64];
    static char text[301];
    struct writer sub = writer(relay, sizeof relay);
    struct dhcp d = {.op = BOOTREPLY,
                     .htype = 1,
                     .hlen = 6,
                     .xid = 0x3c1d2e4f,
                     .yiaddr = IPV4(10, 1, 0, 21),
                     .giaddr = IPV4(10, 1, 0, 1),
                     .chaddr = FROM,
                     .type = DHCP_OFFER,
                     .tftp = {2, {IPV4(10, 0, 0, 5), IPV4(10, 0, 0, 6)}}};
    size_t begun[3];

    for (size_t i = 0; i < sizeof text - 1; i++) text[i] = (char)('a' + i % 26);
    dhcp_write_option(&sub, DHCP_CIRCUIT_ID, bytes_of("Fa0/3"));
    dhcp_write_option(&sub, DHCP_REMOTE_ID, bytes_of("access"));
    dhcp_write_option(&sub, DHCP_LINK_SELECTION, (struct bytes){(const uint8_t[]){10, 1, 0, 0}, 4});
    dhcp_write_option(&sub, DHCP_SERVER_ID_OVERRIDE, (struct bytes){(const uint8_t[]){10, 1, 0, 1}, 4});
    d.relay_agent = written(&sub);
    d.message = bytes_of(text);
    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    dhcp_set(&d, DHCP_TFTP_SERVERS);
    dhcp_set(&d, DHCP_MESSAGE);
    dhcp_set(&d, DHCP_RELAY_AGENT);
    struct endpoint server = {.address = IPV4(10, 0, 0, 1), .port = DHCP_SERVER_PORT};
    struct endpoint relayed = {.address = IPV4(10, 1, 0, 1), .port = DHCP_SERVER_PORT};
    datagram_begin(begun, server, relayed);
    dhcp_encode(&w, &d);
    datagram_end(begun, server, relayed);
}

static void tftp(const struct tftp *t, struct endpoint from, struct endpoint to)
{
    size_t begun[3];

    datagram_begin(begun, from, to);
    tftp_encode(&w, t);
    datagram_end(begun, from, to);
}

/* Four: a request with each option, the answer, and the blocks 65535 and 0 on both sides of the roll-over. */
static void tftps(void)
{
    uint8_t options[128];
    struct endpoint server = {.address = IPV4(10, 0, 0, 1), .port = TFTP_PORT};
    struct writer o = writer(options, sizeof options);
    struct tftp t = {.op = TFTP_RRQ, .name = bytes_of("SEP020000000001.cnf.xml"), .mode = bytes_of("octet")};

    write_tftp_option(&o, "blksize", 1428);
    write_tftp_option(&o, "tsize", 0);
    write_tftp_option(&o, "timeout", 5);
    write_tftp_option(&o, "windowsize", 8);
    t.options = written(&o);
    tftp(&t, CLIENT, server);
    server.port = 40000; /* its transfer id */
    o = writer(options, sizeof options);
    write_tftp_option(&o, "blksize", 1428);
    write_tftp_option(&o, "tsize", 100000000);
    write_tftp_option(&o, "timeout", 5);
    write_tftp_option(&o, "windowsize", 4);
    t = (struct tftp){.op = TFTP_OACK, .options = written(&o)};
    tftp(&t, server, CLIENT);
    t = (struct tftp){.op = TFTP_DATA, .number = 65535, .data = bytes_of("last before the roll-over")};
    tftp(&t, server, CLIENT);
    t = (struct tftp){.op = TFTP_DATA, .number = 0, .data = bytes_of("first behind it")};
    tftp(&t, server, CLIENT);
}

int main(void)
{
    cdps();
    lldps();
    dhcps();
    tftps();
    return 0;
}
