/* The phones of the page: which of them, in which order, and each with its row of steps, its facts and its ladder. */
#include "app/page/markup.h"
#include "app/page/ladder.h"
#include "app/page/parts.h"
#include "app/page/story.h"
#include "app/lab/step_times.h"
#include "app/lab/verdict.h"
#include <stdlib.h>
#include <string.h>

/* Of a phone that has more rungs the first and the last ones are shown, so that a page of many that try for hours stays
 * small. */
enum { FEW_PHONES = 40, RUNGS_OF_FEW = 400, RUNGS_OF_MANY = 64, NOT_SHOWN = UINT16_MAX };
enum { FAILED_MOST = 100, SLOWEST_MOST = 100 };

struct told_rung {
    usec at;
    uint32_t order;
    uint8_t from, to;
    int8_t step;
    bool trouble;
    char *text;
};

struct shown {
    uint32_t row, count, seen, kept; /* rungs: told in all, passed in the second reading, kept */
    struct told_rung *rung;
};

struct shown_phones {
    const struct report_page *page;
    struct shown *phone;
    uint32_t count, rungs_most;
    uint16_t *place; /* by row: its place in `phone`, or NOT_SHOWN */
};

/* --- which --- */

/* Failed ones first, the one that got there last before one that got there earlier, else in the order of the lab. */
static int by_interest(const void *a, const void *b, void *context)
{
    const struct board *board = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct row *r = &board->row[x], *s = &board->row[y];
    bool here = row_registered(r), there = row_registered(s);

    if (here != there) return here - there;
    if (here && r->registered_ms != s->registered_ms) return r->registered_ms < s->registered_ms ? 1 : -1;
    return (x > y) - (x < y);
}

/* Of more than fit: the failed ones, the slowest of the others, and from the rest each so-many-th. */
static void choose(struct shown_phones *p, const uint32_t *order)
{
    const struct board *b = p->page->board;
    uint32_t failed = b->rows - board_registered(b), taken = failed < FAILED_MOST ? failed : FAILED_MOST, i;

    if (b->rows <= PAGE_PHONES) {
        for (i = 0; i < b->rows; i++) p->phone[p->count++].row = order[i];
        return;
    }
    for (i = 0; i < taken; i++) p->phone[p->count++].row = order[i];
    for (i = failed; i < b->rows && i < failed + SLOWEST_MOST; i++) p->phone[p->count++].row = order[i];
    uint32_t rest = b->rows - i, places = PAGE_PHONES_OF_MORE - p->count;
    for (uint32_t k = 0; rest && k < places && k < rest; k++)
        p->phone[p->count++].row = order[i + (uint32_t)((uint64_t)rest * k / (places < rest ? places : rest))];
}

static bool open_shown(struct shown_phones *p, const struct report_page *page)
{
    uint32_t rows = page->board->rows, *order = malloc(rows * sizeof *order);

    *p = (struct shown_phones){.page = page, .rungs_most = rows <= FEW_PHONES ? RUNGS_OF_FEW : RUNGS_OF_MANY};
    p->phone = calloc(PAGE_PHONES, sizeof *p->phone);
    p->place = malloc(rows * sizeof *p->place);
    if (order && p->phone && p->place) {
        for (uint32_t i = 0; i < rows; i++) order[i] = i;
        qsort_r(order, rows, sizeof *order, by_interest, (void *)(uintptr_t)page->board);
        choose(p, order);
        for (uint32_t i = 0; i < rows; i++) p->place[i] = NOT_SHOWN;
        for (uint32_t i = 0; i < p->count; i++) p->place[p->phone[i].row] = (uint16_t)i;
    }
    free(order);
    return order && p->phone && p->place;
}

static void close_shown(struct shown_phones *p)
{
    for (uint32_t i = 0; p->phone && i < p->count; i++) {
        for (uint32_t k = 0; k < p->phone[i].kept; k++) free(p->phone[i].rung[k].text);
        free(p->phone[i].rung);
    }
    free(p->phone);
    free(p->place);
}

