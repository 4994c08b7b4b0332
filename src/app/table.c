#include "app/table.h"
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, BAR = 40 };

void table_open(struct table *t, FILE *to)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    *t = (struct table){.to = to, .colour = !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0)};
}

static const char *paint(const struct table *t, const char *code)
{
    return t->colour ? code : "";
}

static void end_line(struct table *t)
{
    (void)fputs("\033[K\n", t->to);
    t->drawn++;
}

static const char *step_colour(const struct row *r)
{
    if (row_registered(r)) return "\033[32m";
    return r->trouble.news ? "\033[31m" : "\033[33m";
}

/* SEP020000000001 7960  100 10.0.0.5     P0030801SR02      10.0.0.2   1000 registered    0.4 */
static void draw_row(struct table *t, const struct row *r, usec now)
{
    char address[IPV4_TEXT] = "-", cm[IPV4_TEXT] = "-", vlan[12] = "-", load[16];
    bool done = row_registered(r);
    double seconds = done && r->registered_ms >= 0 ? r->registered_ms / 1000 : now > r->plugged_at ? (double)(now - r->plugged_at) / 1000000 : 0;

    if (r->address) ipv4_text(address, r->address);
    if (r->line) ipv4_text(cm, r->callmanager);
    if (r->vlan >= 0) (void)snprintf(vlan, sizeof vlan, "%d", r->vlan);
    text_copy(load, 15, bytes_of(r->load));
    (void)fprintf(t->to, "%-15s %-5.5s%4s %-12.12s%-14s %-10.10s%6.6s %s%-7.7s%s%4.1f", r->device, r->model->name, vlan, address, load, cm,
                  r->number[0] ? r->number : "-", paint(t, step_colour(r)), done ? "regist." : step_names[r->step], paint(t, "\033[0m"), seconds);
    end_line(t);
}

static void draw_bars(struct table *t, const struct board *b)
{
    for (int step = 0; step < STEPS; step++) {
        uint32_t past = 0;
        for (uint32_t i = 0; i < b->rows; i++) past += row_registered(&b->row[i]) || b->row[i].step > step;
        if (step == STEP_REGISTRATION) past = board_registered(b);
        uint32_t full = b->rows ? past * BAR / b->rows : 0;
        (void)fprintf(t->to, "%-14s %s", step_names[step], paint(t, "\033[32m"));
        for (uint32_t i = 0; i < BAR; i++) (void)fputc(i < full ? '#' : '.', t->to);
        (void)fprintf(t->to, "%s %5u of %u", paint(t, "\033[0m"), past, b->rows);
        end_line(t);
    }
}

void table_draw(struct table *t, const struct board *b, usec now)
{
    if (t->drawn) (void)fprintf(t->to, "\033[%uA\r", t->drawn);
    t->drawn = 0;
    if (b->rows <= TABLE_ROWS) {
        (void)fprintf(t->to, "%s%-15s %-5s%4s %-12s%-14s %-10s%6s %-7s%4s%s", paint(t, "\033[1m"), "DEVICE", "MODEL", "VLAN", "ADDRESS", "LOAD", "CALLMANAGR",
                      "NUMBER", "STEP", "TIME", paint(t, "\033[0m"));
        end_line(t);
        for (uint32_t i = 0; i < b->rows; i++) draw_row(t, &b->row[i], now);
    } else {
        draw_bars(t, b);
    }
    (void)fprintf(t->to, "%u of %u registered", board_registered(b), b->rows);
    end_line(t);
    (void)fflush(t->to);
}
