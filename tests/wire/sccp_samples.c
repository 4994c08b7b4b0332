/* Samples of every SCCP message for the protocol versions of its arguments, for tests/system/sccp_referee.bats:
 * `sccp_samples FOLDER VERSION...` writes FOLDER/hex, for text2pcap, a packet a message, and FOLDER/wanted, a JSON
 * document a line: what Wireshark must show of that packet. A number has each form in which it may show it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "sccp_call_fields.h"
#include "sccp_call_samples.h"

struct printed {
    struct fields fields;
    FILE *to;
    bool first;
};

static void begin(struct printed *p, const char *name, size_t at)
{
    fprintf(p->to, "%s{\"name\":\"skinny.%s\",\"at\":%zu,\"any\":[", p->first ? "" : ",", name, at);
    p->first = false;
}

static void print_number(struct fields *f, const char *name, size_t at, uint32_t v)
{
    struct printed *p = (struct printed *)f;

    begin(p, name, at);
    fprintf(p->to, "\"%" PRIu32 "\",\"0x%02" PRIx32 "\",\"0x%04" PRIx32 "\",\"0x%08" PRIx32 "\"]}", v, v, v, v);
}

static void print_text(struct fields *f, const char *name, size_t at, uint8_t label, struct bytes b)
{
    struct printed *p = (struct printed *)f;

    begin(p, name, at);
    fputc('"', p->to);
    if (label) fprintf(p->to, "\\ufffd\\u%04x", label); /* 0x80 is not UTF-8 */
    for (size_t i = 0; i < b.len; i++) fprintf(p->to, b.at[i] == '"' || b.at[i] == '\\' ? "\\%c" : "%c", b.at[i]);
    fputs("\"]}", p->to);
}

static void print_hex(FILE *to, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (i % 16 == 0) fprintf(to, "%s%06zx", i ? "\n" : "", i);
        fprintf(to, " %02x", b.at[i]);
    }
    fputs("\n\n", to);
}

static void one(FILE *hex, FILE *wanted, const struct sccp_message *m, uint8_t version)
{
    uint8_t room[SCCP_MOST];
    struct writer w = writer(room, sizeof room);
    struct printed p = {{print_number, print_text, version}, wanted, true};

    sccp_message_encode(&w, m, version);
    print_hex(hex, written(&w));
    fprintf(wanted, "{\"id\":%" PRIu32 ",\"message\":\"%s\",\"version\":%u,\"fields\":[", m->id, sccp_name(m->id),
            version);
    fields_of(&p.fields, m);
    fputs("]}\n", wanted);
}

static FILE *create(const char *folder, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

int main(int argc, char **argv)
{
    static struct sccp_message all[SAMPLES], calls[CALL_SAMPLES];

    if (argc < 3) {
        fputs("Usage: sccp_samples FOLDER VERSION...\n", stderr);
        return 2;
    }
    FILE *hex = create(argv[1], "hex"), *wanted = create(argv[1], "wanted");
    for (int i = 2; i < argc; i++) {
        uint8_t version = (uint8_t)strtoul(argv[i], NULL, 10);
        size_t n = samples(all, version), m = call_samples(calls, version);
        for (size_t k = 0; k < n; k++) one(hex, wanted, &all[k], version);
        for (size_t k = 0; k < m; k++) one(hex, wanted, &calls[k], version);
    }
    return fclose(hex) == 0 && fclose(wanted) == 0 ? 0 : 1;
}
