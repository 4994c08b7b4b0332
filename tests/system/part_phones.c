/* Many phones behind one interface, as a switch that gives no power and no VLAN would carry their frames: each has its
 * own MAC and adaptor; their TCP is the kernel's, behind one relay. What every phone would hear and only one of them
 * heed (an ARP request, an answer of DHCP by broadcast) goes to that one alone: a thousand phones would otherwise hear
 * a million. */
#include "net/relay.h"
#include "net/stream.h"
#include "part.h"
#include "phone/news.h"
#include "provision/load.h"
#include "switch/cable.h"
#include "wire/dhcp.h"
#include "wire/sccp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { BENCHES = 64, NOBODY = UINT32_MAX, BOOTP_CHADDR = 28, LINE_BYTES = 1 << 16 };

struct home { /* where an address was last seen to be; verified at each use */
    ipv4 address;
    uint32_t phone;
};

struct all_phones {
    const struct part *part;
    uint32_t count, registered;
    struct loop loop;
    struct phone *phone;
    struct line *near;
    bool *is_registered;
    uint8_t *flash; /* FLASH_SIZE each */
    struct home *home;
    uint32_t homes; /* a power of two, twice the phones at least */
    struct workbenches benches;
    struct packet cable;
    struct relay relay;
    struct streams streams;
    uv_timer_t limit;
    uv_signal_t end;
    usec began, all_at;
};

static bool read_flash(void *flash, size_t at, uint8_t *to, size_t n)
{
    if (at > FLASH_SIZE || n > FLASH_SIZE - at) return false;
    memcpy(to, (const uint8_t *)flash + at, n);
    return true;
}

/* --- who is where --- */

static uint32_t by_mac(const struct all_phones *a, struct mac mac)
{
    uint64_t which = mac_number(mac) - mac_number(a->part->mac); /* they count up; huge below the first */

    return which < a->count ? (uint32_t)which : NOBODY;
}

static bool lives_at(const struct phone *p, ipv4 address)
{
    return p->host.address == address || p->host.probing == address;
}

/* Open addressing; a place whose phone has moved away since is taken over by the next that comes by. */
static struct home *place_of(struct all_phones *a, ipv4 address)
{
    uint32_t at = address * 2654435761u & (a->homes - 1); /* Knuth's multiplicative hash */
    struct home *left = NULL;

    for (uint32_t tried = 0; tried < a->homes; tried++, at = (at + 1) & (a->homes - 1)) {
        struct home *h = &a->home[at];
        if (h->address == address) return h;
        if (!left && (!h->address || !lives_at(&a->phone[h->phone], h->address))) left = h;
        if (!h->address) break;
    }
    return left;
}

static void moved_in(struct all_phones *a, uint32_t phone, ipv4 address)
{
    struct home *h = address ? place_of(a, address) : NULL;

    if (h) *h = (struct home){address, phone};
}

static uint32_t by_address(struct all_phones *a, ipv4 address)
{
    const struct home *h = address ? place_of(a, address) : NULL;

    return h && h->address == address && lives_at(&a->phone[h->phone], address) ? h->phone : NOBODY;
}

/* --- frames --- */

static void to_phone(struct all_phones *a, uint32_t phone, struct bytes frame)
{
    struct bytes packet;

    if (phone == NOBODY) return;
    if (phone_takes_tcp(&a->phone[phone], frame, &packet))
        relay_to_kernel(&a->relay, packet);
    else
        loop_deliver(&a->loop, phone, &(struct event){.kind = EVENT_FRAME, .bytes = frame});
}

static void arp_to_phones(struct all_phones *a, uint32_t from, struct bytes frame, struct bytes in)
{
    struct fault why;
    struct arp arp;

    if (!arp_decode(&arp, in, &why)) return;
    uint32_t asked = by_address(a, arp.target), said = by_address(a, arp.sender);
    if (asked != from) to_phone(a, asked, frame);
    if (said != from && said != asked) to_phone(a, said, frame); /* two who have one address are to hear of it */
}

/* True when it was an IPv4 packet with an answer of DHCP: it went to whom it names. */
static bool dhcp_to_phone(struct all_phones *a, struct bytes frame, struct bytes in)
{
    struct ipv4_packet p;
    struct udp u;
    struct fault why;

    if (!ipv4_decode(&p, in, &why) || p.protocol != PROTOCOL_UDP || !udp_decode(&u, &p, &why)) return false;
    if (u.to != DHCP_CLIENT_PORT || u.payload.len < DHCP_HEADER_SIZE) return false;
    struct mac mac;
    memcpy(mac.byte, u.payload.at + BOOTP_CHADDR, sizeof mac.byte);
    to_phone(a, by_mac(a, mac), frame);
    return true;
}

