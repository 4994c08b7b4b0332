/* sim/tcp.h: what TCP promises, and what it shows when the world is bad. */
#include "lab.h"
#include "sim/tcp.h"

enum { KEPT = 512, CM1 = IPV4(10, 0, 0, 2), CM2 = IPV4(10, 0, 0, 3), LATENCY = 50 };

struct heard {
    usec at;
    enum sim_end end;
    uint32_t whose;
    struct event event;
    uint8_t first; /* byte of its data */
};

struct bench {
    struct plan *plan;
    struct sim_tcp tcp;
    struct sim_tcp_side side; /* all of it */
    struct heard heard[KEPT];
    uint32_t count;
    struct {
        usec at;
        uint32_t stream;
    } later[KEPT];
    uint32_t laters, overtaken;
    bool no_path;
};

static bool path(void *context, uint32_t phone, ipv4 to)
{
    (void)phone;
    (void)to;
    return !((struct bench *)context)->no_path;
}

static void deliver(void *context, usec at, enum sim_end end, uint32_t whose, const struct event *e)
{
    struct bench *b = context;

    assert_true(b->count < KEPT);
    b->heard[b->count] = (struct heard){at, end, whose, *e, e->bytes.len ? e->bytes.at[0] : 0};
    b->heard[b->count++].event.bytes = (struct bytes){0};
}

static void later(void *context, usec at, uint32_t stream)
{
    struct bench *b = context;

    assert_true(b->laters < KEPT);
    b->later[b->laters].at = at;
    b->later[b->laters++].stream = stream;
}

static void overtaken(void *context, uint32_t phone)
{
    struct bench *b = context;

    assert_int_equal(phone, 2);
    b->overtaken++;
}

static struct bench *bench_of(const struct sim_trouble *trouble)
{
    struct bench *b = calloc(1, sizeof *b);
    struct sim_tcp_hooks hooks = {path, deliver, later, overtaken};

    b->plan = calloc(1, sizeof *b->plan);
    b->plan->phones = 3;
    b->plan->callmanagers = 2;
    b->plan->server[0] = CM1;
    b->plan->server[1] = CM2;
    b->side.context = b;
    sim_link_init(&b->side.way, LATENCY, trouble, 5);
    assert_true(sim_tcp_open(&b->tcp, b->plan, &hooks, LATENCY));
    return b;
}

static struct bench *bench(uint32_t loss)
{
    return bench_of(&(struct sim_trouble){.loss = loss});
}

static void end_bench(struct bench *b)
{
    sim_tcp_close(&b->tcp);
    free(b->plan);
    free(b);
}

static void phone_opens(struct bench *b, usec now, uint32_t phone, uint32_t stream, ipv4 to)
{
    struct action a = {.kind = ACTION_OPEN,
                       .stream = stream,
                       .from = {.address = IPV4(10, 0, 0, 5)},
                       .to = {.address = to, .port = 2000}};

    sim_tcp_phone(&b->tcp, &b->side, now, phone, &a, (struct bytes){0});
}

static void phone_does(struct bench *b, usec now, uint32_t phone, uint32_t stream, enum action_kind kind, uint16_t news,
                       uint8_t byte)
{
    sim_tcp_phone(&b->tcp, &b->side, now, phone, &(struct action){.kind = kind, .stream = stream, .news = news},
                  (struct bytes){&byte, kind == ACTION_WRITE});
}

static void manager_does(struct bench *b, usec now, uint8_t manager, uint32_t stream, enum action_kind kind,
                         uint8_t byte)
{
    sim_tcp_manager(&b->tcp, &b->side, now, manager, &(struct action){.kind = kind, .stream = stream},
                    (struct bytes){&byte, kind == ACTION_WRITE});
}

static void is(const struct heard *h, usec at, enum sim_end end, uint32_t whose, enum event_kind kind, uint32_t stream)
{
    assert_int_equal(h->at, at);
    assert_int_equal(h->end, end);
    assert_int_equal(h->whose, whose);
    assert_int_equal(h->event.kind, kind);
    assert_int_equal(h->event.stream, stream);
}

