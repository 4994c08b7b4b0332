#include "app/page/chart.h"
#include "app/page/markup.h"
#include <math.h>

const double CHART_WIDTHS[2] = {720, 358}; /* 358: what a page of 390 has between its margins */

void chart_open(struct chart *c, int which, const char *title)
{
    c->width = CHART_WIDTHS[which];
    (void)fprintf(c->to, "<svg class=\"chart %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                  which ? "narrow" : "wide", c->width, c->height);
    markup_text(c->to, title);
    (void)fputs("\">\n", c->to);
}

void chart_close(const struct chart *c)
{
    (void)fputs("</svg>\n", c->to);
}

double chart_x(const struct chart *c, double value)
{
    double wide = c->width - c->left - c->right, part;

    if (value < c->least) value = c->least;
    if (value > c->most) value = c->most;
    part = c->logarithmic ? log10(value / c->least) / log10(c->most / c->least)
                          : (value - c->least) / (c->most - c->least);
    return c->left + wide * part;
}

double chart_y(const struct chart *c, double value)
{
    double tall = c->height - c->top - c->bottom;

    return c->height - c->bottom - tall * (value < c->high ? value : c->high) / c->high;
}

double chart_round(double most, int ticks)
{
    double step = pow(10, floor(log10(most / ticks)));

    if (step * ticks >= most) return step;
    if (2 * step * ticks >= most) return 2 * step;
    return (5 * step * ticks >= most ? 5 : 10) * step;
}

void chart_text(const struct chart *c, double x, double y, const char *class, const char *text)
{
    (void)fprintf(c->to, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    markup_text(c->to, text);
    (void)fputs("</text>\n", c->to);
}

/* A number with as many decimals as the step between ticks has. */
static const char *tick_text(char to[NUMBER_TEXT], double value, double step)
{
    int decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;

    if (decimals == 0) return grouped_text(to, (uint64_t)(value + 0.5));
    (void)snprintf(to, NUMBER_TEXT, "%.*f", decimals, value);
    return to;
}

static void tick_below(const struct chart *c, double value, const char *text)
{
    double x = chart_x(c, value), below = c->height - c->bottom;

    (void)fprintf(c->to, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, c->top, below);
    chart_text(c, x, below + 16, "tick middle", text);
}

/* Of a logarithmic axis: a tick each power of ten, in ms or s. */
static void powers(const struct chart *c)
{
    char text[NUMBER_TEXT];

    for (double v = pow(10, ceil(log10(c->least) - 1e-9)); v <= c->most * 1.0001; v *= 10) {
        (void)snprintf(text, sizeof text, v < 1 ? "%.1f ms" : v < 1000 ? "%.0f ms" : "%.0f s", v < 1000 ? v : v / 1000);
        tick_below(c, v, text);
    }
}

void chart_axis_x(const struct chart *c, const char *unit)
{
    double step = chart_round(c->most - c->least, c->width > 500 ? 9 : 5), below = c->height - c->bottom;
    char text[NUMBER_TEXT];

    if (c->logarithmic) powers(c);
    for (double v = c->least; !c->logarithmic && v <= c->most + step / 1000; v += step)
        tick_below(c, v, tick_text(text, v, step));
    (void)fprintf(c->to, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>", c->left, below, c->width - c->right);
    chart_text(c, c->width - c->right, below + 33, "unit end", unit);
}

void chart_axis_y(const struct chart *c, const char *unit)
{
    double step = chart_round(c->high, c->height > 150 ? 5 : 2);
    char text[NUMBER_TEXT];

    for (double v = 0; v <= c->high + step / 1000; v += step) {
        double y = chart_y(c, v);
        (void)fprintf(c->to, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", c->left, y, c->width - c->right);
        chart_text(c, c->left - 6, y + 4, "tick end", tick_text(text, v, step));
    }
    chart_text(c, 0, c->top - 10, "unit", unit);
}
