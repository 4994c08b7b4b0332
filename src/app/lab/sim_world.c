#include "app/lab/sim_world.h"
#include "lab/recording.h"
#include "sim/sim.h"
#include <stdlib.h>

struct sim_world {
    struct sim sim;
    sim_says_fn *says;
    void *context;
    bool said, inside;   /* inside: an engine's news is being told */
    uint8_t later[8192]; /* what was asked meanwhile: length be16, message */
    size_t later_len;
    const struct process *process;
    struct recording recording[RECORDED_ROLES];
    uint8_t buffer[RECORDED_ROLES][RECORDING_BUFFER];
};

static void say(struct sim_world *w, const struct writer *message)
{
    if (!message->full) w->says(w->context, written(message));
}

static void tell(void *context, usec now, enum sim_side side, uint32_t party, const struct action *a,
                 struct bytes facts)
{
    struct sim_world *w = context;
    uint8_t bytes[PROCESS_MESSAGE];
    struct writer m = writer(bytes, sizeof bytes);
    const struct plan *plan = w->process->plan;

    if (side == SIDE_FLEET && party >= plan->phones) /* as net/process.h has it: by its first phone */
        party = plan_switch(plan, party - plan->phones).first;
    write_u8(&m, SAYS_NEWS);
    write_be64(&m, now);
    write_u8(&m, side == SIDE_FLEET ? ROLE_FLEET : ROLE_SERVERS);
    write_be32(&m, party);
    write_be16(&m, a->news);
    write_bytes(&m, facts);
    w->inside = true;
    say(w, &m);
    w->inside = false;
    w->said = true;
}

static bool has_said(void *context)
{
    const struct sim_world *w = context;

    return w->said;
}

static void say_role(struct sim_world *w, enum process_says kind, enum process_role role)
{
    uint8_t bytes[2] = {(uint8_t)kind, (uint8_t)role};

    w->says(w->context, (struct bytes){bytes, 2});
}

static void stepped(void *context, enum sim_side side, uint32_t party, usec now, const struct event *e,
                    const struct outbox *out)
{
    struct sim_world *w = context;

    recording_step(&w->recording[side == SIDE_FLEET ? RECORDED_FLEET : RECORDED_SITE], now, party, e, out);
}

struct sim_world *sim_world_open(const struct process *process, const struct service_times *times, uint32_t threads,
                                 sim_says_fn *says, void *context, const char **why)
{
    struct sim_world *w = calloc(1, sizeof *w);
    struct sim_config config = {.plan = process->plan,
                                .tell = tell,
                                .context = w,
                                .times = times,
                                .fleets = process->layout.fleets,
                                .hands = threads};
    struct fault fault;

    *why = "no memory for the simulation";
    if (!w) return NULL;
    w->says = says;
    w->context = context;
    w->process = process;
    if (process->record >= 0) {
        config.stepped = stepped;
        for (int i = 0; i < RECORDED_ROLES; i++)
            recording_open(&w->recording[i], (enum recorded_role)i, w->buffer[i], process_record,
                           (void *)(uintptr_t)process);
    }
    if (!sim_open(&w->sim, &config, &fault)) {
        *why = fault.what;
        free(w);
        return NULL;
    }
    say_role(w, SAYS_READY, ROLE_FLEET);
    say_role(w, SAYS_READY, ROLE_SERVERS);
    return w;
}

void sim_world_close(struct sim_world *w)
{
    for (int i = 0; w && w->process->record >= 0 && i < RECORDED_ROLES; i++)
        recording_end(&w->recording[i], w->sim.now);
    if (w) sim_close(&w->sim);
    free(w);
}

usec sim_world_now(const struct sim_world *w)
{
    return w->sim.now;
}

static void ask_now(struct sim_world *, struct bytes message);

static void ask_later(struct sim_world *w)
{
    struct fault why;
    struct reader r = reader((struct bytes){w->later, w->later_len}, &why);

    while (unread(&r)) ask_now(w, read_bytes(&r, read_be16(&r)));
    w->later_len = 0;
}

