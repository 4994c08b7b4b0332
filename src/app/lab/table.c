#include "app/lab/table.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR = 40, HEIGHT = 24 };

/* ECMA-48 and DEC: a row that is longer than the window is cut, not wrapped, so that moving up by lines stays true. */
static const char no_wrap[] = "\033[?7l", wrap[] = "\033[?7h";
static const char bold[] = "\033[1m", dim[] = "\033[2m", red[] = "\033[31m", green[] = "\033[32m",
                  yellow[] = "\033[33m", plain[] = "\033[0m";

bool table_possible(FILE *to)
{
    const char *term = getenv("TERM");

    return isatty(fileno(to)) && term && term[0] && strcmp(term, "dumb") != 0;
}

void table_open(struct table *t, FILE *to)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org: present and not empty */
    struct winsize window;

    t->to = to;
    t->colour = !(no_color && no_color[0]);
    t->height = HEIGHT;
    if (ioctl(fileno(to), TIOCGWINSZ, &window) == 0 && window.ws_row) t->height = window.ws_row;
}

void table_say(struct table *t, const char *line)
{
    text_copy(t->line[t->lines++ % TABLE_LINES], sizeof *t->line, bytes_of(line));
}

static const char *paint(const struct table *t, const char *code)
{
    return t->colour ? code : "";
}

static void begin_line(const struct table *t)
{
    (void)fputs("\r\033[2K",
                t->to); /* erased first: in the last column, what erases to the end would take that column too */
}

static void end_line(struct table *t)
{
    (void)fputc('\n', t->to);
    t->drawn++;
}

/* `text` in `width` columns; what does not fit ends with a '+'. */
static const char *fit(char *to, size_t width, const char *text)
{
    size_t len = strlen(text);

    text_copy(to, width + 1, bytes_of(text));
    if (len > width) to[width - 1] = '+';
    return to;
}

static const char *step_colour(const struct row *r)
{
    if (row_registered(r)) return green;
    return r->trouble.news || !r->plugged ? red : yellow;
}

static const char *step_word(const struct row *r)
{
    static const char *const words[STEPS] = {"power", "image", "VLAN", "address", "config", "register"};

    if (row_registered(r)) return "registered";
    return r->plugged ? words[r->step] : "unplugged";
}

static void draw_head(struct table *t)
{
    begin_line(t);
    (void)fprintf(t->to, "%s%-15s %-5s %4s %-10s %-12s %-8s %-4s %-10s %4s%s", paint(t, bold), "DEVICE", "MODEL",
                  "VLAN", "ADDRESS", "LOAD", "CALLMGR", "DN", "STEP", "TIME", paint(t, plain));
    end_line(t);
}

/* SEP020000000001 7960   100 10.0.0.5   P0030801SR02 10.0.0.2 1000 registered  0.4 */
static void draw_row(struct table *t, const struct row *r, usec now)
{
    char address[IPV4_TEXT] = "-", cm[IPV4_TEXT] = "-", vlan[12] = "-", a[16], l[16], c[16], n[16], m[16];
    double seconds = 0;

    if (r->registered_ms >= 0)
        seconds = r->registered_ms / 1000;
    else if (r->plugged_at && now > r->plugged_at)
        seconds = (double)(now - r->plugged_at) / 1000000;
    if (r->address) ipv4_text(address, r->address);
    if (r->line) ipv4_text(cm, r->callmanager);
    if (r->vlan >= 0) (void)snprintf(vlan, sizeof vlan, "%d", r->vlan);
    begin_line(t);
    (void)fprintf(t->to, "%-15s %-5s %4s %-10s %-12s %-8s %-4s %s%-10s%s %4.*f", r->device, fit(m, 5, r->model->name),
                  vlan, fit(a, 10, address), fit(l, 12, r->load[0] ? r->load : "-"), fit(c, 8, cm),
                  fit(n, 4, r->number[0] ? r->number : "-"), paint(t, step_colour(r)), step_word(r), paint(t, plain),
                  seconds < 99.95 ? 1 : 0, seconds);
    end_line(t);
}

static void draw_bars(struct table *t, const struct board *b)
{
    for (int step = 0; step < STEPS; step++) {
        uint32_t past = 0;
        for (uint32_t i = 0; i < b->rows; i++)
            past += row_registered(&b->row[i]) || (step != STEP_REGISTRATION && b->row[i].step > step);
        uint32_t full = b->rows ? past * BAR / b->rows : 0;
        begin_line(t);
        (void)fprintf(t->to, "%-14s %s", step_names[step], paint(t, past == b->rows ? green : yellow));
        for (uint32_t i = 0; i < BAR; i++) (void)fputc(i < full ? '#' : '.', t->to);
        (void)fprintf(t->to, "%s %5u of %u", paint(t, plain), past, b->rows);
        end_line(t);
    }
}

