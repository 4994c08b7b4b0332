#include "app/serve/metrics.h"
#include "app/serve/serve.h"
#include "app/serve/steps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void head(FILE *f, const char *name, const char *type, const char *help)
{
    (void)fprintf(f, "# HELP dialtone_%s %s\n# TYPE dialtone_%s %s\n", name, help, name, type);
}

static void one(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
    head(f, name, type, help);
    (void)fprintf(f, "dialtone_%s %llu\n", name, (unsigned long long)value);
}

struct labelled {
    const char *label;
    uint64_t value;
};

static void several(FILE *f, const char *name, const char *type, const char *help, const char *key,
                    const struct labelled *v, size_t n)
{
    head(f, name, type, help);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(f, "dialtone_%s{%s=\"%s\"} %llu\n", name, key, v[i].label, (unsigned long long)v[i].value);
}
#define SEVERAL(f, name, type, help, key, v) several(f, name, type, help, key, v, sizeof(v) / sizeof *(v))

static void dhcp(FILE *f, const struct serve *s)
{
    const struct dhcp_counts *c = &s->dhcp.counts;
    const struct labelled received[] = {{"discover", c->received[1]}, {"request", c->received[3]},
                                        {"decline", c->received[4]},  {"release", c->received[7]},
                                        {"inform", c->received[8]},   {"malformed", c->malformed}};
    const struct labelled sent[] = {{"offer", c->offers}, {"ack", c->acks}, {"nak", c->naks}};
    const struct labelled trouble[] = {{"no_address", c->exhausted}, {"no_subnet", c->no_subnet},
                                       {"starved", c->starved},      {"limited", c->limited},
                                       {"conflict", c->conflicts},   {"unstored", c->unstored}};
    struct labelled leases[4] = {{"free", 0}, {"offered", 0}, {"bound", 0}, {"quarantined", 0}};

    for (uint32_t i = 0; i < s->dhcp_made->config.subnet_count; i++) {
        leases[0].value += s->dhcp.pool[i].free;
        leases[1].value += s->dhcp.pool[i].offered;
        leases[2].value += s->dhcp.pool[i].bound;
        leases[3].value += s->dhcp.pool[i].quarantined;
    }
    one(f, "dhcp_on", "gauge", "1 when the DHCP role answers.", s->dhcp_on);
    SEVERAL(f, "dhcp_received_total", "counter", "DHCP messages that came, by type.", "type", received);
    SEVERAL(f, "dhcp_sent_total", "counter", "DHCP messages sent, by type.", "type", sent);
    SEVERAL(f, "dhcp_trouble_total", "counter", "Requests that went wrong, by reason.", "reason", trouble);
    SEVERAL(f, "dhcp_leases", "gauge", "Addresses of all pools, by state.", "state", leases);
}

static void tftp(FILE *f, const struct serve *s)
{
    const struct tftp_counts *c = &s->tftp.counts;
    const struct labelled ends[] = {
        {"done", c->done}, {"timed_out", c->timed_out}, {"aborted", c->aborted}, {"replaced", c->replaced}};
    const struct labelled answers[] = {{"found", c->found},
                                       {"not_found", c->not_found},
                                       {"busy", c->busy},
                                       {"denied", c->denied},
                                       {"write_refused", c->write_refused}};

    one(f, "tftp_requests_total", "counter", "Read requests.", c->requests);
    SEVERAL(f, "tftp_answers_total", "counter", "What became of requests.", "answer", answers);
    SEVERAL(f, "tftp_transfers_total", "counter", "How transfers ended.", "end", ends);
    one(f, "tftp_sent_bytes_total", "counter", "File data sent.", c->bytes);
    one(f, "tftp_retransmissions_total", "counter", "Packets sent again.", c->retransmissions);
    one(f, "tftp_malformed_total", "counter", "Datagrams that were no TFTP.", c->malformed);
    one(f, "tftp_active_transfers", "gauge", "Transfers now.", c->active);
}

static void http(FILE *f, const struct serve *s)
{
    struct http_files_counts c = s->http_ended;

    for (size_t n = 0; n < ARRAY_LENGTH(s->http); n++)
        if (s->http_open[n]) http_files_count(&c, &s->http[n].counts);
    const struct labelled answers[] = {
        {"found", c.found}, {"not_found", c.not_found}, {"busy", c.busy}, {"denied", c.denied}, {"refused", c.refused}};

    one(f, "http_requests_total", "counter", "Requests by HTTP for files.", c.requests);
    SEVERAL(f, "http_answers_total", "counter", "What became of requests.", "answer", answers);
    one(f, "http_sent_bytes_total", "counter", "File data in answers.", c.bytes);
    one(f, "http_connections_total", "counter", "Connections accepted.", c.connections);
    one(f, "http_cut_total", "counter", "Connections closed for being slow.", c.cut);
    one(f, "http_active_connections", "gauge", "Connections now.", c.active);
}

