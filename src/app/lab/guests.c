#include "app/lab/guests.h"
#include "base/facts.h"
#include "server/news.h"
#include "switch/news.h"
#include <string.h>

static struct guest *guest_of(struct guests *g, struct mac mac)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (mac_equal(g->guest[i].mac, mac)) return &g->guest[i];
    if (g->count == GUESTS_MOST) return NULL;
    g->guest[g->count] = (struct guest){.mac = mac};
    return &g->guest[g->count++];
}

/* Some news have the device name alone, some the address alone. */
static bool mac_told(struct bytes facts, struct mac *mac)
{
    struct told t;

    if (told_find(facts, FACT_MAC, &t) && t.type == TOLD_MAC) {
        *mac = mac_from_number(t.number);
        return true;
    }
    return device_name_parse(told_text(facts, FACT_DEVICE), mac);
}

static const char *name_of(const struct guest *g, char text[MAC_TEXT])
{
    return g->device[0] ? g->device : mac_text(text, g->mac);
}

static void learn(struct guest *g, struct bytes facts)
{
    struct told t;

    if (told_find(facts, FACT_DEVICE, &t)) text_copy(g->device, sizeof g->device, t.text);
    if (told_find(facts, FACT_MODEL, &t)) text_copy(g->model, sizeof g->model, t.text);
    if (told_find(facts, FACT_DIRECTORY_NUMBER, &t)) text_copy(g->number, sizeof g->number, t.text);
    g->address = (ipv4)told_number(facts, FACT_ADDRESS, g->address);
}

static bool registered(struct guest *g, struct bytes facts, char words[GUEST_WORDS])
{
    char mac[MAC_TEXT], x[IPV4_TEXT], y[IPV4_TEXT];

    g->registered = true;
    g->callmanager = (ipv4)told_number(facts, FACT_CALLMANAGER, 0);
    (void)snprintf(words, GUEST_WORDS, "guest %s registered with %s as %s, %s at %s", name_of(g, mac),
                   ipv4_text(x, g->callmanager), g->number[0] ? g->number : "a phone without a line",
                   g->model[0] ? g->model : "model unknown", ipv4_text(y, g->address));
    return true;
}

static bool bound(struct guest *g, bool moved, char words[GUEST_WORDS])
{
    char mac[MAC_TEXT], x[IPV4_TEXT];

    (void)snprintf(words, GUEST_WORDS, "guest %s has the address %s", name_of(g, mac), ipv4_text(x, g->address));
    return moved;
}

static bool gone(struct guest *g, struct bytes facts, char words[GUEST_WORDS])
{
    char mac[MAC_TEXT];
    struct bytes why = told_text(facts, FACT_WHY);

    g->registered = false;
    g->callmanager = 0;
    (void)snprintf(words, GUEST_WORDS, "guest %s is no longer registered: %.*s", name_of(g, mac), (int)why.len,
                   (const char *)why.at);
    return true;
}

static bool rejected(const struct guest *g, struct bytes facts, char words[GUEST_WORDS])
{
    char mac[MAC_TEXT];
    struct bytes text = told_text(facts, FACT_TEXT);

    (void)snprintf(words, GUEST_WORDS, "guest %s rejected: \"%.*s\"", name_of(g, mac), (int)text.len,
                   (const char *)text.at);
    return true;
}

static int part_of(struct bytes text) /* what a stranger announces can be long: the line is to be read */
{
    enum { MOST = 60 };

    return text.len < MOST ? (int)text.len : MOST;
}