void sim_world_turn(struct sim_world *w, usec until)
{
    w->said = false;
    (void)sim_run(&w->sim, until, has_said, w);
    ask_later(w);
    if (!w->sim.failed) return;
    static const char text[] = {SAYS_FAILED, ROLE_FLEET, 'n', 'o', ' ', 'm', 'e', 'm', 'o', 'r', 'y'};
    w->says(w->context, (struct bytes){(const uint8_t *)text, sizeof text});
}

static void report(struct sim_world *w)
{
    uint8_t bytes[PROCESS_MESSAGE];
    const struct sim *s = &w->sim;

    const struct sim_counts counts = sim_counts(s);

    for (uint32_t k = 0; k < s->switches; k++)
        for (uint32_t port = 1; port <= (s->switches > 1 ? s->fleet[k].at.phones : s->fleet[k].switch_config.ports);
             port++) {
            struct switch_report r = switch_port_report(&s->fleet[k].ethernet, port);
            struct writer m = writer(bytes, sizeof bytes);
            write_port_row(&m, &(struct port_row){s->fleet[k].at.first + r.port,
                                                  r.milliwatts,
                                                  r.millivolts,
                                                  r.max_milliwatts,
                                                  {r.admin, r.oper, r.device, r.class}});
            say(w, &m);
        }
    struct writer m = writer(bytes, sizeof bytes);
    write_u8(&m, SAYS_COUNTS);
    write_u8(&m, ROLE_FLEET);
    write_be64(&m, counts.frames);
    write_be64(&m, counts.dropped);
    write_be64(&m, 0); /* there is no kernel in between */
    write_be64(&m, 0);
    say(w, &m);
    say_role(w, SAYS_DONE, ROLE_FLEET);
    say_role(w, SAYS_DONE, ROLE_SERVERS);
}

static void change(struct sim_world *w, struct bytes what)
{
    struct fault why;
    uint8_t bytes[256];
    struct writer m = writer(bytes, sizeof bytes);

    if (w->process->record >= 0) recording_change(&w->recording[RECORDED_SITE], w->sim.now, what);
    if (sim_change(&w->sim, what, &why)) return;
    write_u8(&m, SAYS_REFUSED);
    write_u8(&m, ROLE_SERVERS);
    write_text(&m, why.what);
    say(w, &m);
}

/* Silence is a fault of the way: a CallManager that comes up stays silent. */
static void set_callmanager(struct sim_world *w, uint8_t which, bool down)
{
    if (which < PLAN_CALLMANAGERS) sim_callmanager(&w->sim, which, down, w->sim.tcp.silent[which]);
}

static void user(struct sim_world *w, struct reader *r)
{
    uint32_t phone = read_be32(r);

    sim_user(&w->sim, phone, read_rest(r));
}

static void ask_now(struct sim_world *w, struct bytes message)
{
    struct fault why;
    struct reader r = reader(message, &why);

    switch (read_u8(&r)) {
    case ASKS_PLUG: sim_plug(&w->sim, read_be32(&r), CABLE_STRAIGHT); break;
    case ASKS_UNPLUG: sim_plug(&w->sim, read_be32(&r), CABLE_OPEN); break;
    case ASKS_DOWN: set_callmanager(w, read_u8(&r), true); break;
    case ASKS_UP: set_callmanager(w, read_u8(&r), false); break;
    case ASKS_CHANGE: change(w, read_rest(&r)); break;
    case ASKS_USER: user(w, &r); break;
    case ASKS_REPORT: report(w); break;
    default: break;
    }
}

/* While an engine's actions are carried out nothing may reach into the engines: it waits until the turn is over. */
void sim_world_ask(struct sim_world *w, struct bytes message)
{
    struct writer later = {.start = w->later, .len = w->later_len, .size = sizeof w->later};

    if (!w->inside) {
        ask_now(w, message);
        return;
    }
    write_be16(&later, (uint16_t)message.len);
    write_bytes(&later, message);
    if (!later.full) w->later_len = later.len;
}

void sim_world_digest(const struct sim_world *w, char to[65])
{
    static const char hex[] = "0123456789abcdef";
    struct digest d = sim_digest(&w->sim);

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        to[2 * i] = hex[d.byte[i] >> 4];
        to[2 * i + 1] = hex[d.byte[i] & 15];
    }
    to[64] = '\0';
}
