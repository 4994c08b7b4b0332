/* The machine of sim/machine.h: processes that do one thing at a time, share cores, and keep a journal. */
#include "lab.h"

enum { PARTIES = 16, LOG = 256, AGAIN = 256 };
enum { DHCP = 8 }; /* the servers' parties are from here up; below are phones */

struct happened {
    usec at;
    char what; /* s: a step, l: something left */
    uint32_t party;
    enum event_kind kind;
    enum machine_what item;
};

struct bench {
    struct machine machine;
    struct service_times times;
    usec now;
    struct {
        usec at;
        uint32_t process;
    } again[AGAIN];
    uint32_t agains, happened;
    struct happened log[LOG];
    bool commits_fail;
    uint32_t stored, commits;
    void (*then)(struct bench *, uint32_t party, const struct event *); /* what a step puts */
};

static usec now_(void *context)
{
    const struct bench *b = context;

    return b->now;
}

static uint32_t service(void *context, uint32_t party, const struct event *e)
{
    (void)context;
    return service_step(party < DHCP ? SERVICE_PHONE : SERVICE_DHCP, e->kind);
}

static void note(struct bench *b, struct happened h)
{
    assert_true(b->happened < LOG);
    h.at = b->now;
    b->log[b->happened++] = h;
}

static void step(void *context, uint32_t party, const struct event *e)
{
    struct bench *b = context;

    machine_stepped(&b->machine, party);
    note(b, (struct happened){.what = 's', .party = party, .kind = e->kind});
    if (b->then) b->then(b, party, e);
}

static void leave(void *context, const struct machine_item *i)
{
    struct bench *b = context;

    note(b, (struct happened){.what = 'l', .party = i->party, .item = i->what});
}

static bool stored(void *context, const struct machine_list *batch)
{
    struct bench *b = context;

    b->commits++;
    for (const struct machine_item *i = batch->first; i; i = i->next) b->stored += i->what == ITEM_STORE;
    return !b->commits_fail;
}

static void again(void *context, usec at, uint32_t process)
{
    struct bench *b = context;

    assert_true(b->agains < AGAIN && at >= b->now);
    b->again[b->agains].at = at;
    b->again[b->agains++].process = process;
}

static struct bench *bench(uint32_t cores, uint32_t fleets)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct machine_hooks hooks = {b, now_, service, step, leave, stored, again};

    b->times.cores = cores;
    assert_true(machine_open(&b->machine, &b->times, fleets, PARTIES, &hooks));
    return b;
}

static void takes(struct bench *b, uint32_t what, usec time)
{
    b->times.of[what] = (struct service_time){1, time * 1000};
}

/* All that follows until `until`. */
static void run(struct bench *b, usec until)
{
    for (;;) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < b->agains; i++)
            if (next == UINT32_MAX || b->again[i].at < b->again[next].at) next = i;
        if (next == UINT32_MAX || b->again[next].at > until) break;
        uint32_t process = b->again[next].process;
        b->now = b->again[next].at;
        b->agains--;
        memmove(&b->again[next], &b->again[next + 1],
                (b->agains - next) * sizeof *b->again); /* ties: as they were put */
        machine_go(&b->machine, process);
    }
    b->now = until;
}

static void end_bench(struct bench *b)
{
    assert_false(b->machine.failed);
    machine_close(&b->machine);
    free(b);
}

static void comes(struct bench *b, uint32_t process, uint32_t party, enum event_kind kind)
{
    machine_event(&b->machine, process, party, &(struct event){.kind = kind}, true);
}

static void was(const struct bench *b, uint32_t n, usec at, char what, uint32_t party)
{
    assert_true(n < b->happened);
    assert_int_equal(b->log[n].at, at);
    assert_int_equal(b->log[n].what, what);
    assert_int_equal(b->log[n].party, party);
}

static void what_comes_while_a_process_is_busy_waits_until_all_before_it_is_done(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    takes(b, service_step(SERVICE_PHONE, EVENT_DATA), 10);
    comes(b, 0, 1, EVENT_DATA);
    comes(b, 0, 2, EVENT_DATA);
    run(b, 5);
    comes(b, 0, 3, EVENT_DATA); /* the second has not begun */
    run(b, 100);
    assert_int_equal(b->happened, 3);
    was(b, 0, 0, 's', 1);
    was(b, 1, 10, 's', 2);
    was(b, 2, 20, 's', 3);
    end_bench(b);
}

