/* hostile: what a malicious or broken neighbour sends to `dialtone serve`. What hostile.bats runs.
 *
 *   hostile udp ADDRESS SECONDS                     datagrams to the ports of DHCP, TFTP and its transfers
 *   hostile frames IFACE SECONDS                    CDP, LLDP, ARP and others
 *   hostile starve IFACE SECONDS RATE               DISCOVERs, each of a client that nobody has seen before
 *   hostile sccp|http ADDRESS PORT SECONDS COUNT    so many connections at once, opened again when they are closed
 *   hostile control PATH SECONDS                    a Unix socket
 *
 * Random bytes; sound messages, made with the codecs of src/wire; their headers with garbage behind; cut, lengthened,
 * with some bytes changed; connections that are silent, that never end what they began, that do not read. The last line
 * says how much was sent, also after SIGTERM. Status 0; 2 not understood; 3 not possible here. */
#include "base/random.h"
#include "wire/arp.h"
#include "wire/cdp.h"
#include "wire/dhcp.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/lldp.h"
#include "wire/sccp_register.h"
#include "wire/tftp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16384, STATUS_USAGE = 2, STATUS_IMPOSSIBLE = 3, FIRST_TRANSFER_PORT = 51000, TRANSFER_PORTS = 16 };

static struct random chance;
static volatile sig_atomic_t ended; /* by SIGTERM: it says what it did so far */

