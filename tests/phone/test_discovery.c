#include "base/random.h"
#include "phone/world.h"

static struct discovery d;
static struct host h;
static struct load_manifest load;
static struct discovery_self self;
static struct phone_timing timing;
static struct action actions[8];
static uint8_t bytes[4096];
static struct outbox out;
static usec now;
static bool decided;
static struct cdp cdp;
static struct lldp lldp;
static unsigned cdps, lldps;
/* Of what it hears: */
static struct mac from, to_lldp;
static uint16_t ttl, tag;
enum { NO_TAG = 0xffff };

static void start(const char *model, bool speaks_lldp, uint32_t wants)
{
    const struct phone_model *m = model_find(bytes_of(model));

    load_manifest_for(&load, m, bytes_of(m->load));
    load.cdp = true;
    load.lldp = speaks_lldp;
    timing = PHONE_REAL;
    host_init(&h, WORLD_PHONE);
    self = (struct discovery_self){&h, m, &load, &timing, 6300};
    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    now = 7 * SECOND;
    cdps = lldps = 0;
    decided = false;
    from = WORLD_SERVER;
    to_lldp = MAC_LLDP;
    ttl = 180;
    tag = NO_TAG;
    discovery_start(&d, &self, now, wants);
}

/* Wakes it at its own time; whether it sent something. */
static bool wake(void)
{
    static uint8_t kept[2][600];
    usec due = earlier(earlier(d.cdp_due, d.lldp_due), d.decided ? NEVER : d.decide_due);
    struct ethernet e;
    struct fault why;

    if (due > now) now = due;
    usec next = discovery_wake(&d, &self, now, &decided, &out);
    assert_true(next > now);
    for (uint32_t i = 0; i < out.count; i++) {
        struct bytes b = payload(&out, i);
        assert_true(b.len <= sizeof kept[0] && i < 2);
        memcpy(kept[i], b.at, b.len);
        assert_true(ethernet_decode(&e, (struct bytes){kept[i], b.len}, &why));
        assert_false(e.tagged);
        if (e.form == ETHERNET_SNAP) {
            assert_true(mac_equal(e.to, MAC_CDP) && cdp_decode(&cdp, e.payload, &why) && cdp.checksum_good);
            cdps++;
        } else {
            assert_true(mac_equal(e.to, MAC_LLDP) && lldp_decode(&lldp, e.payload, &why));
            lldps++;
        }
    }
    bool any = out.count > 0;
    outbox_clear(&out);
    return any;
}

static void next_cdp(void)
{
    for (unsigned before = cdps; cdps == before;) (void)wake();
}

static enum discovery_heard hear(const struct ethernet *e, struct writer *payload_of)
{
    static uint8_t frame[1000];
    struct writer w = writer(frame, sizeof frame);
    struct ethernet got;
    struct fault why;
    size_t begun = ethernet_begin(&w, e);

    write_bytes(&w, written(payload_of));
    ethernet_end(&w, begun);
    assert_true(ethernet_decode(&got, written(&w), &why));
    return discovery_hear(&d, &self, now, &got, &why);
}

enum { NO_VLAN = 0xffff };

static enum discovery_heard hear_cdp(uint16_t vlan, uint16_t request, uint32_t available, uint32_t level)
{
    struct cdp c = {.version = 2, .ttl = (uint8_t)ttl, .device_id = bytes_of("sw1"), .port_id = bytes_of("Fa0/1")};
    struct ethernet e = {.to = MAC_CDP,
                         .from = from,
                         .tagged = tag != NO_TAG,
                         .vlan = tag & 0x0fff,
                         .form = ETHERNET_SNAP,
                         .oui = SNAP_CISCO,
                         .type = SNAP_CDP};
    uint8_t p[400];
    struct writer w = writer(p, sizeof p);

    c.capabilities = CDP_SWITCH;
    c.native_vlan = 1;
    c.reply_appliance = 1;
    c.voice_vlan = vlan;
    c.available.request = request;
    c.available.management = 5;
    c.available.available = available;
    c.available.level = level;
    static const uint16_t order[] = {CDP_DEVICE_ID,   CDP_PORT_ID,    CDP_CAPABILITIES,
                                     CDP_NATIVE_VLAN, CDP_VLAN_REPLY, CDP_POWER_AVAILABLE};
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        if ((order[i] == CDP_VLAN_REPLY && vlan == NO_VLAN) || (order[i] == CDP_POWER_AVAILABLE && !available))
            continue;
        c.order[c.tlvs++] = order[i];
        c.has |= CDP_HAS(order[i]);
    }
    cdp_encode(&w, &c);
    return hear(&e, &w);
}