/* What the switch has to say of an attached port. */
static bool at_port(const struct guests *guests, uint16_t news, struct bytes facts, char words[GUEST_WORDS])
{
    uint64_t which = told_number(facts, FACT_PORT, 0) - guests->plan->phones - 1; /* huge below the first */
    struct bytes device = told_text(facts, FACT_DEVICE), model = told_text(facts, FACT_MODEL),
                 protocol = told_text(facts, FACT_PROTOCOL);

    if (which >= guests->plan->attached) return false;
    const char *interface = guests->plan->attach[which].interface;
    if (news == SWITCH_NEIGHBOUR) {
        (void)snprintf(words, GUEST_WORDS, "%s: %.*s (%.*s) says by %.*s that it is there", interface, part_of(device),
                       (const char *)device.at, part_of(model), (const char *)model.at, part_of(protocol),
                       (const char *)protocol.at);
        return true;
    }
    if (news != SWITCH_LOOPED) return false;
    (void)snprintf(words, GUEST_WORDS,
                   "%s: the switch hears itself there (a loop): no frames pass until the carrier has gone", interface);
    return true;
}

bool guests_news(struct guests *guests, enum process_role role, uint16_t news, struct bytes facts,
                 char words[GUEST_WORDS])
{
    bool lease_gone = news == DHCP_TOLD_RELEASED || news == DHCP_TOLD_EXPIRED || news == DHCP_TOLD_DECLINED;
    bool device = news == CM_REGISTERED || news == CM_UNREGISTERED || news == CM_REJECTED || news == CM_DEVICE_MADE;
    struct mac mac;

    if (guests->plan->attached == 0) return false;
    if (role == ROLE_FLEET) return news >= SWITCH_DETECTED && at_port(guests, news, facts, words);
    if (!device && !lease_gone && news != DHCP_TOLD_BOUND) return false;
    struct guest *g = mac_told(facts, &mac) ? guest_of(guests, mac) : NULL;
    if (!g) return false;
    ipv4 before = g->address;
    if (lease_gone) {
        g->address = 0;
        return false;
    }
    learn(g, facts);
    switch (news) {
    case DHCP_TOLD_BOUND: return bound(g, before != g->address, words);
    case CM_REGISTERED: return registered(g, facts, words);
    case CM_UNREGISTERED: return gone(g, facts, words);
    case CM_REJECTED: return rejected(g, facts, words);
    default: return false; /* a device was made for it: it will register, and say so */
    }
}

bool guests_port(struct guests *guests, struct reader *r, char words[GUEST_WORDS])
{
    uint8_t which = read_u8(r);
    struct guest_port p = {.port = read_be32(r)};
    char speed[32] = "";

    p.link = read_u8(r);
    p.megabits = read_be32(r);
    p.in = read_be64(r);
    p.out = read_be64(r);
    p.lost = read_be64(r);
    if (!sound(r) || which >= guests->plan->attached) return false;
    const struct plan_attached *a = &guests->plan->attach[which];
    bool changed = guests->port[which].port == 0 || guests->port[which].link != p.link;
    guests->port[which] = p;
    if (p.link && p.megabits) (void)snprintf(speed, sizeof speed, ", %u Mbit/s", p.megabits);
    (void)snprintf(words, GUEST_WORDS, "%s is port %u (%s): link %s%s", a->interface, p.port,
                   a->trunk ? "trunk" : "access", p.link ? "up" : "down", speed);
    return changed;
}

void guests_summary(const struct guests *guests, FILE *to)
{
    char mac[MAC_TEXT], x[IPV4_TEXT];

    for (uint32_t i = 0; i < guests->plan->attached; i++) {
        const struct guest_port *p = &guests->port[i];
        (void)fprintf(to, "%s (port %u, %s): link %s, %llu frames came in, %llu went out\n",
                      guests->plan->attach[i].interface, p->port, guests->plan->attach[i].trunk ? "trunk" : "access",
                      p->link ? "up" : "down", (unsigned long long)p->in, (unsigned long long)p->out);
    }
    for (uint32_t i = 0; i < guests->count; i++) {
        const struct guest *g = &guests->guest[i];
        (void)fprintf(to, "guest %s: %s", name_of(g, mac), g->address ? ipv4_text(x, g->address) : "no address");
        if (g->registered)
            (void)fprintf(to, ", registered with %s as %s", ipv4_text(x, g->callmanager), g->number);
        else if (g->device[0])
            (void)fputs(", not registered", to);
        (void)fputc('\n', to);
    }
}