/* A count of each interface, by protocol. */
static void by_protocol(FILE *f, const struct serve *s, const char *name, const char *help, size_t cdp, size_t lldp)
{
    head(f, name, "counter", help);
    for (size_t i = 0; i < s->faces; i++) {
        struct interface_counts c = interface_count(&s->face[i].engine);
        for (int p = 0; p < 2; p++)
            (void)fprintf(f, "dialtone_%s{interface=\"%s\",protocol=\"%s\"} %llu\n", name, s->face[i].config->name,
                          p ? "lldp" : "cdp",
                          (unsigned long long)*(const uint64_t *)(const void *)((const char *)&c + (p ? lldp : cdp)));
    }
}

static void announcer(FILE *f, const struct serve *s)
{
#define AT(field) offsetof(struct interface_counts, field)
    by_protocol(f, s, "announcer_received_total", "CDP and LLDP frames of others.", AT(heard_cdp), AT(heard_lldp));
    by_protocol(f, s, "announcer_sent_total", "CDP and LLDP frames sent.", AT(sent_cdp), AT(sent_lldp));
#undef AT
    head(f, "announcer_malformed_total", "counter", "Frames heard that could not be decoded.");
    for (size_t i = 0; i < s->faces; i++)
        (void)fprintf(f, "dialtone_announcer_malformed_total{interface=\"%s\"} %llu\n", s->face[i].config->name,
                      (unsigned long long)interface_count(&s->face[i].engine).malformed);
    head(f, "announcer_asked_total", "counter", "Questions of phones that were answered at once.");
    for (size_t i = 0; i < s->faces; i++)
        (void)fprintf(f, "dialtone_announcer_asked_total{interface=\"%s\"} %llu\n", s->face[i].config->name,
                      (unsigned long long)interface_count(&s->face[i].engine).asked);
}

static void node_total(FILE *f, const struct serve *s, const char *name, const char *help, size_t at)
{
    head(f, name, "counter", help);
    for (uint8_t i = 0; i < s->callmanagers; i++)
        (void)fprintf(
            f, "dialtone_%s{node=\"%u\"} %llu\n", name, i + 1u,
            (unsigned long long)*(const uint64_t *)(const void *)((const char *)&s->callmanager[i].count + at));
}

static void callmanager(FILE *f, const struct serve *s)
{
#define COUNT(name, field, help) node_total(f, s, name, help, offsetof(struct callmanager_counts, field))
    COUNT("callmanager_connections_total", connections, "Connections accepted.");
    COUNT("callmanager_messages_total", messages, "SCCP messages that came.");
    COUNT("callmanager_keepalives_total", keepalives, "Keepalives that came.");
    COUNT("callmanager_registrations_total", registered, "Registrations completed.");
    COUNT("callmanager_unregistrations_total", unregistered, "Registrations that ended.");
    COUNT("callmanager_auto_registered_total", made, "Devices made by auto-registration.");
    COUNT("callmanager_alarms_total", alarms, "Alarms that phones sent.");
    COUNT("callmanager_unknown_total", unknown, "Messages of an unknown kind.");
    COUNT("callmanager_malformed_total", malformed, "Messages that could not be decoded.");
    COUNT("callmanager_resets_total", resets, "Resets and restarts sent.");
    COUNT("callmanager_full_total", full, "Connections closed for want of a place.");
    COUNT("callmanager_evicted_total", evicted, "Silent connections that made room.");
    COUNT("callmanager_calls_total", calls_begun, "Calls begun.");
#undef COUNT
    head(f, "callmanager_rejected_total", "counter", "Registrations rejected, by reason.");
    for (uint8_t i = 0; i < s->callmanagers; i++)
        for (int r = 0; r < REJECTS; r++)
            (void)fprintf(f, "dialtone_callmanager_rejected_total{node=\"%u\",reason=\"%s\"} %llu\n", i + 1u,
                          cm_reject_name((enum cm_reject)r), (unsigned long long)s->callmanager[i].count.rejected[r]);
    head(f, "callmanager_connections", "gauge", "Connections now.");
    for (uint8_t i = 0; i < s->callmanagers; i++)
        (void)fprintf(f, "dialtone_callmanager_connections{node=\"%u\"} %u\n", i + 1u, s->callmanager[i].open);
}

/* A label's value: what a phone sent may be anything. */
static void write_label(FILE *f, const char *text)
{
    for (; *text; text++)
        (void)fputc(
            (unsigned char)*text < 0x20 || *text == '"' || *text == '\\' || (unsigned char)*text >= 0x7f ? '?' : *text,
            f);
}

/* Registered devices by node, model and load. */
struct kind {
    uint8_t node;
    uint32_t type, count;
    char load[33];
};

