#include "app/report_ladder.h"
#include "app/markup.h"
#include <string.h>

enum { WIDTH = 366, TIME = 50, FIRST = 62, LAST = 332, LETTERS = 55, LINE = 13, LINES_MOST = 3, HEAD = 24 };

/* Bytes of `text` that go into a line of so many letters: up to the last blank that fits; all of one long word is cut later. */
static size_t fit(const char *text, size_t letters)
{
    size_t at = 0, blank = 0, n = 0;

    for (; text[at]; at++) {
        if (((unsigned char)text[at] & 0xc0) == 0x80) continue; /* inside a character */
        if (n++ == letters) return blank ? blank : strlen(text);
        if (text[at] == ' ') blank = at;
    }
    return at;
}

static unsigned lines_of(const struct rung *r)
{
    const char *text = r->text;
    size_t name = r->name ? strlen(r->name) + 2 : 0;
    unsigned lines = 0;

    while (lines < LINES_MOST && (*text || lines == 0)) {
        text += fit(text, LETTERS - (lines ? 0 : name));
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
    size_t name = r->name ? strlen(r->name) + 2 : 0;

    for (unsigned i = 0; i < LINES_MOST && (*text || i == 0); i++) {
        char line[512];
        size_t n = fit(text, LETTERS - (i ? 0 : name));
        bool more = i + 1 == LINES_MOST && text[n];
        (void)snprintf(line, sizeof line, "%.*s%s", (int)n, text, more ? " \xe2\x80\xa6" : "");
        (void)fprintf(l->to, "<text x=\"%.0f\" y=\"%.0f\"%s>", x, l->y + 12 + LINE * i,
                      r->trouble ? " class=\"bad\"" : "");
        if (i == 0 && r->name) (void)fprintf(l->to, "<tspan class=\"name\">%s</tspan>  ", r->name);
        markup_cut(l->to, line, LETTERS);
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
        own_text(l, r, x + 8);
        return;
    }
    (void)fprintf(l->to, "<text class=\"%send\" x=\"%.0f\" y=\"%.0f\">", r->trouble ? "bad " : "", x - 8, l->y + 12);
    markup_cut(l->to, r->text, LETTERS);
    (void)fputs("</text>", l->to);
}

/* The words stand above the arrow; one that is longer than its arrow goes on over the lines behind it. */
static void across(struct ladder_picture *l, const struct rung *r)
{
    bool right = r->to > r->from;
    double from = l->lane[r->from], to = l->lane[r->to], left = right ? from : to, base = l->y + 18;

    say_time(l, r->ms, base);
    (void)fprintf(l->to, "<path%s d=\"M%.0f %.0fH%.0f\"/>", r->trouble ? " class=\"bad\"" : "", from, base,
                  right ? to - 1 : to + 1);
    (void)fprintf(l->to, "<text x=\"%.0f\" y=\"%.0f\"%s>", left + 8, base - 5, r->trouble ? " class=\"bad\"" : "");
    markup_cut(l->to, r->text, LETTERS - (size_t)(left - FIRST) / 5);
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