/* --- their rungs, in two readings of the diary: the first counts, the second keeps --- */

static bool keep(struct shown_phones *p, struct shown *s, usec at, const struct story *story)
{
    uint32_t n = s->seen++, first = p->rungs_most * 2 / 3, last = p->rungs_most - first;

    if (s->count > p->rungs_most && n >= first && n < s->count - last) return true;
    if (!s->rung) s->rung = calloc(p->rungs_most, sizeof *s->rung);
    if (!s->rung || s->kept == p->rungs_most) return false;
    struct told_rung *t = &s->rung[s->kept];
    *t = (struct told_rung){.at = at, .order = n, .step = (int8_t)story->step, .trouble = story->trouble};
    t->from = (uint8_t)story->from;
    t->to = (uint8_t)story->to;
    t->text = strdup(story->text);
    if (!t->text) return false;
    s->kept++;
    return true;
}

static bool read_diary(struct shown_phones *p, bool second)
{
    uint8_t facts[DIARY_FACTS];
    struct diary_entry e;
    struct story story;
    bool enough = true;

    if (!diary_rewind(p->page->diary)) return true; /* ladders are empty then, and the page says so */
    while (enough && diary_next(p->page->diary, &e, facts)) {
        if (e.phone >= p->page->board->rows || p->place[e.phone] == NOT_SHOWN) continue;
        struct shown *s = &p->phone[p->place[e.phone]];
        if (!story_of(&story, &p->page->board->row[e.phone], e.news, (struct bytes){facts, e.len})) continue;
        if (second)
            enough = keep(p, s, e.at, &story);
        else
            s->count++;
    }
    return enough;
}

