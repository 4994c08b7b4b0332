#include "net/captures.h"
#include <stdio.h>
#include <string.h>

/* Said once of each file. */
static void check(const struct captures *c, bool *writing, int error)
{
    char text[128];

    if (error == 0) return;
    *writing = false;
    (void)snprintf(text, sizeof text, "the capture cannot be written: %s", strerror(-error));
    say_text(c->process, SAYS_FAILED, ROLE_FLEET, text);
}

static int describe_phones(struct captures *c)
{
    char name[32] = "port ";
    uint32_t number;
    int error = 0;

    for (uint32_t i = 0; !error && i < c->process->plan->phones; i++) {
        struct writer w = writer(name + 5, sizeof name - 6);
        write_decimal(&w, (uint64_t)i + 1);
        name[5 + w.len] = '\0';
        error = pcapng_interface(&c->ports, name, &number);
    }
    return error;
}

static int describe_attached(struct captures *c, const struct fleet *first)
{
    const struct plan *plan = c->process->plan;
    char name[48];
    uint32_t number;
    int error = 0;

    for (uint32_t i = 0; !error && i < plan->attached; i++) {
        (void)snprintf(name, sizeof name, "port %u (%s)", fleet_attached_port(first, i), plan->attach[i].interface);
        error = pcapng_interface(&c->ports, name, &number);
    }
    return error;
}

static int open_ports(struct captures *c, const struct fleet *first)
{
    int error = pcapng_open(&c->ports, c->process->capture, c->process->plan->wall);

    if (!error) error = describe_phones(c);
    if (!error) error = describe_attached(c, first);
    c->of_ports = error == 0;
    return error;
}

static int open_uplink(struct captures *c)
{
    uint32_t number;
    int error = pcapng_open(&c->uplink, c->process->capture_uplink, c->process->plan->wall);

    if (!error) error = pcapng_interface(&c->uplink, "uplink", &number);
    c->of_uplink = error == 0;
    return error;
}

static void at_end_of_turn(void *context)
{
    captures_flush(context);
}

int captures_open(struct captures *c, const struct process *process, struct loop *loop, const struct fleet *first)
{
    int error = 0;

    *c = (struct captures){.process = process, .loop = loop};
    if (process->capture >= 0) error = open_ports(c, first);
    if (!error && process->capture_uplink >= 0) error = open_uplink(c);
    if (error) return error;
    return c->of_ports || c->of_uplink ? loop_on_flush(loop, at_end_of_turn, c) : 0;
}

void captures_port(struct captures *c, uint32_t phone, struct bytes frame)
{
    if (c->of_ports) check(c, &c->of_ports, pcapng_frame(&c->ports, phone, loop_now(c->loop), frame));
}

void captures_uplink(struct captures *c, struct bytes frame)
{
    if (c->of_uplink) check(c, &c->of_uplink, pcapng_frame(&c->uplink, 0, loop_now(c->loop), frame));
}

void captures_flush(struct captures *c)
{
    if (c->of_ports) check(c, &c->of_ports, pcapng_flush(&c->ports));
    if (c->of_uplink) check(c, &c->of_uplink, pcapng_flush(&c->uplink));
}

void captures_close(struct captures *c)
{
    if (c->of_ports) (void)pcapng_close(&c->ports);
    if (c->of_uplink) (void)pcapng_close(&c->uplink);
}