static void a_connection_is_up_at_the_server_after_one_way_and_at_the_phone_after_two(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    phone_opens(b, 1000, 2, 7, CM2);
    assert_int_equal(b->count, 2);
    is(&b->heard[0], 1000 + LATENCY, END_CALLMANAGER, 1, EVENT_UP, 1);
    is(&b->heard[1], 1000 + 2 * LATENCY, END_PHONE, 2, EVENT_UP, 7);
    assert_int_equal(b->heard[0].event.from.address, IPV4(10, 0, 0, 5));
    assert_true(b->heard[0].event.from.port >= 49152);
    assert_int_equal(b->heard[0].event.to.port, 2000);
    phone_does(b, 2000, 2, 7, ACTION_WRITE, 0, 'a');
    is(&b->heard[2], 2000 + LATENCY, END_CALLMANAGER, 1, EVENT_DATA, 1);
    manager_does(b, 2000, 1, 1, ACTION_WRITE, 'b');
    is(&b->heard[3], 2000 + LATENCY, END_PHONE, 2, EVENT_DATA, 7);
    manager_does(b, 2000, 0, 1, ACTION_WRITE, 'c');  /* another CallManager's stream: not its own */
    phone_does(b, 2000, 1, 7, ACTION_WRITE, 0, 'd'); /* another phone's */
    assert_int_equal(b->count, 4);
    end_bench(b);
}

/* Where every segment is late none is overtaken. */
static void a_segment_that_was_overtaken_is_counted_once_and_what_overtook_it_waits(void **state)
{
    struct bench *b = bench_of(&(struct sim_trouble){.reorder = 3000});
    uint32_t before, late = 0;

    (void)state;
    phone_opens(b, 1000, 2, 7, CM2);
    before = b->count;
    for (uint32_t n = 0; n < 200; n++) /* one each ms, a late one takes 2 ms longer: the next overtakes it */
        phone_does(b, 100000 + n * 1000, 2, 7, ACTION_WRITE, 0, (uint8_t)n);
    assert_int_equal(b->count, before + 200);
    for (uint32_t n = 0; n < 200; n++) {
        const struct heard *h = &b->heard[before + n];
        assert_int_equal(h->first, (uint8_t)n);
        if (n) assert_true(h->at > h[-1].at);
        late += h->at == 100000 + n * 1000 + LATENCY + OVERTAKEN_MS * MSEC;
    }
    assert_in_range(late, 30, 90);                 /* 30 of 100 */
    assert_in_range(b->overtaken, late / 2, late); /* two in a row, or the last one: not overtaken, or once */
    end_bench(b);

    b = bench_of(&(struct sim_trouble){.reorder = 10000});
    phone_opens(b, 1000, 2, 7, CM2);
    for (uint32_t n = 0; n < 50; n++) phone_does(b, 100000 + n * 100, 2, 7, ACTION_WRITE, 0, (uint8_t)n);
    assert_int_equal(b->overtaken, 0);
    end_bench(b);
}

static void a_port_that_nobody_listens_on_refuses_and_an_address_that_nobody_has_is_unreachable(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    sim_tcp_set(&b->tcp, &b->side, 0, 0, true, false);
    phone_opens(b, 1000, 0, 1, CM1);
    phone_opens(b, 1000, 0, 2, IPV4(10, 9, 9, 9));
    assert_int_equal(b->count, 2);
    is(&b->heard[0], 1000 + 2 * LATENCY, END_PHONE, 0, EVENT_DOWN, 1);
    assert_int_equal(b->heard[0].event.why, DOWN_REFUSED);
    assert_int_equal(b->heard[1].event.why, DOWN_UNREACHABLE);
    end_bench(b);
}

/* RFC 6298, 2.1 and 5.5: 1 s, doubling. */
static void to_a_silent_server_a_syn_goes_at_0_1_3_7_15_seconds_and_in_the_end_it_is_timed_out(void **state)
{
    static const unsigned at[] = {1, 3, 7, 15, 31, 63, 127};
    struct bench *b = bench(0);

    (void)state;
    sim_tcp_set(&b->tcp, &b->side, 0, 0, false, true);
    phone_opens(b, 0, 0, 1, CM1);
    for (uint32_t i = 0; i < ARRAY_LENGTH(at); i++) {
        assert_int_equal(b->count, 0);
        assert_int_equal(b->laters, i + 1);
        assert_int_equal(b->later[i].at, at[i] * SECOND);
        sim_tcp_due(&b->tcp, &b->side, b->later[i].at, b->later[i].stream);
    }
    assert_int_equal(b->laters, ARRAY_LENGTH(at));
    assert_int_equal(b->count, 1);
    assert_int_equal(b->heard[0].event.why, DOWN_TIMED_OUT);
    end_bench(b);
}

