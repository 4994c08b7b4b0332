#include "sim/machine.h"
#include "server/store.h"
#include <stdlib.h>
#include <string.h>

/* net/loop.c: LOOP_TURN, EVENTS_A_WAKE. */
enum { STEPS_A_TURN = 4096, EVENTS_A_WAKE = 64 };
enum { WITH_SHOW = 3 }; /* processes beside the fleets */

uint32_t machine_processes(uint32_t fleets)
{
    return fleets + WITH_SHOW;
}

static usec now_of(void *context)
{
    const struct machine *m = context;

    return m->hooks.now(m->hooks.context);
}

static void has_core(void *, uint32_t process);
static void lost_core(void *, uint32_t process);

bool machine_open(struct machine *m, const struct service_times *times, uint32_t fleets, uint32_t parties,
                  const struct machine_hooks *hooks)
{
    uint32_t processes = machine_processes(fleets);
    struct cores_hooks scheduled = {m, now_of, has_core, lost_core};

    *m = (struct machine){.hooks = *hooks,
                          .times = times,
                          .fleets = fleets,
                          .servers = fleets,
                          .store = fleets + 1,
                          .show = fleets + 2,
                          .processes = processes,
                          .process = calloc(processes, sizeof *m->process),
                          .woken = calloc(parties, 1)};
    for (uint32_t i = 0; m->process && i < m->processes; i++) m->process[i].stage = STAGE_POLL;
    bool cores = cores_open(&m->cores, times->cores, processes, &scheduled);
    if (cores && m->process && m->woken) return true;
    machine_close(m);
    return false;
}

/* --- lists --- */

static void append(struct machine_list *l, struct machine_item *i)
{
    i->next = NULL;
    if (l->last)
        l->last->next = i;
    else
        l->first = i;
    l->last = i;
    l->count++;
}

static struct machine_item *take(struct machine_list *l)
{
    struct machine_item *i = l->first;

    if (!i) return NULL;
    l->first = i->next;
    if (!l->first) l->last = NULL;
    l->count--;
    return i;
}

static void drop(struct machine_list *l)
{
    while (l->first) free(take(l));
}

static struct machine_item *new_item(struct machine *m, enum machine_what what, uint32_t party, struct bytes bytes)
{
    struct machine_item *i = malloc(sizeof *i + bytes.len);

    if (!i) {
        m->failed = true;
        return NULL;
    }
    *i = (struct machine_item){.what = what, .party = party, .len = bytes.len};
    if (bytes.len) memcpy(i->bytes, bytes.at, bytes.len);
    return i;
}

void machine_close(struct machine *m)
{
    for (uint32_t i = 0; m->process && i < m->processes; i++) {
        struct machine_process *p = &m->process[i];
        drop(&p->sockets);
        drop(&p->queue);
        drop(&p->out);
        free(p->leaving);
        free(p->wakes);
    }
    drop(&m->box[0]);
    drop(&m->box[1]);
    cores_close(&m->cores);
    free(m->process);
    free(m->woken);
    m->process = NULL;
    m->woken = NULL;
}

/* --- time --- */

static uint64_t mean(const struct machine *m, uint32_t service)
{
    return service_mean(m->times, service);
}

static usec spend(struct machine_process *p, uint64_t nanoseconds)
{
    p->owed += nanoseconds;
    usec whole = p->owed / 1000;
    p->owed %= 1000;
    return whole;
}

static void until(struct machine *m, uint32_t process, usec takes)
{
    m->process[process].resumes = now_of(m) + takes;
    m->hooks.again(m->hooks.context, m->process[process].resumes, process);
}

static void has_core(void *context, uint32_t process)
{
    struct machine *m = context;

    until(m, process, m->process[process].left);
    m->process[process].left = 0;
}

/* In the middle of something. */
static void lost_core(void *context, uint32_t process)
{
    struct machine *m = context;
    struct machine_process *p = &m->process[process];
    usec now = now_of(m);

    p->left = p->resumes > now ? p->resumes - now : 0;
    p->resumes = NEVER;
}

/* A core that idles has to be woken with it. */
static void begin(struct machine *m, uint32_t process)
{
    struct machine_process *p = &m->process[process];

    if (p->busy) return;
    p->busy = true;
    p->resumes = NEVER;
    p->waking = cores_idle(&m->cores, process);
    if (p->waking)
        until(m, process, mean(m, SERVICE_WAKING) / 1000);
    else
        cores_wake(&m->cores, process);
}