static void to_phones(struct all_phones *a, uint32_t from, struct bytes frame)
{
    struct ethernet e;
    struct fault why;

    if (!ethernet_decode(&e, frame, &why)) return;
    if (!mac_is_group(e.to)) {
        to_phone(a, by_mac(a, e.to), frame);
        return;
    }
    if (e.form == ETHERNET_II && e.type == TYPE_ARP) {
        arp_to_phones(a, from, frame, e.payload);
        return;
    }
    if (from != NOBODY) return; /* a phone's own CDP and DHCP are nothing to other phones */
    if (e.form == ETHERNET_II && e.type == TYPE_IPV4 && dhcp_to_phone(a, frame, e.payload)) return;
    for (uint32_t i = 0; i < a->count; i++) to_phone(a, i, frame);
}

static void from_cable(void *context, struct bytes frame)
{
    to_phones(context, NOBODY, frame);
}

static void from_phone(struct all_phones *a, uint32_t i, struct bytes frame)
{
    struct mac to;

    moved_in(a, i, a->phone[i].host.address);
    moved_in(a, i, a->phone[i].host.probing);
    memcpy(to.byte, frame.at, sizeof to.byte);
    if (mac_is_group(to) || by_mac(a, to) != NOBODY) to_phones(a, i, frame);
    if (by_mac(a, to) == NOBODY) packet_send(&a->cable, frame);
}

static const struct phone *find(void *context, ipv4 address, uint32_t *number)
{
    struct all_phones *a = context;

    *number = by_address(a, address);
    return *number != NOBODY && phone_address(&a->phone[*number]) == address ? &a->phone[*number] : NULL;
}

static void from_kernel(void *context, uint32_t number, struct bytes frame)
{
    from_phone(context, number, frame);
}

static void from_stream(void *context, uint32_t owner, const struct event *e)
{
    struct all_phones *a = context;

    loop_deliver(&a->loop, owner, e);
}

static void hear_line(struct all_phones *a, uint32_t i)
{
    struct line far = LINE_IDLE, l;
    uint8_t bytes[LINE_SIZE];
    struct writer w = writer(bytes, sizeof bytes);

    far.carrier = true;
    far.speed = SPEED_100;
    far.full_duplex = true;
    l = cable_pass(CABLE_STRAIGHT, &a->near[i], &far);
    line_encode(&w, &l);
    loop_deliver(&a->loop, i, &(struct event){.kind = EVENT_LINE, .bytes = written(&w)});
}

/* --- what they tell --- */

static double seconds(usec t)
{
    return (double)t / (double)SECOND;
}

static void count(struct all_phones *a, uint32_t i, uint16_t news)
{
    if (a->is_registered[i] != phone_registered(&a->phone[i])) {
        a->is_registered[i] = !a->is_registered[i];
        a->registered = a->is_registered[i] ? a->registered + 1 : a->registered - 1;
    }
    if (news != PHONE_REGISTERED || a->registered < a->count) return;
    a->all_at = loop_now(&a->loop);
    (void)printf("all %u registered at %.3f s\n", a->count, seconds(a->all_at - a->began));
    (void)fflush(stdout);
    if (a->part->until != UNTIL_END) loop_stop(&a->loop);
}

/* One line each, as of one phone, with the seconds since the start and its MAC before it; not each file and connection
 * of a thousand phones. */
static bool is_told(uint16_t news)
{
    switch (news) {
    case PHONE_ADDRESS:
    case PHONE_DHCP_NAK:
    case PHONE_NO_TFTP_SERVER:
    case PHONE_DUPLICATE_ADDRESS:
    case PHONE_LEASE_LOST:
    case PHONE_BAD_DOCUMENT:
    case PHONE_NO_CONFIGURATION:
    case PHONE_LOAD_REFUSED:
    case PHONE_REJECTED:
    case PHONE_REGISTERED:
    case PHONE_RESET:
    case PHONE_SERVICE_LOST:
    case PHONE_MALFORMED: return true;
    default: return false;
    }
}

static void tell(struct all_phones *a, uint32_t i, const struct action *action, struct bytes facts)
{
    char text[MAC_TEXT];

    if (is_told(action->news)) {
        (void)printf("%.3f %s ", seconds(loop_now(&a->loop) - a->began), mac_text(text, a->phone[i].config.mac));
        part_say(action, facts);
    }
    count(a, i, action->news);
}

static void act(void *context, uint32_t i, const struct action *action, struct bytes payload)
{
    struct all_phones *a = context;
    struct fault why;

    switch (action->kind) {
    case ACTION_FRAME: from_phone(a, i, payload); break;
    case ACTION_LINE: (void)line_decode(&a->near[i], payload, &why); break;
    case ACTION_STORE:
        if (action->stream <= FLASH_SIZE && payload.len <= FLASH_SIZE - action->stream)
            memcpy(a->flash + (size_t)i * FLASH_SIZE + action->stream, payload.at, payload.len);
        break;
    case ACTION_TELL: tell(a, i, action, payload); break;
    case ACTION_OPEN:
    case ACTION_WRITE:
    case ACTION_CLOSE: (void)stream_act(&a->streams, i, action, payload, sccp_frame); break;
    case ACTION_DATAGRAM: break; /* a phone makes its own frames */
    }
}

