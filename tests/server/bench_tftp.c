/* How fast the TFTP engine is by itself: no sockets, no clock, one thread. Not part of the tests: ninja
 * tests/server/bench_tftp.
 *
 * bench_tftp [CLIENTS [SECONDS]]   a storm: CLIENTS at once (500) fetch a 4 KB file at 512, over and over; then one 5
 *                                  MB load at 512, at 1428, and at 1428 with a window of 16. */
#include "server/tftp.h"
#include "wire/tftp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint8_t content[5 << 20];
static struct served small = {.bytes = {content, 4096}}, large = {.bytes = {content, sizeof content}};
static struct tftp_server s;
static struct action actions[TFTP_SERVER_MOST];
static uint8_t bytes[TFTP_SERVER_BYTES];
static struct outbox out;
static uint64_t steps, packets, transfers;

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum found find(void *context, struct bytes name, struct served **served)
{
    (void)context;
    *served = bytes_are(name, "large") ? &large : &small;
    (*served)->held++;
    return FOUND;
}

static void release(void *context, struct served *served, bool whole)
{
    (void)context;
    served->held--;
    transfers += whole;
}

static void give(uint32_t client, uint16_t to, struct tftp p)
{
    uint8_t packet[128];
    struct writer w = writer(packet, sizeof packet);

    tftp_encode(&w, &p);
    struct event e = {.kind = EVENT_DATAGRAM,
                      .from = {.address = 0x0a000000 + client, .port = 50000},
                      .to = {.address = 1, .port = to},
                      .bytes = written(&w)};
    outbox_clear(&out);
    (void)tftp_server_step(&s, steps++, &e, &out);
}

static void ask(uint32_t client, const char *name, struct bytes options)
{
    give(client, 69,
         (struct tftp){.op = TFTP_RRQ, .name = bytes_of(name), .mode = bytes_of("octet"), .options = options});
}

/* The number of the last block that was sent, and the port; -1: nothing was sent. */
static int last_sent(uint16_t *port)
{
    int number = -1;

    for (uint32_t i = 0; i < out.count; i++) {
        if (out.actions[i].kind != ACTION_DATAGRAM) continue;
        struct bytes b = payload(&out, i);
        packets++;
        *port = out.actions[i].from.port;
        number = b.at[1] == TFTP_OACK ? 0 : b.at[2] << 8 | b.at[3];
    }
    return number;
}

static void storm(uint32_t clients, double time)
{
    uint16_t *port = calloc(clients, sizeof *port);
    int *number = calloc(clients, sizeof *number);
    double begun = seconds(), now = begun;

    if (!port || !number) exit(1);
    for (uint32_t i = 0; i < clients; i++) number[i] = -1;
    while ((now = seconds()) - begun < time)
        for (uint32_t i = 0; i < clients; i++) {
            if (number[i] < 0)
                ask(i, "small", (struct bytes){0});
            else
                give(i, port[i], (struct tftp){.op = TFTP_ACK, .number = (uint16_t)number[i]});
            number[i] = last_sent(&port[i]);
        }
    printf("%u clients, 4 KB at 512: %.0f transfers/s, %.0f packets/s sent\n", clients,
           (double)transfers / (now - begun), (double)packets / (now - begun));
    free(port);
    free(number);
}

static void one(const char *what, struct bytes options)
{
    uint16_t port = 0;
    double begun = seconds();
    uint64_t before = transfers, sent = packets;

    ask(1u << 20, "large", options);
    for (int n = last_sent(&port); transfers == before; n = last_sent(&port))
        give(1u << 20, port, (struct tftp){.op = TFTP_ACK, .number = (uint16_t)n});
    double took = seconds() - begun;
    printf("5 MB, %s: %.1f ms, %.0f ns a packet\n", what, took * 1e3, took * 1e9 / (double)(packets - sent));
}

#define OPTIONS(text) ((struct bytes){(const uint8_t *)(text), sizeof(text)})

int main(int count, char **word)
{
    uint32_t clients = count > 1 ? (uint32_t)strtoul(word[1], NULL, 10) : 500;
    double time = count > 2 ? strtod(word[2], NULL) : 2;
    struct askers askers;
    struct tftp_server_config config = {.first_port = 40000,
                                        .ports = 16,
                                        .find = find,
                                        .release = release,
                                        .askers = &askers,
                                        .seed = 1,
                                        .transfers = clients + 1};
    size_t size = tftp_server_size(config.transfers);

    if (!askers_init(&askers, 4096, malloc(askers_size(4096)), askers_size(4096)) ||
        !tftp_server_init(&s, &config, malloc(size), size))
        return 1;
    printf("%zu bytes a transfer, %zu an asker\n", size / config.transfers, askers_size(4096) / 4096);
    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    storm(clients, time);
    one("at 512", (struct bytes){0});
    one("at 1428", OPTIONS("blksize\0"
                           "1428"));
    one("at 1428, window 16", OPTIONS("blksize\0"
                                      "1428\0windowsize\0"
                                      "16"));
    return 0;
}