static void sleep_(struct machine *m, uint32_t process)
{
    m->process[process].busy = false;
    cores_sleep(&m->cores, process);
}

/* --- what comes --- */

void machine_event(struct machine *m, uint32_t process, uint32_t party, const struct event *e, bool outside)
{
    struct machine_process *p = &m->process[process];
    struct machine_item *i = new_item(m, ITEM_EVENT, party, e->bytes);

    if (!i) return;
    i->event = *e;
    i->event.bytes.at = i->bytes;
    i->outside = outside;
    append(outside ? &p->sockets : &p->queue, i);
    begin(m, process);
}

void machine_segment(struct machine *m, uint32_t process, uint32_t party, const struct event *e, uint32_t passes,
                     bool is_free)
{
    struct machine_item *i = new_item(m, ITEM_SEGMENT, party, e->bytes);

    if (!i) return;
    i->event = *e;
    i->event.bytes.at = i->bytes;
    i->passes = passes;
    i->free = is_free;
    append(&m->process[process].sockets, i);
    begin(m, process);
}

static bool grow_wakes(struct machine_process *p)
{
    uint32_t size = p->wakes_size ? 2 * p->wakes_size : 256;
    uint32_t *wakes = malloc(size * sizeof *wakes);

    if (!wakes) return false;
    for (uint32_t i = 0; i < p->wakes_count; i++) wakes[i] = p->wakes[(p->wakes_first + i) % p->wakes_size];
    free(p->wakes);
    p->wakes = wakes;
    p->wakes_first = 0;
    p->wakes_size = size;
    return true;
}

void machine_wake(struct machine *m, uint32_t process, uint32_t party)
{
    struct machine_process *p = &m->process[process];

    if (p->wakes_count == p->wakes_size && !grow_wakes(p)) {
        m->failed = true;
        return;
    }
    m->woken[party] = true;
    p->wakes[(p->wakes_first + p->wakes_count++) % p->wakes_size] = party;
    begin(m, process);
}

void machine_stepped(struct machine *m, uint32_t party)
{
    m->woken[party] = false;
}

static bool next_wake(struct machine *m, struct machine_process *p, uint32_t *party)
{
    while (p->wakes_count) {
        *party = p->wakes[p->wakes_first];
        p->wakes_first = (p->wakes_first + 1) % p->wakes_size;
        p->wakes_count--;
        if (m->woken[*party]) return true;
    }
    return false;
}

/* --- what leaves --- */

void machine_put(struct machine *m, uint32_t process, enum machine_what what, uint32_t party, const struct action *a,
                 struct bytes bytes)
{
    struct machine_item *i = new_item(m, what, party, bytes);

    if (!i) return;
    if (a) i->action = *a;
    append(process == m->servers && !i->action.ahead ? &m->box[m->filling] : &m->process[process].out, i);
    begin(m, process);
}

void machine_told(struct machine *m, uint32_t process)
{
    m->process[process].news++;
    begin(m, process);
}

void machine_opens(struct machine *m)
{
    m->longer += mean(m, SERVICE_LOAD);
}

static void leave_box(struct machine *m, struct machine_list *box)
{
    for (struct machine_item *i; (i = take(box));) {
        if (i->what == ITEM_TOLD) m->hooks.leave(m->hooks.context, i);
        if (i->what == ITEM_TOLD || i->what == ITEM_STORE)
            free(i);
        else
            append(&m->process[m->servers].out, i);
    }
}

static void take_back(struct machine *m, struct machine_list *box)
{
    for (struct machine_item *i; (i = take(box)); free(i))
        if (i->what == ITEM_STORE)
            machine_event(m, m->servers, i->party, &(struct event){.kind = EVENT_UNSTORED, .bytes = {i->bytes, i->len}},
                          false);
}

static uint32_t records(const struct machine_list *box)
{
    uint32_t n = 0;

    for (const struct machine_item *i = box->first; i; i = i->next) n += i->what == ITEM_STORE;
    return n;
}

/* The next commit may not begin yet, and the servers are told when it may. */
static bool too_soon(struct machine *m)
{
    usec now = m->hooks.now(m->hooks.context), next = after(m->begun, STORE_SPACING);

    if (!m->begun_any || now >= next) return false;
    if (!m->waiting) m->hooks.again(m->hooks.context, next, m->servers);
    m->waiting = true;
    return true;
}