static void too_late(uv_timer_t *timer)
{
    loop_stop(&((struct all_phones *)timer->data)->loop);
}

static void asked_to_end(uv_signal_t *signal, int number)
{
    (void)number;
    loop_stop(&((struct all_phones *)signal->data)->loop);
}

/* --- setting up --- */

static void *space(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory) return memory;
    (void)fputs("part: no memory for so many phones\n", stderr);
    exit(STATUS_IMPOSSIBLE);
}

static void make_phones(struct all_phones *a)
{
    static uint8_t load[LOAD_BUILT_IN_MOST];
    static const uint8_t payload[1024];
    struct writer w = writer(load, sizeof load);
    struct load_manifest m;

    for (a->homes = 16; a->homes < 4 * a->count; a->homes *= 2) continue;
    a->home = space(a->homes, sizeof *a->home);
    a->phone = space(a->count, sizeof *a->phone);
    a->near = space(a->count, sizeof *a->near);
    a->is_registered = space(a->count, sizeof *a->is_registered);
    a->flash = space(a->count, FLASH_SIZE);
    a->benches = (struct workbenches){.bench = space(BENCHES, sizeof *a->benches.bench), .count = BENCHES};
    load_manifest_for(&m, a->part->model, bytes_of(load_built_in(a->part->model, a->part->older)));
    if (a->part->vlan_wait) m.vlan_wait = (uint16_t)a->part->vlan_wait;
    load_make(&w, &m, (struct bytes){payload, sizeof payload});
    for (uint32_t i = 0; i < a->count; i++) {
        uint8_t *flash = a->flash + (size_t)i * FLASH_SIZE;
        struct phone_config config = {.mac = mac_from_number(mac_number(a->part->mac) + i),
                                      .model = a->part->model,
                                      .wall_powered = true,
                                      .timing = &PHONE_SHORTENED,
                                      .flash = {{read_flash, flash, NULL}},
                                      .benches = &a->benches,
                                      .seed = i + 1};
        flash_format(flash, written(&w), bytes_of(a->part->preference ? a->part->preference : ""));
        a->near[i] = LINE_IDLE;
        phone_init(&a->phone[i], &config);
    }
}

static int plug_in(struct all_phones *a, struct net_error *why)
{
    struct packet_config cable = {
        .interface = a->part->interface[0], .hears = PACKET_HEARS_ALL, .receive = from_cable, .context = a};
    int error = streams_init(&a->streams, &a->loop, from_stream, a);

    if (error) return net_fail(why, error, "streams");
    a->streams.tos = PHONE_TOS;
    error = relay_open(&a->relay, &a->loop, find, from_kernel, a, why);
    if (!error) error = part_ready(cable.interface, false, why); /* the kernel is to answer for nothing here */
    if (!error) error = packet_open(&a->cable, &a->loop, &cable, why);
    if (error) return error;
    a->limit.data = a->end.data = a;
    (void)uv_timer_init(&a->loop.uv, &a->limit);
    (void)uv_timer_start(&a->limit, too_late, (uint64_t)a->part->seconds * 1000, 0);
    (void)uv_signal_init(&a->loop.uv, &a->end);
    (void)uv_signal_start(&a->end, asked_to_end, SIGTERM);
    return 0;
}

/* A descriptor for each phone's streams, two with its standby one. */
static void raise_limits(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0) return;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
}

int part_phones(struct part *part)
{
    static struct all_phones a;
    static char lines[LINE_BYTES];
    struct net_error why = {0};

    a.part = part;
    a.count = part->count;
    (void)setvbuf(stdout, lines, _IOFBF, sizeof lines);
    raise_limits();
    make_phones(&a);
    int error = loop_init(&a.loop, &(struct loop_config){.parties_most = a.count});
    if (error) (void)net_fail(&why, error, "event loop");
    if (!error) error = plug_in(&a, &why);
    if (error) return part_impossible(&why);
    for (uint32_t i = 0; i < a.count; i++)
        (void)loop_add(&a.loop, &(struct party){phone_step, &a.phone[i], act, &a}, NEVER);
    a.began = loop_now(&a.loop);
    for (uint32_t i = 0; i < a.count; i++) hear_line(&a, i);
    loop_run(&a.loop);
    usec end = a.registered == a.count && a.all_at ? a.all_at : loop_now(&a.loop);
    (void)printf("registered %u of %u in %.3f s\n", a.registered, a.count, seconds(end - a.began));
    return fflush(stdout) == 0 && a.registered == a.count ? 0 : STATUS_LATE;
}
