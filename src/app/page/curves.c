/* The three pictures of all phones together: arrivals, step times, power. */
#include "app/page/chart.h"
#include "app/page/markup.h"
#include "app/page/parts.h"
#include "app/lab/step_times.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 720 };

static void section(FILE *to, const char *name, const char *title, const char *what)
{
    (void)fprintf(to, "<section id=\"%s\">\n<h2>%s</h2>\n<p class=\"what\">%s</p>\n", name, title, what);
}

double page_span(const struct board *b)
{
    double there = 0, anything = 0;

    for (uint32_t i = 0; i < b->rows; i++) {
        const struct row *r = &b->row[i];
        double at = r->registered_ms >= 0 ? board_at_ms(b, r, r->registered_ms) : 0;
        if (at > there) there = at;
        for (uint32_t k = 0; k < r->step_count; k++)
            if (board_at_ms(b, r, r->steps[k].at_ms) > anything) anything = board_at_ms(b, r, r->steps[k].at_ms);
    }
    return there > 0 ? there : anything > 0 ? anything : 1000;
}

/* --- arrivals --- */

struct arrivals { /* by step: how many phones ended it first in each column of pixels */
    uint32_t count[STEPS][COLUMNS_MOST + 1];
};

/* When this phone first had this step behind it (ms on the axis); < 0: never. Registration counts as the server wants
 * it. */
static double first_time(const struct board *b, const struct row *r, int step)
{
    if (step == STEP_REGISTRATION) return r->registered_ms < 0 ? -1 : board_at_ms(b, r, r->registered_ms);
    for (uint32_t i = 0; i < r->step_count; i++)
        if (r->steps[i].step == step) return board_at_ms(b, r, r->steps[i].at_ms);
    return -1;
}

static void count_arrivals(struct arrivals *a, const struct board *b, const struct chart *c)
{
    memset(a, 0, sizeof *a);
    for (uint32_t i = 0; i < b->rows; i++) {
        for (int step = 0; step < STEPS; step++) {
            double at = first_time(b, &b->row[i], step) / 1000;
            if (at < 0 || at > c->most) continue;
            a->count[step][(int)(chart_x(c, at) - c->left)]++;
        }
    }
}

/* A staircase: nothing is drawn between two arrivals that did not happen between them. */
static void staircase(const struct chart *c, const uint32_t *count, bool area)
{
    uint32_t sum = 0;
    int columns = (int)(c->width - c->left - c->right);

    (void)fprintf(c->to, "M%.0f %.1f", c->left, chart_y(c, 0));
    for (int i = 0; i <= columns; i++) {
        if (!count[i]) continue;
        sum += count[i];
        (void)fprintf(c->to, "H%.0fV%.1f", c->left + i, chart_y(c, sum));
    }
    (void)fprintf(c->to, "H%.0f", c->width - c->right);
    if (area) (void)fprintf(c->to, "V%.1fZ", chart_y(c, 0));
}

static void arrival_chart(const struct board *b, FILE *to, int which, struct arrivals *a)
{
    struct chart c = {.to = to,
                      .height = which ? 260 : 330,
                      .left = which ? 44 : 56,
                      .right = 12,
                      .top = 26,
                      .bottom = 42,
                      .most = page_span(b) / 1000 * 1.02,
                      .high = b->rows};

    chart_open(&c, which, "Phones that had ended each step, over the time since power came");
    chart_axis_y(&c, "phones");
    chart_axis_x(&c, "seconds since power came");
    count_arrivals(a, b, &c);
    (void)fputs("<path class=\"area f5\" d=\"", to);
    staircase(&c, a->count[STEP_REGISTRATION], true);
    (void)fputs("\"/>\n", to);
    for (int step = 0; step < STEPS; step++) {
        (void)fprintf(to, "<path class=\"curve c%d\" d=\"", step);
        staircase(&c, a->count[step], false);
        (void)fputs("\"/>\n", to);
    }
    chart_close(&c);
}

bool arrival_section(const struct report_page *page, FILE *to)
{
    struct arrivals *a = malloc(sizeof *a);

    if (!a) return false;
    section(to, "arrivals", "Arrivals", "How many phones had each step behind them for the first time, and by when.");
    (void)fputs("<ul class=\"legend\">", to);
    for (int step = 0; step < STEPS; step++)
        (void)fprintf(to, "<li><i class=\"b%d\"></i>%s</li>", step,
                      step == STEP_REGISTRATION ? "registered, as the server wants it" : step_names[step]);
    (void)fputs("</ul>\n", to);
    for (int which = 0; which < 2; which++) arrival_chart(page->board, to, which, a);
    (void)fputs("</section>\n", to);
    free(a);
    return true;
}

/* --- step times --- */