static enum discovery_heard hear_lldp(bool med, uint16_t vlan, bool tagged, bool unknown)
{
    struct lldp l = {
        .chassis_subtype = LLDP_CHASSIS_MAC, .chassis = {WORLD_SERVER.byte, 6}, .port_subtype = LLDP_PORT_INTERFACE};
    struct ethernet e = {.to = to_lldp, .from = from, .tagged = tag != NO_TAG, .vlan = tag & 0x0fff, .type = TYPE_LLDP};
    uint8_t p[400];
    struct writer w = writer(p, sizeof p);

    l.port = bytes_of("Gi0/1");
    l.ttl = ttl;
    l.system_name = bytes_of("sw2");
    l.has_med = med;
    l.med_capabilities = MED_CAPABILITIES | MED_POLICY;
    l.med_class = MED_NETWORK;
    l.policies = vlan != NO_VLAN;
    l.policy[0] = (struct med_policy){MED_VOICE, unknown, tagged, vlan, 5, 46};
    lldp_encode(&w, &l);
    return hear(&e, &w);
}

static void the_first_message_says_what_a_7960_says_and_asks_for_a_vlan(void **state)
{
    static const uint16_t order[] = {CDP_DEVICE_ID, CDP_ADDRESSES,  CDP_PORT_ID, CDP_CAPABILITIES,     CDP_SOFTWARE,
                                     CDP_PLATFORM,  CDP_VLAN_QUERY, CDP_DUPLEX,  CDP_POWER_CONSUMPTION};

    (void)state;
    start("7960", false, 0);
    usec carrier = now;
    assert_true(wake());
    assert_int_equal(now - carrier, 4 * SECOND);
    assert_true(bytes_are(cdp.device_id, "SEP020000000001") && bytes_are(cdp.platform, "Cisco IP Phone 7960"));
    assert_true(bytes_are(cdp.software, "P0030801SR02") && bytes_are(cdp.port_id, "Port 1"));
    assert_true(cdp.version == 2 && cdp.ttl == 180 && cdp.power_consumption == 6300 && cdp.duplex == 1);
    assert_int_equal(cdp_ipv4(cdp.addresses), 0);
    assert_int_equal(cdp.query.len, 4);
    assert_int_equal(cdp.tlvs, ARRAY_LENGTH(order)); /* the order of a captured 7960 */
    assert_memory_equal(cdp.order, order, sizeof order);
    assert_int_equal(lldps, 0);
}

static void unanswered_it_repeats_three_times_a_second_apart_and_then_each_60_seconds(void **state)
{
    (void)state;
    start("7960", false, 0);
    next_cdp();
    for (int i = 0; i < 6; i++) {
        usec before = now;
        next_cdp();
        assert_int_equal(now - before, (i < 3 ? 1 : 60) * SECOND);
    }
}

static void answered_it_speaks_each_60_seconds(void **state)
{
    (void)state;
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    next_cdp();
    usec before = now;
    next_cdp();
    assert_int_equal(now - before, 60 * SECOND);
    h.address = IPV4(10, 0, 0, 50);
    next_cdp();
    assert_int_equal(cdp_ipv4(cdp.addresses), h.address);
}

static void lldp_begins_fast_and_goes_on_each_30_seconds(void **state)
{
    usec at[6], begin;

    (void)state;
    start("7970", true, 0);
    begin = now;
    while (lldps < 6) {
        unsigned before = lldps;
        (void)wake();
        if (lldps > before) at[lldps - 1] = now;
    }
    assert_int_equal(at[0] - begin, 4 * SECOND);
    assert_int_equal(at[1] - at[0], SECOND);
    assert_int_equal(at[2] - at[1], SECOND);
    for (int i = 3; i < 6; i++) assert_int_equal(at[i] - at[i - 1], 30 * SECOND);
    assert_true(lldp.has_med && lldp.med_class == MED_CLASS_3 && lldp.policies == 1);
    assert_true(lldp.policy[0].unknown && lldp.chassis_subtype == LLDP_CHASSIS_ADDRESS);
    assert_true(bytes_are(lldp.port, "020000000001:P1"));
}

static void a_voice_vlan_by_cdp_decides_at_once(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    assert_true(d.decided && d.vlan == 110 && d.source == VLAN_FROM_CDP && d.native_vlan == 1);
    assert_string_equal(d.neighbour, "sw1");
    assert_string_equal(d.port, "Fa0/1");
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_NOTHING);
}