static void to_read_what_came_takes_its_time_too_and_a_turn_its_own(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    takes(b, service_step(SERVICE_PHONE, EVENT_DATA), 10);
    takes(b, SERVICE_FLEET_STREAM, 3);
    takes(b, SERVICE_FLEET_TURN, 100);
    comes(b, 0, 1, EVENT_DATA);
    comes(b, 0, 2, EVENT_DATA);
    run(b, 5);
    comes(b, 0, 3, EVENT_DATA); /* for the next turn: it does not look at its sockets before */
    run(b, 1000);
    was(b, 0, 0, 's', 1);
    was(b, 1, 13, 's', 2);
    was(b, 2, 126, 's', 3);
    end_bench(b);
}

static void a_sleeper_runs_a_moment_after_what_wakes_it(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    takes(b, SERVICE_WAKING, 30);
    b->now = 1000;
    comes(b, 0, 1, EVENT_DATA);
    run(b, 5000);
    comes(b, 0, 2, EVENT_DATA);
    run(b, 9000);
    was(b, 0, 1030, 's', 1);
    was(b, 1, 5030, 's', 2);
    end_bench(b);
}

static void of_three_processes_on_two_cores_one_waits_and_of_two_none(void **state)
{
    struct bench *b = bench(2, 3);

    (void)state;
    takes(b, service_step(SERVICE_PHONE, EVENT_DATA), 300);
    for (uint32_t i = 0; i < 3; i++) {
        comes(b, i, i, EVENT_DATA);
        comes(b, i, i, EVENT_DATA);
        comes(b, i, i, EVENT_DATA);
    }
    run(b, 10000);
    assert_int_equal(b->happened, 9);
    was(b, 2, 300, 's', 0);
    was(b, 3, 300, 's', 1);
    was(b, 5, 600, 's', 1);
    was(b, 6, 900, 's', 2); /* its core was the first one's until then */
    was(b, 7, 1200, 's', 2);
    was(b, 8, 1500, 's', 2);
    b->happened = 0;
    comes(b, 0, 0, EVENT_DATA);
    comes(b, 0, 0, EVENT_DATA);
    comes(b, 1, 1, EVENT_DATA);
    comes(b, 1, 1, EVENT_DATA);
    run(b, 20000);
    was(b, 3, 10300, 's', 1);
    end_bench(b);
}

static void puts_a_frame(struct bench *b, uint32_t party, const struct event *e)
{
    (void)e;
    machine_put(&b->machine, 0, ITEM_FRAME, party, NULL, bytes_of("frame"));
}

static void what_was_put_leaves_at_the_end_of_the_turn_one_after_the_other(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    b->then = puts_a_frame;
    takes(b, service_step(SERVICE_PHONE, EVENT_WAKE), 10);
    takes(b, SERVICE_UPLINK, 4);
    machine_wake(&b->machine, 0, 1);
    machine_wake(&b->machine, 0, 2);
    run(b, 1000);
    was(b, 0, 0, 's', 1);
    was(b, 1, 10, 's', 2);
    was(b, 2, 24, 'l', 1);
    was(b, 3, 28, 'l', 2);
    assert_int_equal(b->log[3].item, ITEM_FRAME);
    end_bench(b);
}

static void sets_off_another(struct bench *b, uint32_t party, const struct event *e)
{
    (void)e;
    if (party == 1) machine_event(&b->machine, 0, 2, &(struct event){.kind = EVENT_FRAME}, false);
}

static void what_an_engine_sets_off_in_its_own_process_goes_before_what_the_sockets_hold(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    b->then = sets_off_another;
    takes(b, SERVICE_UPLINK, 50); /* nothing is read for it */
    takes(b, service_step(SERVICE_PHONE, EVENT_FRAME), 5);
    takes(b, service_step(SERVICE_PHONE, EVENT_DATA), 10);
    comes(b, 0, 1, EVENT_DATA);
    comes(b, 0, 3, EVENT_DATA);
    run(b, 1000);
    was(b, 1, 10, 's', 2);
    was(b, 2, 15, 's', 3);
    end_bench(b);
}