enum { STEP_ROW = 62, STEP_FIELD = 34, STEP_BIN = 5 }; /* pixels: of a step, of its columns, of one column's width */

static void step_columns(const struct chart *c, const struct step_spread *s, int step, double base)
{
    uint32_t count[COLUMNS_MOST / STEP_BIN + 1] = {0}, most = 1;
    int bins = (int)(c->width - c->left - c->right) / STEP_BIN;

    for (size_t i = 0; i < s->count; i++) {
        int bin = (int)((chart_x(c, s->took[i]) - c->left) / STEP_BIN);
        uint32_t n = ++count[bin < bins ? bin : bins - 1];
        if (n > most) most = n;
    }
    (void)fprintf(c->to, "<path class=\"b%d\" d=\"", step);
    for (int i = 0; i < bins; i++) {
        double tall =
            count[i] ? 1.5 + (STEP_FIELD - 1.5) * count[i] / most : 0; /* one phone among 100,000 is seen too */
        if (count[i])
            (void)fprintf(c->to, "M%.0f %.0fv-%.1fh%dv%.1fz", c->left + i * STEP_BIN, base, tall, STEP_BIN - 1, tall);
    }
    (void)fputs("\"/>\n", c->to);
}

static void step_row(const struct chart *c, const struct step_spread *s, int step, bool narrow)
{
    double base = c->top + STEP_ROW * (step + 1) - 8;

    chart_text(c, c->left, base - STEP_FIELD - 7, "name", step_names[step]);
    if (!s->count) {
        chart_text(c, c->width - c->right, base - STEP_FIELD - 7, "tick end", "no phone ended it");
        return;
    }
    double half = chart_x(c, percentile(s->took, s->count, 50)), nearly = chart_x(c, percentile(s->took, s->count, 99));
    char words[160], x[NUMBER_TEXT], y[NUMBER_TEXT], z[NUMBER_TEXT];

    (void)snprintf(words, sizeof words, narrow ? "median %s, 99 %% %s" : "median %s, 99 %% within %s, longest %s",
                   took_text(x, percentile(s->took, s->count, 50)), took_text(y, percentile(s->took, s->count, 99)),
                   took_text(z, s->took[s->count - 1]));
    chart_text(c, c->width - c->right, base - STEP_FIELD - 7, "tick end", words);
    step_columns(c, s, step, base);
    (void)fprintf(c->to,
                  "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/><path class=\"half\" d=\"M%.1f %.1fv-%d\"/>"
                  "<path class=\"nearly\" d=\"M%.1f %.1fv-%d\"/>\n",
                  c->left, base, c->width - c->right, half, base + 3, STEP_FIELD + 4, nearly, base + 3, STEP_FIELD + 4);
}

/* The powers of ten around all that is shown; what took no time at all stands at the left end. */
static void step_range(struct chart *c, const struct step_spread *s)
{
    double least = 1e9, most = 0.1;

    for (int step = 0; step < STEPS; step++) {
        if (!s[step].count) continue;
        if (s[step].took[0] < least) least = s[step].took[0];
        if (s[step].took[s[step].count - 1] > most) most = s[step].took[s[step].count - 1];
    }
    c->least = pow(10, floor(log10(least < 0.1 ? 0.1 : least > most ? most : least)));
    c->most = pow(10, ceil(log10(most * 1.01)));
    if (c->most <= c->least) c->most = c->least * 10;
}

static void steps_chart(const struct step_spread *s, FILE *to, int which)
{
    struct chart c = {.to = to,
                      .height = STEP_ROW * STEPS + 50,
                      .left = 24,
                      .right = 24,
                      .top = 4,
                      .bottom = 42,
                      .logarithmic = true};

    step_range(&c, s);
    chart_open(&c, which, "How often each step took how long");
    chart_axis_x(&c, which ? "time that a step took" : "time that a step took, each power of ten as wide as the next");
    for (int step = 0; step < STEPS; step++) step_row(&c, &s[step], step, which);
    chart_close(&c);
}

bool steps_section(const struct report_page *page, FILE *to)
{
    struct step_spread s[STEPS] = {{0}};
    bool enough = true;

    for (int step = 0; step < STEPS && enough; step++) enough = step_spread(&s[step], page->board, step);
    if (enough) {
        section(to, "steps", "Step times",
                "How often a step took how long, over all boots. Each is as tall as its own most frequent time. "
                "<span class=\"half\"></span> the median, <span class=\"nearly\"></span> 99 % took no longer.");
        for (int which = 0; which < 2; which++) steps_chart(s, to, which);
        (void)fputs("</section>\n", to);
    }
    for (int step = 0; step < STEPS; step++) step_spread_free(&s[step]);
    return enough;
}
