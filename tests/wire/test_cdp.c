#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "hex.h"
#include "wire/cdp.h"

/* clang-format off */
/* Catalyst 3560G, IOS 12.2(25)SEB4: tests/vectors/3560_CDP.pcap, frames 1 to 3 (all alike). */
static const char switch_3560[] =
    "02b4b0bd"                                 /* version 2, TTL 180 s, checksum */
    "0001000a" "537769746368"                  /* device id "Switch" */
    "000500c4"                                 /* software version, 192 bytes: */
    "436973636f20494f5320536f6674776172652c20433335363020536f667477617265202843333536302d4144564950534552"
    "56494345534b392d4d292c2056657273696f6e2031322e3228323529534542342c2052454c4541534520534f465457415245"
    "2028666331290a436f707972696768742028632920313938362d3230303520627920436973636f2053797374656d732c2049"
    "6e632e0a436f6d70696c6564205475652033302d4175672d30352031373a35362062792079656e616e68"
    "00060018" "636973636f2057532d4333353630472d32345053" /* platform "cisco WS-C3560G-24PS" */
    "00020011" "000000010101cc0004c0a80001"    /* one address: NLPID, IPv4, 192.168.0.1 */
    "00030016" "4769676162697445746865726e6574302f35" /* port "GigabitEthernet0/5" */
    "00040008" "00000028"                      /* capabilities: switch, IGMP */
    "00080024"                                 /* protocol hello, cluster management (no field of ours) */
    "00000c011200000000ffffffff010221ff000000000000001906eab880ff0000"
    "00090007" "4c6162"                        /* VTP domain "Lab" */
    "000a0006" "0001"                          /* native VLAN 1 */
    "000b0005" "01"                            /* full duplex */
    "00120005" "00"                            /* trust: no */
    "00130005" "00"                            /* CoS of an untrusted port 0 */
    "00160011" "000000010101cc0004c0a80001"    /* management address 192.168.0.1 */
    "001a0010" "0000000100000000ffffffff";     /* power: request 0, management 1, 0 mW, no preference */

/* Catalyst 3560-24TS, IOS 12.2(44)SE: tests/vectors/LLDP_and_CDP.pcap, frame 1. Frame 7 is the same with status 21. */
static const char switch_s1[] =
    "02b40bea"
    "00010006" "5331"                          /* device id "S1" */
    "000500c2"                                 /* software version, 190 bytes: */
    "436973636f20494f5320536f6674776172652c20433335363020536f667477617265202843333536302d4144564950534552"
    "56494345534b392d4d292c2056657273696f6e2031322e322834342953452c2052454c4541534520534f4654574152452028"
    "666331290a436f707972696768742028632920313938362d3230303820627920436973636f2053797374656d732c20496e63"
    "2e0a436f6d70696c6564205361742030352d4a616e2d30382030303a3135206279207765696c6975"
    "00060017" "636973636f2057532d43333536302d32345453" /* platform "cisco WS-C3560-24TS" */
    "00020011" "000000010101cc000400000000"    /* one address: 0.0.0.0 */
    "00030014" "4661737445746865726e6574302f3133" /* port "FastEthernet0/13" */
    "00040008" "00000028"                      /* switch, IGMP */
    "00080024"                                 /* cluster management, its status (byte 15 of the value) 20 */
    "00000c011200000000ffffffff010220ff0000000000000018ba986880ff0000"
    "00090004"                                 /* VTP domain, empty */
    "000a0006" "0001" "000b0005" "01" "00120005" "00" "00130005" "00"
    "00160011" "000000010101cc000400000000"
    "001a0010" "0000000100000000ffffffff";

/* Catalyst 3560G-24PS, IOS 12.2(44)SE: tests/vectors/LLDP_and_CDP.pcap, frame 2. Frame 8 is the same with status 21. */
static const char switch_s2[] =
    "02b4971d"
    "00010006" "5332"                          /* device id "S2" */
    "000500c2"
    "436973636f20494f5320536f6674776172652c20433335363020536f667477617265202843333536302d4144564950534552"
    "56494345534b392d4d292c2056657273696f6e2031322e322834342953452c2052454c4541534520534f4654574152452028"
    "666331290a436f707972696768742028632920313938362d3230303820627920436973636f2053797374656d732c20496e63"
    "2e0a436f6d70696c6564205361742030352d4a616e2d30382030303a3135206279207765696c6975"
    "00060018" "636973636f2057532d4333353630472d32345053"
    "00020011" "000000010101cc000400000000"
    "00030017" "4769676162697445746865726e6574302f3133" /* port "GigabitEthernet0/13" */
    "00040008" "00000028"
    "00080024"
    "00000c011200000000ffffffff010220ff00000000000000192fa7b280ff0000"
    "00090004"
    "000a0006" "0001" "000b0005" "01" "00120005" "00" "00130005" "00"
    "00160011" "000000010101cc000400000000"
    "001a0010" "0000000100000000ffffffff";

