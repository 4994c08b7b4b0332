#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "hex.h"
#include "wire/lldp.h"

/* clang-format off */
/* Catalyst 3560G-24PS, IOS 12.2(44)SE: tests/vectors/LLDP_and_CDP.pcap, frames 3, 5, 9, 11 (all alike). */
static const char switch_s2[] =
    "0207" "0400192fa7b28d"                    /* chassis: MAC 00:19:2f:a7:b2:8d */
    "040d" "0155706c696e6b20746f205331"        /* port: interface alias "Uplink to S1" */
    "0602" "0078"                              /* TTL 120 s */
    "0a0c" "53322e636973636f2e636f6d"          /* system name "S2.cisco.com" */
    "0cbe"                                     /* system description, 190 bytes: */
    "436973636f20494f5320536f6674776172652c20433335363020536f667477617265202843333536302d4144564950534552"
    "56494345534b392d4d292c2056657273696f6e2031322e322834342953452c2052454c4541534520534f4654574152452028"
    "666331290a436f707972696768742028632920313938362d3230303820627920436973636f2053797374656d732c20496e63"
    "2e0a436f6d70696c6564205361742030352d4a616e2d30382030303a3135206279207765696c6975"
    "0813" "4769676162697445746865726e6574302f3133" /* port description "GigabitEthernet0/13" */
    "0e04" "00140004"                          /* can: bridge, router; does: bridge */
    "fe06" "0080c2010001"                      /* IEEE 802.1 port VLAN 1 (no field of ours) */
    "fe09" "00120f0103c0360010"                /* 802.3 MAC/PHY: autonegotiation 3, advertised c036, MAU 16 */
    "0000";                                    /* end */

/* Catalyst 3560-24TS, IOS 12.2(44)SE: tests/vectors/LLDP_and_CDP.pcap, frames 4, 6, 10, 12 (all alike). */
static const char switch_s1[] =
    "0207" "040018ba98688f"                    /* chassis: MAC 00:18:ba:98:68:8f */
    "0407" "074661302f3133"                    /* port: local "Fa0/13" */
    "0602" "0078"
    "0a0c" "53312e636973636f2e636f6d"          /* system name "S1.cisco.com" */
    "0cbe"
    "436973636f20494f5320536f6674776172652c20433335363020536f667477617265202843333536302d4144564950534552"
    "56494345534b392d4d292c2056657273696f6e2031322e322834342953452c2052454c4541534520534f4654574152452028"
    "666331290a436f707972696768742028632920313938362d3230303820627920436973636f2053797374656d732c20496e63"
    "2e0a436f6d70696c6564205361742030352d4a616e2d30382030303a3135206279207765696c6975"
    "0810" "4661737445746865726e6574302f3133"  /* port description "FastEthernet0/13" */
    "0e04" "00140004"
    "fe06" "0080c2010001"
    "fe09" "00120f010300360010"                /* advertised 0036 */
    "0000";

/* A 7945 before DHCP, with the values a switch saw of a real one. */
static const char phone_7945[] =
    "0206" "050100000000"                      /* chassis: network address, IPv4 0.0.0.0 */
    "0410" "073030303635333131323233333a5031"  /* port: local "000653112233:P1" */
    "0602" "00b4"                              /* TTL 180 s */
    "0e04" "00240024"                          /* bridge, telephone */
    "fe09" "00120f01036c010010"                /* 802.3 MAC/PHY: 100BASE-TX full duplex */
    "fe07" "0012bb01003303"                    /* MED: capabilities, policy, power PD, inventory; class III */
    "fe08" "0012bb0201800000"                  /* policy of voice: not known yet */
    "fe08" "0012bb0202800000"                  /* policy of voice signalling: not known yet */
    "fe07" "0012bb04430078"                    /* power: PD, source unknown, priority low, 12.0 W */
    "fe06" "0012bb053134"                      /* hardware "14" */
    "fe18" "0012bb06746e7034352e392d332d312d435231372e62696e" /* firmware "tnp45.9-3-1-CR17.bin" */
    "fe13" "0012bb0753434350" "34352e392d342d322d3153"  /* software "SCCP45.9-4-2-1S" */
    "fe17" "0012bb09436973636f2053797374656d732c20496e632e" /* manufacturer "Cisco Systems, Inc." */
    "fe0c" "0012bb0a43502d3739343547"          /* model "CP-7945G" */
    "0000";

