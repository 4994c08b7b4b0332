#include "lab/service_times.h"

static const char *const roles[SERVICE_ROLES] = {"phone", "switch", "dhcp", "tftp", "callmanager"};
static const char *const events[SERVICE_EVENTS] = {"wake", "line", "frame", "datagram", "up",
                                                   "data", "down", "clock", "unstored", "user"};
static const char *const others[SERVICE_TIMES - SERVICE_STEPS] = {"fleet turn",
                                                                  "phone announcement",
                                                                  "switch announcement",
                                                                  "flood",
                                                                  "load",
                                                                  "uplink",
                                                                  "segment",
                                                                  "fleet stream",
                                                                  "fleet news",
                                                                  "servers turn",
                                                                  "datagram",
                                                                  "servers stream",
                                                                  "servers news",
                                                                  "commit",
                                                                  "record",
                                                                  "show",
                                                                  "link",
                                                                  "waking"};

uint32_t service_step(enum service_role role, enum event_kind kind)
{
    return (uint32_t)role * SERVICE_EVENTS + (uint32_t)kind;
}

static bool is_group(const struct event *e)
{
    return e->kind == EVENT_FRAME && e->bytes.len >= 6 && e->bytes.at[0] & 1;
}

static bool is_broadcast(const struct event *e)
{
    for (size_t i = 0; i < 6; i++)
        if (e->bytes.at[i] != 0xff) return false;
    return true;
}

uint32_t service_of_phone(const struct event *e)
{
    return is_group(e) && !is_broadcast(e) ? (uint32_t)SERVICE_PHONE_ANNOUNCEMENT
                                           : service_step(SERVICE_PHONE, e->kind);
}

uint32_t service_of_switch(const struct event *e)
{
    if (!is_group(e)) return service_step(SERVICE_SWITCH, e->kind);
    return is_broadcast(e) ? SERVICE_FLOOD : SERVICE_SWITCH_ANNOUNCEMENT;
}

uint64_t service_mean(const struct service_times *t, uint32_t service)
{
    const struct service_time *of = &t->of[service];

    return of->count ? of->nanoseconds / of->count : 0;
}

void service_name(char to[SERVICE_NAME], uint32_t service)
{
    struct writer w = writer(to, SERVICE_NAME - 1);

    if (service < SERVICE_STEPS) {
        write_text(&w, roles[service / SERVICE_EVENTS]);
        write_u8(&w, ' ');
        write_text(&w, events[service % SERVICE_EVENTS]);
    } else {
        write_text(&w, service < SERVICE_TIMES ? others[service - SERVICE_STEPS] : "");
    }
    to[w.len] = '\0';
}

void service_add(struct service_times *t, uint32_t service, struct service_time more)
{
    t->of[service].count += more.count;
    t->of[service].nanoseconds += more.nanoseconds;
}
