/* Power over time: what the switch has given away, and who waits for more. */
#include "app/page/chart.h"
#include "app/page/markup.h"
#include "app/page/parts.h"
#include <stdlib.h>

enum { POWER_COLUMNS = 720 };

struct power_curve {
    uint64_t given[POWER_COLUMNS + 1], waiting[POWER_COLUMNS + 1]; /* by column of pixels: mW, phones: the most in it */
    uint64_t given_most, waiting_most;
    uint32_t *watts; /* mW, by phone */
    bool *denied;    /* by phone */
    uint64_t given_now, waiting_now;
    double span; /* ms */
    int column;
    bool any;
};

static void take(struct power_curve *p, uint32_t phone, uint32_t milliwatts)
{
    p->given_now += milliwatts;
    p->given_now -= p->watts[phone];
    p->watts[phone] = milliwatts;
}

static void wait_for_power(struct power_curve *p, uint32_t phone, bool waits)
{
    if (waits && !p->denied[phone]) p->waiting_now++;
    if (!waits && p->denied[phone]) p->waiting_now--;
    p->denied[phone] = waits;
}

static void mark(struct power_curve *p)
{
    if (p->given_now > p->given[p->column]) p->given[p->column] = p->given_now;
    if (p->waiting_now > p->waiting[p->column]) p->waiting[p->column] = p->waiting_now;
    if (p->given_now > p->given_most) p->given_most = p->given_now;
    if (p->waiting_now > p->waiting_most) p->waiting_most = p->waiting_now;
}

/* Goes on to a column: what stood at its beginning stood in those between too. */
static void go_to(struct power_curve *p, int column)
{
    while (p->column < column) {
        p->column++;
        mark(p);
    }
}

/* False: it has nothing to do with power. */
static bool hear(struct power_curve *p, const struct diary_entry *e, struct bytes facts)
{
    switch (e->news) {
    case SWITCH_POWER_GRANTED:
        take(p, e->phone, (uint32_t)told_number(facts, FACT_WATTS, 0));
        wait_for_power(p, e->phone, false);
        return true;
    case SWITCH_POWER_NEGOTIATED: take(p, e->phone, (uint32_t)told_number(facts, FACT_WATTS_LATER, 0)); return true;
    case SWITCH_POWER_DENIED: wait_for_power(p, e->phone, true); return true;
    case SWITCH_DISCONNECTED:
    case SWITCH_OVERLOADED:
    case SWITCH_POWER_FAULT:
    case SWITCH_NO_LINK:
        take(p, e->phone, 0);
        wait_for_power(p, e->phone, false);
        return true;
    default: return false;
    }
}

static double last_power(const struct report_page *page)
{
    const struct board *b = page->board;
    double span = page_span(b),
           last = b->power_changed > b->plugged_at ? (double)(b->power_changed - b->plugged_at) / 1000 : 0;

    return last > span ? last : span;
}

static void count_power(struct power_curve *p, const struct report_page *page, int columns)
{
    uint8_t bytes[DIARY_FACTS];
    struct diary_entry e;
    usec start = page->board->plugged_at;

    while (diary_next(page->diary, &e, bytes)) {
        double ms = e.at > start ? (double)(e.at - start) / 1000 : 0;
        if (e.phone >= page->board->rows) continue;
        if (ms <= p->span) go_to(p, (int)(ms / p->span * columns));
        if (!hear(p, &e, (struct bytes){bytes, e.len})) continue;
        mark(p);
        p->any = true;
    }
    go_to(p, columns);
}

static void staircase(const struct chart *c, const uint64_t *value, double unit, int columns, const char *area,
                      const char *line)
{
    for (int pass = 0; pass < 2; pass++) {
        uint64_t last = UINT64_MAX;
        (void)fprintf(c->to, "<path class=\"%s\" d=\"M%.0f %.1f", pass ? line : area, c->left, chart_y(c, 0));
        for (int i = 0; i <= columns; i++) {
            if (value[i] != last) (void)fprintf(c->to, "H%.0fV%.1f", c->left + i, chart_y(c, (double)value[i] / unit));
            last = value[i];
        }
        (void)fprintf(c->to, "H%.0f", c->width - c->right);
        if (!pass) (void)fprintf(c->to, "V%.1fZ", chart_y(c, 0));
        (void)fputs("\"/>\n", c->to);
    }
}

static struct chart power_frame(FILE *to, int which, double span, double height)
{
    return (struct chart){.to = to,
                          .width = CHART_WIDTHS[which],
                          .height = height,
                          .left = which ? 44 : 56,
                          .right = 12,
                          .top = 26,
                          .bottom = 42,
                          .most = span / 1000 * 1.02};
}