static void a_server_that_speaks_again_is_reached_by_the_next_syn(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    sim_tcp_set(&b->tcp, &b->side, 0, 0, false, true);
    phone_opens(b, 0, 0, 1, CM1);
    sim_tcp_due(&b->tcp, &b->side, 1 * SECOND, b->later[0].stream);
    sim_tcp_set(&b->tcp, &b->side, 2 * SECOND, 0, false, false);
    sim_tcp_due(&b->tcp, &b->side, 3 * SECOND, b->later[1].stream);
    assert_int_equal(b->count, 2);
    is(&b->heard[1], 3 * SECOND + 2 * LATENCY, END_PHONE, 0, EVENT_UP, 1);
    sim_tcp_due(&b->tcp, &b->side, 7 * SECOND, 0); /* one too many: it is up */
    assert_int_equal(b->count, 2);
    end_bench(b);
}

static void a_syn_that_was_given_up_does_not_come_again(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    sim_tcp_set(&b->tcp, &b->side, 0, 0, false, true);
    phone_opens(b, 0, 0, 1, CM1);
    phone_does(b, 500 * MSEC, 0, 1, ACTION_CLOSE, 0, 0);
    sim_tcp_set(&b->tcp, &b->side, 600 * MSEC, 0, false, false);
    sim_tcp_due(&b->tcp, &b->side, 1 * SECOND, b->later[0].stream);
    assert_int_equal(b->count, 0);
    assert_int_equal(b->laters, 1);
    end_bench(b);
}

static void on_a_bad_way_all_comes_late_once_and_in_order(void **state)
{
    struct bench *b = bench(2000);
    uint32_t late = 0, n = 0;
    usec last = 0;

    (void)state;
    phone_opens(b, 0, 0, 1, CM1);
    for (uint32_t i = 0; b->count == 0; i++) sim_tcp_due(&b->tcp, &b->side, b->later[i].at, b->later[i].stream);
    b->count = 0;
    for (uint32_t i = 0; i < 200; i++) phone_does(b, 100 * SECOND + i * 10, 0, 1, ACTION_WRITE, 0, (uint8_t)i);
    assert_int_equal(b->count, 200);
    for (; n < 200; n++) {
        assert_int_equal(b->heard[n].first, (uint8_t)n);
        assert_true(b->heard[n].at > last);
        last = b->heard[n].at;
        late += b->heard[n].at >= 100 * SECOND + n * 10 + 200 * MSEC;
    }
    assert_true(late > 20); /* a fifth was lost, and what came behind it waited */
    end_bench(b);
}

static void a_close_arrives_behind_the_data_and_the_stream_is_gone(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    phone_opens(b, 0, 0, 1, CM1);
    phone_does(b, 1000, 0, 1, ACTION_WRITE, 0, 'a');
    phone_does(b, 1000, 0, 1, ACTION_CLOSE, 0, 0);
    assert_int_equal(b->count, 4);
    assert_int_equal(b->heard[3].event.kind, EVENT_DOWN);
    assert_int_equal(b->heard[3].event.why, DOWN_CLOSED);
    assert_true(b->heard[3].at > b->heard[2].at);
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0,
                                 &(struct event){.kind = EVENT_DATA, .stream = 1})); /* what comes now comes too late */
    assert_true(sim_tcp_arrives(&b->tcp, &b->side, END_CALLMANAGER, 0, &b->heard[2].event));
    assert_true(sim_tcp_arrives(&b->tcp, &b->side, END_CALLMANAGER, 0, &b->heard[3].event));
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_CALLMANAGER, 0, &b->heard[2].event)); /* after DOWN: nothing */
    end_bench(b);
}