/* A 7960 with an SCCP load, before DHCP: the order of TLVs is that of a real one. */
static const char phone_7960[] =
    "02b4bc30"
    "00010013" "534550303030363533313132323333" /* device id "SEP000653112233" */
    "00020011" "000000010101cc000400000000"    /* one address: 0.0.0.0 */
    "0003000a" "506f72742031"                  /* port "Port 1" */
    "00040008" "00000090"                      /* host, phone */
    "00050010" "503030333038303030353030"      /* load "P00308000500" */
    "00060017" "436973636f2049502050686f6e652037393630" /* platform "Cisco IP Phone 7960" */
    "000f0008" "20020001"                      /* asks for the VLAN of its appliance */
    "000b0005" "01"                            /* full duplex */
    "00100006" "189c";                         /* draws 6300 mW */

/* A 7941: with a two-port MAC relay, and a request for power. */
static const char phone_7941[] =
    "02b47a74"
    "00010013" "534550303030363533313132323333"
    "00020011" "000000010101cc000400000000"
    "0003000a" "506f72742031"
    "00040008" "00000490"                      /* host, phone, two-port MAC relay */
    "00050016" "53434350" "34312e392d342d3253" "52332d3153" /* load "SCCP41.9-4-2SR3-1S" */
    "00060017" "436973636f2049502050686f6e652037393431" /* platform "Cisco IP Phone 7941" */
    "000f0008" "20020001"
    "000b0005" "01"
    "00100006" "189c"
    "0019000c" "59f100000000189c";             /* power requested: request 0x59f1, management 0, 6300 mW */

/* 43 bytes, odd: the last byte goes into the checksum as a signed number. */
static const char odd[] =
    "02b4f849"
    "00010013" "534550303030363533313132323333"
    "0003000a" "506f72742031"
    "000b0005" "01"
    "00130005" "80";
/* clang-format on */

static const char *const frames[] = {switch_3560, switch_s1, switch_s2, phone_7960, phone_7941, odd};