static void watts_chart(const struct power_curve *p, const struct board *b, FILE *to, int which, int columns)
{
    struct chart c = power_frame(to, which, p->span, which ? 220 : 260);
    double budget = (double)board_budget(b) / 1000, most = (double)p->given_most / 1000;
    char text[80], n[NUMBER_TEXT];
    bool near = most * 4 > budget; /* else the curve would lie on the ground */

    c.high = (near ? (budget > most ? budget : most) : most) * 1.12;
    chart_open(&c, which, "Power given to phones, over the time since power came");
    chart_axis_y(&c, "watts");
    chart_axis_x(&c, "seconds since power came");
    staircase(&c, p->given, 1000, columns, "area f0", "curve c0");
    uint32_t members = (uint32_t)(board_budget(b) / (b->plan->power_budget ? b->plan->power_budget : 1));
    int said = snprintf(text, sizeof text, "budget %s W", grouped_text(n, (uint64_t)budget));
    if (members > 1)
        said += snprintf(text + said, sizeof text - (size_t)said, ", of %s members", grouped_text(n, members));
    if (!near) (void)snprintf(text + said, sizeof text - (size_t)said, ", far above");
    if (near)
        (void)fprintf(to, "<path class=\"limit\" d=\"M%.1f %.1fH%.1f\"/>", c.left, chart_y(&c, budget),
                      c.width - c.right);
    chart_text(&c, c.width - c.right, near ? chart_y(&c, budget) - 6 : c.top - 10, "tick end", text);
    chart_close(&c);
}

static void waiting_chart(const struct power_curve *p, FILE *to, int which, int columns)
{
    struct chart c = power_frame(to, which, p->span, 150);

    c.high = (double)p->waiting_most * 1.12;
    chart_open(&c, which, "Phones that were refused power and wait for it, over the time since power came");
    chart_axis_y(&c, "phones that wait for power");
    chart_axis_x(&c, "seconds since power came");
    staircase(&c, p->waiting, 1, columns, "area f4", "curve c4");
    chart_close(&c);
}

static void say_power(const struct power_curve *p, const struct board *b, FILE *to)
{
    char x[NUMBER_TEXT], y[NUMBER_TEXT];

    (void)fprintf(to, "<p class=\"figures\">At most <b>%.1f W</b> of %s W at once, <b>%.1f W</b> at the end; ",
                  (double)p->given_most / 1000, grouped_text(x, board_budget(b) / 1000), (double)p->given_now / 1000);
    if (p->waiting_most)
        (void)fprintf(to, "at most <b>%s</b> phone%s waited for power at once, <b>%s</b> at the end.</p>\n",
                      grouped_text(x, p->waiting_most), p->waiting_most == 1 ? "" : "s",
                      grouped_text(y, p->waiting_now));
    else
        (void)fputs("no phone waited for power.</p>\n", to);
}

static void power_charts(struct power_curve *p, const struct report_page *page, FILE *to, int which)
{
    struct chart c = power_frame(to, which, p->span, 0);
    double wide = c.width - c.left - c.right;
    int columns = (int)(wide / 1.02);

    if (!diary_rewind(page->diary)) return;
    count_power(p, page, columns);
    if (!p->any) return;
    if (which == 0) say_power(p, page->board, to);
    watts_chart(p, page->board, to, which, columns);
    if (p->waiting_most) waiting_chart(p, to, which, columns);
}

bool power_section(const struct report_page *page, FILE *to)
{
    bool enough = true, any = false;

    (void)fputs("<section id=\"power\">\n<h2>Power</h2>\n<p class=\"what\">What the switch had given away: what it "
                "allocates at first, and less once a phone has said by CDP or LLDP-MED what it needs; what that frees "
                "lets the next wave in.</p>\n",
                to);
    for (int which = 0; which < 2 && enough; which++) {
        struct power_curve *p = calloc(1, sizeof *p);
        if (p) p->watts = calloc(page->board->rows, sizeof *p->watts);
        if (p) p->denied = calloc(page->board->rows, sizeof *p->denied);
        enough = p && p->watts && p->denied;
        if (enough) {
            p->span = last_power(page);
            power_charts(p, page, to, which);
            any |= p->any;
        }
        if (p) free(p->watts);
        if (p) free(p->denied);
        free(p);
    }
    if (!any) (void)fputs("<p>The switch gave no power to a phone.</p>\n", to);
    (void)fputs("</section>\n", to);
    return enough;
}