/* A switch's answer to it. */
static const char switch_answer[] =
    "0207" "040200000000aa"
    "0406" "054661302f31"                      /* port: interface name "Fa0/1" */
    "0602" "0078"
    "080f" "46617374" "45746865726e6574302f31" /* port description "FastEthernet0/1" */
    "0a06" "616363657373"                      /* system name "access" */
    "0c08" "4469616c746f6e65"                  /* system description "Dialtone" */
    "0e04" "00140004"
    "100c" "05010a0000010100000000" "00"       /* management: IPv4 10.0.0.1, interface not numbered, no object */
    "fe07" "0012bb01000f04"                    /* MED: capabilities, policy, location, power PSE; class: network */
    "fe08" "0012bb020140dd6e"                  /* voice: tagged, VLAN 110, priority 5, DSCP 46 */
    "fe08" "0012bb020240dcd8"                  /* voice signalling: tagged, VLAN 110, priority 3, DSCP 24 */
    "fe07" "0012bb0413003f"                    /* power: PSE, primary, low, 6.3 W */
    "0000";
/* clang-format on */

#define HEAD_OF_ALL                                                                                                    \
    "0207040200000000aa"                                                                                               \
    "0402073a"                                                                                                         \
    "06020078"

static bool decodes(const char *text, struct bytes *in, struct lldp *l, struct fault *why)
{
    *in = hex(text);
    bool ok = lldp_decode(l, *in, why);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

/* The three TLVs of every frame, then these. */
static void take(const char *tlvs, struct bytes *in, struct lldp *l)
{
    char text[4000] = HEAD_OF_ALL;
    struct fault why;

    assert_true(decodes(strcat(text, tlvs), in, l, &why));
}

static enum fault_kind refused(const char *text)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    assert_false(decodes(text, &in, &l, &why));
    assert_true(why.at <= in.len);
    drop(in);
    return why.kind;
}

static enum fault_kind refused_behind_head(const char *tlvs)
{
    char text[4000] = HEAD_OF_ALL;

    return refused(strcat(text, tlvs));
}

static void assert_encodes(const struct lldp *l, const char *expected)
{
    struct bytes want = hex(expected);
    uint8_t room[1600];
    struct writer w = writer(room, sizeof room);

    write_u8(&w, 0xa5);
    lldp_encode(&w, l);
    assert_false(w.full);
    assert_int_equal(w.len, 1 + want.len);
    assert_memory_equal(room + 1, want.at, want.len);
    drop(want);
}

static void a_3560_says_its_name_and_port(void **state)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    assert_true(decodes(switch_s2, &in, &l, &why));
    assert_true(l.chassis_subtype == LLDP_CHASSIS_MAC && l.chassis.len == 6 && l.chassis.at[5] == 0x8d);
    assert_true(l.port_subtype == 1 && bytes_are(l.port, "Uplink to S1") && l.ttl == 120);
    assert_true(bytes_are(l.system_name, "S2.cisco.com") && bytes_are(l.port_description, "GigabitEthernet0/13"));
    assert_true(bytes_begin(l.system_description, "Cisco IOS Software, C3560") && l.system_description.len == 190);
    assert_true(l.has_capabilities && l.capabilities == (LLDP_BRIDGE | LLDP_ROUTER) && l.enabled == LLDP_BRIDGE);
    assert_true(l.has_mac_phy && l.autonegotiation == 3 && l.advertised == 0xc036 && l.mau == 16);
    assert_true(!l.has_med && !l.has_med_power && !l.has_power && l.policies == 0 && l.management == 0);
    drop(in);
    assert_true(decodes(switch_s1, &in, &l, &why));
    assert_true(l.port_subtype == LLDP_PORT_LOCAL && bytes_are(l.port, "Fa0/13") && l.advertised == 0x0036);
    drop(in);
}

static void append(char *to, const char *from, const char *until)
{
    size_t have = strlen(to), n = (size_t)(until - from);

    memcpy(to + have, from, n);
    to[have + n] = 0;
}

/* It sends the port description behind the system's, and a port VLAN, which is skipped: so not the same bytes come out,
 * but the same as the standard's order has them. */
