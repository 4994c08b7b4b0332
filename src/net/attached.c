#include "net/attached.h"
#include "net/world.h"

enum { RING = 4 << 20 /* 2,048 frames */ };

void attached_send(struct attached *a, uint32_t which, struct bytes frame)
{
    a->port[which].out++;
    packet_send(&a->port[which].packet, frame);
}

static void from_interface(void *context, struct bytes frame)
{
    struct attached_port *p = context;

    if (!p->all->begun) return; /* the switch has not started */
    p->in++;
    fleet_from_attached(p->all->fleet, p->which, frame);
}

static uint64_t say(struct attached *a, struct attached_port *p)
{
    struct packet_counts c;
    uint8_t bytes[64];
    struct writer w = writer(bytes, sizeof bytes);

    packet_count(&p->packet, &c);
    uint64_t lost = c.lost_in_kernel + c.unsent + c.oversize;
    write_u8(&w, SAYS_ATTACHED);
    write_u8(&w, (uint8_t)p->which);
    write_be32(&w, fleet_attached_port(a->fleet, p->which));
    write_u8(&w, p->line.carrier);
    write_be32(&w, p->megabits);
    write_be64(&w, p->in);
    write_be64(&w, p->out);
    write_be64(&w, lost);
    (void)world_send(a->process->up, written(&w).at, w.len);
    return lost;
}

/* The carrier of an interface is that of the cable at its port. */
static void look(struct attached *a, bool first)
{
    for (uint32_t i = 0; i < a->process->plan->attached; i++) {
        struct attached_port *p = &a->port[i];
        struct line now = attach_line(p->socket, &p->megabits);
        if (!first && line_equal(&now, &p->line)) continue;
        p->line = now;
        fleet_attached_line(a->fleet, i, &now);
        (void)say(a, p);
    }
}

static void on_change(uv_poll_t *poll, int status, int events)
{
    struct attached *a = poll->data;

    (void)status;
    (void)events;
    attach_heard(&a->process->attach);
    if (a->begun) look(a, false);
}

int attached_open(struct attached *a, const struct process *process, struct loop *loop, struct fleet *fleet,
                  struct net_error *why)
{
    int error = 0;

    *a = (struct attached){.process = process, .fleet = fleet};
    for (uint32_t i = 0; !error && i < process->plan->attached; i++) {
        struct attached_port *p = &a->port[i];
        *p = (struct attached_port){.all = a, .which = i, .socket = process->attach.frames[i], .line = LINE_IDLE};
        struct packet_config config = {.interface = process->plan->attach[i].interface,
                                       .socket = p->socket,
                                       .hears = PACKET_HEARS_ALL,
                                       .ring_bytes = RING,
                                       .receive = from_interface,
                                       .context = p};
        error = packet_open(&p->packet, loop, &config, why);
    }
    if (error || process->plan->attached == 0) return error;
    a->changes.data = a;
    error = uv_poll_init(&loop->uv, &a->changes, process->attach.changes);
    if (!error) error = uv_poll_start(&a->changes, UV_READABLE, on_change);
    return error ? net_fail(why, error, "hear of changes of links") : 0;
}

void attached_begin(struct attached *a)
{
    if (!a->process) return; /* of a fleet that has not the first switch */
    a->begun = true;
    look(a, true);
}

uint64_t attached_report(struct attached *a)
{
    uint64_t lost = 0;

    for (uint32_t i = 0; a->process && i < a->process->plan->attached; i++) lost += say(a, &a->port[i]);
    return lost;
}