static uint32_t below(uint32_t n)
{
    return random_below(&chance, n);
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void end(int number)
{
    (void)number;
    ended = 1;
}

static bool goes_on(double until)
{
    return !ended && now() < until;
}

static int impossible(const char *what)
{
    perror(what);
    return STATUS_IMPOSSIBLE;
}

/* --- messages --- */

static void garbage(struct writer *w, size_t n)
{
    for (size_t i = 0; i < n; i++) write_u8(w, (uint8_t)below(256));
}

/* Leaves the first `header` bytes, mostly, and spoils the rest in one of some ways. */
static void spoil(struct writer *w, size_t header, size_t most)
{
    size_t body = w->len > header ? w->len - header : 0;

    switch (below(6)) {
    case 0: break; /* sound */
    case 1: /* cut anywhere */ w->len = below((uint32_t)w->len + 1); break;
    case 2: /* a sound header, garbage behind */
        for (size_t i = 0; i < body; i++) patch_u8(w, header + i, (uint8_t)below(256));
        break;
    case 3: /* some bytes changed */
        for (uint32_t i = 0; i < 4 && w->len; i++) patch_u8(w, below((uint32_t)w->len), (uint8_t)below(256));
        break;
    case 4: /* longer than it may be */ garbage(w, below((uint32_t)(most > w->len ? most - w->len : 1))); break;
    default: /* nothing but garbage */
        w->len = 0;
        garbage(w, below((uint32_t)most));
        break;
    }
}

static struct mac any_mac(void)
{
    return mac_from_number(UINT64_C(0x020066000000) | below(1u << 24));
}

static void a_dhcp(struct writer *w, struct mac client, enum dhcp_type type)
{
    struct dhcp d = {.op = BOOTREQUEST,
                     .htype = 1,
                     .hlen = 6,
                     .xid = below(UINT32_MAX),
                     .broadcast = true,
                     .chaddr = client,
                     .type = type};

    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    if (below(2)) {
        d.requested = IPV4(10, 9, 0, 0) + below(65536);
        dhcp_set(&d, DHCP_REQUESTED);
    }
    if (below(2)) {
        d.vendor_class = bytes_of("Cisco Systems, Inc. IP Phone CP-7960");
        dhcp_set(&d, DHCP_CLASS);
    }
    if (below(4) == 0) d.giaddr = IPV4(10, 9, 1, 1);
    if (below(4) == 0) d.ciaddr = IPV4(10, 9, 0, 0) + below(65536);
    dhcp_encode(w, &d);
}

static void a_tftp(struct writer *w)
{
    static const char *const name[] = {"SEP020000000001.cnf.xml",
                                       "XMLDefault.cnf.xml",
                                       "../../../../etc/passwd",
                                       "/etc/shadow",
                                       "..\\..\\boot.ini",
                                       "a",
                                       "",
                                       "CTLSEP020000000001.tlv"};
    static const char *const options[] = {"",
                                          ("blksize\0"
                                           "65464\0"
                                           "windowsize\0"
                                           "65535\0"),
                                          ("blksize\0"
                                           "8\0"
                                           "timeout\0"
                                           "255\0"),
                                          ("tsize\0"
                                           "99999999999999999999\0"),
                                          "blksize"};
    static const uint8_t lengths[] = {0, 31, 21, 27, 7};
    uint32_t o = below(5);
    struct tftp t = {.op = (enum tftp_op)(1 + below(6)),
                     .name = bytes_of(name[below(8)]),
                     .mode = bytes_of(below(4) ? "octet" : "mail"),
                     .number = (uint16_t)below(65536),
                     .data = bytes_of("data"),
                     .options = {(const uint8_t *)options[o], lengths[o]}};

    tftp_encode(w, &t);
}

/* Of a few devices, so that they take no more than that of the range of directory numbers. */
static void a_register(struct writer *w)
{
    char name[16];
    struct sccp_message m = {.id = SCCP_REGISTER};
    struct mac mac = mac_from_number(UINT64_C(0x020066000000) | below(8));

    (void)snprintf(name, sizeof name, "SEP%012llX", (unsigned long long)mac_number(mac));
    m.reg = (struct sccp_register){.name = bytes_of(name), .device_type = 7, .protocol = 8, .mac = mac, .length = 52};
    sccp_message_encode(w, &m, 0);
}

static void a_request(struct writer *w)
{
    static const uint16_t id[] = {SCCP_BUTTON_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_REQ,
                                  SCCP_SOFT_KEY_SET_REQ,    SCCP_CONFIG_STAT_REQ,
                                  SCCP_TIME_DATE_REQ,       SCCP_SERVER_REQ,
                                  SCCP_VERSION_REQ,         SCCP_KEEP_ALIVE};
    size_t begun = sccp_begin(w, 0, id[below(8)]);

    sccp_end(w, begun);
}

/* A sound header of any message there is, and garbage in it. */
static void a_garbled(struct writer *w)
{
    static const uint32_t most[] = {4, 64, 500, SCCP_MOST - SCCP_HEADER};
    uint32_t id = below(4) ? below(0x160) : below(UINT32_MAX);
    size_t begun = sccp_begin(w, below(23), id);

    garbage(w, below(most[below(4)]));
    sccp_end(w, begun);
}

static void an_sccp(struct writer *w)
{
    static const uint32_t length[] = {0, 3, 4, 5000, 65536, UINT32_MAX, 0x80000000};

    switch (below(8)) {
    case 0: a_register(w); break;
    case 1: a_request(w); break;
    case 2:
        a_register(w);
        spoil(w, SCCP_HEADER, MOST / 4);
        break;
    case 3: /* a length that cannot be, or never comes */
        write_le32(w, length[below(7)]);
        garbage(w, below(64));
        break;
    case 4: garbage(w, below(MOST / 4)); break;
    default: a_garbled(w); break;
    }
}

static void an_http(struct writer *w)
{
    static const char *const line[] = {
        "GET /SEP020000000001.cnf.xml HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nRange: bytes=99999999999999999999-,-1,5-2\r\nHost: x\r\n\r\n",
        "PUT /XMLDefault.cnf.xml HTTP/1.1\r\nContent-Length: 99999999999\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\nffffffffffffffff\r\n",
        "GET /metrics HTTP/1.1\r\n",
        "\r\n\r\n"};

    write_text(w, line[below(8)]);
    if (below(2)) spoil(w, 4, MOST / 4);
}

/* --- datagrams and frames --- */

static int attack_udp(const char *address, double seconds)
{
    static uint8_t bytes[MOST];
    struct sockaddr_in to = {.sin_family = AF_INET};
    uint64_t sent = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1) return impossible("udp");
    for (double until = now() + seconds; goes_on(until);) {
        for (int i = 0; i < 20; i++) {
            struct writer w = writer(bytes, sizeof bytes);
            uint32_t which = below(4);
            uint16_t port = which < 2    ? TFTP_PORT
                            : which == 2 ? DHCP_SERVER_PORT
                                         : (uint16_t)(FIRST_TRANSFER_PORT + below(TRANSFER_PORTS));
            if (port == DHCP_SERVER_PORT)
                a_dhcp(&w, any_mac(), (enum dhcp_type)(1 + below(9)));
            else
                a_tftp(&w);
            spoil(&w, port == DHCP_SERVER_PORT ? DHCP_HEADER_SIZE : 2, below(10) ? 1472 : 9000);
            to.sin_port = htons(port);
            if (sendto(fd, bytes, w.len, 0, (struct sockaddr *)&to, sizeof to) >= 0) sent++;
        }
        (void)poll(NULL, 0, 2);
    }
    (void)printf("%llu datagrams\n", (unsigned long long)sent);
    return 0;
}

