/* lab/fleet.h: cables between phones and their switch, the phones' flash as the plan has it, and what leaves by the
 * hooks. */
#include "plan.h"
#include "lab/fleet.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/sccp.h"

static const char *const models[] = {"7960", "7970", "7910"};
enum { PHONES = 3, KEPT = 64 };

struct heard {
    uint32_t party;
    struct event event;
    uint8_t bytes[256];
};

struct bench {
    struct plan *plan;
    struct fleet fleet;
    struct heard heard[KEPT];
    uint32_t count, up, streams, told, tcp, seen, last_seen, attached, attached_to, opens, opened;
    struct action stream;
};

static void deliver(void *context, uint32_t party, const struct event *e)
{
    struct bench *b = context;

    assert_true(b->count < KEPT && e->bytes.len <= sizeof b->heard[0].bytes);
    struct heard *h = &b->heard[b->count++];
    h->party = party;
    h->event = *e;
    memcpy(h->bytes, e->bytes.at, e->bytes.len);
    h->event.bytes.at = h->bytes;
}

static void uplink(void *context, struct bytes frame)
{
    (void)frame;
    ((struct bench *)context)->up++;
}

static void stream(void *context, uint32_t phone, const struct action *a, struct bytes payload)
{
    struct bench *b = context;

    (void)phone;
    (void)payload;
    b->streams++;
    b->stream = *a;
}

static void tell(void *context, const struct action *a, struct bytes facts)
{
    (void)a;
    (void)facts;
    ((struct bench *)context)->told++;
}

static void tcp(void *context, uint32_t phone, struct bytes packet)
{
    (void)phone;
    (void)packet;
    ((struct bench *)context)->tcp++;
}

static void seen(void *context, uint32_t phone, struct bytes frame)
{
    struct bench *b = context;

    (void)frame;
    b->seen++;
    b->last_seen = phone;
}

static void attached(void *context, uint32_t which, struct bytes frame)
{
    struct bench *b = context;

    (void)frame;
    b->attached++;
    b->attached_to = which;
}

static void opens(void *context, bool begins)
{
    struct bench *b = context;

    b->opens += begins;
    b->opened += !begins;
    assert_int_equal(b->opens, b->opened + begins);
}

static struct bench *bench_of(const char *fault)
{
    struct bench *b = calloc(1, sizeof *b);
    struct fleet_hooks hooks = {b, deliver, uplink, stream, tell, tcp, seen, attached, opens};

    b->plan = plan_of(models, PHONES);
    b->plan->attached = 2;
    b->plan->phone[1].preferences = "admin-vlan 110\nring 3\n";
    if (fault) plan_wrong(b->plan, fault);
    assert_true(fleet_open(&b->fleet, b->plan, 0, &hooks));
    return b;
}

static void end(struct bench *b)
{
    fleet_close(&b->fleet);
    plan_end(b->plan);
    free(b);
}

static struct line line_of(const struct heard *h)
{
    struct line l;
    struct fault why;

    assert_int_equal(h->event.kind, EVENT_LINE);
    assert_true(line_decode(&l, h->event.bytes, &why));
    return l;
}

/* One end of phone 0's cable does this from now on. */
static void does(struct bench *b, uint32_t party, const struct line *l)
{
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);
    struct action a = {.kind = ACTION_LINE, .stream = party == fleet_switch(&b->fleet) ? 1 : 0, .engine = party};

    line_encode(&w, l);
    fleet_act(&b->fleet, party, &a, written(&w));
}

static struct line pulses(uint16_t word)
{
    struct line l = LINE_IDLE;

    l.pulse = PULSE_WIDE;
    l.word = word;
    return l;
}

static void a_straight_cable_carries_what_each_end_does_to_the_other_and_only_once(void **state)
{
    struct bench *b = bench_of(NULL);
    const uint32_t ethernet = fleet_switch(&b->fleet);
    struct line at_port = pulses(0x1234), at_phone = pulses(0x4321);

    (void)state;
    fleet_plug(&b->fleet, 0, CABLE_STRAIGHT);
    assert_int_equal(b->count, 0); /* idle at both ends */
    does(b, ethernet, &at_port);
    assert_int_equal(b->count, 1);
    assert_int_equal(b->heard[0].party, 0);
    assert_int_equal(line_of(&b->heard[0]).word, 0x1234);
    does(b, ethernet, &at_port); /* as before: nothing new arrives */
    assert_int_equal(b->count, 1);
    does(b, 0, &at_phone);
    assert_int_equal(b->count, 2);
    assert_int_equal(b->heard[1].party, ethernet);
    assert_int_equal(b->heard[1].event.stream, 1);
    assert_int_equal(line_of(&b->heard[1]).word, 0x4321);
    fleet_plug(&b->fleet, 0, CABLE_OPEN); /* pulled out: silence at both ends */
    assert_int_equal(b->count, 4);
    for (uint32_t i = 2; i < 4; i++) {
        struct line l = line_of(&b->heard[i]);
        assert_true(line_equal(&l, &LINE_IDLE));
    }
    end(b);
}