/* Decodes a frame of which the header is right; the struct's spans live as long as *in. */
static bool decodes(const char *text, struct bytes *in, struct cdp *c, struct fault *why)
{
    *in = hex(text);
    bool ok = cdp_decode(c, *in, why);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

static void assert_identity(struct bytes in)
{
    struct cdp c;
    struct fault why;
    uint8_t room[1600];
    struct writer w = writer(room, sizeof room);

    assert_true(cdp_decode(&c, in, &why));
    write_u8(&w, 0xff); /* an encoder counts from where it begins */
    cdp_encode(&w, &c);
    assert_false(w.full);
    assert_int_equal(w.len, 1 + in.len);
    assert_memory_equal(room + 1, in.at, in.len);
}

/* A message of one or more TLVs, given as hex behind a header without checksum. */
static void take(const char *tlvs, struct bytes *in, struct cdp *c)
{
    char text[4000] = "02b40000";
    struct fault why;

    strcat(text, tlvs);
    assert_true(decodes(text, in, c, &why));
}

/* Encoding gives back the TLVs alike; only the checksum is new. */
static void assert_kept(struct bytes in, const struct cdp *c)
{
    uint8_t room[1600];
    struct writer w = writer(room, sizeof room);

    cdp_encode(&w, c);
    assert_int_equal(w.len, in.len);
    assert_memory_equal(room + 4, in.at + 4, in.len - 4);
}

static enum fault_kind refused(const char *text)
{
    struct bytes in;
    struct cdp c;
    struct fault why;

    assert_false(decodes(text, &in, &c, &why));
    assert_true(why.at <= in.len && !c.checksum_good);
    drop(in);
    return why.kind;
}

static void a_3560_says_who_it_is_and_that_it_gives_no_power(void **state)
{
    static const uint16_t order[] = {1, 5, 6, 2, 3, 4, 8, 9, 0x0a, 0x0b, 0x12, 0x13, 0x16, 0x1a};
    struct bytes in;
    struct cdp c;
    struct fault why;

    (void)state;
    assert_true(decodes(switch_3560, &in, &c, &why));
    assert_true(c.version == 2 && c.ttl == 180 && c.checksum == 0xb0bd && c.checksum_good);
    assert_true(bytes_are(c.device_id, "Switch") && bytes_are(c.port_id, "GigabitEthernet0/5"));
    assert_true(bytes_begin(c.software, "Cisco IOS Software, C3560") && c.software.len == 192);
    assert_true(bytes_are(c.platform, "cisco WS-C3560G-24PS") && bytes_are(c.vtp_domain, "Lab"));
    assert_int_equal(cdp_ipv4(c.addresses), IPV4(192, 168, 0, 1));
    assert_int_equal(cdp_ipv4(c.management_addresses), IPV4(192, 168, 0, 1));
    assert_int_equal(c.capabilities, CDP_SWITCH | CDP_IGMP);
    assert_true(c.native_vlan == 1 && c.duplex == 1 && c.trust == 0 && c.untrusted_cos == 0);
    assert_true(c.available.request == 0 && c.available.management == 1 && c.available.available == 0);
    assert_int_equal(c.available.level, 0xffffffff);
    assert_true(c.has & CDP_HAS(CDP_TRUST) && !(c.has & CDP_HAS(CDP_VLAN_REPLY)));
    assert_true(c.others == 1 && c.other[0].type == 8 && c.other[0].value.len == 32);
    assert_int_equal(c.tlvs, ARRAY_LENGTH(order));
    assert_memory_equal(c.order, order, sizeof order);
    drop(in);
}

static void a_7941_asks_for_its_vlan_and_for_power(void **state)
{
    struct bytes in;
    struct cdp c;
    struct fault why;

    (void)state;
    assert_true(decodes(phone_7941, &in, &c, &why) && c.checksum_good);
    assert_true(bytes_are(c.device_id, "SEP000653112233") && bytes_are(c.software, "SCCP41.9-4-2SR3-1S"));
    assert_int_equal(c.capabilities, CDP_HOST | CDP_PHONE | CDP_TWO_PORT_RELAY);
    assert_true(bytes_equal(c.query, (struct bytes){(const uint8_t[]){0x20, 2, 0, 1}, 4}));
    assert_int_equal(c.power_consumption, 6300);
    assert_true(c.requested.request == 0x59f1 && c.requested.management == 0);
    assert_true(c.requested.count == 1 && c.requested.milliwatts[0] == 6300);
    drop(in);
}

static void an_empty_vtp_domain_is_there_and_empty(void **state)
{
    struct bytes in;
    struct cdp c;
    struct fault why;

    (void)state;
    assert_true(decodes(switch_s1, &in, &c, &why) && c.checksum_good);
    assert_true(c.has & CDP_HAS(CDP_VTP_DOMAIN) && c.vtp_domain.len == 0);
    drop(in);
}

static void every_frame_is_encoded_as_it_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(frames); i++) {
        struct bytes in = hex(frames[i]);
        assert_identity(in);
        drop(in);
    }
}

/* Frames 7 and 8 of LLDP_and_CDP.pcap differ from 1 and 2 in the cluster status alone, and so in the checksum. */
static void the_captured_frames_7_and_8_have_their_own_checksum(void **state)
{
    static const struct {
        const char *like;
        size_t status;
        uint16_t checksum;
    } later[] = {{switch_s1, 291, 0x0be9}, {switch_s2, 295, 0x971c}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(later); i++) {
        struct bytes in = hex(later[i].like);
        struct writer w = {.start = (uint8_t *)(uintptr_t)in.at, .len = in.len, .size = in.len};
        assert_int_equal(in.at[later[i].status], 0x20);
        patch_u8(&w, later[i].status, 0x21);
        patch_be16(&w, 2, later[i].checksum);
        assert_identity(in);
        drop(in);
    }
}