static void a_3560_is_encoded_in_the_order_of_the_standard(void **state)
{
    static const char head[] = "02070400192fa7b28d"
                               "040d0155706c696e6b20746f205331"
                               "06020078";
    static const char port[] = "08134769676162697445746865726e6574302f3133";
    char expected[sizeof switch_s2 + 1] = "";
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    const char *moved = strstr(switch_s2, port), *vlan = strstr(switch_s2, "fe060080c2010001");
    strcat(strcat(expected, head), port);
    append(expected, switch_s2 + strlen(head), moved);
    append(expected, moved + strlen(port), vlan);
    strcat(expected, vlan + 16);
    assert_true(decodes(switch_s2, &in, &l, &why));
    assert_encodes(&l, expected);
    drop(in);
}

static void a_7945_says_its_class_its_power_and_what_it_is(void **state)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    assert_true(decodes(phone_7945, &in, &l, &why));
    assert_true(l.chassis_subtype == LLDP_CHASSIS_ADDRESS && l.chassis.len == 5 && l.chassis.at[0] == 1);
    assert_true(bytes_are(l.port, "000653112233:P1") && l.ttl == 180);
    assert_int_equal(l.capabilities, LLDP_BRIDGE | LLDP_TELEPHONE);
    assert_true(l.has_med && l.med_class == MED_CLASS_3);
    assert_int_equal(l.med_capabilities, MED_CAPABILITIES | MED_POLICY | MED_POWER_PD | MED_INVENTORY);
    assert_true(l.policies == 2 && l.policy[0].application == MED_VOICE && l.policy[0].unknown && !l.policy[0].tagged);
    assert_true(l.policy[1].application == MED_VOICE_SIGNALLING && l.policy[1].unknown && l.policy[1].vlan == 0);
    assert_true(l.has_med_power && l.power_type == 1 && l.power_source == 0 && l.power_priority == 3);
    assert_int_equal(l.power, 120);
    assert_true(bytes_are(l.inventory[MED_HARDWARE], "14") &&
                bytes_are(l.inventory[MED_FIRMWARE], "tnp45.9-3-1-CR17.bin"));
    assert_true(bytes_are(l.inventory[MED_SOFTWARE], "SCCP45.9-4-2-1S") && l.inventory[MED_SERIAL].len == 0);
    assert_true(bytes_are(l.inventory[MED_MANUFACTURER], "Cisco Systems, Inc.") &&
                bytes_are(l.inventory[MED_MODEL], "CP-7945G"));
    assert_int_equal(l.inventory[MED_ASSET].len, 0);
    assert_encodes(&l, phone_7945);
    drop(in);
}

static void a_switch_answers_with_the_voice_vlan_and_power(void **state)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    assert_true(decodes(switch_answer, &in, &l, &why));
    assert_true(l.has_med && l.med_capabilities == 0x000f && l.med_class == MED_NETWORK);
    assert_int_equal(l.management, IPV4(10, 0, 0, 1));
    assert_int_equal(l.policies, 2);
    const struct med_policy *voice = &l.policy[0], *signalling = &l.policy[1];
    assert_true(voice->application == MED_VOICE && !voice->unknown && voice->tagged);
    assert_true(voice->vlan == 110 && voice->priority == 5 && voice->dscp == 46);
    assert_true(signalling->application == MED_VOICE_SIGNALLING && !signalling->unknown && signalling->tagged);
    assert_true(signalling->vlan == 110 && signalling->priority == 3 && signalling->dscp == 24);
    assert_true(l.has_med_power && l.power_type == 0 && l.power_source == 1 && l.power_priority == 3 && l.power == 63);
    assert_encodes(&l, switch_answer);
    drop(in);
}