void table_news(struct table *t, const struct row *r, enum process_role role, uint16_t news)
{
    static const uint16_t of_step[STEPS] = {PHONE_POWERED, PHONE_IMAGE,         PHONE_VLAN,
                                            PHONE_ADDRESS, PHONE_CONFIGURATION, PHONE_REGISTERED};

    for (int step = 0; role == ROLE_FLEET && step < STEPS && r->step_count; step++) {
        if (of_step[step] != news || r->steps[r->step_count - 1].step != step) continue;
        t->step[step].done++;
        t->step[step].took_ms += r->steps[r->step_count - 1].took_ms;
    }
}

void table_rates(struct table *t, struct reader *r)
{
    bool servers = read_u8(r) == ROLE_SERVERS;
    uint32_t which = servers ? TABLE_PROCESSES - 1 : read_u8(r);

    if (servers) (void)read_u8(r);
    uint64_t lost = read_be64(r), resent = read_be64(r);
    if (!sound(r) || which >= TABLE_PROCESSES) return;
    t->rates[which].lost = lost;
    t->rates[which].resent = resent;
}

/* How fast it goes, over half a second and more. */
static void count_rate(struct table *t, uint32_t registered, usec now)
{
    if (now < t->counted_at + SECOND / 2) return;
    t->rate = t->counted_at && registered > t->registered
                  ? (registered - t->registered) * 1000000.0 / (double)(now - t->counted_at)
                  : 0;
    t->registered = registered;
    t->counted_at = now;
}

/* 1234 phones/s; slowest: configuration, 1.2 s; 0 frames lost in the kernel, 3 TCP segments sent again */
static void draw_rates(struct table *t, uint32_t registered, usec now)
{
    uint64_t lost = 0, resent = 0;
    int slowest = 0;
    double took[STEPS];

    for (int i = 0; i < STEPS; i++) {
        took[i] = t->step[i].done ? t->step[i].took_ms / t->step[i].done : 0;
        if (took[i] > took[slowest]) slowest = i;
    }
    for (uint32_t i = 0; i < TABLE_PROCESSES; i++) {
        lost += t->rates[i].lost;
        resent += t->rates[i].resent;
    }
    count_rate(t, registered, now);
    begin_line(t);
    (void)fprintf(t->to, "%.0f a second; slowest: %s, %.2f s; %llu lost in kernels, %llu sent again", t->rate,
                  step_names[slowest], took[slowest] / 1000, (unsigned long long)lost, (unsigned long long)resent);
    end_line(t);
}

static void draw_foot(struct table *t, const struct board *b, usec now)
{
    uint32_t troubled = 0;

    for (uint32_t i = 0; i < b->rows; i++) troubled += !row_registered(&b->row[i]) && b->row[i].trouble.news;
    begin_line(t);
    (void)fprintf(t->to, "%u of %u registered", board_registered(b), b->rows);
    if (troubled) (void)fprintf(t->to, ", %s%u in trouble%s", paint(t, red), troubled, paint(t, plain));
    if (b->plugged_at && now > b->plugged_at) (void)fprintf(t->to, "; %.1f s", (double)(now - b->plugged_at) / 1000000);
    if (b->options->stay) (void)fputs("; ^C ends it", t->to);
    end_line(t);
}

static void draw_lines(struct table *t, uint32_t room)
{
    uint32_t kept = t->lines < TABLE_LINES ? t->lines : TABLE_LINES;
    char line[TABLE_WIDTH + 1];

    if (kept > room) kept = room;
    for (uint32_t i = t->lines - kept; i < t->lines; i++) {
        begin_line(t);
        (void)fprintf(t->to, "%s%s%s", paint(t, dim), fit(line, TABLE_WIDTH, t->line[i % TABLE_LINES]),
                      paint(t, plain));
        end_line(t);
    }
}

static void draw(struct table *t, const struct board *b, usec now, bool last)
{
    if (t->drawn) (void)fprintf(t->to, "\033[%uA", t->drawn);
    t->drawn = 0;
    (void)fputs(no_wrap, t->to);
    if (b->rows <= TABLE_ROWS && b->rows + 3 <= t->height) {
        draw_head(t);
        for (uint32_t i = 0; i < b->rows; i++) draw_row(t, &b->row[i], now);
    } else {
        draw_bars(t, b);
    }
    draw_foot(t, b, now);
    if (plan_switches(b->plan) > 1) draw_rates(t, board_registered(b), now);
    if (!last && t->drawn + 1 < t->height) draw_lines(t, t->height - t->drawn - 1);
    (void)fprintf(t->to, "\033[J%s", wrap); /* what a longer draw left below */
    (void)fflush(t->to);
}

void table_draw(struct table *t, const struct board *b, usec now)
{
    draw(t, b, now, false);
}

void table_close(struct table *t, const struct board *b, usec now)
{
    draw(t, b, now, true);
}
