#include "app/page/ladder.h"
#include "app/page/markup.h"
#include <string.h>

enum { WIDTH = 366, TIME = 50, FIRST = 62, LAST = 332, BESIDE = 8, LINE = 13, LINES_MOST = 3, HEAD = 24 };

/* How wide a byte's letter is, in pixels: those of 10.5 pixels of a wide face (DejaVu Sans), so that what fits with
 * them fits with others. The bytes of a character behind its first have no width. */
static double letter(unsigned char c, bool bold)
{
    double em = 0.64; /* digits, and what is not known */

    if ((c & 0xc0) == 0x80) return 0;
    if (c >= 0xe0)
        em = 1;
    else if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '@' || c == '%')
        em = 0.98;
    else if (c >= 'A' && c <= 'Z')
        em = 0.72;
    else if (strchr("ijltfIr .,:;|!'/-()[]", c) && c)
        em = 0.4;
    else if (c >= 'a' && c <= 'z')
        em = 0.62;
    return em * 10.5 * (bold ? 1.12 : 1);
}

static double width(const char *text, bool bold)
{
    double sum = 0;

    for (; *text; text++) sum += letter((unsigned char)*text, bold);
    return sum;
}

/* Bytes of `text` that fit into so much room; with `words`, up to the last blank among them. */
static size_t fit(const char *text, double room, bool words)
{
    size_t at = 0, blank = 0;

    for (double sum = 0; text[at]; at++) {
        sum += letter((unsigned char)text[at], false);
        if (sum > room) return words && blank ? blank : at;
        if (text[at] == ' ') blank = at;
    }
    return at;
}

/* As much of it as fits, with an ellipsis when that is not all. */
static void put_fitting(FILE *to, const char *text, double room)
{
    size_t n = fit(text, room, false);
    char part[512];

    if (text[n]) n = fit(text, room - letter(0xe2, false), false);
    (void)snprintf(part, sizeof part, "%.*s%s", (int)n, text, text[n] ? "\xe2\x80\xa6" : "");
    markup_text(to, part);
}

/* Room for words beside a dot on the first line; less where the name of a step stands in front. */
static double own_room(const struct rung *r, unsigned line)
{
    return WIDTH - FIRST - BESIDE - (r->name && line == 0 ? width(r->name, true) + 2 * letter(' ', false) : 0);
}

static unsigned lines_of(const struct rung *r)
{
    const char *text = r->text;
    unsigned lines = 0;

    while (lines < LINES_MOST && (*text || lines == 0)) {
        text += fit(text, own_room(r, lines), true);
        text += *text == ' ';
        lines++;
    }
    return lines;
}

double rung_height(const struct rung *r)
{
    return r->from == r->to ? 10 + LINE * lines_of(r) : 25;
}

void ladder_picture_open(struct ladder_picture *l, double height, const char *title)
{
    double step = l->lane_count > 1 ? (double)(LAST - FIRST) / (l->lane_count - 1) : 0;

    (void)fprintf(l->to, "<svg class=\"ladder\" viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", WIDTH,
                  height + HEAD + 8);
    markup_text(l->to, title);
    (void)fputs("\">", l->to);
    for (unsigned i = 0; i < l->lane_count; i++) {
        l->lane[i] = FIRST + step * i;
        if (width(l->lanes[i], false) > 2 * (WIDTH - LAST) &&
            i == l->lane_count - 1) /* it would stand out at the right */
            (void)fprintf(l->to, "<text class=\"lane end\" x=\"%d\" y=\"14\">", WIDTH);
        else
            (void)fprintf(l->to, "<text class=\"lane middle\" x=\"%.0f\" y=\"14\">", l->lane[i]);
        markup_text(l->to, l->lanes[i]);
        (void)fputs("</text>", l->to);
    }
    (void)fputs("<path class=\"life\" d=\"", l->to);
    for (unsigned i = 0; i < l->lane_count; i++)
        (void)fprintf(l->to, "M%.0f %dv%.0f", l->lane[i], HEAD - 4, height + 8);
    (void)fputs("\"/>\n", l->to);
    l->y = HEAD;
    l->before[0] = '\0';
}