/* The rule of lldpd's and Wireshark's: signed. IP's rule would give f6c9, 78c9, 77c9, 76c9, f9c8, f8c8. */
static void a_last_odd_byte_counts_as_a_signed_number(void **state)
{
    static const struct {
        uint8_t last;
        uint16_t checksum;
    } rule[] = {{0x01, 0xf7c8}, {0x7f, 0xf74a}, {0x80, 0xf849}, {0x81, 0xf848}, {0xfe, 0xf7cb}, {0xff, 0xf7ca}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rule); i++) {
        struct bytes in = hex(odd);
        struct cdp c;
        struct fault why;
        struct writer w = {.start = (uint8_t *)(uintptr_t)in.at, .len = in.len, .size = in.len};
        patch_u8(&w, in.len - 1, rule[i].last);
        patch_be16(&w, 2, 0);
        assert_int_equal(cdp_checksum(in), rule[i].checksum);
        patch_be16(&w, 2, rule[i].checksum);
        assert_true(cdp_decode(&c, in, &why) && c.checksum_good);
        assert_identity(in);
        drop(in);
    }
}

static void a_7941_with_one_more_odd_tlv_still_sums_up(void **state)
{
    char text[sizeof phone_7941 + 10];
    struct bytes in;
    struct cdp c;
    struct fault why;

    (void)state;
    strcat(strcpy(text, phone_7941), "0013000580");
    memcpy(text + 4, "7adc", 4);
    assert_true(decodes(text, &in, &c, &why) && in.len % 2 == 1 && c.checksum_good);
    assert_identity(in);
    drop(in);
}

static void a_bad_checksum_is_told_and_the_frame_taken(void **state)
{
    char text[sizeof phone_7960];
    struct bytes in;
    struct cdp c;
    struct fault why;

    (void)state;
    memcpy(strcpy(text, phone_7960) + 4, "bc31", 4);
    assert_true(decodes(text, &in, &c, &why));
    assert_true(!c.checksum_good && c.checksum == 0xbc31 && c.tlvs == 9);
    drop(in);
}

/* Nothing says how many TLVs there are. So a frame cut where one ends is a sound frame of fewer TLVs (only its checksum
 * is wrong), and a frame cut anywhere else is refused. */
static void a_cut_frame_is_refused_or_has_fewer_tlvs_and_a_bad_checksum(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(frames); i++) {
        struct bytes whole = hex(frames[i]);
        size_t ends = 4, tlvs = 0; /* where the next TLV begins, how many stand before it */
        for (size_t n = 0; n < whole.len; n++) {
            struct bytes cut = {malloc(n ? n : 1), n};
            struct cdp c;
            struct fault why;
            memcpy((void *)(uintptr_t)cut.at, whole.at, n);
            if (n == ends) {
                assert_true(cdp_decode(&c, cut, &why));
                assert_true(c.tlvs == tlvs && !c.checksum_good);
                ends += (size_t)(whole.at[ends + 2] << 8 | whole.at[ends + 3]);
                tlvs++;
            } else {
                assert_false(cdp_decode(&c, cut, &why));
                assert_true(why.kind == FAULT_SHORT && why.at <= n);
            }
            drop(cut);
        }
        assert_int_equal(ends, whole.len);
        drop(whole);
    }
}

static void a_port_with_a_voice_vlan_says_its_number(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("000e00070100"
         "6e",
         &in, &c);
    assert_true(c.has == CDP_HAS(CDP_VLAN_REPLY) && c.reply_appliance == 1 && c.voice_vlan == 110);
    assert_kept(in, &c);
    drop(in);
}

