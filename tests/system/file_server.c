/* file_server.c: a folder and a device table with one known phone, served by TFTP and HTTP on the kernel's sockets of
 * this namespace: what tftp.bats runs. Nothing is kept.
 *
 *   file_server ADDRESS PORT HTTP-PORT FOLDER [one-port|to-1|folder-first|ports=N]...
 *
 * PORT is the port of requests; transfers have the 16 (or N) from PORT + 1 on, unless `one-port`. ADDRESS 0.0.0.0: any.
 * `to-1`: block numbers roll over to 1. The known device is SEP020000000001, a 7960. "ready" on standard output when it
 * listens; at SIGTERM its counts, one `name value` a line. */
#include "net/datagram.h"
#include "net/folder.h"
#include "net/http_files.h"
#include "server/tftp.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { TRANSFERS = 8192, SLOTS = 4096, ASKERS = 4096, TRANSFER_PORTS = 16 };

struct files {
    struct loop loop;
    struct folder folder;
    struct devices devices;
    struct documents documents;
    struct askers askers;
    struct tftp_server tftp;
    struct datagrams datagrams;
    struct http_files http;
    uint32_t party;
    uv_signal_t stop;
};

static void act(void *context, uint32_t party, const struct action *a, struct bytes payload)
{
    struct files *s = context;

    (void)party;
    if (a->kind == ACTION_DATAGRAM) datagrams_send(&s->datagrams, a->from, a->to, payload);
}

static void from_socket(void *context, uint32_t socket, const struct event *e)
{
    struct files *s = context;

    (void)socket;
    loop_deliver(&s->loop, s->party, e);
}

static void asked_by_http(void *context, ipv4 client, struct bytes name, bool found)
{
    struct files *s = context;

    askers_asked(&s->askers, loop_now(&s->loop), client, name, found, NULL);
}

static void heard(void *context, enum folder_news what, const char *name, int error)
{
    (void)context;
    fprintf(stderr, "folder: news %d %s %d\n", (int)what, name, error);
}

static bool fill_devices(struct devices *d)
{
    struct devices_limits limits = {.devices = 64, .groups = 4, .pools = 4};
    struct group_record group = {.name = "Group", .callmanager = {{IPV4(10, 0, 0, 1), 2000}}, .callmanagers = 1};
    struct pool_record pool = {.name = "Default", .group = "Group", .date_template = "D/M/Y", .time_zone = "Etc/GMT"};
    struct settings_record settings = {.automatic = true, .first = 1000, .last = 1999, .pool = "Default"};
    struct device_record device = {
        .mac = mac_from_number(0x020000000001), .device_type = 7, .pool = "Default", .line = {{.number = "1000"}}};
    struct fault why;
    size_t size = devices_size(&limits);

    return devices_init(d, &limits, malloc(size), size) && devices_put_group(d, &group, NULL, &why) &&
           devices_put_pool(d, &pool, NULL, &why) && devices_put_settings(d, &settings, NULL, &why) &&
           devices_create(d, &device, NULL, &why);
}

static bool open_engines(struct files *s, struct tftp_server_config *tftp, bool folder_first)
{
    struct file_source source = folder_source(&s->folder);
    size_t documents = documents_size(SLOTS, 0), askers = askers_size(ASKERS), transfers = tftp_server_size(TRANSFERS);

    if (!fill_devices(&s->devices) ||
        !documents_init(&s->documents, &s->devices, SLOTS, NULL, 0, malloc(documents), documents) ||
        !askers_init(&s->askers, ASKERS, malloc(askers), askers))
        return false;
    documents_from(&s->documents, &source, folder_first, NULL, NULL);
    tftp->find = documents_find;
    tftp->release = documents_release;
    tftp->context = &s->documents;
    tftp->askers = &s->askers;
    tftp->seed = monotonic_now();
    tftp->transfers = TRANSFERS;
    if (!tftp_server_init(&s->tftp, tftp, malloc(transfers), transfers)) return false;
    s->party = loop_add(&s->loop, &(struct party){tftp_server_step, &s->tftp, act, s}, NEVER);
    return true;
}

static int open_sockets(struct files *s, ipv4 address, const struct tftp_server_config *tftp, uint16_t http_port,
                        struct net_error *why)
{
    struct http_files_config http = {.address = address,
                                     .port = http_port,
                                     .find = documents_find,
                                     .release = documents_release,
                                     .context = &s->documents,
                                     .asked = asked_by_http,
                                     .asked_context = s};
    int error = datagrams_init(&s->datagrams, &s->loop, from_socket, s);