static void each_bit_of_a_policy_has_its_place(void **state)
{
    static const struct {
        const char *tlv;
        struct med_policy p;
    } known[] = {
        {"fe080012bb0201800000", {.application = MED_VOICE, .unknown = true}},
        {"fe080012bb0201400000", {.application = MED_VOICE, .tagged = true}},
        {"fe080012bb02011ffe00", {.application = MED_VOICE, .vlan = 4095}},
        {"fe080012bb02010001c0", {.application = MED_VOICE, .priority = 7}},
        {"fe080012bb020100003f", {.application = MED_VOICE, .dscp = 63}},
        {"fe080012bb02ff000200", {.application = 255, .vlan = 1}},
        {"fe080012bb020200016e", {.application = MED_VOICE_SIGNALLING, .priority = 5, .dscp = 46}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        struct bytes in;
        struct lldp l;
        char expected[200] = HEAD_OF_ALL;
        take(known[i].tlv, &in, &l);
        const struct med_policy *p = &l.policy[0], *q = &known[i].p;
        assert_true(l.policies == 1 && p->application == q->application);
        assert_true(p->unknown == q->unknown && p->tagged == q->tagged && p->vlan == q->vlan);
        assert_true(p->priority == q->priority && p->dscp == q->dscp);
        assert_encodes(&l, strcat(strcat(expected, known[i].tlv), "0000"));
        drop(in);
    }
}

static void the_reserved_bit_of_a_policy_is_ignored_and_not_sent(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("fe080012bb020160dd6e", &in, &l);
    assert_true(l.policy[0].tagged && !l.policy[0].unknown && l.policy[0].vlan == 110);
    assert_encodes(&l, HEAD_OF_ALL "fe080012bb020140dd6e"
                                   "0000");
    drop(in);
}

static void numbers_too_wide_for_their_bits_do_not_spill_into_others(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("", &in, &l);
    l.policy[l.policies++] = (struct med_policy){MED_VOICE, false, false, 0xf06e, 0xfd, 0xee};
    l.has_med_power = true;
    l.power_type = 0xfc;
    l.power_source = 0xfd;
    l.power_priority = 0xf3;
    l.power = 63;
    assert_encodes(&l, HEAD_OF_ALL "fe080012bb020100dd6e"
                                   "fe070012bb0413003f"
                                   "0000");
    drop(in);
}

static void power_of_a_pd_with_its_source_survives(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("fe070012bb04700081", &in, &l);
    assert_true(l.has_med_power && l.power_type == 1 && l.power_source == 3 && l.power_priority == 0 && l.power == 129);
    assert_encodes(&l, HEAD_OF_ALL "fe070012bb04700081"
                                   "0000");
    drop(in);
}

static void power_via_mdi_is_kept_raw_short_or_long(void **state)
{
    static const char *const both[] = {"fe0700120f02070104", "fe0c00120f0207010452007800"
                                                             "78"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(both); i++) {
        struct bytes in;
        struct lldp l;
        char expected[200] = HEAD_OF_ALL;
        take(both[i], &in, &l);
        assert_true(l.has_power && l.power_mdi.len == strlen(both[i]) / 2 - 6 && l.power_mdi.at[2] == 4);
        assert_encodes(&l, strcat(strcat(expected, both[i]), "0000"));
        drop(in);
    }
}

static void a_missing_end_is_taken_and_what_follows_an_end_is_padding(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("fe080012bb020140dd6e", &in, &l);
    assert_true(l.policies == 1 && l.policy[0].vlan == 110);
    drop(in);
    take("0000"
         "fe080012bb020140dd6eff",
         &in, &l);
    assert_int_equal(l.policies, 0);
    drop(in);
}

static void the_first_three_come_first_in_order_and_once(void **state)
{
    (void)state;
    assert_int_equal(refused("0402073a"
                             "0207040200000000aa"
                             "06020078"
                             "0000"),
                     FAULT_ORDER);
    assert_int_equal(refused("0207040200000000aa"
                             "06020078"
                             "0402073a"
                             "0000"),
                     FAULT_ORDER);
    assert_int_equal(refused("0207040200000000aa"
                             "0402073a"
                             "0a0141"
                             "06020078"
                             "0000"),
                     FAULT_ORDER);
    assert_int_equal(refused("0a0141" HEAD_OF_ALL "0000"), FAULT_ORDER);
    assert_int_equal(refused("0207040200000000aa"
                             "0402073a"
                             "0000"),
                     FAULT_ORDER);
    assert_int_equal(refused("0000"), FAULT_ORDER);
    assert_int_equal(refused_behind_head("0207040200000000aa"), FAULT_ORDER);
    assert_int_equal(refused_behind_head("0402073a"), FAULT_ORDER);
    assert_int_equal(refused_behind_head("06020078"), FAULT_ORDER);
    assert_int_equal(refused("0207040200000000aa"
                             "0402073a"),
                     FAULT_ABSENT);
    assert_int_equal(refused(""), FAULT_ABSENT);
}

static void a_going_away_has_ttl_0(void **state)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    assert_true(decodes("0207040200000000aa"
                        "0402073a"
                        "06020000"
                        "0000",
                        &in, &l, &why));
    assert_int_equal(l.ttl, 0);
    assert_encodes(&l, "0207040200000000aa"
                       "0402073a"
                       "06020000"
                       "0000");
    drop(in);
}