static void a_timer_of_a_sleeper_wakes_it_to_the_microsecond_and_waking_takes_what_it_takes(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    takes(b, SERVICE_WAKING, 30);
    b->now = 1000;
    comes(b, 0, 1, EVENT_DATA);
    run(b, 4300);
    machine_wake(&b->machine, 0, 2);
    run(b, 10000);
    was(b, 0, 1030, 's', 1);
    was(b, 1, 4330, 's', 2);
    run(b, 12400);
    comes(b, 0, 1, EVENT_DATA);
    run(b, 12410);
    machine_wake(&b->machine, 0, 2); /* it is being woken already: once it is up it sees both, its timers first */
    run(b, 20000);
    was(b, 2, 12430, 's', 2);
    was(b, 3, 12430, 's', 1);
    assert_int_equal(b->happened, 4);
    end_bench(b);
}

static void steps_two(struct bench *b, uint32_t party, const struct event *e)
{
    (void)e;
    if (party == 1) machine_stepped(&b->machine, 2);
}

static void a_wake_is_void_when_its_engine_was_stepped_before_its_turn_came(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    b->then = steps_two;
    machine_wake(&b->machine, 0, 1);
    machine_wake(&b->machine, 0, 2);
    machine_wake(&b->machine, 0, 3);
    run(b, 1000);
    assert_int_equal(b->happened, 2);
    was(b, 1, 0, 's', 3);
    end_bench(b);
}

static void wakes_two(struct bench *b, uint32_t party, const struct event *e)
{
    (void)e;
    if (party == 1 && b->happened == 1) machine_wake(&b->machine, 0, 2);
    if (party == 1 && b->happened == 1) machine_wake(&b->machine, 0, 3);
}

static void wakes_and_events_take_turns_so_that_neither_starves(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    b->then = wakes_two;
    for (uint32_t i = 0; i < 200; i++) machine_event(&b->machine, 0, 1, &(struct event){.kind = EVENT_LINE}, false);
    run(b, 1000);
    was(b, 64, 0, 's', 2);
    was(b, 64 + 1 + 64, 0, 's', 3);
    assert_int_equal(b->happened, 202);
    end_bench(b);
}

static void a_segment_passes_its_fleet_and_takes_the_share_of_all_segments(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    b->times.of[SERVICE_SEGMENT] = (struct service_time){30, 30 * 4000}; /* three for two of what streams carried */
    b->times.of[SERVICE_FLEET_STREAM] = (struct service_time){20, 0};
    b->times.of[SERVICE_UPLINK] = (struct service_time){1, 2000};
    machine_segment(&b->machine, 0, 1, &(struct event){.kind = EVENT_DATA}, 1, false);
    machine_segment(&b->machine, 0, 2, &(struct event){.kind = EVENT_UP}, 2, true);
    run(b, 1000);
    assert_int_equal(b->happened, 2);
    was(b, 0, 9, 'l', 1);
    was(b, 1, 9, 'l', 2);
    end_bench(b);
}

/* --- the journal --- */

static void stores_and_answers(struct bench *b, uint32_t party, const struct event *e)
{
    const struct action store = {.kind = ACTION_STORE},
                        send = {.kind = ACTION_DATAGRAM, .ahead = e->kind == EVENT_LINE};

    if (e->kind == EVENT_UNSTORED) return;
    if (party == DHCP && !send.ahead)
        machine_put(&b->machine, b->machine.servers, ITEM_STORE, party, &store, bytes_of("record"));
    machine_put(&b->machine, b->machine.servers, ITEM_DATAGRAM, party, &send, bytes_of("answer"));
}

static struct bench *bench_with_journal(void)
{
    struct bench *b = bench(2, 1);

    b->then = stores_and_answers;
    takes(b, service_step(SERVICE_DHCP, EVENT_DATAGRAM), 10);
    takes(b, SERVICE_COMMIT, 100);
    takes(b, SERVICE_RECORD, 20);
    return b;
}

static void an_answer_leaves_when_what_it_promises_is_stored_and_what_comes_meanwhile_shares_the_next_commit(
    void **state)
{
    struct bench *b = bench_with_journal();
    uint32_t servers = b->machine.servers;

    (void)state;
    comes(b, servers, DHCP, EVENT_DATAGRAM);
    run(b, 50); /* committing from 10 to 130 */
    comes(b, servers, DHCP, EVENT_DATAGRAM);
    run(b, 70);
    comes(b, servers, DHCP, EVENT_DATAGRAM);
    comes(b, servers, DHCP + 1, EVENT_DATAGRAM); /* stores nothing: it waits all the same */
    run(b, 129);
    assert_int_equal(b->happened, 4);
    run(b, 1000);
    was(b, 4, 130, 'l', DHCP);
    assert_int_equal(b->happened, 5);
    run(b, 2000);
    was(b, 5, 1010 + 140, 'l', DHCP); /* two records, a millisecond after the first commit began */
    was(b, 6, 1010 + 140, 'l', DHCP);
    was(b, 7, 1010 + 140, 'l', DHCP + 1);
    assert_int_equal(b->commits, 2);
    assert_int_equal(b->stored, 3);
    comes(b, servers, DHCP + 1, EVENT_DATAGRAM); /* nothing to wait for: at the end of the turn */
    run(b, 3000);
    was(b, 9, 2010, 'l', DHCP + 1);
    end_bench(b);
}