static int by_kind(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;

    if (x->node != y->node) return x->node < y->node ? -1 : 1;
    if (x->type != y->type) return x->type < y->type ? -1 : 1;
    return strcmp(x->load, y->load);
}

static void registered(FILE *f, const struct serve *s)
{
    struct kind *k = malloc((s->devices.count + 1u) * sizeof *k);
    size_t n = 0;

    for (struct device *d = k ? devices_next(&s->devices, NULL) : NULL; d && n < s->devices.count;
         d = devices_next(&s->devices, d)) {
        if (!d->manager) continue;
        const struct cm_connection *c = callmanager_connection(s->devices.manager[d->manager - 1], d->stream);
        k[n] = (struct kind){d->manager, d->record.device_type, 1, ""};
        if (c) (void)snprintf(k[n].load, sizeof k[n].load, "%s", c->load);
        n++;
    }
    if (n) qsort(k, n, sizeof *k, by_kind);
    head(f, "registered_devices", "gauge", "Registered devices, by CallManager node, model and load.");
    for (size_t i = 0, run; i < n; i += run) {
        const struct phone_model *m = model_of_type(k[i].type);
        for (run = 1; i + run < n && by_kind(&k[i], &k[i + run]) == 0;) run++;
        (void)fprintf(f, "dialtone_registered_devices{node=\"%u\",model=\"", k[i].node);
        write_label(f, m ? m->name : "unknown");
        (void)fputs("\",load=\"", f);
        write_label(f, k[i].load);
        (void)fprintf(f, "\"} %zu\n", run);
    }
    free(k);
    one(f, "known_devices", "gauge", "Devices in the database.", s->devices.count);
}

static void histograms(FILE *f, const struct serve *s)
{
    head(f, "boot_step_seconds", "histogram", "Time that phones take for a step of their boot, as the servers see it.");
    for (int i = 0; i < STEPS; i++) {
        uint64_t up_to = 0;
        for (size_t b = 0; b < STEP_BUCKETS; b++) {
            up_to += s->steps.step[i].bucket[b];
            (void)fprintf(f, "dialtone_boot_step_seconds_bucket{step=\"%s\",le=\"%g\"} %llu\n", STEP_NAMES[i],
                          STEP_BOUNDS[b], (unsigned long long)up_to);
        }
        (void)fprintf(f, "dialtone_boot_step_seconds_bucket{step=\"%s\",le=\"+Inf\"} %llu\n", STEP_NAMES[i],
                      (unsigned long long)s->steps.step[i].count);
        (void)fprintf(f, "dialtone_boot_step_seconds_sum{step=\"%s\"} %.6f\n", STEP_NAMES[i], s->steps.step[i].sum);
        (void)fprintf(f, "dialtone_boot_step_seconds_count{step=\"%s\"} %llu\n", STEP_NAMES[i],
                      (unsigned long long)s->steps.step[i].count);
    }
}

static void machine(FILE *f, struct serve *s)
{
    struct datagram_counts d;

    datagrams_count(&s->datagrams, &d);
    one(f, "udp_lost_in_kernel_total", "counter", "Datagrams for which the kernel had no room on their way to us.",
        d.lost_in_kernel);
    one(f, "udp_unsent_total", "counter", "Datagrams that could not be sent.", d.unsent);
    head(f, "frames_lost_in_kernel_total", "counter", "Frames for which the kernel had no room on their way to us.");
    for (size_t i = 0; i < s->faces; i++) {
        struct packet_counts p;
        packet_count(&s->face[i].packet, &p);
        (void)fprintf(f, "dialtone_frames_lost_in_kernel_total{interface=\"%s\"} %llu\n", s->face[i].config->name,
                      (unsigned long long)p.lost_in_kernel);
    }
    head(f, "neighbors", "gauge", "Neighbours heard by CDP and LLDP.");
    for (size_t i = 0; i < s->faces; i++)
        (void)fprintf(f, "dialtone_neighbors{interface=\"%s\"} %llu\n", s->face[i].config->name,
                      (unsigned long long)interface_count(&s->face[i].engine).neighbours);
    one(f, "commits_total", "counter", "Transactions that reached the disk.", s->durable.commits - s->durable.failures);
    one(f, "commit_failures_total", "counter", "Transactions that did not; what they promised was not said.",
        s->durable.failures);
    one(f, "events_waiting_bytes_most", "gauge", "The longest that the queue of events has been.",
        s->loop.counts.queue_most);
    one(f, "uptime_seconds", "gauge", "Since the start.", loop_now(&s->loop) / SECOND);
}

char *metrics_text(struct serve *s, size_t *length)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, length);

    if (!f) return NULL;
    dhcp(f, s);
    tftp(f, s);
    http(f, s);
    announcer(f, s);
    callmanager(f, s);
    registered(f, s);
    histograms(f, s);
    machine(f, s);
    if (fclose(f) == 0) return text;
    free(text);
    return NULL;
}
