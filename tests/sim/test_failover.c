/* Failover drills in virtual time: three CallManagers fall one after the other, by refusing or by silence, and come
 * back, in every order.
 *
 * A phone has service while it is registered at a CallManager that serves. What is allowed without it:
 *   refused   at once to the next of the list: its own reset connection tells it
 *   silence   three unanswered keepalives of 30 s, noticed when the fourth is due: up to 120 s; then 10 s for each
 *             CallManager of the list that is silent too (connection, or RegisterAck)
 *   failback  nothing for connection_monitor (120 s); then a token, and a moment between Unregister and RegisterAck
 *   all down  the configuration is asked for again after 10, 20, 40, then each 60 s, and the list from its top
 */
#include "lab.h"

enum { CMS = 3, MANY = 200, FEW = 24 };
static const usec SLICE = 100 * MSEC, MOMENT = 1 * SECOND, KEEPALIVES = 120 * SECOND, DEAF = 10 * SECOND,
                  MONITOR = 120 * SECOND;
/* A connection to one that was away is tried again each 30 s, for 10 s; tokens are 10 a second, and who must wait waits
 * 10 s and his turn. */
static const usec RECONNECT = 40 * SECOND, TOKENS = 10 * SECOND + MANY / 10 * SECOND;
/* The longest pause between two rounds is 60 s; a round takes 10 s for each that is silent. */
static const usec ROUND = 60 * SECOND + CMS * (10 * SECOND);

struct drill {
    struct lab *lab;
    bool silence, serves[CMS];
    usec dark[PLAN_PHONES], worst, first_move,
        seen; /* since the last mark; first_move: when the first phone was seen elsewhere; seen: the last look */
    uint8_t at[PLAN_PHONES];
};

static uint8_t whose(const struct drill *d, uint32_t i)
{
    const struct phone *p = &d->lab->sim.fleet->phone[i];

    return phone_registered(p) && d->serves[p->station.active] ? p->station.active : STATION_NONE;
}

/* The CallManagers that hold a device as registered, by device: never two. */
static void nobody_is_registered_twice(const struct drill *d)
{
    uint8_t holders[PLAN_PHONES] = {0};
    const struct site *site = &d->lab->sim.site;

    for (uint8_t m = 0; m < CMS; m++) {
        for (uint32_t i = 0; i < site->callmanager[m].used; i++) {
            const struct cm_connection *c = &site->callmanager[m].connection[i];
            if (c->state < CM_ACKED || c->state > CM_COMPLETE) continue;
            assert_true(c->device < d->lab->plan.phones);
            assert_int_equal(++holders[c->device], 1);
        }
    }
}

static void mark(struct drill *d)
{
    d->worst = 0;
    d->seen = d->lab->sim.now;
    d->first_move = NEVER;
    for (uint32_t i = 0; i < d->lab->plan.phones; i++) {
        d->dark[i] = 0;
        d->at[i] = whose(d, i);
    }
}

/* After each thing that happens: who has no service since the look before. */
static bool look(void *context)
{
    struct drill *d = context;
    const usec now = d->lab->sim.now;

    if (now == d->seen) return false;
    for (uint32_t i = 0; i < d->lab->plan.phones; i++) {
        uint8_t m = whose(d, i);
        if (m == STATION_NONE)
            d->dark[i] += now - d->seen;
        else if (m != d->at[i])
            d->first_move = earlier(d->first_move, now);
        if (d->dark[i] > d->worst) d->worst = d->dark[i];
    }
    d->seen = now;
    return false;
}

static void pass(struct drill *d, usec length)
{
    struct sim *sim = &d->lab->sim;

    for (usec until = sim->now + length; sim->now < until;) {
        sim_run(sim, sim->now + SLICE, look, d);
        nobody_is_registered_twice(d);
    }
}

static uint8_t highest(const struct drill *d)
{
    for (uint8_t m = 0; m < CMS; m++)
        if (d->serves[m]) return m;
    return STATION_NONE;
}

static uint32_t held_by(const struct drill *d, uint8_t m)
{
    const struct callmanager *cm = &d->lab->sim.site.callmanager[m];
    uint32_t n = 0;

    for (uint32_t i = 0; i < cm->used; i++) n += cm->connection[i].state == CM_COMPLETE;
    return n;
}

/* All are at the highest that serves, and the servers see it so too. */
static void all_are_at_the_highest(const struct drill *d, const char *when, uint8_t m)
{
    const uint8_t h = highest(d);
    const uint32_t n = d->lab->plan.phones, holding = h == STATION_NONE ? 0 : n, held = h < CMS ? held_by(d, h) : 0;
    uint32_t there = 0;

    for (uint32_t i = 0; i < n; i++) there += whose(d, i) == h;
    if (there != n || held != holding)
        print_message("%s of CallManager %d by %s: %u of %u phones are at CallManager %d, which holds %u; without "
                      "service %llu ms at most\n",
                      when, m + 1, d->silence ? "silence" : "refusing", there, n, h + 1, held,
                      (unsigned long long)(d->worst / MSEC));
    assert_int_equal(there, n);
    assert_int_equal(held, holding);
}