static void a_phone_without_power_says_no_fin_and_hears_nothing_of_what_is_sent_to_it(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    phone_opens(b, 0, 0, 1, CM1);
    manager_does(b, 1000, 0, 1, ACTION_WRITE, 'a'); /* under way when it goes dark */
    b->no_path = true;
    phone_does(b, 1010, 0, 1, ACTION_CLOSE, 1, 0);
    assert_int_equal(b->count, 3);
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[2].event));
    manager_does(b, 2000, 0, 1, ACTION_WRITE, 'b');
    assert_int_equal(b->count, 4); /* on its way, to nobody */
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[3].event));
    assert_true(sim_tcp_arrives(&b->tcp, &b->side, END_CALLMANAGER, 0,
                                &(struct event){.kind = EVENT_DATA, .stream = 1})); /* the server knows nothing of it */
    manager_does(b, 3000, 0, 1, ACTION_CLOSE, 0);
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[4].event));
    end_bench(b);
}

static void what_comes_while_the_phone_has_no_path_is_lost_and_so_is_all_that_follows_it(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    phone_opens(b, 0, 0, 1, CM1);
    for (uint32_t i = 0; i < 3; i++) manager_does(b, 1000 + i, 0, 1, ACTION_WRITE, 'a' + (int)i);
    manager_does(b, 2000, 0, 1, ACTION_CLOSE, 0);
    assert_true(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[2].event));
    b->no_path = true; /* its port is blocked for a moment */
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[3].event));
    b->no_path = false;
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[4].event)); /* waits for what was lost */
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[5].event)); /* the FIN as well */
    end_bench(b);
}

static void each_switch_numbers_its_streams_and_a_callmanager_knows_whose_each_is(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    b->plan->per_switch = 1;
    sim_tcp_close(&b->tcp);
    assert_true(sim_tcp_open(&b->tcp, b->plan, &b->tcp.hooks, LATENCY));
    for (uint32_t round = 0; round < 100; round++) /* more than one piece of memory each */
        for (uint32_t phone = 0; phone < 3; phone++) {
            b->count = 0;
            phone_opens(b, round, phone, round + 1, CM1);
            uint32_t id = b->heard[0].event.stream;
            assert_int_equal(b->heard[0].end, END_CALLMANAGER);
            assert_int_equal(sim_tcp_phone_of(&b->tcp, id), phone);
            assert_int_equal(sim_tcp_phone_of(&b->tcp, id + 3), UINT32_MAX); /* its next one is not there yet */
            b->count = 0;
            manager_does(b, round + 1000, 0, id, ACTION_WRITE, 'x');
            assert_true(b->count == 1 && b->heard[0].whose == phone && b->heard[0].event.stream == round + 1);
            phone_does(b, round + 2000, phone, round + 1, ACTION_CLOSE, 0, 0);
        }
    assert_int_equal(sim_tcp_phone_of(&b->tcp, 0), UINT32_MAX);
    assert_int_equal(sim_tcp_phone_of(&b->tcp, UINT32_MAX), UINT32_MAX);
    end_bench(b);
}

static void what_a_short_silence_held_back_arrives_in_order_at_the_next_time_that_it_is_sent(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    phone_opens(b, 0, 0, 1, CM1);
    sim_tcp_set(&b->tcp, &b->side, 1 * SECOND, 0, false, true);
    b->count = 0;
    phone_does(b, 1 * SECOND, 0, 1, ACTION_WRITE, 0, 'a');
    phone_does(b, 2 * SECOND, 0, 1, ACTION_WRITE, 0, 'b');
    manager_does(b, 3 * SECOND, 0, 1, ACTION_WRITE, 'c');
    phone_does(b, 3 * SECOND, 0, 1, ACTION_CLOSE, 0, 0);
    assert_int_equal(b->count, 0);
    sim_tcp_set(&b->tcp, &b->side, 3500 * MSEC, 0, false, false);
    assert_int_equal(b->count, 4);
    /* A round trip and 200 ms, then twice that, and so on: sent at 3 s again at 3.2 and 3.6; at 1 s at 1.2, 1.6, 2.4
     * and 4. */
    usec soon = 3600 * MSEC + 3 * 2 * LATENCY, late = 4000 * MSEC + 15 * 2 * LATENCY;
    is(&b->heard[0], soon + LATENCY, END_PHONE, 0, EVENT_DATA, 1);
    is(&b->heard[1], late + LATENCY, END_CALLMANAGER, 0, EVENT_DATA, 1);
    is(&b->heard[2], late + LATENCY + 1, END_CALLMANAGER, 0, EVENT_DATA, 1);
    is(&b->heard[3], late + LATENCY + 2, END_CALLMANAGER, 0, EVENT_DOWN, 1);
    assert_int_equal(b->heard[1].first, 'a');
    assert_int_equal(b->heard[2].first, 'b');
    assert_false(sim_tcp_arrives(&b->tcp, &b->side, END_PHONE, 0, &b->heard[0].event)); /* it has closed */
    phone_opens(b, 4 * SECOND, 1, 1, CM1);
    sim_tcp_set(&b->tcp, &b->side, 5 * SECOND, 0, false, true);
    phone_does(b, 5 * SECOND, 1, 1, ACTION_WRITE, 0, 'd');
    phone_does(b, 5 * SECOND, 1, 1, ACTION_CLOSE, 1, 0); /* its power goes: with it what it would send again */
    sim_tcp_set(&b->tcp, &b->side, 6 * SECOND, 0, false, false);
    assert_int_equal(b->count, 4 + 2); /* the two UPs, and nothing twice */
    end_bench(b);
}