/* A row of entries, one an appliance: a phone is number 1. */
static void a_vlan_reply_may_name_several_appliances(void **state)
{
    static const struct {
        const char *tlv;
        bool has;
        uint16_t vlan;
    } known[] = {
        {"000e000a01006e0200c8", true, 110},        {"000e000a0200c801006e", true, 110}, {"000e00070200c8", false, 0},
        {"000e000d0200c80300c9010fff", true, 4095}, {"000e000a0200c8030001", false, 0},  {"000e0007010000", true, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        struct bytes in;
        struct cdp c;
        uint16_t vlan = 0;
        take(known[i].tlv, &in, &c);
        assert_true(c.has == CDP_HAS(CDP_VLAN_REPLY) && c.others == 0);
        assert_int_equal(cdp_voice_vlan(&c, &vlan), known[i].has);
        if (known[i].has) assert_int_equal(vlan, known[i].vlan);
        assert_kept(in, &c);
        drop(in);
    }
}

static void available_power_may_come_with_no_level_or_with_several(void **state)
{
    static const struct {
        const char *tlv;
        uint32_t available, level;
    } known[] = {
        {"001a000c0001000200003c28", 15400, UINT32_MAX},
        {"001a00100001000200003c28ffffffff", 15400, UINT32_MAX},
        {"001a00100001000200003c280000189c", 15400, 6300},
        {"001a00140001000200003c280000189cffffffff", 15400, 6300},
        {"001a00240001000200003c280000189c00000001000000020000000300000004ffffffff", 15400, 6300},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        struct bytes in;
        struct cdp c;
        take(known[i].tlv, &in, &c);
        assert_true(c.has == CDP_HAS(CDP_POWER_AVAILABLE) && c.others == 0);
        assert_true(c.available.request == 1 && c.available.management == 2);
        assert_true(c.available.available == known[i].available && c.available.level == known[i].level);
        assert_kept(in, &c);
        drop(in);
    }
}

static void a_vlan_reply_of_length_6_is_not_understood_but_kept(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("000e0006006e"
         "000b000501",
         &in, &c);
    assert_true(c.has == CDP_HAS(CDP_DUPLEX) && c.voice_vlan == 0);
    assert_true(c.others == 1 && c.other[0].type == CDP_VLAN_REPLY && c.other[0].value.len == 2);
    assert_true(cdp_has_other(&c, CDP_VLAN_REPLY) && !cdp_has_other(&c, CDP_DUPLEX));
    assert_kept(in, &c);
    drop(in);
}

static void known_types_of_other_lengths_are_kept_raw(void **state)
{
    static const char *const odd_lengths[] = {"00040007000000",   "000a000501",   "000b0006ffff", "001000051e",
                                              "0010000700189c",   "00110006ffff", "001200060000", "001300060000",
                                              "000e0008010064ff", "000f0004"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(odd_lengths); i++) {
        struct bytes in;
        struct cdp c;
        take(odd_lengths[i], &in, &c);
        /* a query of any length is one: older phones send 2 or 3 bytes, and nobody reads them */
        if (i + 1 == ARRAY_LENGTH(odd_lengths))
            assert_int_equal(c.has, CDP_HAS(CDP_VLAN_QUERY));
        else
            assert_true(c.has == 0 && c.others == 1);
        assert_kept(in, &c);
        drop(in);
    }
}

static void unknown_tlvs_stay_in_their_place(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("001f000501"  /* spare-pair power */
         "000100055a"  /* device id "Z" */
         "1003000548"  /* an extension of HP's */
         "00000004"    /* type 0 */
         "000600055a", /* platform "Z" */
         &in, &c);
    assert_true(c.tlvs == 5 && c.others == 3 && c.has == (CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_PLATFORM)));
    assert_true(c.other[1].type == 0x1003 && c.other[1].value.at[0] == 0x48);
    assert_kept(in, &c);
    drop(in);
}

static void unknown_tlvs_of_one_type_keep_their_order(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("001f000501"
         "001f000502"
         "001f000503",
         &in, &c);
    assert_int_equal(c.others, 3);
    assert_kept(in, &c);
    drop(in);
}

static void trust_and_the_cos_of_an_untrusted_port_are_two_things(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("0012000501"
         "0013000505"
         "00110008000005dc",
         &in, &c);
    assert_true(c.trust == 1 && c.untrusted_cos == 5 && c.mtu == 1500);
    assert_kept(in, &c);
    drop(in);
}

static void of_a_tlv_that_comes_twice_the_first_decides(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("000e000701006e"
         "000b000501"
         "000e0007010014",
         &in, &c);
    assert_int_equal(c.voice_vlan, 110);
    assert_true(c.others == 1 && c.other[0].type == CDP_VLAN_REPLY);
    assert_kept(in, &c);
    drop(in);
}

static void a_request_for_power_has_one_to_eight_levels(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("0019001c" /* as IOS prints it: 6300 0 0 0 0 */
         "00070003"
         "0000189c00000000000000000000000000000000",
         &in, &c);
    assert_true(c.requested.request == 7 && c.requested.management == 3 && c.requested.count == 5);
    assert_true(c.requested.milliwatts[0] == 6300 && c.requested.milliwatts[4] == 0);
    assert_kept(in, &c);
    drop(in);
    take("00190028"
         "00070003"
         "0000000100000002000000030000000400000005000000060000000700000008",
         &in, &c);
    assert_true(c.requested.count == 8 && c.requested.milliwatts[7] == 8);
    assert_kept(in, &c);
    drop(in);
}