static void it_asks_before_it_believes_a_voice_vlan(void **state)
{
    (void)state;
    start("7960", false, 0);
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_NOTHING); /* the switch's first, when the link came up */
    assert_false(d.decided);
    next_cdp();
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
}

static void cdp_and_lldp_med_without_a_vlan_mean_untagged_at_once_in_either_order(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_NOTHING);
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_VLAN);
    assert_true(d.decided && d.vlan == VLAN_UNTAGGED);
    start("7970", true, 0);
    next_cdp();
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_NOTHING);
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_VLAN);
    assert_true(d.decided && d.vlan == VLAN_UNTAGGED);
}

static void vlan_0_and_4095_mean_untagged(void **state)
{
    (void)state;
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(0, 0, 0, 0), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, VLAN_UNTAGGED);
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(4095, 0, 0, 0), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, VLAN_UNTAGGED);
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(4094, 0, 0, 0), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, 4094);
}

static void a_voice_policy_of_lldp_med_decides_and_cdp_wins_over_it(void **state)
{
    (void)state;
    start("7970", true, 0);
    assert_int_equal(hear_lldp(false, 120, true, false), DISCOVERY_NOTHING); /* LLDP without MED is no answer */
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_NOTHING);
    assert_int_equal(hear_lldp(true, 120, true, true), DISCOVERY_NOTHING); /* policy unknown */
    assert_false(d.decided);
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN);
    assert_true(d.vlan == 120 && d.source == VLAN_FROM_LLDP);
    assert_string_equal(d.neighbour, "sw2");
    while (lldps < 1) (void)wake();
    assert_true(!lldp.policy[0].unknown && lldp.policy[0].tagged && lldp.policy[0].vlan == 120);
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    assert_true(d.vlan == 110 && d.source == VLAN_FROM_CDP);
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_NOTHING);
    assert_int_equal(d.vlan, 110);
}

static void an_untagged_policy_means_no_tag(void **state)
{
    (void)state;
    start("7970", true, 0);
    assert_int_equal(hear_lldp(true, 120, false, false), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, VLAN_UNTAGGED);
}

static void a_load_without_lldp_ignores_it(void **state)
{
    (void)state;
    start("7960", false, 0);
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_NOTHING);
    assert_false(d.decided);
}

static void cdp_without_a_vlan_ends_the_wait_at_once_for_a_load_without_lldp(void **state)
{
    (void)state;
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_VLAN);
    assert_true(d.decided && d.vlan == VLAN_UNTAGGED && d.heard_cdp);
}

static void cdp_without_a_vlan_gives_lldp_med_three_seconds_more(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    usec at = now;
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_NOTHING);
    while (!decided) (void)wake();
    assert_int_equal(now - at, 3 * SECOND);
    assert_int_equal(d.vlan, VLAN_UNTAGGED);
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN); /* later: a change */
    assert_int_equal(d.vlan, 120);
    start("7970", true, 0);
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_NOTHING);
    now += 2 * SECOND;
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN); /* in time */
}

static void nothing_from_anybody_means_untagged_after_the_wait_of_the_load_and_a_later_vlan_is_told(void **state)
{
    static const uint16_t wait[] = {10, 60, 1};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wait); i++) {
        start("7960", false, 0);
        load.vlan_wait = wait[i];
        usec carrier = now;
        discovery_start(&d, &self, now, 0);
        decided = false;
        while (!decided) (void)wake();
        assert_int_equal(now - carrier, wait[i] * SECOND);
        assert_true(d.decided && d.vlan == VLAN_UNTAGGED && d.source == VLAN_FROM_NOTHING);
        now += 100 * SECOND;
        assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
        assert_int_equal(hear_cdp(111, 0, 0, 0), DISCOVERY_VLAN);
        assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_VLAN); /* it was taken away */
        assert_int_equal(d.vlan, VLAN_UNTAGGED);
    }
}

static void two_switches_on_a_hub_do_not_have_it_move_in_turns(void **state)
{
    static const struct mac second = {{2, 0, 0, 0, 0, 0xb2}};

    (void)state;
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    from = second;
    assert_int_equal(hear_cdp(120, 0, 0, 0), DISCOVERY_NOTHING);
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_NOTHING);
    now += 179 * SECOND;
    assert_int_equal(hear_cdp(120, 0, 0, 0), DISCOVERY_NOTHING);
    from = WORLD_SERVER;
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_NOTHING); /* the giver again: it holds anew */
    from = second;
    now += 179 * SECOND;
    assert_int_equal(hear_cdp(120, 0, 0, 0), DISCOVERY_NOTHING);
    assert_int_equal(d.vlan, 110);
    now += SECOND;
    assert_int_equal(hear_cdp(120, 0, 0, 0), DISCOVERY_VLAN); /* the first is gone */
    assert_int_equal(d.vlan, 120);
}