    if (error) return net_fail(why, error, "UDP sockets");
    error = datagrams_bind(&s->datagrams, &(struct datagram_config){.address = address, .port = tftp->port}, why);
    for (uint16_t i = 0; error >= 0 && !tftp->one_port && i < tftp->ports; i++)
        error = datagrams_bind(
            &s->datagrams,
            &(struct datagram_config){.address = address, .port = (uint16_t)(tftp->first_port + i), .lock_step = true},
            why);
    return error < 0 ? error : http_files_open(&s->http, &s->loop, &http, why);
}

static void say_counts(const struct files *s)
{
    const struct tftp_counts *t = &s->tftp.counts;
    const struct http_files_counts *h = &s->http.counts;
    struct datagram_counts d;

    datagrams_count((struct datagrams *)&s->datagrams, &d);
    const struct {
        const char *name;
        uint64_t value;
    } count[] = {{"requests", t->requests},
                 {"found", t->found},
                 {"not_found", t->not_found},
                 {"busy", t->busy},
                 {"done", t->done},
                 {"timed_out", t->timed_out},
                 {"aborted", t->aborted},
                 {"retransmissions", t->retransmissions},
                 {"bytes", t->bytes},
                 {"active_most", t->active_most},
                 {"http_requests", h->requests},
                 {"http_bytes", h->bytes},
                 {"http_partial", h->partial},
                 {"files_read", s->folder.counts.read},
                 {"lost_in_kernel", d.lost_in_kernel},
                 {"unsent", d.unsent},
                 {"turns", s->loop.counts.turns},
                 {"steps", s->loop.counts.steps}};
    for (size_t i = 0; i < ARRAY_LENGTH(count); i++)
        (void)printf("%s %llu\n", count[i].name, (unsigned long long)count[i].value);
    for (const struct asker *k = askers_next(&s->askers, NULL); k; k = askers_next(&s->askers, k)) {
        char text[IPV4_TEXT];
        const char *verdict = asker_verdict_text(k->verdict);
        (void)printf("asker %s %s\n", ipv4_text(text, k->address), verdict ? verdict : "-");
    }
}

static void on_stop(uv_signal_t *signal, int number)
{
    struct files *s = signal->data;

    (void)number;
    loop_stop(&s->loop);
}

int main(int count, char **word)
{
    static struct files s;
    struct net_error why = {0};
    uint64_t port, http_port;
    ipv4 address;
    bool folder_first = false;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (count < 5 || !ipv4_parse(bytes_of(word[1]), &address) || !bytes_number(bytes_of(word[2]), 65000, &port) ||
        !bytes_number(bytes_of(word[3]), 65535, &http_port)) {
        (void)fprintf(stderr, "usage: file_server ADDRESS PORT HTTP-PORT FOLDER [one-port|to-1|folder-first]...\n");
        return 2;
    }
    struct tftp_server_config tftp = {
        .port = (uint16_t)port, .first_port = (uint16_t)(port + 1), .ports = TRANSFER_PORTS};
    for (int i = 5; i < count; i++) {
        tftp.one_port |= strcmp(word[i], "one-port") == 0;
        tftp.roll_over_to_1 |= strcmp(word[i], "to-1") == 0;
        if (strncmp(word[i], "ports=", 6) == 0) tftp.ports = (uint16_t)atoi(word[i] + 6);
        folder_first |= strcmp(word[i], "folder-first") == 0;
    }
    struct folder_config folder = {.path = word[4], .heard = heard};
    int error = loop_init(&s.loop, &(struct loop_config){.parties_most = 1});
    if (!error) error = folder_open(&s.folder, &s.loop, &folder, &why);
    if (!error && !open_engines(&s, &tftp, folder_first)) error = net_fail(&why, -12, "no memory");
    if (!error) error = open_sockets(&s, address, &tftp, (uint16_t)http_port, &why);
    if (error) {
        (void)fprintf(stderr, "file_server: %s\n", why.text);
        return 3;
    }
    (void)uv_signal_init(&s.loop.uv, &s.stop);
    s.stop.data = &s;
    (void)uv_signal_start(&s.stop, on_stop, SIGTERM);
    (void)puts("ready");
    (void)fflush(stdout);
    loop_run(&s.loop);
    say_counts(&s);
    http_files_close(&s.http);
    folder_close(&s.folder);
    datagrams_close(&s.datagrams);
    loop_close(&s.loop);
    return 0;
}