/* net/durable.c: begin. While a commit is under way all that was put waits behind it, stores or not. */
static void flush_journal(struct machine *m)
{
    struct machine_list *box = &m->box[m->filling];

    if (m->committing || box->count == 0) return;
    if (records(box) == 0) {
        leave_box(m, box);
        return;
    }
    if (too_soon(m)) return;
    m->filling = (uint8_t)(1 - m->filling);
    m->committing = m->begun_any = true;
    m->begun = m->hooks.now(m->hooks.context);
    begin(m, m->store);
}

static void commit_came_back(struct machine *m)
{
    struct machine_list *box = &m->box[1 - m->filling];

    if (!m->committing) return; /* the servers have started again since */
    m->committing = false;
    if (m->hooks.stored(m->hooks.context, box))
        leave_box(m, box);
    else
        take_back(m, box);
}

/* --- turns --- */

/* Of what passes a fleet's relay and switch: a share of all segments for each thing that a stream carried,
 * acknowledgements too. */
static uint64_t segment_time(const struct machine *m, const struct machine_item *i)
{
    const struct service_time *segments = &m->times->of[SERVICE_SEGMENT],
                              *streams = &m->times->of[SERVICE_FLEET_STREAM];

    if (i->free || streams->count == 0) return 0;
    return (mean(m, SERVICE_SEGMENT) + mean(m, SERVICE_UPLINK)) * segments->count / streams->count;
}

static uint64_t reading_time(const struct machine *m, uint32_t process, enum event_kind kind)
{
    switch (kind) {
    case EVENT_FRAME: return mean(m, SERVICE_UPLINK);
    case EVENT_DATAGRAM: return mean(m, SERVICE_DATAGRAM);
    case EVENT_UP:
    case EVENT_DATA:
    case EVENT_DOWN: return mean(m, process == m->servers ? SERVICE_SERVERS_STREAM : SERVICE_FLEET_STREAM);
    case EVENT_WAKE:
    case EVENT_LINE:
    case EVENT_CLOCK:
    case EVENT_UNSTORED:
    case EVENT_USER: return 0;
    }
    return 0;
}

static uint64_t leaving_time(const struct machine *m, uint32_t process, enum machine_what what)
{
    switch (what) {
    case ITEM_FRAME: return mean(m, SERVICE_UPLINK);
    case ITEM_DATAGRAM: return mean(m, SERVICE_DATAGRAM);
    case ITEM_STREAM: return mean(m, process == m->servers ? SERVICE_SERVERS_STREAM : SERVICE_FLEET_STREAM);
    case ITEM_EVENT:
    case ITEM_SEGMENT: /* all of its time was spent when it came */
    case ITEM_TOLD:
    case ITEM_STORE:
    case ITEM_COMMITTED: return 0;
    }
    return 0;
}

static uint64_t step(struct machine *m, uint32_t party, const struct event *e)
{
    uint64_t takes = mean(m, m->hooks.service(m->hooks.context, party, e));

    m->longer = 0;
    m->hooks.step(m->hooks.context, party, e);
    return takes + m->longer;
}

static uint64_t handle(struct machine *m, uint32_t process, struct machine_item *i)
{
    struct machine_process *p = &m->process[process];
    uint64_t takes = 0;

    if (i->what == ITEM_SEGMENT) {
        takes = segment_time(m, i);
        append(&p->out, i);
        return takes;
    }
    if (i->what == ITEM_COMMITTED) {
        commit_came_back(m);
        p->steps_left = 0; /* what leaves now leaves at once: loop_end_turn */
    } else {
        takes = i->outside ? reading_time(m, process, i->event.kind) : 0;
        takes += step(m, i->party, &i->event);
    }
    free(i);
    return takes;
}

/* net/loop.c: drain, and what the sockets hand over when nothing else is under way. False: nothing is left in this
 * turn. */
static bool next_step(struct machine *m, uint32_t process, uint64_t *takes)
{
    struct machine_process *p = &m->process[process];
    uint32_t party;

    if (p->steps_left == 0) return false;
    p->steps_left--;
    if (p->events_left == 0 || p->queue.count == 0) {
        p->events_left = EVENTS_A_WAKE;
        if (next_wake(m, p, &party)) {
            *takes = step(m, party, &(struct event){.kind = EVENT_WAKE});
            return true;
        }
    }
    struct machine_item *i = NULL;
    if (p->queue.count) {
        p->events_left--;
        i = take(&p->queue);
    } else if (p->readable) {
        p->readable--;
        i = take(&p->sockets);
    }
    if (!i) return false;
    *takes = handle(m, process, i);
    return true;
}