/* IEEE 802.1AB-2009, 9.2.7.7.2. Each stands between a name and a policy, which are both taken. */
static void an_error_in_a_tlv_that_need_not_be_there_costs_that_tlv_alone(void **state)
{
    static const char *const wrong[] = {
        "0e03001400",           /* capabilities of 3 bytes */
        "fe0800120f0103c03600", /* MAC/PHY of 4 */
        "fe0600120f020701",     /* power via MDI of 2 */
        "fe060012bb01000f",     /* MED capabilities of 2 */
        "fe070012bb020140dd",   /* a policy of 3 */
        "fe060012bb041300",     /* MED power of 2 */
        "fe0300120f",           /* an organization's without a subtype */
        "fe00",                 /* and without an organization */
        "1000",                 /* management without anything */
        "100b05010a00000101000000"
        "00", /* without the length of an object */
        "100d06010a00000100"
        "0100000000"
        "00", /* an IPv4 address of 5 bytes */
        "100701"
        "01"
        "0100000000", /* a family without an address */
        "100c20010a0000010100000000"
        "00", /* an address beyond the TLV */
        "100c05010a0000010100000000"
        "01", /* an object beyond the TLV */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        char text[400] = "0a0141";
        struct bytes in;
        struct lldp l;
        take(strcat(strcat(text, wrong[i]), "fe080012bb020140dd6e"), &in, &l);
        assert_int_equal(l.dropped, 1);
        assert_true(bytes_are(l.system_name, "A") && l.policies == 1 && l.policy[0].vlan == 110);
        assert_true(!l.has_capabilities && !l.has_mac_phy && !l.has_power && !l.has_med && !l.has_med_power);
        assert_int_equal(l.management, 0);
        drop(in);
    }
}

/* A later edition may add to a TLV (802.3bt did), and some devices pad them. */
static void what_a_tlv_has_behind_its_fields_is_ignored(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("0e05001400"
         "0400"                     /* capabilities of 5 bytes */
         "fe0a00120f0103c036001000" /* MAC/PHY of 6 */
         "fe080012bb01000f0400"     /* MED capabilities of 4 */
         "fe090012bb020140dd6e00"   /* a policy of 5 */
         "fe080012bb0413003f00"     /* MED power of 4 */
         "100d05010a0000010100000000"
         "0000"    /* management with more than it says */
         "000100", /* an end with content */
         &in, &l);
    assert_int_equal(l.dropped, 0);
    assert_true(l.capabilities == 0x14 && l.enabled == 4 && l.mau == 0x10 && l.med_class == MED_NETWORK);
    assert_true(l.policy[0].vlan == 110 && l.policy[0].dscp == 46 && l.power == 63);
    assert_int_equal(l.management, IPV4(10, 0, 0, 1));
    drop(in);
}

static void an_error_in_the_first_three_refuses_the_frame(void **state)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    assert_int_equal(refused("020104"
                             "0402073a"
                             "06020078"),
                     FAULT_VALUE); /* a chassis without an id */
    assert_int_equal(refused("0200"
                             "0402073a"
                             "06020078"),
                     FAULT_SHORT); /* and without its subtype */
    assert_int_equal(refused("0207040200000000aa"
                             "040107"
                             "06020078"),
                     FAULT_VALUE);
    assert_int_equal(refused("0207040200000000aa"
                             "0402073a"
                             "060178"),
                     FAULT_SHORT);
    assert_true(decodes("0207040200000000aa"
                        "0402073a"
                        "0603007800",
                        &in, &l, &why)); /* a TTL of 3 bytes: of the first two */
    assert_int_equal(l.ttl, 120);
    drop(in);
}

