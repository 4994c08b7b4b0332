#include "lab/service_times.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/tftp.h"

enum { ETHERNET_HEAD = 14, VLAN_TAG = 4, IPV4_HEAD = 20, UDP_HEAD = 8, TFTP_HEAD = 4 };

static const char *const roles[SERVICE_ROLES] = {"phone", "switch", "dhcp", "tftp", "callmanager"};
static const char *const events[SERVICE_EVENTS] = {"wake", "line", "frame", "datagram", "up",
                                                   "data", "down", "clock", "unstored", "user"};
static const char *const others[SERVICE_TIMES - SERVICE_STEPS] = {"fleet turn",
                                                                  "phone announcement",
                                                                  "phone last block",
                                                                  "tftp request",
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

static bool is_tftp(struct bytes b, enum tftp_op op)
{
    return b.len >= 2 && b.at[0] == 0 && b.at[1] == (uint8_t)op;
}

/* TFTP DATA of less than 512 bytes (RFC 1350, section 6), to one phone. Only looked at where it would stand: whether
 * the frame is sound is for whoever hears it to say, and each is asked about. */
static bool is_last_block(const struct event *e)
{
    const uint8_t *p = e->bytes.at;
    size_t len = e->bytes.len, at = ETHERNET_HEAD;

    if (e->kind != EVENT_FRAME || is_group(e)) return false;
    if (len > at && p[12] == 0x81 && p[13] == 0) at += VLAN_TAG;
    if (len < at + IPV4_HEAD || p[at - 2] != TYPE_IPV4 >> 8 || p[at - 1] != 0 || p[at + 9] != PROTOCOL_UDP)
        return false;
    at += 4 * (p[at] & 15u);
    if (len < at + UDP_HEAD) return false;
    size_t datagram = (size_t)p[at + 4] << 8 | p[at + 5];
    return is_tftp(bytes_from(e->bytes, at + UDP_HEAD), TFTP_DATA) && datagram < UDP_HEAD + TFTP_HEAD + TFTP_BLOCK;
}

uint32_t service_of_phone(const struct event *e)
{
    if (is_group(e) && !is_broadcast(e)) return SERVICE_PHONE_ANNOUNCEMENT;
    return is_last_block(e) ? (uint32_t)SERVICE_PHONE_LAST_BLOCK : service_step(SERVICE_PHONE, e->kind);
}

uint32_t service_of_tftp(const struct event *e)
{
    bool request = e->kind == EVENT_DATAGRAM && is_tftp(e->bytes, TFTP_RRQ);

    return request ? (uint32_t)SERVICE_TFTP_REQUEST : service_step(SERVICE_TFTP, e->kind);
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