static int open_interface(const char *name)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);

    if (fd >= 0 && (at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void a_cdp(struct writer *w)
{
    struct ethernet e = {.to = MAC_CDP, .from = any_mac(), .form = ETHERNET_SNAP, .oui = SNAP_CISCO, .type = SNAP_CDP};
    struct cdp c = {.version = 2,
                    .ttl = (uint8_t)below(256),
                    .has = CDP_HAS(CDP_DEVICE_ID) | CDP_HAS(CDP_PLATFORM) | CDP_HAS(CDP_VLAN_REPLY) |
                           CDP_HAS(CDP_POWER_CONSUMPTION),
                    .voice_vlan = (uint16_t)below(65536),
                    .power_consumption = (uint16_t)below(65536),
                    .device_id = bytes_of("SEP0200660000FF"),
                    .platform = bytes_of("Cisco IP Phone \x1b[31m7960"),
                    .order = {CDP_DEVICE_ID, CDP_PLATFORM, CDP_VLAN_REPLY, CDP_POWER_CONSUMPTION},
                    .tlvs = 4};
    size_t begun = ethernet_begin(w, &e);

    cdp_encode(w, &c);
    ethernet_end(w, begun);
}

static void an_lldp(struct writer *w)
{
    struct ethernet e = {.to = MAC_LLDP, .from = any_mac(), .type = TYPE_LLDP};
    struct lldp l = {.chassis_subtype = LLDP_CHASSIS_MAC,
                     .port_subtype = LLDP_PORT_LOCAL,
                     .chassis = {e.from.byte, 6},
                     .port = bytes_of("1"),
                     .ttl = (uint16_t)below(65536),
                     .system_name = bytes_of("SEP0200660000FE"),
                     .has_med = true,
                     .med_class = MED_CLASS_3};
    size_t begun = ethernet_begin(w, &e);

    lldp_encode(w, &l);
    ethernet_end(w, begun);
}

/* Also a claim to every address: whoever has it defends it, and a probe of it is disturbed. Not to those of phones. */
static void an_arp(struct writer *w)
{
    struct ethernet e = {.to = MAC_BROADCAST, .from = any_mac(), .type = TYPE_ARP};
    struct arp a = {.op = below(2) ? ARP_REQUEST : ARP_REPLY,
                    .sender_mac = e.from,
                    .sender = IPV4(10, 9, 200, 0) + below(256),
                    .target = IPV4(10, 9, 0, 0) + below(65536)};
    size_t begun = ethernet_begin(w, &e);

    arp_encode(w, &a);
    ethernet_end(w, begun);
}

static int attack_frames(const char *interface, double seconds)
{
    static uint8_t bytes[MOST];
    uint64_t sent = 0;
    int fd = open_interface(interface);

    if (fd < 0) return impossible(interface);
    for (double until = now() + seconds; goes_on(until);) {
        for (int i = 0; i < 10; i++) {
            struct writer w = writer(bytes, sizeof bytes);
            uint32_t which = below(8);
            if (which < 4)
                a_cdp(&w);
            else if (which < 7)
                an_lldp(&w);
            else
                an_arp(&w);
            spoil(&w, below(2) ? 14 : 26, 1514);
            if (send(fd, bytes, w.len, 0) >= 0) sent++;
        }
        (void)poll(NULL, 0, 2);
    }
    (void)printf("%llu frames\n", (unsigned long long)sent);
    return 0;
}

static void a_discover(struct writer *w, uint64_t which)
{
    struct mac mac = mac_from_number(UINT64_C(0x026600000000) + which);
    struct ethernet e = {.to = MAC_BROADCAST, .from = mac, .type = TYPE_IPV4};
    struct ipv4_packet p = {.to = IPV4_BROADCAST, .ttl = 64, .protocol = PROTOCOL_UDP};
    size_t frame = ethernet_begin(w, &e), packet = ipv4_begin(w, &p),
           udp = udp_begin(w, DHCP_CLIENT_PORT, DHCP_SERVER_PORT);
    struct dhcp d = {.op = BOOTREQUEST,
                     .htype = 1,
                     .hlen = 6,
                     .xid = below(UINT32_MAX),
                     .broadcast = true,
                     .chaddr = mac,
                     .type = DHCP_DISCOVER};

    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    dhcp_encode(w, &d);
    udp_end(w, udp, 0, IPV4_BROADCAST);
    ipv4_end(w, packet);
    ethernet_end(w, frame);
}

static int attack_starve(const char *interface, double seconds, double rate)
{
    static uint8_t bytes[MOST];
    uint64_t sent = 0;
    int fd = open_interface(interface);
    double begun = now();

    if (fd < 0) return impossible(interface);
    while (goes_on(begun + seconds)) {
        while ((double)sent < (now() - begun) * rate) {
            struct writer w = writer(bytes, sizeof bytes);
            a_discover(&w, sent++);
            (void)send(fd, bytes, w.len, 0);
        }
        (void)poll(NULL, 0, 1);
    }
    (void)printf("%llu clients\n", (unsigned long long)sent);
    return 0;
}

/* --- connections --- */

typedef void message_fn(struct writer *);

static uint64_t opened, closed, messages;

static int connect_to(const struct sockaddr *to, socklen_t size, bool small)
{
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), least = 2048;

    if (fd < 0) return -1;
    if (small) (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    if (connect(fd, to, size) < 0 && errno != EINPROGRESS) {
        (void)close(fd);
        return -1;
    }
    opened++;
    return fd;
}

/* One connection is silent, or does not read, by its number; the others read what comes, and all go when they were
 * closed. */
static bool is_silent(uint32_t i)
{
    return i % 4 == 0;
}

static bool reads(uint32_t i)
{
    return i % 4 != 1;
}

/* False: it was closed. */
static bool use(int fd, uint32_t i, message_fn *make)
{
    static uint8_t bytes[MOST], come[65536];
    struct writer w = writer(bytes, sizeof bytes);

    if (reads(i)) {
        ssize_t n = recv(fd, come, sizeof come, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != ENOTCONN)) return false;
    }
    if (is_silent(i)) return true;
    if (!reads(i) && make == an_sccp) {
        a_register(&w);
        for (int k = 0; k < 40; k++) a_request(&w);
    } else {
        make(&w);
    }
    ssize_t n = send(fd, bytes, w.len, MSG_NOSIGNAL);
    if (n > 0) messages++;
    return n >= 0 || errno == EAGAIN || errno == ENOTCONN;
}

static int attack_stream(const struct sockaddr *to, socklen_t size, double seconds, uint32_t count, message_fn *make)
{
    int *fd = malloc(count * sizeof *fd);
    uint32_t next = 0, most = 0, open = 0;

    if (!fd) return STATUS_IMPOSSIBLE;
    for (uint32_t i = 0; i < count; i++) fd[i] = -1;
    for (double until = now() + seconds; goes_on(until);) {
        for (uint32_t k = 0; k < 64; k++, next = (next + 1) % count) {
            if (fd[next] < 0) {
                fd[next] = connect_to(to, size, !reads(next));
                if (fd[next] >= 0) open++;
            } else if (!use(fd[next], next, make) || below(200) == 0) {
                (void)close(fd[next]);
                fd[next] = -1;
                open--;
                closed++;
            }
        }
        if (open > most) most = open;
        (void)poll(NULL, 0, 2);
    }
    free(fd);
    (void)printf("%llu connections, %u at once, %llu ended, %llu messages\n", (unsigned long long)opened, most,
                 (unsigned long long)closed, (unsigned long long)messages);
    return 0;
}

static int attack_tcp(const char *address, const char *port, double seconds, const char *count, message_fn *make)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    uint32_t n = (uint32_t)strtoul(count, NULL, 10);

    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 || n == 0) return STATUS_USAGE;
    return attack_stream((struct sockaddr *)&to, sizeof to, seconds, n, make);
}