static void falls(struct drill *d, uint8_t m)
{
    bool hit = highest(d) == m;

    mark(d);
    d->serves[m] = false;
    sim_callmanager(&d->lab->sim, m, !d->silence, d->silence);
    pass(d, d->silence ? KEEPALIVES + CMS * DEAF + MOMENT : 20 * SECOND);
    all_are_at_the_highest(d, "fall", m);
    if (!hit)
        assert_int_equal(d->worst, 0); /* it served nobody */
    else if (highest(d) != STATION_NONE)
        assert_true(d->worst <= (d->silence ? KEEPALIVES + 2 * DEAF + MOMENT : MOMENT));
    if (hit && d->silence) assert_true(d->worst > 85 * SECOND); /* three keepalives: not before */
    if (d->silence) pass(d, 120 * SECOND); /* standby keepalives are 60 s apart: until all know of it */
}

static void comes_back(struct drill *d, uint8_t m)
{
    uint8_t before = highest(d);
    usec began = d->lab->sim.now;

    mark(d);
    d->serves[m] = true;
    sim_callmanager(&d->lab->sim, m, false, false);
    if (before == STATION_NONE) {
        pass(d, ROUND + MOMENT);
    } else {
        pass(d, MONITOR + RECONNECT + TOKENS + MOMENT);
        assert_true(d->worst <= MOMENT); /* between Unregister and the new registration */
        if (before < m) assert_int_equal(d->worst, 0);
        assert_true(before < m ? d->first_move == NEVER : d->first_move >= began + MONITOR);
    }
    all_are_at_the_highest(d, "return", m);
}

/* Mixed models, all known and with the load that they shall run: what is drilled is registration. */
static struct lab *lab_for_drills(uint32_t phones, uint64_t seed)
{
    static const char *const models[] = {"7910", "7960", "7970", "7912", "7940", "7961", "7975"};
    struct lab *lab = lab_of(phones, seed);

    lab->plan.callmanagers = CMS;
    for (uint32_t i = 0; i < phones; i++) {
        struct plan_phone *p = &lab->plan.phone[i];
        p->model = model_find(bytes_of(models[i % ARRAY_LENGTH(models)]));
        p->load = load_built_in(p->model, false);
        p->known = true;
    }
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, 30 * SECOND, NULL, NULL);
    assert_int_equal(registered_now(lab), phones);
    return lab;
}

static void drill(uint32_t phones, bool silence)
{
    static const uint8_t orders[][CMS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (size_t o = 0; o < ARRAY_LENGTH(orders); o++) {
        struct drill d = {
            .lab = lab_for_drills(o == 0 ? phones : FEW, o + 1), .silence = silence, .serves = {true, true, true}};
        all_are_at_the_highest(&d, "start", 0);
        for (size_t i = 0; i < CMS; i++) falls(&d, orders[o][i]);
        for (size_t i = 0; i < CMS; i++) comes_back(&d, orders[o][i]);
        end(d.lab);
    }
}

static void refused_all_are_at_once_at_the_next_and_back_at_the_highest_after_120_seconds_in_every_order(void **state)
{
    (void)state;
    drill(MANY, false);
}

static void silence_is_noticed_by_three_keepalives_and_all_are_back_at_the_highest_in_every_order(void **state)
{
    (void)state;
    drill(MANY, true);
}

/* A connection whose phone lost its power stays open at its CallManager, which knows nothing of it: the new one takes
 * the device over. */
static void phones_that_lost_power_come_back_and_their_old_connections_are_closed(void **state)
{
    struct drill d = {.lab = lab_for_drills(FEW, 10), .serves = {true, true, true}};

    (void)state;
    sim_plug(&d.lab->sim, UINT32_MAX, CABLE_OPEN);
    mark(&d);
    pass(&d, 2 * SECOND);
    assert_int_equal(registered_now(d.lab), 0);
    assert_int_equal(held_by(&d, 0), FEW); /* it still believes so */
    sim_plug(&d.lab->sim, UINT32_MAX, CABLE_STRAIGHT);
    pass(&d, 10 * SECOND);
    all_are_at_the_highest(&d, "return of power", 0);
    end(d.lab);
}

/* What TCP holds back comes within 26 s (it is sent again after 0.2, 0.6 ... 12.6, 25.4 s): nobody has given up
 * anybody. After a minute it would be too late for some: the next time is after 51, then 102 s, and a CallManager gives
 * a phone up after 90 s. */
static void a_silence_of_20_seconds_takes_nobody_away(void **state)
{
    struct drill d = {.lab = lab_for_drills(MANY, 9), .silence = true, .serves = {true, true, true}};
    uint32_t registrations[PLAN_PHONES];

    (void)state;
    memcpy(registrations, d.lab->registered, sizeof registrations);
    mark(&d);
    d.serves[0] = false;
    sim_callmanager(&d.lab->sim, 0, false, true);
    pass(&d, 20 * SECOND);
    d.serves[0] = true;
    sim_callmanager(&d.lab->sim, 0, false, false);
    pass(&d, 300 * SECOND);
    all_are_at_the_highest(&d, "short silence", 0);
    assert_in_range(d.worst, 19 * SECOND, 20 * SECOND + MOMENT);
    assert_memory_equal(registrations, d.lab->registered, sizeof registrations); /* nobody registered anew */
    end(d.lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_all_are_at_once_at_the_next_and_back_at_the_highest_after_120_seconds_in_every_order),
        cmocka_unit_test(silence_is_noticed_by_three_keepalives_and_all_are_back_at_the_highest_in_every_order),
        cmocka_unit_test(a_silence_of_20_seconds_takes_nobody_away),
        cmocka_unit_test(phones_that_lost_power_come_back_and_their_old_connections_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
