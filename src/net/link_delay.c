/* What no processor time is spent on: how long a frame takes from one end of an uplink to the other, and to wake who
 * sleeps. */
#include "net/loop.h"
#include "net/process.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROBES = 33, ANSWER_MS = 100 };
static const struct mac PROBER = {{0x02, 0x5e, 0, 0, 0xff, 1}};

static uint64_t clock_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The answer to a probe goes to whoever sent it; other frames of the link are no concern of ours. */
static bool answered(int fd)
{
    uint8_t bytes[256];
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    struct ethernet e;
    struct fault why;

    while (poll(&polled, 1, ANSWER_MS) > 0) {
        ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n <= 0) return false;
        if (ethernet_decode(&e, (struct bytes){bytes, (size_t)n}, &why) && mac_equal(e.to, PROBER)) return true;
    }
    return false;
}

static uint64_t probe(int fd, ipv4 neighbour)
{
    uint8_t bytes[128];
    struct writer w = writer(bytes, sizeof bytes);
    struct ethernet e = {.to = MAC_BROADCAST, .from = PROBER, .type = TYPE_ARP};
    struct arp arp = {.op = ARP_REQUEST, .sender_mac = PROBER, .target = neighbour};
    size_t begun = ethernet_begin(&w, &e);

    arp_encode(&w, &arp);
    ethernet_end(&w, begun);
    uint64_t sent = clock_ns();
    if (send(fd, w.start, w.len, 0) < 0 || !answered(fd)) return 0;
    return clock_ns() - sent;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t median(uint64_t *took, size_t n)
{
    qsort(took, n, sizeof *took, by_size);
    return n ? took[n / 2] : 0;
}

static int arp_socket(const char *interface)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)if_nametoindex(interface)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0 || (address.sll_ifindex && bind(fd, (struct sockaddr *)&address, sizeof address) == 0)) return fd;
    close(fd);
    return -1;
}

uint64_t link_delay(const char *interface, ipv4 neighbour)
{
    uint64_t took[PROBES];
    size_t n = 0;
    int fd = arp_socket(interface);

    if (fd < 0) return 0;
    for (int i = 0; i < PROBES; i++)
        if ((took[n] = probe(fd, neighbour))) n++;
    close(fd);
    return median(took, n) / 2;
}

/* --- waking --- */

struct sleeper {
    int asked;      /* eventfd */
    cpu_set_t core; /* where it runs */
    _Atomic uint64_t ran;
};

static void *sleep_and_note(void *context)
{
    struct sleeper *s = context;
    struct pollfd polled = {.fd = s->asked, .events = POLLIN};
    eventfd_t value;

    if (CPU_COUNT(&s->core)) (void)pthread_setaffinity_np(pthread_self(), sizeof s->core, &s->core);
    for (int i = 0; i < PROBES && poll(&polled, 1, ANSWER_MS) > 0; i++) {
        s->ran = clock_ns();
        (void)eventfd_read(s->asked, &value);
    }
    return NULL;
}

/* Whoever wakes another goes on, as a process that sends does: so this one does not sleep meanwhile. */
static uint64_t wake_once(struct sleeper *s)
{
    const struct timespec pause = {.tv_nsec = 500000}; /* the other falls asleep */

    (void)nanosleep(&pause, NULL);
    s->ran = 0;
    uint64_t asked = clock_ns();
    (void)eventfd_write(s->asked, 1);
    while (s->ran == 0)
        if (clock_ns() - asked > ANSWER_MS * UINT64_C(1000000)) return 0;
    return s->ran > asked ? s->ran - asked : 0;
}

/* Of the cores that we may use, the one that we are on stays ours, another is for who sleeps. On the same it would wait
 * for the end of our slice, since we go on: half a millisecond was seen for two microseconds. Where there is only one,
 * that is how it is. */
static void part(const cpu_set_t *all, cpu_set_t *ours, cpu_set_t *others)
{
    int here = sched_getcpu();

    *others = *all;
    CPU_ZERO(ours);
    if (here < 0 || here >= CPU_SETSIZE || CPU_COUNT(all) < 2 || !CPU_ISSET((size_t)here, all)) {
        *ours = *all;
        return;
    }
    CPU_SET((size_t)here, ours);
    CPU_CLR((size_t)here, others);
}

uint64_t waking_delay(void)
{
    struct sleeper s = {.asked = eventfd(0, EFD_CLOEXEC)};
    cpu_set_t all, ours;
    uint64_t took[PROBES];
    size_t n = 0;
    pthread_t thread;
    bool parted = sched_getaffinity(0, sizeof all, &all) == 0;

    if (parted) {
        part(&all, &ours, &s.core);
        (void)sched_setaffinity(0, sizeof ours, &ours);
    }

    if (s.asked >= 0 && pthread_create(&thread, NULL, sleep_and_note, &s) == 0) {
        for (int i = 0; i < PROBES; i++)
            if ((took[n] = wake_once(&s))) n++;
        (void)pthread_join(thread, NULL);
    }
    if (parted) (void)sched_setaffinity(0, sizeof all, &all);
    if (s.asked >= 0) close(s.asked);
    return median(took, n);
}