static void what_goes_ahead_leaves_at_the_end_of_its_turn_whatever_is_being_stored(void **state)
{
    struct bench *b = bench_with_journal();

    (void)state;
    comes(b, b->machine.servers, DHCP, EVENT_DATAGRAM);
    run(b, 50); /* committing from 10 to 130 */
    comes(b, b->machine.servers, DHCP, EVENT_LINE);
    run(b, 1000);
    was(b, 2, 50, 'l', DHCP);
    was(b, 3, 130, 'l', DHCP);
    end_bench(b);
}

static void of_a_commit_that_failed_nothing_leaves_and_its_engine_takes_it_back(void **state)
{
    struct bench *b = bench_with_journal();

    (void)state;
    b->commits_fail = true;
    comes(b, b->machine.servers, DHCP, EVENT_DATAGRAM);
    run(b, 1000);
    assert_int_equal(b->happened, 2);
    was(b, 1, 130, 's', DHCP);
    assert_int_equal(b->log[1].kind, EVENT_UNSTORED);
    end_bench(b);
}

static void servers_that_start_again_know_nothing_of_what_waited(void **state)
{
    struct bench *b = bench_with_journal();

    (void)state;
    comes(b, b->machine.servers, DHCP, EVENT_DATAGRAM);
    run(b, 50);
    comes(b, b->machine.servers, DHCP, EVENT_DATAGRAM);
    machine_forget_servers(&b->machine);
    run(b, 1000);
    assert_int_equal(b->happened, 1);
    end_bench(b);
}

/* --- whole labs --- */

/* Some microseconds for everything, as on the machine on which this was written. */
static struct service_times some_times(uint32_t cores, uint64_t times)
{
    struct service_times t = {.cores = cores, .phones = 1};

    for (uint32_t i = 0; i < SERVICE_TIMES; i++) t.of[i] = (struct service_time){100, 100 * 2000 * times};
    t.of[SERVICE_COMMIT].nanoseconds = 100 * 50000 * times;
    t.of[SERVICE_FLEET_TURN].nanoseconds = t.of[SERVICE_SERVERS_TURN].nanoseconds = 100 * 10000 * times;
    t.of[SERVICE_LINK].nanoseconds = 100 * 1000;
    return t;
}

static bool all_registered(void *context)
{
    const struct lab *lab = context;

    return registered_now(lab) == lab->plan.phones;
}

/* When the last of 60 phones at three switches is registered. */
static usec last_of_60(const struct service_times *times, usec turn, const char *fault, struct digest *digest)
{
    struct lab *lab = lab_over(60, 20, 3);

    if (fault) wrong(lab, fault);
    begin(lab, (struct sim_config){.times = times, .fleets = 2});
    for (usec at = turn; turn && sim_run(&lab->sim, at, all_registered, lab);) at += turn;
    sim_run(&lab->sim, 100 * SECOND, all_registered, lab);
    assert_int_equal(registered_now(lab), 60);
    usec last = lab->sim.now;
    run_in_turns(lab, last + 40 * SECOND, turn); /* keepalives, the resets that were owed */
    assert_int_equal(registered_now(lab), 60);
    *digest = sim_digest(&lab->sim);
    end(lab);
    return last;
}

static void a_whole_lab_registers_later_on_a_slower_machine_and_sooner_on_more_cores(void **state)
{
    struct service_times fast = some_times(2, 1), slow = some_times(2, 20), many = some_times(8, 20);
    struct digest d;

    (void)state;
    usec none = last_of_60(NULL, 0, NULL, &d), at_fast = last_of_60(&fast, 0, NULL, &d),
         at_slow = last_of_60(&slow, 0, NULL, &d), at_many = last_of_60(&many, 0, NULL, &d);
    assert_true(none < at_fast);
    assert_true(at_fast + 20 * MSEC < at_slow);
    assert_true(at_many < at_slow);
}