static void a_request_for_power_of_no_nine_or_broken_levels_is_kept_raw(void **state)
{
    static const char *const requests[] = {
        "0019000800070003", "00190006000f", "0019000b00070003000018",
        "0019002c00070003000000010000000200000003000000040000000500000006000000070000000800000009"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
        struct bytes in;
        struct cdp c;
        take(requests[i], &in, &c);
        assert_true(c.has == 0 && c.others == 1 && c.requested.count == 0 && c.requested.request == 0);
        assert_kept(in, &c);
        drop(in);
    }
}

static void a_switch_grants_power_to_a_request(void **state)
{
    struct bytes in;
    struct cdp c;

    (void)state;
    take("001a0010"
         "59f10002"
         "0000189cffffffff",
         &in, &c);
    assert_true(c.available.request == 0x59f1 && c.available.management == 2 && c.available.available == 6300);
    assert_kept(in, &c);
    drop(in);
    take("001a000859f10002", &in, &c);
    assert_true(c.has == 0 && c.others == 1 && c.available.available == 0);
    assert_kept(in, &c);
    drop(in);
}

static ipv4 address_in(const char *text)
{
    struct bytes value = hex(text);
    ipv4 found = cdp_ipv4(value);

    drop(value);
    return found;
}

static void the_first_ipv4_address_is_found_among_others(void **state)
{
    (void)state;
    assert_int_equal(address_in("00000002"
                                "0208aaaa0300000086dd001020010db8000000000000000000000001" /* IPv6 over 802.2 SNAP */
                                "0101cc00040a000015"),
                     IPV4(10, 0, 0, 21));
    assert_int_equal(address_in("00000002"
                                "0101cc00040a000015"
                                "0101cc00040a000016"),
                     IPV4(10, 0, 0, 21));
    assert_int_equal(address_in("00000001"
                                "0101cc00060a000015ffff"),
                     0); /* not 4 bytes long */
    assert_int_equal(address_in("00000001"
                                "01018100040a000015"),
                     0); /* NLPID of CLNP */
    assert_int_equal(address_in("00000001"
                                "0201cc00040a000015"),
                     0); /* not an NLPID */
}

static void addresses_that_are_cut_or_miscounted_have_no_more_than_is_there(void **state)
{
    (void)state;
    assert_int_equal(address_in(""), 0);
    assert_int_equal(address_in("000000"), 0);
    assert_int_equal(address_in("00000000"
                                "0101cc00040a000015"),
                     0); /* none, it says */
    assert_int_equal(address_in("ffffffff"
                                "0101cc00040a000015"),
                     IPV4(10, 0, 0, 21));
    assert_int_equal(address_in("ffffffff"), 0);
    assert_int_equal(address_in("00000001"
                                "0101cc00040a0000"),
                     0);
    assert_int_equal(address_in("00000001"
                                "01ffcc00040a000015"),
                     0);
}

static void an_address_is_written_as_the_phones_write_it(void **state)
{
    static const uint8_t expected[] = {0, 0, 0, 1, 1, 1, 0xcc, 0, 4, 10, 0, 0, 21};
    uint8_t room[32];
    struct writer w = writer(room, sizeof room);

    (void)state;
    write_cdp_ipv4(&w, IPV4(10, 0, 0, 21));
    assert_int_equal(w.len, sizeof expected);
    assert_memory_equal(room, expected, sizeof expected);
}

static void repeat(char *to, const char *tlv, unsigned times)
{
    strcpy(to, "02b40000");
    while (times-- > 0) strcat(to, tlv);
}

static void forty_tlvs_and_24_unknown_ones_are_the_most(void **state)
{
    char text[4000];
    struct bytes in;
    struct cdp c;
    struct fault why;

    (void)state;
    repeat(text, "001f000501", CDP_OTHERS);
    assert_true(decodes(text, &in, &c, &why));
    assert_int_equal(c.others, CDP_OTHERS);
    assert_kept(in, &c);
    drop(in);
    repeat(text, "001f000501", CDP_OTHERS + 1);
    assert_int_equal(refused(text), FAULT_LONG);

    /* 24 unknown ones and 16 known ones, each once */
    repeat(text, "001f000501", CDP_OTHERS);
    strcat(text, "000100055a0002000400030004000400080000009000050004000600040009000400"
                 "0a00060001000b000501000e000701006e000f00040010000618"
                 "9c00110008000005dc0012000500001300050000140004");
    assert_true(decodes(text, &in, &c, &why));
    assert_int_equal(c.tlvs, CDP_TLVS);
    assert_kept(in, &c);
    drop(in);
    strcat(text, "00160004");
    assert_int_equal(refused(text), FAULT_LONG);
}