/* On real frames what the phones and what the servers say comes by two ways. */
static int by_time(const void *a, const void *b)
{
    const struct told_rung *x = a, *y = b;

    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* --- what is written of one --- */

static void phone_ladder(const struct shown_phones *p, const struct shown *s, FILE *to)
{
    static const char *const lanes[LANES] = {"phone", "switch", "DHCP", "TFTP", "CallManager"};
    const struct board *b = p->page->board;
    uint32_t cut = s->count > s->kept ? p->rungs_most * 2 / 3 : UINT32_MAX;
    struct ladder_picture l = {.to = to, .lanes = lanes, .lane_count = LANES};
    double height = s->count > s->kept ? LADDER_GAP : 0;
    char title[80];

    for (int pass = 0; pass < 2; pass++) {
        if (pass) {
            (void)snprintf(title, sizeof title, "The ladder of %s", b->row[s->row].device);
            ladder_picture_open(&l, height, title);
        }
        for (uint32_t i = 0; i < s->kept; i++) {
            const struct told_rung *t = &s->rung[i];
            struct rung r = {t->at > b->plugged_at ? (double)(t->at - b->plugged_at) / 1000 : 0,
                             t->from,
                             t->to,
                             t->text,
                             t->step >= 0 ? step_names[t->step] : NULL,
                             t->step,
                             t->trouble};
            if (pass && i == cut) ladder_picture_gap(&l, s->count - s->kept);
            if (pass)
                ladder_picture_rung(&l, &r);
            else
                height += rung_height(&r);
        }
    }
    ladder_picture_close(&l);
}

/* Where its time went: a bar a step on the axis of the whole lab. */
static void strip(const struct board *b, const struct row *r, double span, FILE *to)
{
    (void)fputs("<svg class=\"strip\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", to);
    for (uint32_t i = 0; i < r->step_count; i++) {
        const struct board_step *s = &r->steps[i];
        double end = board_at_ms(b, r, s->at_ms) / span * 1000, wide = s->took_ms / span * 1000;
        if (end - wide >= 1000) break;
        (void)fprintf(to, "<path class=\"b%u\" d=\"M%.1f 0h%.1fv10h-%.1fz\"/>", s->step, end - wide,
                      wide < 2 ? 2 : wide, wide < 2 ? 2 : wide);
    }
    (void)fputs("</svg>", to);
}

static void fact(FILE *to, const char *name, const char *text)
{
    if (!text[0]) return;
    (void)fprintf(to, "<dt>%s</dt><dd>", name);
    markup_text(to, text);
    (void)fputs("</dd>", to);
}

static const char *address_or_nothing(char to[IPV4_TEXT], ipv4 a)
{
    return a ? ipv4_text(to, a) : "";
}

static void facts_of(const struct board *b, const struct row *r, FILE *to)
{
    char text[80], x[IPV4_TEXT], n[NUMBER_TEXT];
    double took[STEPS];
    unsigned ended = step_times(r, took);

    (void)fputs("<dl>", to);
    fact(to, "number", r->number);
    fact(to, "load", r->load);
    fact(to, "load before", r->load_before);
    (void)snprintf(text, sizeof text, "%d", r->vlan);
    fact(to, "voice VLAN", r->vlan >= 0 ? text : "untagged");
    fact(to, "address", address_or_nothing(x, r->address));
    fact(to, "TFTP server", address_or_nothing(x, r->tftp));
    fact(to, "CallManager", address_or_nothing(x, r->line ? r->callmanager : 0));
    (void)snprintf(text, sizeof text, "%u", r->boots);
    fact(to, "boots", text);
    if (b->options->stay && r->registered_ms >= 0)
        fact(to, "without service", took_text(n, (double)row_without(r, b->ended) / 1000));
    (void)fputs("</dl><table class=\"took\"><caption>time in each step, all boots</caption>", to);
    for (unsigned i = 0; i < STEPS; i++)
        if (ended & 1u << i)
            (void)fprintf(to, "<tr><th><i class=\"b%u\"></i>%s</th><td>%s</td></tr>", i, step_names[i],
                          took_text(n, took[i]));
    (void)fputs("</table>", to);
}

static void verdict_line(FILE *to, const struct verdict *v)
{
    (void)fprintf(to, "<p class=\"%s\"><b>%s</b> at %s: ", v->severity[0] == 'w' ? "warned" : "failed", v->code,
                  step_names[v->step]);
    markup_text(to, v->text);
    (void)fputs(". <b>To change that:</b> ", to);
    markup_text(to, v->fix);
    (void)fputs(".</p>", to);
}

static void phone_row(const struct shown_phones *p, struct shown *s, double span, FILE *to)
{
    const struct board *b = p->page->board;
    const struct row *r = &b->row[s->row];
    struct verdict v;
    bool wrong = verdict_of(&v, r);
    char n[NUMBER_TEXT];

    (void)fprintf(to, "<details id=\"%s\"><summary><b>%s</b> <span class=\"model\">", r->device, r->device);
    markup_text(to, r->model->name);
    (void)fputs("</span> ", to);
    strip(b, r, span, to);
    (void)fprintf(to, " <span class=\"at\">%s</span> <span class=\"%s\">%s</span></summary>\n<div class=\"open\"><div>",
                  r->registered_ms < 0 ? "\xe2\x80\x93" : took_text(n, r->registered_ms),
                  !wrong                 ? "well"
                  : v.severity[0] == 'w' ? "warned"
                                         : "failed",
                  wrong               ? v.code
                  : row_registered(r) ? "registered"
                                      : "unfinished");
    if (wrong) verdict_line(to, &v);
    if (s->kept) {
        qsort(s->rung, s->kept, sizeof *s->rung, by_time);
        phone_ladder(p, s, to);
    }
    (void)fputs("</div><div class=\"side\">", to);
    facts_of(b, r, to);
    (void)fputs("</div></div></details>\n", to);
}

static void say_which(const struct shown_phones *p, FILE *to)
{
    const struct board *b = p->page->board;
    char x[NUMBER_TEXT], y[NUMBER_TEXT];

    (void)fputs("<section id=\"phones\">\n<h2>Phones</h2>\n<p class=\"what\">", to);
    if (p->count < b->rows)
        (void)fprintf(
            to,
            "Of %s phones these %s: those that failed (%d at most), the %d slowest, and each so-many-th of the rest; "
            "<code>--csv</code> has them all. ",
            grouped_text(x, b->rows), grouped_text(y, p->count), FAILED_MOST, SLOWEST_MOST);
    (void)fputs("The bar shows which step a phone was in when; open one for its ladder, with seconds since power came. "
                "Failed ones stand first, then the slowest.</p>\n<p class=\"tools\" hidden=\"\"><input id=\"find\" "
                "type=\"search\" "
                "placeholder=\"name, model, verdict\" aria-label=\"find a phone\"/> <select id=\"sort\" "
                "aria-label=\"order\"><option value=\"ms\">slowest first</option><option value=\"id\">by name</option>"
                "</select> <output id=\"found\"></output></p>\n<div id=\"list\">\n",
                to);
}

bool phones_section(const struct report_page *page, FILE *to)
{
    struct shown_phones p;
    bool enough = open_shown(&p, page) && read_diary(&p, false) && read_diary(&p, true);
    double span = page_span(page->board);

    if (enough) {
        say_which(&p, to);
        for (uint32_t i = 0; i < p.count; i++) phone_row(&p, &p.phone[i], span, to);
        (void)fputs("</div>\n</section>\n", to);
    }
    close_shown(&p);
    return enough;
}

/* --- the call --- */

void call_section(const struct report_page *page, FILE *to)
{
    const struct ladder *c = page->ladder;
    char name[3][IPV4_TEXT + DEVICE_NAME], text[400], fix[300];
    const char *lanes[3] = {name[0], name[1], name[2]};
    const enum ladder_end order[3] = {END_CALLER, END_CALLMANAGER, END_CALLED};
    static const unsigned lane_of[] = {[END_CALLER] = 0, [END_CALLMANAGER] = 1, [END_CALLED] = 2};
    struct ladder_picture l = {.to = to, .lanes = lanes, .lane_count = 3};
    double height = 0;

    for (int i = 0; i < 3; i++) {
        char ip[IPV4_TEXT] = "";
        const char *end = ladder_end_name(c, order[i], ip);
        text_copy(name[i], sizeof name[i], bytes_of(end ? end : "CallManager"));
    }
    (void)fputs("<section id=\"call\">\n<h2>The call</h2>\n<p class=\"what\">The first phone calls the second: seconds "
                "since the "
                "call began.</p>\n",
                to);
    if (ladder_verdict(c, text, fix)) {
        (void)fputs("<p class=\"failed\"><b>" LADDER_CODE "</b>: ", to);
        markup_text(to, text);
        (void)fputs(". <b>To change that:</b> ", to);
        markup_text(to, fix);
        (void)fputs(".</p>", to);
    }
    for (int pass = 0; pass < 2 && c->lines; pass++) {
        if (pass) ladder_picture_open(&l, height, "The ladder of the call");
        for (uint32_t i = 0; i < c->lines; i++) {
            const struct ladder_line *n = &c->line[i];
            char words[LADDER_TEXT + 40];
            (void)snprintf(words, sizeof words, "%s%s%s", n->message ? n->message : "",
                           n->message && n->text[0] ? " " : "", n->text);
            struct rung r = {(double)(n->at - c->began) / 1000,
                             lane_of[n->from],
                             lane_of[n->to == END_NOBODY ? n->from : n->to],
                             words,
                             NULL,
                             -1,
                             false};
            if (pass)
                ladder_picture_rung(&l, &r);
            else
                height += rung_height(&r);
        }
    }
    if (c->lines) ladder_picture_close(&l);
    (void)fputs("</section>\n", to);
}