static void when_cdp_has_gone_silent_lldp_med_decides(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    now += 179 * SECOND;
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_NOTHING);
    now += SECOND;
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_NOTHING); /* that says nothing of CDP's VLAN */
    assert_int_equal(d.vlan, 110);
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN);
    assert_true(d.vlan == 120 && d.source == VLAN_FROM_LLDP);
    assert_string_equal(d.neighbour, "sw2");
}

static void a_farewell_leaves_the_phone_where_it_is_and_the_next_decides(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    ttl = 0;
    assert_int_equal(hear_cdp(130, 0, 0, 0), DISCOVERY_NOTHING);
    assert_false(d.decided || d.heard_cdp);
    ttl = 180;
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_NOTHING);
    ttl = 0;
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_NOTHING);
    assert_int_equal(d.vlan, 110);
    ttl = 180;
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN);
    ttl = 0;
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_NOTHING); /* 802.1AB-2009, 9.1.2 */
    assert_int_equal(d.vlan, 120);
    from = (struct mac){{2, 0, 0, 0, 0, 0xb2}};
    ttl = 180;
    assert_int_equal(hear_lldp(true, 121, true, false), DISCOVERY_VLAN);
}

static void a_policy_that_changes_or_is_withdrawn_moves_the_phone(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN);
    assert_int_equal(hear_lldp(true, 121, true, false), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, 121);
    assert_int_equal(hear_lldp(false, NO_VLAN, true, false), DISCOVERY_NOTHING); /* no MED: it has not seen ours yet */
    from = (struct mac){{2, 0, 0, 0, 0, 0xb2}};
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_NOTHING); /* another's to say nothing of */
    from = WORLD_SERVER;
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_VLAN);
    assert_true(d.vlan == VLAN_UNTAGGED && d.source == VLAN_FROM_LLDP);
    assert_int_equal(hear_lldp(true, 122, true, false), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, 122);
    assert_int_equal(hear_lldp(true, 122, true, true), DISCOVERY_VLAN); /* "unknown" is none */
    assert_int_equal(d.vlan, VLAN_UNTAGGED);
}

/* LLDP-MED's VLAN 0 with a tag is a priority tag; 4095 cannot be one. */
static void a_policy_of_vlan_0_or_4095_means_no_tag_of_ours(void **state)
{
    (void)state;
    start("7970", true, 0);
    assert_int_equal(hear_lldp(true, 0, true, false), DISCOVERY_VLAN);
    assert_true(d.vlan == VLAN_UNTAGGED && d.source == VLAN_FROM_LLDP);
    start("7970", true, 0);
    assert_int_equal(hear_lldp(true, 4095, true, false), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, VLAN_UNTAGGED);
}

static void cdp_without_a_vlan_does_not_silence_an_lldp_med_that_has_one_later(void **state)
{
    (void)state;
    start("7970", true, 0);
    next_cdp();
    assert_int_equal(hear_lldp(true, NO_VLAN, true, false), DISCOVERY_NOTHING);
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_VLAN);
    now += 100 * SECOND;
    assert_int_equal(hear_lldp(true, 120, true, false), DISCOVERY_VLAN);
    assert_int_equal(d.vlan, 120);
    assert_int_equal(hear_cdp(NO_VLAN, 0, 0, 0), DISCOVERY_NOTHING);
    assert_int_equal(d.vlan, 120);
}

/* Tagged ones are of somebody behind the switch: flooded in a VLAN, or of a router's interface there. */
static void what_comes_with_a_tag_is_not_of_this_cable(void **state)
{
    static const uint64_t groups[] = {0x0180c200000e, 0x0180c2000003, 0x0180c2000000};

    (void)state;
    start("7970", true, 0);
    next_cdp();
    tag = 110;
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_NOTHING);
    assert_int_equal(hear_lldp(true, 110, true, false), DISCOVERY_NOTHING);
    tag = 1;
    assert_int_equal(hear_lldp(true, 110, true, false), DISCOVERY_NOTHING);
    assert_false(d.decided || d.heard_cdp || d.heard_lldp);
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    start("7970", true, 0);
    next_cdp();
    tag = 0;
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        start("7970", true, 0);
        tag = 0;
        to_lldp = mac_from_number(groups[i]);
        assert_int_equal(hear_lldp(true, 110, true, false), DISCOVERY_VLAN);
    }
}