/* What the switch's end sees with the phone away; the phone, which is not there, sees nothing at all. */
static void each_other_cable_shows_the_port_what_it_is(void **state)
{
    static const struct {
        enum cable_mode mode;
        uint32_t ohms;
        bool pulse_back, carrier;
    } all[] = {{CABLE_OPEN, UINT32_MAX, false, false},
               {CABLE_SHORT, 0, false, false},
               {CABLE_LOOPBACK, 0, true, false},
               {CABLE_PC, 150, false, true}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        struct bench *b = bench_of(NULL);
        const uint32_t ethernet = fleet_switch(&b->fleet);
        struct line at_port = pulses(0x1234), l = LINE_IDLE;
        fleet_plug(&b->fleet, 0, all[i].mode);
        does(b, ethernet, &at_port);
        for (uint32_t k = 0; k < b->count; k++) {
            assert_int_equal(b->heard[k].party, ethernet);
            l = line_of(&b->heard[k]);
        }
        assert_int_equal(l.ohms, all[i].ohms);
        assert_int_equal(l.pulse == PULSE_WIDE && l.word == 0x1234, all[i].pulse_back);
        assert_int_equal(l.carrier, all[i].carrier);
        end(b);
    }
}

static void another_switch_sends_words_of_its_own_and_comes_up_with_us(void **state)
{
    struct bench *b = bench_of(NULL);
    struct line up = LINE_IDLE;

    (void)state;
    fleet_plug(&b->fleet, 0, CABLE_SWITCH);
    assert_int_equal(b->count, 1);
    assert_int_equal(line_of(&b->heard[0]).pulse, PULSE_WIDE);
    up.carrier = true;
    does(b, fleet_switch(&b->fleet), &up);
    assert_int_equal(b->count, 2);
    assert_true(line_of(&b->heard[1]).carrier);
    end(b);
}

static void frames_take_the_way_of_their_cable_and_what_leads_nowhere_is_counted(void **state)
{
    static const struct {
        enum cable_mode mode;
        bool from_phone, to_phone, back;
    } all[] = {{CABLE_STRAIGHT, true, true, false}, {CABLE_OPEN, false, false, false},
               {CABLE_SHORT, false, false, false},  {CABLE_LOOPBACK, false, false, true},
               {CABLE_PC, false, false, false},     {CABLE_SWITCH, false, false, false}};
    const struct bytes frame = bytes_of("a frame, as good as any other");

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        struct bench *b = bench_of(NULL);
        const uint32_t ethernet = fleet_switch(&b->fleet);
        fleet_plug(&b->fleet, 0, all[i].mode);
        b->count = 0;
        fleet_act(&b->fleet, 0, &(struct action){.kind = ACTION_FRAME}, frame);
        assert_int_equal(b->count, all[i].from_phone);
        if (b->count)
            assert_true(b->heard[0].party == ethernet && b->heard[0].event.stream == 1 &&
                        bytes_equal(b->heard[0].event.bytes, frame));
        b->count = 0;
        fleet_act(&b->fleet, ethernet, &(struct action){.kind = ACTION_FRAME, .stream = 1, .engine = ethernet}, frame);
        assert_int_equal(b->count, all[i].to_phone || all[i].back);
        if (b->count) assert_int_equal(b->heard[0].party, all[i].back ? ethernet : 0);
        assert_int_equal(b->fleet.frames, all[i].from_phone + (all[i].to_phone || all[i].back));
        assert_int_equal(b->seen, b->fleet.frames);
        assert_int_equal(b->fleet.nowhere, 2 - b->fleet.frames);
        end(b);
    }
}