/* The same time as above is not said again. */
static void say_time(struct ladder_picture *l, double ms, double y)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%.3f", ms / 1000);
    if (strcmp(text, l->before) == 0) return;
    memcpy(l->before, text, sizeof text);
    (void)fprintf(l->to, "<text class=\"t\" x=\"%d\" y=\"%.0f\">%s</text>", TIME, y, text);
}

static void own_text(struct ladder_picture *l, const struct rung *r, double x)
{
    const char *text = r->text;

    for (unsigned i = 0; i < LINES_MOST && (*text || i == 0); i++) {
        size_t n = fit(text, own_room(r, i), true);
        char line[512];
        (void)snprintf(line, sizeof line, "%.*s", i + 1 == LINES_MOST ? (int)sizeof line - 1 : (int)n, text);
        (void)fprintf(l->to, "<text x=\"%.0f\" y=\"%.0f\"%s>", x, l->y + 12 + LINE * i,
                      r->trouble ? " class=\"bad\"" : "");
        if (i == 0 && r->name) (void)fprintf(l->to, "<tspan class=\"name\">%s</tspan>  ", r->name);
        put_fitting(l->to, line, own_room(r, i));
        (void)fputs("</text>", l->to);
        text += n;
        text += *text == ' ';
    }
}

/* What one does itself: a dot on its line, the words beside it; of somebody at the right the words end at the dot. */
static void own_rung(struct ladder_picture *l, const struct rung *r)
{
    double x = l->lane[r->from];

    say_time(l, r->ms, l->y + 12);
    if (r->trouble)
        (void)fputs("<circle class=\"bad\"", l->to);
    else if (r->mark < 0)
        (void)fputs("<circle class=\"dot\"", l->to);
    else
        (void)fprintf(l->to, "<circle class=\"b%d\"", r->mark);
    (void)fprintf(l->to, " cx=\"%.0f\" cy=\"%.0f\" r=\"%s\"/>", x, l->y + 8, r->mark < 0 ? "3" : "4.5");
    if (r->from * 2 < l->lane_count) {
        own_text(l, r, x + BESIDE);
        return;
    }
    (void)fprintf(l->to, "<text class=\"%send\" x=\"%.0f\" y=\"%.0f\">", r->trouble ? "bad " : "", x - BESIDE,
                  l->y + 12);
    put_fitting(l->to, r->text, x - BESIDE - FIRST);
    (void)fputs("</text>", l->to);
}

/* The words stand above the arrow; what is longer than its arrow goes on over the lines beside it. */
static void across(struct ladder_picture *l, const struct rung *r)
{
    bool right = r->to > r->from;
    double from = l->lane[r->from], to = l->lane[r->to], left = right ? from : to, base = l->y + 18;

    say_time(l, r->ms, base);
    (void)fprintf(l->to, "<path%s d=\"M%.0f %.0fH%.0f\"/>", r->trouble ? " class=\"bad\"" : "", from, base,
                  right ? to - 1 : to + 1);
    if (left > FIRST + 1.0) /* they end where the arrow does: there is no room behind it */
        (void)fprintf(l->to, "<text class=\"end%s\" x=\"%.0f\" y=\"%.0f\">", r->trouble ? " bad" : "",
                      (right ? to : from) - BESIDE, base - 5);
    else
        (void)fprintf(l->to, "<text%s x=\"%.0f\" y=\"%.0f\">", r->trouble ? " class=\"bad\"" : "", left + BESIDE,
                      base - 5);
    put_fitting(l->to, r->text, left > FIRST + 1.0 ? (right ? to : from) - BESIDE - FIRST : WIDTH - FIRST - BESIDE);
    (void)fputs("</text>", l->to);
}

void ladder_picture_rung(struct ladder_picture *l, const struct rung *r)
{
    if (r->from == r->to)
        own_rung(l, r);
    else
        across(l, r);
    (void)fputc('\n', l->to);
    l->y += rung_height(r);
}

void ladder_picture_gap(struct ladder_picture *l, uint32_t left_out)
{
    char n[NUMBER_TEXT];

    (void)fprintf(l->to, "<text class=\"unit\" x=\"%d\" y=\"%.0f\">%s more left out here</text>\n", FIRST + 8,
                  l->y + 14, grouped_text(n, left_out));
    l->y += LADDER_GAP;
}

void ladder_picture_close(struct ladder_picture *l)
{
    (void)fputs("</svg>\n", l->to);
}