/* Of another appliance, or in a form that nobody knows. */
static void a_reply_that_is_not_for_a_phone_takes_no_vlan_away(void **state)
{
    static const uint8_t odd[] = {0, 110}, of_another[] = {2, 0, 110}, second[] = {2, 0, 90, 1, 0, 111};
    struct cdp c = {.version = 2, .ttl = 180, .device_id = bytes_of("sw1")};
    struct ethernet e = {
        .to = MAC_CDP, .from = WORLD_SERVER, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    static const struct {
        struct bytes value;
        enum discovery_heard heard;
        uint16_t vlan;
    } known[] = {{{odd, sizeof odd}, DISCOVERY_NOTHING, 110},
                 {{second, sizeof second}, DISCOVERY_VLAN, 111},
                 {{of_another, sizeof of_another}, DISCOVERY_VLAN, VLAN_UNTAGGED}};

    (void)state;
    start("7960", false, 0);
    next_cdp();
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_VLAN);
    c.order[c.tlvs++] = CDP_DEVICE_ID;
    c.order[c.tlvs++] = CDP_VLAN_REPLY;
    c.has = CDP_HAS(CDP_DEVICE_ID);
    c.others = 1;
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        uint8_t p[200];
        struct writer w = writer(p, sizeof p);
        c.other[0] = (struct cdp_other){CDP_VLAN_REPLY, known[i].value};
        cdp_encode(&w, &c);
        assert_int_equal(hear(&e, &w), known[i].heard);
        assert_int_equal(d.vlan, known[i].vlan);
    }
}

static void another_phone_on_the_wire_says_nothing_about_the_vlan(void **state)
{
    struct cdp c = {
        .version = 2, .ttl = 180, .device_id = bytes_of("SEP020000000002"), .capabilities = CDP_PHONE | CDP_HOST};
    struct ethernet e = {
        .to = MAC_CDP, .from = WORLD_SERVER, .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    uint8_t p[200];
    struct writer w = writer(p, sizeof p);

    (void)state;
    start("7960", false, 0);
    c.order[c.tlvs++] = CDP_DEVICE_ID;
    c.order[c.tlvs++] = CDP_CAPABILITIES;
    c.has = CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_CAPABILITIES);
    cdp_encode(&w, &c);
    assert_int_equal(hear(&e, &w), DISCOVERY_NOTHING);
    assert_true(!d.decided && !d.heard_cdp);
}

static void a_power_request_is_repeated_with_its_id_until_it_is_echoed(void **state)
{
    (void)state;
    start("7970", false, 10250);
    next_cdp();
    assert_true(cdp.has & CDP_HAS(CDP_POWER_REQUESTED));
    assert_true(cdp.requested.request == 1 && cdp.requested.count == 1 && cdp.requested.milliwatts[0] == 10250);
    assert_int_equal(hear_cdp(110, 0, 15400, UINT32_MAX), DISCOVERY_VLAN); /* request 0: an answer to nobody */
    assert_int_equal(d.granted, 0);
    usec before = now;
    next_cdp(); /* at 1 s although the VLAN is decided */
    assert_int_equal(now - before, SECOND);
    assert_true(cdp.requested.request == 1 && cdp.requested.management == 5);
    next_cdp();
    next_cdp();
    before = now;
    next_cdp();
    assert_int_equal(now - before, 5 * SECOND);
    assert_int_equal(hear_cdp(110, 1, 15400, UINT32_MAX), DISCOVERY_POWER);
    assert_int_equal(d.granted, 10250); /* never more than was asked */
    next_cdp();
    before = now;
    next_cdp();
    assert_int_equal(now - before, 60 * SECOND);
    assert_int_equal(hear_cdp(110, 1, 15400, UINT32_MAX), DISCOVERY_NOTHING);
    assert_int_equal(hear_cdp(110, 1, 15400, 7000), DISCOVERY_POWER); /* the switch wants us to take less */
    assert_int_equal(d.granted, 7000);
    assert_int_equal(hear_cdp(110, 1, 6300, UINT32_MAX), DISCOVERY_POWER);
    assert_int_equal(d.granted, 6300);
}