static void a_name_has_255_bytes_at_most(void **state)
{
    char text[1200] = "0aff";
    struct bytes in;
    struct lldp l;

    (void)state;
    memset(text + 4, '4', 2 * 255);
    take(text, &in, &l);
    assert_true(l.system_name.len == 255 && l.system_name.at[254] == 'D');
    drop(in);
    memcpy(text, "0b00", 4);
    memset(text + 4, '4', 2 * 256);
    take(text, &in, &l); /* a description of several lines may well be longer: its beginning counts */
    assert_int_equal(l.system_name.len, 255);
    drop(in);
}

static void an_id_has_255_bytes_at_most(void **state)
{
    char text[1200] = "0207040200000000aa"
                      "050007";
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    size_t at = strlen(text);
    memset(text + at, '4', 2 * 255);
    strcat(text, "06020078");
    assert_true(decodes(text, &in, &l, &why));
    assert_int_equal(l.port.len, 255);
    drop(in);
    memset(text + at, 0, sizeof text - at);
    memcpy(text + at - 6, "050107", 6);
    memset(text + at, '4', 2 * 256);
    strcat(text, "06020078");
    assert_int_equal(refused(text), FAULT_VALUE);
}

/* A management TLV with an address of `length` bytes (its family with it) and an object of `object` bytes. */
static void management(char to[800], unsigned length, unsigned object)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned head[] = {0x10, 1 + length + 5 + 1 + object, length, 2};
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(head); i++) {
        to[at++] = digits[head[i] >> 4 & 15];
        to[at++] = digits[head[i] & 15];
    }
    memset(to + at, '0', 2 * (length - 1 + 5));
    at += 2 * (length - 1 + 5);
    to[at++] = digits[object >> 4 & 15];
    to[at++] = digits[object & 15];
    memset(to + at, '0', 2 * object);
    to[at + 2 * object] = 0;
}

static void a_management_address_has_1_to_31_bytes_and_its_object_128_at_most(void **state)
{
    static const unsigned good[][2] = {{2, 0}, {32, 0}, {17, 128}}, bad[][2] = {{1, 0}, {33, 0}, {17, 129}};
    char text[800];
    struct bytes in;
    struct lldp l;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        management(text, good[i][0], good[i][1]);
        take(text, &in, &l);
        assert_int_equal(l.management, 0); /* not of IPv4 */
        drop(in);
        management(text, bad[i][0], bad[i][1]);
        take(text, &in, &l);
        assert_int_equal(l.dropped, 1);
        drop(in);
    }
}

static void unknown_tlvs_are_skipped(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("7c03010203"               /* type 62, reserved */
         "fe0500000c0100"           /* an organization that we do not know */
         "fe0500120f0400"           /* 802.3, subtype 4: largest frame */
         "fe0a0012bb03020102030405" /* MED location */
         "fe040012bb0c"             /* a MED subtype behind the last of the inventory */
         "0a0141",
         &in, &l);
    assert_true(bytes_are(l.system_name, "A") && !l.has_med && !l.has_mac_phy);
    assert_encodes(&l, HEAD_OF_ALL "0a0141"
                                   "0000");
    drop(in);
}

static void the_first_ipv4_management_address_counts(void **state)
{
    struct bytes in;
    struct lldp l;

    (void)state;
    take("1018"
         "1102"
         "20010db8000000000000000000000001"
         "0200000001"
         "00" /* IPv6, by ifIndex 1 */
         "100e"
         "0501"
         "0a000001"
         "0300000002"
         "022b06" /* 10.0.0.1, port number 2, an object of 2 bytes */
         "100c"
         "0501"
         "0a000002"
         "0100000000"
         "00",
         &in, &l);
    assert_int_equal(l.management, IPV4(10, 0, 0, 1));
    drop(in);
}

static void of_more_policies_than_applications_the_first_count(void **state)
{
    char text[400] = "";
    struct bytes in;
    struct lldp l;

    (void)state;
    for (size_t i = 0; i < LLDP_POLICIES; i++) strcat(text, "fe080012bb020140dd6e");
    take(text, &in, &l);
    assert_int_equal(l.policies, LLDP_POLICIES);
    drop(in);
    take(strcat(text, "fe080012bb0203000000"), &in, &l);
    assert_true(l.policies == LLDP_POLICIES && l.policy[LLDP_POLICIES - 1].vlan == 110);
    drop(in);
}

