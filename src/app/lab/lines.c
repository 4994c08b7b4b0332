#include "app/lab/lines.h"
#include "app/lab/words.h"
#include <stdlib.h>
#include <string.h>

enum { HELD_MOST = 8, LINE_TEXT = WORDS + 80 };

/* The line of the power step tells too what CDP made of it, some milliseconds later: what follows waits behind it, but
 * no longer than HELD_LONGEST (a phone that takes its real time says its first CDP some 7 s after power). */
static const usec HELD_LONGEST = SECOND;
struct held {
    bool power;
    usec at;
    uint32_t count;
    char line[HELD_MOST][LINE_TEXT];
};

bool lines_open(struct lines *l, const struct board *b, FILE *to, struct table *live)
{
    *l = (struct lines){.to = to, .table = live, .board = b};
    l->held = calloc(b->rows, sizeof *l->held);
    return l->held != NULL;
}

static void out(const struct lines *l, const char *line)
{
    if (l->table)
        table_say(l->table, line);
    else
        (void)fprintf(l->to, "%s\n", line);
}

static void form(const struct lines *l, char line[LINE_TEXT], usec now, const char *device, const char *model,
                 const char *label, const char *words)
{
    double at = now > l->board->plugged_at ? (double)(now - l->board->plugged_at) / 1000000 : 0;

    if (l->table)
        (void)snprintf(line, LINE_TEXT, "%7.2f %s %s", at, device, words); /* 80 columns, and the table has the rest */
    else
        (void)snprintf(line, LINE_TEXT, "%8.3f  %-15s %-5s %-13s  %s", at, device, model, label, words);
}

void lines_say(struct lines *l, usec now, const char *label, const char *words)
{
    char line[LINE_TEXT];

    if (!l->to) return;
    form(l, line, now, "-", "-", label, words);
    out(l, line);
}

static void release(struct lines *l, const struct row *r)
{
    struct held *h = &l->held[r - l->board->row];
    char words[WORDS], line[LINE_TEXT];

    if (!h->power) return;
    words_power(words, r);
    form(l, line, h->at, r->device, r->model->name, "power", words);
    out(l, line);
    for (uint32_t i = 0; i < h->count; i++) out(l, h->line[i]);
    h->power = false;
    l->holding--;
    h->count = 0;
}

static const char *label_of_protocol(struct bytes facts)
{
    return bytes_are(told_text(facts, FACT_PROTOCOL), "LLDP-MED") ? "LLDP-MED" : "CDP";
}

void lines_news(struct lines *l, usec now, const struct row *r, uint16_t news, struct bytes facts)
{
    struct held *h = &l->held[r - l->board->row];
    char words[WORDS], line[LINE_TEXT];
    const char *label = "";

    if (!l->to) return;
    if (news == PHONE_POWERED) {
        l->holding += !h->power;
        h->power = true;
        h->at = now;
        return;
    }
    if (news == SWITCH_POWER_NEGOTIATED && !h->power) {
        char watts[16];
        (void)snprintf(words, sizeof words, "%s allocated after %.8s", watts_text(watts, r->power.negotiated),
                       label_of_protocol(facts));
        form(l, line, now, r->device, r->model->name, "power", words);
        out(l, line);
        return;
    }
    if (news == SWITCH_POWER_NEGOTIATED || news == PHONE_ADDRESS || news == PHONE_UNPOWERED ||
        news == PHONE_DHCP_SILENT || h->count == HELD_MOST)
        release(l, r);
    if (!words_of(words, &label, r, news, facts)) return;
    form(l, line, now, r->device, r->model->name, label, words);
    if (h->power)
        memcpy(h->line[h->count++], line, sizeof line);
    else
        out(l, line);
}

void lines_due(struct lines *l, usec now)
{
    for (uint32_t i = 0; l->to && l->holding && i < l->board->rows; i++)
        if (l->held[i].power && now >= l->held[i].at + HELD_LONGEST) release(l, &l->board->row[i]);
}

void lines_plain(struct lines *l)
{
    l->table = NULL;
}

void lines_close(struct lines *l)
{
    for (uint32_t i = 0; l->to && i < l->board->rows; i++) release(l, &l->board->row[i]);
    free(l->held);
    l->held = NULL;
}