static void a_length_that_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_int_equal(refused("02b4000000010003"), FAULT_VALUE); /* less than its own head */
    assert_int_equal(refused("02b4000000010000"), FAULT_VALUE);
    assert_int_equal(refused("02b400000001ffff5a"), FAULT_SHORT);   /* beyond the frame */
    assert_int_equal(refused("02b40000000100055a00"), FAULT_SHORT); /* half a head behind the last */
}

static void version_1_is_taken_and_version_3_is_not(void **state)
{
    struct bytes in = hex("01b4fe4b");
    struct cdp c;
    struct fault why;

    (void)state;
    assert_true(cdp_decode(&c, in, &why));
    assert_true(c.version == 1 && c.checksum_good && c.tlvs == 0);
    drop(in);
    assert_int_equal(refused("03b40000000100055a"), FAULT_VALUE);
    assert_int_equal(refused("00b40000000100055a"), FAULT_VALUE);
    assert_int_equal(refused(""), FAULT_SHORT);
}

static void only_what_is_in_the_order_and_is_set_is_encoded(void **state)
{
    static const char expected[] = "02b4"
                                   "fd3a"
                                   "000b000501";
    struct bytes want = hex(expected);
    struct cdp c = {
        .version = 2, .ttl = 180, .duplex = 1, .native_vlan = 7, .order = {CDP_NATIVE_VLAN, CDP_DUPLEX, 0x99}};
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    (void)state;
    c.has = CDP_HAS(CDP_DUPLEX) | CDP_HAS(CDP_TRUST);
    c.tlvs = 3;
    cdp_encode(&w, &c);
    assert_int_equal(w.len, want.len);
    assert_memory_equal(room, want.at, want.len);
    drop(want);
}

static void what_does_not_fit_leaves_the_writer_full_and_all_before_it_alone(void **state)
{
    struct bytes in = hex(phone_7941);
    struct cdp c;
    struct fault why;

    (void)state;
    assert_true(cdp_decode(&c, in, &why));
    for (size_t size = 1; size < 1 + in.len; size++) {
        uint8_t *room = malloc(size);
        struct writer w = writer(room, size);
        write_u8(&w, 0xa5);
        cdp_encode(&w, &c);
        assert_true(w.full && w.len <= size && room[0] == 0xa5);
        free(room);
    }
    drop(in);
}

static void a_value_longer_than_a_tlv_can_say_is_not_encoded(void **state)
{
    static uint8_t huge[UINT16_MAX], room[2 * UINT16_MAX];
    struct cdp c = {.version = 2, .has = CDP_HAS(CDP_SOFTWARE), .order = {CDP_SOFTWARE}, .tlvs = 1};
    struct writer w = writer(room, sizeof room);

    (void)state;
    c.software = (struct bytes){huge, UINT16_MAX - 3};
    cdp_encode(&w, &c);
    assert_true(w.full);
    w = writer(room, sizeof room);
    c.software.len--;
    cdp_encode(&w, &c);
    assert_false(w.full);
}

static void frames_go_to_the_group_of_cisco(void **state)
{
    (void)state;
    assert_true(mac_number(MAC_CDP) == 0x01000ccccccc);
}

static void a_carry_of_the_sum_is_added_to_it(void **state)
{
    (void)state; /* ffff + 0002 = 1 0001, and with the carry 0002 */
    assert_int_equal(cdp_checksum((struct bytes){(const uint8_t[]){0xff, 0xff, 0x00, 0x02}, 4}), 0xfffd);
}