static void frames_of_the_uplink_leave_by_it_and_come_by_it(void **state)
{
    struct bench *b = bench_of(NULL);
    const uint32_t ethernet = fleet_switch(&b->fleet), port = b->fleet.uplink_port;

    (void)state;
    assert_int_equal(port, 49);
    fleet_begin(&b->fleet);
    assert_int_equal(b->count, 1);
    assert_true(b->heard[0].party == ethernet && b->heard[0].event.stream == port && line_of(&b->heard[0]).carrier);
    fleet_act(&b->fleet, ethernet, &(struct action){.kind = ACTION_FRAME, .stream = port}, bytes_of("up"));
    assert_int_equal(b->up, 1);
    fleet_from_uplink(&b->fleet, bytes_of("down"));
    assert_true(b->heard[1].party == ethernet && b->heard[1].event.stream == port &&
                bytes_are(b->heard[1].event.bytes, "down"));
    fleet_act(&b->fleet, ethernet, &(struct action){.kind = ACTION_FRAME, .stream = PHONES + 3},
              bytes_of("x")); /* ports without a cable */
    fleet_act(&b->fleet, ethernet, &(struct action){.kind = ACTION_FRAME, .stream = 4000}, bytes_of("x"));
    fleet_plug(&b->fleet, PHONES, CABLE_STRAIGHT); /* and a phone that is not there */
    assert_int_equal(b->count, 2);
    end(b);
}

static void attached_interfaces_are_the_ports_behind_those_of_the_phones(void **state)
{
    struct bench *b = bench_of(NULL);
    const uint32_t ethernet = fleet_switch(&b->fleet);
    struct line up = LINE_IDLE;

    (void)state;
    up.carrier = true;
    for (uint32_t which = 0; which < 2; which++) {
        const uint32_t port = PHONES + 1 + which;
        b->count = 0;
        assert_int_equal(fleet_attached_port(&b->fleet, which), port);
        fleet_attached_line(&b->fleet, which, &up);
        fleet_from_attached(&b->fleet, which, bytes_of("from a guest"));
        assert_int_equal(b->count, 2);
        assert_true(b->heard[0].party == ethernet && b->heard[0].event.stream == port && line_of(&b->heard[0]).carrier);
        assert_true(b->heard[1].party == ethernet && b->heard[1].event.stream == port &&
                    bytes_are(b->heard[1].event.bytes, "from a guest"));
        assert_true(b->last_seen == PHONES + which && b->seen == 1 + which * 2);
        fleet_act(&b->fleet, ethernet, &(struct action){.kind = ACTION_FRAME, .stream = port}, bytes_of("to a guest"));
        assert_true(b->attached == which + 1 && b->attached_to == which);
        assert_int_equal(b->seen, b->fleet.frames);
    }
    end(b);
}

static void attached_interfaces_can_need_another_member_of_the_stack(void **state)
{
    static const char *many[48];
    struct plan *plan;
    struct fleet fleet;
    struct fleet_hooks hooks = {NULL, deliver, uplink, stream, tell, NULL, NULL, NULL, NULL};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) many[i] = "7960";
    plan = plan_of(many, ARRAY_LENGTH(many));
    plan->attached = 1;
    assert_true(fleet_open(&fleet, plan, 0, &hooks));
    assert_int_equal(fleet.uplink_port, 97);
    assert_int_equal(fleet_attached_port(&fleet, 0), 49);
    fleet_close(&fleet);
    plan_end(plan);
}

static void streams_and_news_go_to_their_hooks_and_stores_into_flash(void **state)
{
    struct bench *b = bench_of(NULL);

    (void)state;
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_OPEN, .stream = 7}, (struct bytes){0});
    assert_int_equal(b->stream.kind, ACTION_OPEN);
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_WRITE, .stream = 7}, bytes_of("x"));
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_CLOSE, .stream = 7, .news = 1}, (struct bytes){0});
    assert_int_equal(b->streams, 3);
    assert_int_equal(b->stream.news, 1);
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_TELL}, (struct bytes){0});
    fleet_act(&b->fleet, fleet_switch(&b->fleet), &(struct action){.kind = ACTION_TELL}, (struct bytes){0});
    assert_int_equal(b->told, 2);
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_STORE, .stream = FLASH_SIZE - 4}, bytes_of("last"));
    uint8_t last[4];
    assert_true(chip_read(&b->fleet.chip[1], FLASH_SIZE - 4, last, 4));
    assert_memory_equal(last, "last", 4);
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_STORE, .stream = FLASH_SIZE - 4},
              bytes_of("too long")); /* would reach into the next phone's */
    fleet_act(&b->fleet, 1, &(struct action){.kind = ACTION_STORE, .stream = FLASH_SIZE + 1}, bytes_of("x"));
    assert_true(chip_read(&b->fleet.chip[1], FLASH_SIZE - 4, last, 4));
    assert_memory_equal(last, "last", 4);
    end(b);
}