/* One after the other leaves once its time was spent; then the news. False: all have left. */
static bool next_leaving(struct machine *m, uint32_t process, uint64_t *takes)
{
    struct machine_process *p = &m->process[process], *show = &m->process[m->show];

    if (p->leaving) {
        m->hooks.leave(m->hooks.context, p->leaving);
        free(p->leaving);
    }
    p->leaving = take(&p->out);
    if (p->leaving) {
        *takes = leaving_time(m, process, p->leaving->what);
        return true;
    }
    if (p->news == 0) return false;
    *takes = p->news * mean(m, process == m->servers ? SERVICE_SERVERS_NEWS : SERVICE_FLEET_NEWS);
    show->news += p->news;
    p->news = 0;
    begin(m, m->show);
    return true;
}

/* The next thing that a process with engines does, and what it takes. False: there is nothing to do. */
static bool next_of_turn(struct machine *m, uint32_t process, uint64_t *takes)
{
    struct machine_process *p = &m->process[process];

    switch (p->stage) {
    case STAGE_STEPS:
        if (next_step(m, process, takes)) return true;
        p->stage = STAGE_FLUSH;
        if (process == m->servers) flush_journal(m);
        return true;
    case STAGE_FLUSH:
        if (next_leaving(m, process, takes)) return true;
        p->stage = STAGE_POLL;
        *takes = mean(m, process == m->servers ? SERVICE_SERVERS_TURN : SERVICE_FLEET_TURN);
        return true;
    case STAGE_POLL:
        if (p->sockets.count + p->queue.count + p->wakes_count + p->out.count + p->news == 0 &&
            (process != m->servers || m->committing || m->waiting || m->box[m->filling].count == 0))
            return false;
        p->readable = p->sockets.count;
        p->steps_left = STEPS_A_TURN;
        p->stage = STAGE_STEPS;
        return true;
    }
    return false;
}

static bool next_of_store(struct machine *m, uint64_t *takes)
{
    struct machine_process *p = &m->process[m->store], *servers = &m->process[m->servers];

    if (p->stage == STAGE_FLUSH) { /* the time of a commit was spent */
        p->stage = STAGE_POLL;
        struct machine_item *i = new_item(m, ITEM_COMMITTED, 0, (struct bytes){0});
        if (i) append(&servers->sockets, i);
        begin(m, m->servers);
        return false;
    }
    if (!m->committing) return false;
    p->stage = STAGE_FLUSH;
    *takes = mean(m, SERVICE_COMMIT) + records(&m->box[1 - m->filling]) * mean(m, SERVICE_RECORD);
    return true;
}

static bool next_of_show(struct machine *m, uint64_t *takes)
{
    struct machine_process *p = &m->process[m->show];

    if (p->news == 0) return false;
    p->news--;
    *takes = mean(m, SERVICE_SHOW);
    return true;
}

static bool next(struct machine *m, uint32_t process, uint64_t *takes)
{
    if (process == m->store) return next_of_store(m, takes);
    if (process == m->show) return next_of_show(m, takes);
    return next_of_turn(m, process, takes);
}

void machine_go(struct machine *m, uint32_t process)
{
    struct machine_process *p = &m->process[process];
    usec whole = 0;

    cores_go(&m->cores);
    if (process == m->servers && m->waiting && now_of(m) >= after(m->begun, STORE_SPACING)) {
        m->waiting = false;
        begin(m, process);
    }
    if (!p->busy || p->resumes > now_of(m)) return;
    if (p->waking) {
        p->waking = false;
        p->resumes = NEVER;
        cores_wake(&m->cores, process);
        return;
    }
    cores_over(&m->cores, process);
    if (p->resumes > now_of(m)) return; /* another one's turn */
    while (whole == 0) {
        uint64_t takes = 0;
        if (!next(m, process, &takes)) {
            sleep_(m, process);
            return;
        }
        whole = spend(p, takes);
    }
    if (p->resumes == NEVER)
        p->left = whole; /* whoever it woke has its core */
    else
        until(m, process, whole);
}

void machine_forget_servers(struct machine *m)
{
    struct machine_process *p = &m->process[m->servers];

    drop(&p->sockets);
    drop(&p->queue);
    drop(&p->out);
    free(p->leaving);
    p->leaving = NULL;
    p->readable = 0;
    drop(&m->box[0]);
    drop(&m->box[1]);
    m->committing = m->waiting = m->begun_any = false;
}
