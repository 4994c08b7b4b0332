#include "app/serve/watch.h"
#include "app/log.h"
#include "app/serve/serve.h"

static void watch_neighbours(struct serve *s)
{
    struct datagram_counts d;
    usec now = loop_now(&s->loop);

    if (now < s->watch.neighbours_said) return;
    datagrams_count(&s->datagrams, &d);
    s->watch.neighbours_said = after(now, d.arp_refused != s->watch.neighbours_refused ? 60 * SECOND : SECOND);
    if (d.arp_refused != s->watch.neighbours_refused)
        log_say(LOG_IS_WARNING,
                "the kernel has no room for more neighbours, so clients without an address get no answer: raise "
                "net.ipv4.neigh.default.gc_thresh3, or put the phones behind routers with a DHCP relay");
    s->watch.neighbours_refused = d.arp_refused;
}

static void watch_store(struct serve *s)
{
    usec now = loop_now(&s->loop);
    uint64_t good = s->durable.commits - s->durable.failures;
    char error[STORE_ERROR];

    if (s->durable.failures != s->watch.store_failures) {
        s->watch.store_failures = s->durable.failures;
        s->watch.store_good = good;
        store_error(s->store, error);
        if (now >= s->watch.store_said)
            log_say(
                LOG_IS_ERROR,
                "store: %s: %llu transactions failed so far. What is not on disk is not promised: clients ask again",
                error, (unsigned long long)s->watch.store_failures);
        if (now >= s->watch.store_said) s->watch.store_said = after(now, 60 * SECOND);
        s->watch.store_bad = true;
    } else if (s->watch.store_bad && good > s->watch.store_good) {
        log_say(LOG_IS_INFO, "store: it can be written again");
        s->watch.store_bad = false;
        s->watch.store_said = 0;
    }
}

static void watch_clock(struct serve *s)
{
    usec start = wall_now() - loop_now(&s->loop);
    bool later = start > s->wall_at_start;
    usec by = later ? start - s->wall_at_start : s->wall_at_start - start;

    if (by < SECOND) return;
    log_say(LOG_IS_INFO, "the clock was set %llu s %s", (unsigned long long)(by / SECOND), later ? "forward" : "back");
    s->wall_at_start = start;
    for (uint8_t i = 0; i < s->callmanagers; i++) callmanager_clock(&s->callmanager[i], start);
    if (!s->dhcp_made) return;
    dhcp_server_clock(&s->dhcp, start / SECOND);
    loop_deliver(&s->loop, SERVE_DHCP, &(struct event){.kind = EVENT_CLOCK});
}

void serve_watch(struct serve *s)
{
    watch_store(s);
    watch_clock(s);
    watch_neighbours(s);
}