static void a_phone_is_found_by_its_address_also_after_it_moved(void **state)
{
    struct bench *b = bench_of(NULL);
    uint32_t phone = 99;

    (void)state;
    assert_null(fleet_at(&b->fleet, IPV4(10, 0, 0, 7), &phone));
    b->fleet.phone[2].host.address = IPV4(10, 0, 0, 7);
    assert_ptr_equal(fleet_at(&b->fleet, IPV4(10, 0, 0, 7), &phone), &b->fleet.phone[2]);
    assert_int_equal(phone, 2);
    b->fleet.phone[2].host.address = 0;
    b->fleet.phone[0].host.address = IPV4(10, 0, 0, 7);
    assert_non_null(fleet_at(&b->fleet, IPV4(10, 0, 0, 7), &phone));
    assert_int_equal(phone, 0);
    assert_null(fleet_at(&b->fleet, IPV4(10, 1, 0, 7), &phone)); /* the same last byte, another subnet */
    end(b);
}

static void tcp_of_a_phone_goes_to_the_kernel_and_its_other_frames_to_the_engine(void **state)
{
    struct bench *b = bench_of(NULL);
    struct phone *p = &b->fleet.phone[0];
    uint8_t bytes[128];

    (void)state;
    p->carrier = true;
    p->host.address = IPV4(10, 0, 0, 7);
    p->host.vlan = 100;
    fleet_plug(&b->fleet, 0, CABLE_STRAIGHT);
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct writer w = writer(bytes, sizeof bytes);
        struct ethernet e = {
            .to = p->host.mac, .from = {{2, 1, 1, 1, 1, 1}}, .tagged = true, .vlan = 100, .type = TYPE_IPV4};
        struct ipv4_packet ip = {
            .from = IPV4(10, 0, 0, 2), .to = IPV4(10, 0, 0, 7), .protocol = is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP};
        size_t frame = ethernet_begin(&w, &e), packet = ipv4_begin(&w, &ip);
        write_zeros(&w, 20);
        ipv4_end(&w, packet);
        ethernet_end(&w, frame);
        b->count = 0;
        fleet_act(&b->fleet, fleet_switch(&b->fleet), &(struct action){.kind = ACTION_FRAME, .stream = 1}, written(&w));
        assert_int_equal(b->tcp, is_tcp);
        assert_int_equal(b->count, !is_tcp);
    }
    end(b);
}

/* --- flash --- */

static struct flash flash_of(struct bench *b, uint32_t i)
{
    return b->fleet.phone[i].config.flash;
}

static void flash_holds_the_load_and_the_preferences_of_the_plan(void **state)
{
    struct bench *b = bench_of(NULL);

    (void)state;
    for (uint32_t i = 0; i < PHONES; i++) {
        struct flash f = flash_of(b, i);
        struct flash_boot boot;
        flash_boot(&f, b->plan->phone[i].model->device_type, 1, &boot);
        assert_int_equal(boot.bank, 0);
        assert_string_equal(boot.load.manifest.name, b->plan->phone[i].load);
        assert_int_equal(boot.refused.kind, FAULT_NONE);
        uint8_t text[FLASH_TEXT];
        size_t len = flash_record_read(&f, FLASH_PREFERENCES, text, sizeof text, NULL);
        assert_true(bytes_are((struct bytes){text, len}, i == 1 ? b->plan->phone[i].preferences : ""));
        assert_int_equal(flash_record_read(&f, FLASH_CONFIGURATION, text, sizeof text, NULL), 0);
    }
    end(b);
}

static void a_bad_bank_is_passed_over_for_the_other_and_two_bad_ones_leave_nothing_to_run(void **state)
{
    struct bench *one = bench_of("bad-flash-bank"), *both = bench_of("bad-hardware");

    (void)state;
    for (uint32_t i = 0; i < PHONES; i++) {
        struct flash f = flash_of(one, i), g = flash_of(both, i);
        struct flash_boot boot;
        flash_boot(&f, one->plan->phone[i].model->device_type, 1, &boot);
        assert_int_equal(boot.bank, 1);
        assert_int_equal(boot.refused.kind, FAULT_CHECK);
        assert_int_equal(boot.refused_bank, 0);
        assert_string_equal(boot.load.manifest.name, one->plan->phone[i].load);
        flash_boot(&g, both->plan->phone[i].model->device_type, 1, &boot);
        assert_int_equal(boot.bank, FLASH_BANKS);
        assert_int_equal(boot.refused.kind, FAULT_CHECK);
    }
    end(one);
    end(both);
}