static void who_wants_no_more_asks_for_no_power(void **state)
{
    (void)state;
    start("7960", false, 0);
    next_cdp();
    assert_false(cdp.has & CDP_HAS(CDP_POWER_REQUESTED));
    assert_int_equal(hear_cdp(110, 0, 15400, UINT32_MAX), DISCOVERY_VLAN);
    assert_int_equal(hear_cdp(110, 0, 15400, UINT32_MAX), DISCOVERY_NOTHING);
}

static void garbage_is_refused_with_its_fault_and_changes_nothing(void **state)
{
    struct random r = random_from(9);
    uint8_t b[300];

    (void)state;
    start("7970", true, 10250);
    struct discovery before = d;
    for (int i = 0; i < 5000; i++) {
        size_t n = random_below(&r, sizeof b);
        for (size_t k = 0; k < n; k++) b[k] = (uint8_t)random_u32(&r);
        struct fault why = {.kind = FAULT_NONE};
        bool is_cdp = i & 1;
        struct ethernet e = {.to = is_cdp ? MAC_CDP : MAC_LLDP,
                             .from = WORLD_SERVER,
                             .form = is_cdp ? ETHERNET_SNAP : ETHERNET_II,
                             .oui = SNAP_CISCO,
                             .type = is_cdp ? SNAP_CDP : TYPE_LLDP,
                             .payload = {b, n}};
        if (discovery_hear(&d, &self, now, &e, &why) == DISCOVERY_MALFORMED) {
            assert_int_not_equal(why.kind, FAULT_NONE);
            assert_memory_equal(&before, &d, sizeof d);
        }
        d = before;
    }
    struct ethernet other = {.to = MAC_CDP, .form = ETHERNET_LLC, .payload = {b, 20}};
    struct fault why;
    assert_int_equal(discovery_hear(&d, &self, now, &other, &why), DISCOVERY_NOTHING);
    discovery_stop(&d);
    assert_int_equal(hear_cdp(110, 0, 0, 0), DISCOVERY_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_message_says_what_a_7960_says_and_asks_for_a_vlan),
        cmocka_unit_test(unanswered_it_repeats_three_times_a_second_apart_and_then_each_60_seconds),
        cmocka_unit_test(answered_it_speaks_each_60_seconds),
        cmocka_unit_test(lldp_begins_fast_and_goes_on_each_30_seconds),
        cmocka_unit_test(a_voice_vlan_by_cdp_decides_at_once),
        cmocka_unit_test(it_asks_before_it_believes_a_voice_vlan),
        cmocka_unit_test(cdp_and_lldp_med_without_a_vlan_mean_untagged_at_once_in_either_order),
        cmocka_unit_test(vlan_0_and_4095_mean_untagged),
        cmocka_unit_test(a_voice_policy_of_lldp_med_decides_and_cdp_wins_over_it),
        cmocka_unit_test(an_untagged_policy_means_no_tag),
        cmocka_unit_test(a_load_without_lldp_ignores_it),
        cmocka_unit_test(cdp_without_a_vlan_ends_the_wait_at_once_for_a_load_without_lldp),
        cmocka_unit_test(cdp_without_a_vlan_gives_lldp_med_three_seconds_more),
        cmocka_unit_test(nothing_from_anybody_means_untagged_after_the_wait_of_the_load_and_a_later_vlan_is_told),
        cmocka_unit_test(two_switches_on_a_hub_do_not_have_it_move_in_turns),
        cmocka_unit_test(when_cdp_has_gone_silent_lldp_med_decides),
        cmocka_unit_test(a_farewell_leaves_the_phone_where_it_is_and_the_next_decides),
        cmocka_unit_test(a_policy_that_changes_or_is_withdrawn_moves_the_phone),
        cmocka_unit_test(a_policy_of_vlan_0_or_4095_means_no_tag_of_ours),
        cmocka_unit_test(cdp_without_a_vlan_does_not_silence_an_lldp_med_that_has_one_later),
        cmocka_unit_test(what_comes_with_a_tag_is_not_of_this_cable),
        cmocka_unit_test(a_reply_that_is_not_for_a_phone_takes_no_vlan_away),
        cmocka_unit_test(another_phone_on_the_wire_says_nothing_about_the_vlan),
        cmocka_unit_test(a_power_request_is_repeated_with_its_id_until_it_is_echoed),
        cmocka_unit_test(who_wants_no_more_asks_for_no_power),
        cmocka_unit_test(garbage_is_refused_with_its_fault_and_changes_nothing),
    };

    return cmocka_run_group_tests_name("phone/discovery", tests, NULL, NULL);
}