static void a_control(struct writer *w)
{
    static const char *const line[] = {"{\"command\":\"status\"}\n",
                                       "{\"command\":12}\n",
                                       "[]\n",
                                       "\n",
                                       "{\"command\":\"device.add\",\"device\":",
                                       "{\"command\":\"leases\"}\n",
                                       "{\"command\":\"nonsense\",\"a\":null}\n",
                                       "\"\\ud800\"\n"};

    if (below(8) == 0) { /* deeper than anyone needs */
        for (int i = 0; i < 8000; i++) write_u8(w, '[');
        write_u8(w, '\n');
        return;
    }
    write_text(w, line[below(8)]);
    if (below(2)) spoil(w, 1, MOST / 2);
    if (below(2)) write_u8(w, '\n');
}

static int attack_control(const char *path, double seconds)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof to.sun_path) return STATUS_USAGE;
    (void)strcpy(to.sun_path, path);
    return attack_stream((struct sockaddr *)&to, sizeof to, seconds, 40, a_control);
}

int main(int n, char **word)
{
    const char *what = n > 1 ? word[1] : "", *seed = getenv("HOSTILE_SEED");
    struct rlimit r;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing of a test that was killed goes on */
    (void)signal(SIGTERM, end);
    chance = random_from(seed ? strtoull(seed, NULL, 10) : 1);
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
    if (n == 4 && strcmp(what, "udp") == 0) return attack_udp(word[2], strtod(word[3], NULL));
    if (n == 4 && strcmp(what, "frames") == 0) return attack_frames(word[2], strtod(word[3], NULL));
    if (n == 5 && strcmp(what, "starve") == 0)
        return attack_starve(word[2], strtod(word[3], NULL), strtod(word[4], NULL));
    if (n == 6 && strcmp(what, "sccp") == 0)
        return attack_tcp(word[2], word[3], strtod(word[4], NULL), word[5], an_sccp);
    if (n == 6 && strcmp(what, "http") == 0)
        return attack_tcp(word[2], word[3], strtod(word[4], NULL), word[5], an_http);
    if (n == 4 && strcmp(what, "control") == 0) return attack_control(word[2], strtod(word[3], NULL));
    (void)fputs("usage: hostile udp|frames|starve|sccp|http|control ...: see hostile.c\n", stderr);
    return STATUS_USAGE;
}