/* What a structure claims beyond its own room is not there. */
static void counts_beyond_their_room_end_with_it(void **state)
{
    struct cdp c = {.version = 2, .ttl = 180, .has = CDP_HAS(CDP_POWER_REQUESTED), .others = 255, .tlvs = 255};
    uint8_t room[2000];
    struct writer w = writer(room, sizeof room);
    struct cdp again;
    struct fault why;

    (void)state;
    c.requested.count = 255;
    for (size_t i = 0; i < CDP_LEVELS; i++) c.requested.milliwatts[i] = 1;
    for (size_t i = 0; i < CDP_TLVS; i++) c.order[i] = 0x99;
    for (size_t i = 0; i < CDP_OTHERS; i++) c.other[i] = (struct cdp_other){0x99, bytes_of("x")};
    c.order[CDP_TLVS - 1] = CDP_POWER_REQUESTED;
    cdp_encode(&w, &c);
    assert_false(w.full);
    assert_int_equal(w.len, 4 + CDP_OTHERS * 5 + 8 + 4 * CDP_LEVELS);
    assert_true(cdp_decode(&again, written(&w), &why) && again.checksum_good);
    assert_true(again.others == CDP_OTHERS && again.requested.count == CDP_LEVELS);
}

static void what_stands_behind_the_counts_is_not_sent(void **state)
{
    struct cdp c = {.version = 2,
                    .ttl = 180,
                    .order = {0x99, 0x98, 0x98},
                    .tlvs = 2,
                    .other = {{0x99, {NULL, 0}}, {0x98, {NULL, 0}}},
                    .others = 1};
    uint8_t room[64];
    struct writer w = writer(room, sizeof room);

    (void)state;
    cdp_encode(&w, &c);
    assert_int_equal(w.len, 4 + 4); /* 0x98 is the second raw one, and there is one */
    c.others = 2;
    c.tlvs = 1;
    w = writer(room, sizeof room);
    cdp_encode(&w, &c);
    assert_int_equal(w.len, 4 + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_3560_says_who_it_is_and_that_it_gives_no_power),
        cmocka_unit_test(a_7941_asks_for_its_vlan_and_for_power),
        cmocka_unit_test(an_empty_vtp_domain_is_there_and_empty),
        cmocka_unit_test(every_frame_is_encoded_as_it_came),
        cmocka_unit_test(the_captured_frames_7_and_8_have_their_own_checksum),
        cmocka_unit_test(a_last_odd_byte_counts_as_a_signed_number),
        cmocka_unit_test(a_7941_with_one_more_odd_tlv_still_sums_up),
        cmocka_unit_test(a_bad_checksum_is_told_and_the_frame_taken),
        cmocka_unit_test(a_cut_frame_is_refused_or_has_fewer_tlvs_and_a_bad_checksum),
        cmocka_unit_test(a_port_with_a_voice_vlan_says_its_number),
        cmocka_unit_test(a_vlan_reply_may_name_several_appliances),
        cmocka_unit_test(available_power_may_come_with_no_level_or_with_several),
        cmocka_unit_test(a_vlan_reply_of_length_6_is_not_understood_but_kept),
        cmocka_unit_test(known_types_of_other_lengths_are_kept_raw),
        cmocka_unit_test(unknown_tlvs_stay_in_their_place),
        cmocka_unit_test(unknown_tlvs_of_one_type_keep_their_order),
        cmocka_unit_test(trust_and_the_cos_of_an_untrusted_port_are_two_things),
        cmocka_unit_test(of_a_tlv_that_comes_twice_the_first_decides),
        cmocka_unit_test(a_request_for_power_has_one_to_eight_levels),
        cmocka_unit_test(a_request_for_power_of_no_nine_or_broken_levels_is_kept_raw),
        cmocka_unit_test(a_switch_grants_power_to_a_request),
        cmocka_unit_test(the_first_ipv4_address_is_found_among_others),
        cmocka_unit_test(addresses_that_are_cut_or_miscounted_have_no_more_than_is_there),
        cmocka_unit_test(an_address_is_written_as_the_phones_write_it),
        cmocka_unit_test(forty_tlvs_and_24_unknown_ones_are_the_most),
        cmocka_unit_test(a_length_that_cannot_be_is_refused),
        cmocka_unit_test(version_1_is_taken_and_version_3_is_not),
        cmocka_unit_test(only_what_is_in_the_order_and_is_set_is_encoded),
        cmocka_unit_test(what_does_not_fit_leaves_the_writer_full_and_all_before_it_alone),
        cmocka_unit_test(a_value_longer_than_a_tlv_can_say_is_not_encoded),
        cmocka_unit_test(frames_go_to_the_group_of_cisco),
        cmocka_unit_test(a_carry_of_the_sum_is_added_to_it),
        cmocka_unit_test(counts_beyond_their_room_end_with_it),
        cmocka_unit_test(what_stands_behind_the_counts_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