static void behind_a_routed_uplink_a_lost_segment_comes_again_after_a_second_as_on_frames(void **state)
{
    (void)state;
    for (uint32_t per_switch = 1; per_switch <= 3; per_switch += 2) {
        struct bench *b = bench(0);
        b->side.way.trouble.loss = 0;
        b->plan->per_switch = per_switch; /* 3 phones: three switches, or one */
        sim_tcp_close(&b->tcp);
        assert_true(sim_tcp_open(&b->tcp, b->plan, &b->tcp.hooks, LATENCY));
        assert_int_equal(b->tcp.rto, (per_switch == 1 ? SECOND : 200 * MSEC) + 2 * LATENCY);
        end_bench(b);
    }
}

static void a_server_that_falls_resets_its_streams_and_no_others(void **state)
{
    struct bench *b = bench(0);

    (void)state;
    phone_opens(b, 0, 0, 1, CM1);
    phone_opens(b, 0, 1, 1, CM2);
    b->count = 0;
    sim_tcp_set(&b->tcp, &b->side, 1000, 0, true, false);
    assert_int_equal(b->count, 2);
    is(&b->heard[0], 1000 + LATENCY, END_PHONE, 0, EVENT_DOWN, 1);
    is(&b->heard[1], 1000 + SIM_LEAST, END_CALLMANAGER, 0, EVENT_DOWN, 1);
    assert_int_equal(b->heard[0].event.why, DOWN_RESET);
    phone_does(b, 1001, 0, 1, ACTION_WRITE, 0, 'a'); /* on its way it finds nobody */
    assert_int_equal(b->count, 2);
    phone_does(b, 1001, 1, 1, ACTION_WRITE, 0, 'b');
    assert_int_equal(b->count, 3);
    end_bench(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_up_at_the_server_after_one_way_and_at_the_phone_after_two),
        cmocka_unit_test(a_segment_that_was_overtaken_is_counted_once_and_what_overtook_it_waits),
        cmocka_unit_test(a_port_that_nobody_listens_on_refuses_and_an_address_that_nobody_has_is_unreachable),
        cmocka_unit_test(to_a_silent_server_a_syn_goes_at_0_1_3_7_15_seconds_and_in_the_end_it_is_timed_out),
        cmocka_unit_test(a_server_that_speaks_again_is_reached_by_the_next_syn),
        cmocka_unit_test(a_syn_that_was_given_up_does_not_come_again),
        cmocka_unit_test(on_a_bad_way_all_comes_late_once_and_in_order),
        cmocka_unit_test(a_close_arrives_behind_the_data_and_the_stream_is_gone),
        cmocka_unit_test(a_phone_without_power_says_no_fin_and_hears_nothing_of_what_is_sent_to_it),
        cmocka_unit_test(what_comes_while_the_phone_has_no_path_is_lost_and_so_is_all_that_follows_it),
        cmocka_unit_test(each_switch_numbers_its_streams_and_a_callmanager_knows_whose_each_is),
        cmocka_unit_test(what_a_short_silence_held_back_arrives_in_order_at_the_next_time_that_it_is_sent),
        cmocka_unit_test(behind_a_routed_uplink_a_lost_segment_comes_again_after_a_second_as_on_frames),
        cmocka_unit_test(a_server_that_falls_resets_its_streams_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