static void phones_that_were_here_before_remember_their_callmanagers_in_order(void **state)
{
    struct bench *b = bench_of("tftp-down-known");

    (void)state;
    for (uint32_t i = 0; i < PHONES; i++) {
        struct flash f = flash_of(b, i);
        struct good_configuration g;
        struct fault why;
        uint8_t text[FLASH_TEXT];
        size_t len = flash_record_read(&f, FLASH_CONFIGURATION, text, sizeof text, NULL);
        assert_true(len > 0);
        assert_true(good_decode(&g, (struct bytes){text, len}, &why));
        assert_int_equal(g.callmanagers, 3);
        for (size_t m = 0; m < 3; m++) {
            assert_int_equal(g.callmanager[m].address, b->plan->server[m]);
            assert_int_equal(g.callmanager[m].port, SCCP_PORT);
        }
        assert_string_equal(g.load, b->plan->phone[i].load);
    }
    end(b);
}

static void the_switch_is_as_the_plan_and_its_faults_say(void **state)
{
    struct bench *b = bench_of(NULL), *mute = bench_of("no-cdp"), *flat = bench_of("no-voice-vlan");

    (void)state;
    assert_true(b->fleet.switch_config.cdp && b->fleet.switch_config.lldp);
    assert_int_equal(b->fleet.switch_config.voice_vlan, 100);
    assert_int_equal(b->fleet.switch_config.ports, 48);
    assert_false(mute->fleet.switch_config.cdp || mute->fleet.switch_config.lldp);
    assert_int_equal(flat->fleet.switch_config.voice_vlan, 0);
    assert_true(flat->fleet.switch_config.cdp);
    assert_int_equal(flat->fleet.switch_config.uplink_vlan, 100); /* the servers stay where they are */
    end(b);
    end(mute);
    end(flat);
}

/* Each phone is of another model: a load each. */
static void a_load_is_opened_once_for_all_phones_of_a_switch_and_the_driver_sees_when(void **state)
{
    struct bench *b = bench_of(NULL);

    (void)state;
    _Static_assert(PHONES >= ARRAY_LENGTH(models), "each model is there");
    assert_int_equal(b->opens, 0);
    for (uint32_t again = 0; again < 2; again++)
        for (uint32_t i = 0; i < PHONES; i++) assert_non_null(chip_known(&b->fleet.chip[i], 0));
    assert_int_equal(b->opens, ARRAY_LENGTH(models));
    assert_int_equal(b->opened, b->opens);
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_is_opened_once_for_all_phones_of_a_switch_and_the_driver_sees_when),
        cmocka_unit_test(a_straight_cable_carries_what_each_end_does_to_the_other_and_only_once),
        cmocka_unit_test(each_other_cable_shows_the_port_what_it_is),
        cmocka_unit_test(another_switch_sends_words_of_its_own_and_comes_up_with_us),
        cmocka_unit_test(frames_take_the_way_of_their_cable_and_what_leads_nowhere_is_counted),
        cmocka_unit_test(frames_of_the_uplink_leave_by_it_and_come_by_it),
        cmocka_unit_test(attached_interfaces_are_the_ports_behind_those_of_the_phones),
        cmocka_unit_test(attached_interfaces_can_need_another_member_of_the_stack),
        cmocka_unit_test(streams_and_news_go_to_their_hooks_and_stores_into_flash),
        cmocka_unit_test(a_phone_is_found_by_its_address_also_after_it_moved),
        cmocka_unit_test(tcp_of_a_phone_goes_to_the_kernel_and_its_other_frames_to_the_engine),
        cmocka_unit_test(flash_holds_the_load_and_the_preferences_of_the_plan),
        cmocka_unit_test(a_bad_bank_is_passed_over_for_the_other_and_two_bad_ones_leave_nothing_to_run),
        cmocka_unit_test(phones_that_were_here_before_remember_their_callmanagers_in_order),
        cmocka_unit_test(the_switch_is_as_the_plan_and_its_faults_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
