#include "net/process.h"
#include "base/facts.h"
#include "net/netlink.h"
#include "net/world.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void write_port_row(struct writer *w, const struct port_row *r)
{
    write_u8(w, SAYS_PORT);
    write_be32(w, r->port);
    write_be32(w, r->milliwatts);
    write_be32(w, r->millivolts);
    write_be32(w, r->max_milliwatts);
    for (size_t i = 0; i < ARRAY_LENGTH(r->text); i++) {
        write_text(w, r->text[i]);
        write_u8(w, 0);
    }
}

static void say(const struct process *p, const struct writer *w)
{
    if (!w->full) (void)world_send(p->up, w->start, w->len);
}

void process_batch(struct process *p)
{
    p->batch = malloc(PROCESS_BATCH);
    p->batch_len = 0;
}

void process_flush(struct process *p)
{
    if (!p->batch || p->batch_len == 0) return;
    (void)world_send(p->up, p->batch, p->batch_len);
    p->batch_len = 0;
}

void say_news(struct process *p, enum process_role role, usec now, const struct action *a, struct bytes facts)
{
    uint8_t bytes[PROCESS_MESSAGE];
    struct writer w = writer(bytes, sizeof bytes);

    write_u8(&w, SAYS_NEWS);
    write_be64(&w, now);
    write_u8(&w, (uint8_t)role);
    write_be32(&w, a->engine);
    write_be16(&w, a->news);
    write_bytes(&w, facts);
    if (w.full) return;
    if (!p->batch) {
        say(p, &w);
        return;
    }
    if (p->batch_len + 2 + w.len > PROCESS_BATCH) process_flush(p);
    struct writer batch = {.start = p->batch, .len = p->batch_len, .size = PROCESS_BATCH};
    if (batch.len == 0) write_u8(&batch, SAYS_BATCH);
    write_be16(&batch, (uint16_t)(w.len - 1));
    write_bytes(&batch, bytes_from(written(&w), 1));
    p->batch_len = batch.len;
}

void say_text(const struct process *p, enum process_says kind, enum process_role role, const char *text)
{
    uint8_t bytes[1024];
    struct writer w = writer(bytes, sizeof bytes);

    write_u8(&w, (uint8_t)kind);
    write_u8(&w, (uint8_t)role);
    write_text(&w, text);
    say(p, &w);
}

void say_byte(const struct process *p, enum process_says kind, enum process_role role)
{
    say_text(p, kind, role, "");
}

void say_counts(const struct process *p, enum process_role role, uint64_t frames, uint64_t dropped, uint64_t lost)
{
    uint8_t bytes[48];
    struct writer w = writer(bytes, sizeof bytes);

    write_u8(&w, SAYS_COUNTS);
    write_u8(&w, (uint8_t)role);
    write_be64(&w, frames);
    write_be64(&w, dropped);
    write_be64(&w, lost);
    write_be64(&w, process_memory_kib());
    write_be64(&w, network_resent());
    say(p, &w);
}

void say_rates(const struct process *p, enum process_role role, uint64_t lost, uint64_t resent)
{
    uint8_t bytes[24];
    struct writer w = writer(bytes, sizeof bytes);

    write_u8(&w, SAYS_RATES);
    write_u8(&w, (uint8_t)role);
    write_u8(&w, (uint8_t)p->which);
    write_be64(&w, lost);
    write_be64(&w, resent);
    say(p, &w);
}

void say_services(const struct process *p, const struct service_times *t)
{
    for (uint32_t i = 0; i < SERVICE_TIMES; i++) {
        uint8_t bytes[32];
        struct writer w = writer(bytes, sizeof bytes);
        if (t->of[i].count == 0) continue;
        write_u8(&w, SAYS_SERVICE);
        write_be32(&w, i);
        write_be64(&w, t->of[i].count);
        write_be64(&w, t->of[i].nanoseconds);
        say(p, &w);
    }
}

/* The number behind `key` in a file of /proc. */
static uint64_t number_in(const char *path, const char *key, const char *after)
{
    char line[512];
    FILE *f = fopen(path, "re");
    uint64_t value = 0;

    if (!f) return 0;
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, key, strlen(key)) != 0) continue;
        const char *at = strstr(line, after);
        unsigned long long n;
        if (at && sscanf(at + strlen(after), "%llu", &n) == 1) value = n;
        break;
    }
    (void)fclose(f);
    return value;
}

void process_record(void *context, struct bytes entries)
{
    struct process *p = context;

    while (entries.len && !p->record_failed) { /* whole in one write(2): two processes append to the same file */
        ssize_t n = write(p->record, entries.at, entries.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < (ssize_t)entries.len) {
            p->record_failed = true;
            if (p->up >= 0) say_text(p, SAYS_FAILED, ROLE_FLEET, "the recording cannot be written");
            return;
        }
        entries = bytes_from(entries, (size_t)n);
    }
}

uint64_t process_memory_kib(void)
{
    return number_in("/proc/self/smaps_rollup", "Pss:", "Pss:");
}

uint64_t network_memory_kib(void)
{
    uint64_t pages =
        number_in("/proc/self/net/sockstat", "TCP:", " mem ") + number_in("/proc/self/net/sockstat", "UDP:", " mem ");

    return pages * 4;
}

void network_patient(const struct process *p)
{
    if (p->layout.switches <= 1) return;
    (void)sysctl_set("net/ipv4/tcp_rto_min_us", "1000000", NULL);
    (void)sysctl_set("net/ipv4/tcp_early_retrans", "0", NULL); /* tail loss probes (RFC 8985) would not wait for it */
}

/* RetransSegs of the second line that begins with "Tcp:" (the first has the names). */
uint64_t network_resent(void)
{
    char line[512];
    unsigned long long resent = 0;
    FILE *f = fopen("/proc/self/net/snmp", "re");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Tcp: %*u %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %llu", &resent) == 1) break;
    if (f) (void)fclose(f);
    return resent;
}