/* The end may be missing. So behind the TTL a frame cut where a TLV ends is sound; cut anywhere else it is refused. */
static void a_cut_frame_is_refused_but_where_a_tlv_ends(void **state)
{
    static const char *const frames[] = {switch_s2, switch_s1, phone_7945, switch_answer};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(frames); i++) {
        struct bytes whole = hex(frames[i]);
        size_t ends = 0, tlvs = 0;
        for (size_t n = 0; n < whole.len; n++) {
            struct bytes cut = {malloc(n ? n : 1), n};
            struct lldp l;
            struct fault why;
            memcpy((void *)(uintptr_t)cut.at, whole.at, n);
            bool ok = lldp_decode(&l, cut, &why);
            assert_int_equal(ok, n == ends && tlvs >= 3);
            if (!ok) assert_true(why.kind == (n == ends ? FAULT_ABSENT : FAULT_SHORT) && why.at <= n);
            if (n == ends) {
                ends += 2 + (size_t)((whole.at[n] & 1) << 8 | whole.at[n + 1]);
                tlvs++;
            }
            drop(cut);
        }
        assert_int_equal(ends, whole.len);
        drop(whole);
    }
}

static void what_does_not_fit_leaves_the_writer_full_and_all_before_it_alone(void **state)
{
    struct bytes in = hex(phone_7945);
    struct lldp l;
    struct fault why;

    (void)state;
    assert_true(lldp_decode(&l, in, &why));
    for (size_t size = 1; size < 1 + in.len; size++) {
        uint8_t *room = malloc(size);
        struct writer w = writer(room, size);
        write_u8(&w, 0xa5);
        lldp_encode(&w, &l);
        assert_true(w.full && w.len <= size && room[0] == 0xa5);
        free(room);
    }
    drop(in);
}

static void what_is_longer_than_its_tlv_can_be_is_not_encoded(void **state)
{
    static uint8_t huge[600], room[4000];
    struct bytes in;
    struct lldp l;

    (void)state;
    take("", &in, &l);
    struct {
        struct bytes *field;
        size_t most;
    } limits[] = {{&l.chassis, 255},
                  {&l.port, 255},
                  {&l.port_description, 255},
                  {&l.system_name, 255},
                  {&l.system_description, 255},
                  {&l.power_mdi, 507},
                  {&l.inventory[MED_ASSET], 507}};
    l.has_power = true;
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        struct bytes kept = *limits[i].field;
        struct writer w = writer(room, sizeof room);
        *limits[i].field = (struct bytes){huge, limits[i].most};
        lldp_encode(&w, &l);
        assert_false(w.full);
        w = writer(room, sizeof room);
        limits[i].field->len++;
        lldp_encode(&w, &l);
        assert_true(w.full);
        *limits[i].field = kept;
    }
    drop(in);
}

static void frames_go_to_the_nearest_bridge_and_are_heard_of_three_groups(void **state)
{
    (void)state; /* IEEE 802.1AB-2009, 7.1 */
    assert_true(mac_number(MAC_LLDP) == 0x0180c200000e);
    for (uint64_t i = 0; i < 256; i++)
        assert_int_equal(lldp_group(mac_from_number(0x0180c2000000 + i)), i == 0x00 || i == 0x03 || i == 0x0e);
    assert_false(lldp_group(mac_from_number(0x01000ccccccc)) || lldp_group(MAC_BROADCAST) || lldp_group(MAC_NONE));
}

/* TIA-1057: 3 is a location, 12 and more are reserved. */
static void med_subtypes_without_a_field_are_skipped(void **state)
{
    static const char *const skipped[] = {"00", "03", "0c", "ff"};
    struct lldp none;
    struct bytes in;

    (void)state;
    take("", &in, &none);
    drop(in);
    for (size_t i = 0; i < ARRAY_LENGTH(skipped); i++) {
        char tlv[64];
        struct lldp l;
        strcat(strcat(strcpy(tlv, "fe080012bb"), skipped[i]), "01020304");
        take(tlv, &in, &l);
        assert_true(!l.has_med && !l.has_med_power && l.policies == 0 && l.power == none.power);
        for (size_t k = 0; k < MED_INVENTORIES; k++) assert_int_equal(l.inventory[k].len, 0);
        drop(in);
    }
}