static void the_same_calibration_and_seed_give_the_same_run_in_turns_of_any_length(void **state)
{
    static const char *const faults[] = {NULL, "loss=2", "reorder=1"};
    struct service_times times = some_times(2, 3), others = some_times(2, 4);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        struct digest one, many, other;
        last_of_60(&times, 0, faults[i], &one);
        last_of_60(&times, 7 * MSEC, faults[i], &many);
        last_of_60(&others, 0, faults[i], &other);
        assert_memory_equal(&one, &many, sizeof one);
        assert_memory_not_equal(&one, &other, sizeof one);
    }
}

static void on_a_machine_too_a_commit_that_fails_is_asked_for_again(void **state)
{
    struct service_times times = some_times(2, 1);
    struct lab *lab = lab_of(12, 1);

    (void)state;
    begin(lab, (struct sim_config){.times = &times});
    sim_fail_stores(&lab->sim, 3);
    sim_run(&lab->sim, 60 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 12);
    assert_int_equal(sim_counts(&lab->sim).unstored, 3);
    end(lab);
}

static void on_a_machine_too_the_servers_may_start_again(void **state)
{
    struct service_times times = some_times(2, 1);
    struct lab *lab = lab_of(12, 1);

    (void)state;
    begin(lab, (struct sim_config){.times = &times});
    sim_run(&lab->sim, 300 * MSEC, NULL, NULL);
    assert_true(sim_restart_site(&lab->sim));
    sim_run(&lab->sim, 200 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), 12);
    end(lab);
}

static void opens_a_load(struct bench *b, uint32_t party, const struct event *e)
{
    (void)e;
    if (party == 1) machine_opens(&b->machine);
}

static void a_step_that_opens_a_load_takes_that_much_longer_and_the_next_does_not(void **state)
{
    struct bench *b = bench(2, 1);

    (void)state;
    takes(b, SERVICE_LOAD, 90);
    takes(b, service_step(SERVICE_PHONE, EVENT_DATA), 10);
    b->then = opens_a_load;
    b->now = 1000;
    comes(b, 0, 1, EVENT_DATA);
    comes(b, 0, 2, EVENT_DATA);
    comes(b, 0, 3, EVENT_DATA);
    run(b, 2000);
    was(b, 0, 1000, 's', 1);
    was(b, 1, 1100, 's', 2);
    was(b, 2, 1110, 's', 3);
    end_bench(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_while_a_process_is_busy_waits_until_all_before_it_is_done),
        cmocka_unit_test(to_read_what_came_takes_its_time_too_and_a_turn_its_own),
        cmocka_unit_test(a_sleeper_runs_a_moment_after_what_wakes_it),
        cmocka_unit_test(of_three_processes_on_two_cores_one_waits_and_of_two_none),
        cmocka_unit_test(a_step_that_opens_a_load_takes_that_much_longer_and_the_next_does_not),
        cmocka_unit_test(what_was_put_leaves_at_the_end_of_the_turn_one_after_the_other),
        cmocka_unit_test(what_an_engine_sets_off_in_its_own_process_goes_before_what_the_sockets_hold),
        cmocka_unit_test(a_timer_of_a_sleeper_wakes_it_to_the_microsecond_and_waking_takes_what_it_takes),
        cmocka_unit_test(a_wake_is_void_when_its_engine_was_stepped_before_its_turn_came),
        cmocka_unit_test(wakes_and_events_take_turns_so_that_neither_starves),
        cmocka_unit_test(a_segment_passes_its_fleet_and_takes_the_share_of_all_segments),
        cmocka_unit_test(
            an_answer_leaves_when_what_it_promises_is_stored_and_what_comes_meanwhile_shares_the_next_commit),
        cmocka_unit_test(what_goes_ahead_leaves_at_the_end_of_its_turn_whatever_is_being_stored),
        cmocka_unit_test(of_a_commit_that_failed_nothing_leaves_and_its_engine_takes_it_back),
        cmocka_unit_test(servers_that_start_again_know_nothing_of_what_waited),
        cmocka_unit_test(a_whole_lab_registers_later_on_a_slower_machine_and_sooner_on_more_cores),
        cmocka_unit_test(the_same_calibration_and_seed_give_the_same_run_in_turns_of_any_length),
        cmocka_unit_test(on_a_machine_too_a_commit_that_fails_is_asked_for_again),
        cmocka_unit_test(on_a_machine_too_the_servers_may_start_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