static void policies_beyond_their_room_end_with_it(void **state)
{
    struct lldp l = {.chassis_subtype = 7,
                     .port_subtype = 7,
                     .chassis = bytes_of("c"),
                     .port = bytes_of("p"),
                     .policies = 255,
                     .has_capabilities = false};
    uint8_t room[1600];
    struct writer w = writer(room, sizeof room);

    (void)state;
    lldp_encode(&w, &l);
    assert_int_equal(w.len, 4 + 4 + 4 + LLDP_POLICIES * 10 + 2);
}

static void a_frame_of_nothing_gives_nothing(void **state)
{
    struct bytes in;
    struct lldp l;
    struct fault why;

    (void)state;
    assert_false(decodes("", &in, &l, &why));
    assert_true(why.kind == FAULT_ABSENT && l.chassis_subtype == 0 && l.port_subtype == 0 && l.chassis.len == 0);
    drop(in);
}

static void only_a_switch_has_a_policy_for_voice_and_not_an_unknown_one(void **state)
{
    struct lldp l = {.has_med = true,
                     .med_class = MED_NETWORK,
                     .policies = 3,
                     .policy = {{.application = MED_VOICE_SIGNALLING, .vlan = 7},
                                {.application = MED_VOICE, .unknown = true, .vlan = 8},
                                {.application = MED_VOICE, .tagged = true, .vlan = 9}}};

    (void)state;
    assert_ptr_equal(lldp_voice_policy(&l), &l.policy[2]);
    l.policies = 2;
    assert_null(lldp_voice_policy(&l));
    l.policies = 3;
    l.med_class = MED_CLASS_3;
    assert_null(lldp_voice_policy(&l));
    l.med_class = MED_NETWORK;
    l.has_med = false;
    assert_null(lldp_voice_policy(&l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_3560_says_its_name_and_port),
        cmocka_unit_test(a_3560_is_encoded_in_the_order_of_the_standard),
        cmocka_unit_test(a_7945_says_its_class_its_power_and_what_it_is),
        cmocka_unit_test(a_switch_answers_with_the_voice_vlan_and_power),
        cmocka_unit_test(each_bit_of_a_policy_has_its_place),
        cmocka_unit_test(the_reserved_bit_of_a_policy_is_ignored_and_not_sent),
        cmocka_unit_test(numbers_too_wide_for_their_bits_do_not_spill_into_others),
        cmocka_unit_test(power_of_a_pd_with_its_source_survives),
        cmocka_unit_test(power_via_mdi_is_kept_raw_short_or_long),
        cmocka_unit_test(a_missing_end_is_taken_and_what_follows_an_end_is_padding),
        cmocka_unit_test(the_first_three_come_first_in_order_and_once),
        cmocka_unit_test(a_going_away_has_ttl_0),
        cmocka_unit_test(an_error_in_a_tlv_that_need_not_be_there_costs_that_tlv_alone),
        cmocka_unit_test(what_a_tlv_has_behind_its_fields_is_ignored),
        cmocka_unit_test(an_error_in_the_first_three_refuses_the_frame),
        cmocka_unit_test(a_name_has_255_bytes_at_most),
        cmocka_unit_test(an_id_has_255_bytes_at_most),
        cmocka_unit_test(a_management_address_has_1_to_31_bytes_and_its_object_128_at_most),
        cmocka_unit_test(unknown_tlvs_are_skipped),
        cmocka_unit_test(the_first_ipv4_management_address_counts),
        cmocka_unit_test(of_more_policies_than_applications_the_first_count),
        cmocka_unit_test(a_cut_frame_is_refused_but_where_a_tlv_ends),
        cmocka_unit_test(what_does_not_fit_leaves_the_writer_full_and_all_before_it_alone),
        cmocka_unit_test(what_is_longer_than_its_tlv_can_be_is_not_encoded),
        cmocka_unit_test(frames_go_to_the_nearest_bridge_and_are_heard_of_three_groups),
        cmocka_unit_test(med_subtypes_without_a_field_are_skipped),
        cmocka_unit_test(policies_beyond_their_room_end_with_it),
        cmocka_unit_test(a_frame_of_nothing_gives_nothing),
        cmocka_unit_test(only_a_switch_has_a_policy_for_voice_and_not_an_unknown_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
