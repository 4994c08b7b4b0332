#include "app/page/page.h"
#include "app/page/markup.h"
#include "app/page/parts.h"
#include "app/lab/step_times.h"
#include "app/lab/verdict.h"
#include <stdlib.h>
#include <string.h>

static void head(const struct report_page *page, FILE *to)
{
    const struct board *b = page->board;
    char n[NUMBER_TEXT];

    (void)fprintf(to,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                  "<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"generator\" content=\"Dialtone "
                  "%s\"/>\n<title>%s phones: %s</title>\n<link rel=\"icon\" href=\"data:,\"/>\n<style>\n",
                  DIALTONE_VERSION, grouped_text(n, b->rows),
                  board_registered(b) == b->rows ? "all registered" : "not all registered");
    (void)fputs(PAGE_STYLE, to);
    /* The head of an arrow, for all pictures. */
    (void)fputs(
        "</style>\n</head>\n<body>\n<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"defs\"><defs>"
        "<marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto\"><path d=\"M0 .5L8 4L0 7.5z\"/></marker><marker id=\"badtip\" viewBox=\"0 0 8 8\" refX=\"7\" "
        "refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"bad\" "
        "d=\"M0 .5L8 4L0 7.5z\"/></marker></defs></svg>\n",
        to);
}

static void title(const struct report_page *page, FILE *to)
{
    const struct board *b = page->board;
    char n[NUMBER_TEXT];

    (void)fprintf(
        to, "<header>\n<p class=\"brand\">Dialtone %s</p>\n<h1>%s phone%s, from bare cable to registered line</h1>\n",
        DIALTONE_VERSION, grouped_text(n, b->rows), b->rows == 1 ? "" : "s");
    (void)fputs("<p class=\"command\"><code>", to);
    for (int i = 0; i < page->argc; i++) {
        bool quotes = i && (!page->argv[i][0] || strpbrk(page->argv[i], " \t\n\"'\\$&|;<>()*?`#~"));
        (void)fputs(i ? " " : "", to);
        (void)fputs(quotes ? "&#39;" : "", to);
        markup_text(to, page->argv[i]);
        (void)fputs(quotes ? "&#39;" : "", to);
    }
    (void)fputs("</code></p>\n</header>\n", to);
}

static void tile(FILE *to, const char *class, const char *value, const char *what)
{
    (void)fprintf(to, "<div class=\"tile %s\"><b>", class);
    markup_text(to, value);
    (void)fputs("</b><span>", to);
    markup_text(to, what);
    (void)fputs("</span></div>\n", to);
}

/* The moments at which phones were first registered, sorted; NULL: no memory. */
static double *arrivals(const struct board *b, const struct phone_model *only, size_t *count)
{
    double *at = malloc((b->rows + 1) * sizeof *at);

    *count = 0;
    if (!at) return NULL;
    for (uint32_t i = 0; i < b->rows; i++) {
        const struct row *r = &b->row[i];
        if (r->registered_ms >= 0 && (!only || r->model == only)) at[(*count)++] = board_at_ms(b, r, r->registered_ms);
    }
    qsort(at, *count, sizeof *at, by_size);
    return at;
}

static bool tiles(const struct board *b, FILE *to)
{
    uint32_t registered = board_registered(b);
    char text[80], x[NUMBER_TEXT], y[NUMBER_TEXT];
    size_t n;
    double *at = arrivals(b, NULL, &n);

    if (!at) return false;
    unsigned count = 2 + (n ? 2U : 0) + (b->options->sim ? 0 : 2U) + (b->dropped ? 1U : 0);
    (void)fprintf(to, "<div class=\"tiles%s\">\n", count % 4 == 0 || count == 7 ? "" : " thirds");
    (void)snprintf(text, sizeof text, "%s of %s", grouped_text(x, registered), grouped_text(y, b->rows));
    tile(to, registered == b->rows ? "good" : "poor", text, "phones registered at the end");
    if (n) {
        tile(to, "", took_text(x, at[n - 1]),
             n == b->rows ? "until the last was registered" : "until the last of those that got there");
        tile(to, "", took_text(x, percentile(at, n, 50)),
             n == b->rows ? "until half of them were" : "until half of those were");
    }
    tile(to, "", grouped_text(x, b->frames), "frames");
    if (!b->options->sim) {
        tile(to, b->lost ? "poor" : "", grouped_text(x, b->lost), "of them lost in the kernel");
        (void)snprintf(text, sizeof text, "%.0f MiB", (double)b->memory / 1024);
        tile(to, "", text, "memory of all processes");
    }
    if (b->dropped) tile(to, "", grouped_text(x, b->dropped), "of them dropped by --fault");
    (void)fputs("</div>\n", to);
    (void)fputs(b->options->sim
                    ? "<p class=\"what\">In virtual time: the same protocol engines, with the wire, TCP and the "
                      "store as models.</p>\n"
                    : "<p class=\"what\">On real Ethernet frames between network namespaces of this machine.</p>\n",
                to);
    if (b->options->sim && b->options->why_sim[0]) {
        (void)fputs("<p class=\"what\">Real frames could not be had: ", to);
        markup_text(to, b->options->why_sim);
        (void)fputs("</p>\n", to);
    }
    free(at);
    return true;
}

/* --- what went wrong, and who --- */

enum { VERDICTS_MOST = 64 };

struct tally {
    struct verdict verdict;
    const struct row *first;
    uint32_t phones;
};

static size_t tally_verdicts(const struct board *b, struct tally tally[VERDICTS_MOST])
{
    size_t n = 0, k;
    struct verdict v;

    for (uint32_t i = 0; i < b->rows; i++) {
        if (!verdict_of(&v, &b->row[i])) continue;
        for (k = 0; k < n && strcmp(tally[k].verdict.code, v.code) != 0;) k++;
        if (k == VERDICTS_MOST) continue; /* there are not as many codes */
        if (k == n) tally[n++] = (struct tally){v, &b->row[i], 0};
        tally[k].phones++;
    }
    return n;
}

static bool verdicts_section(const struct board *b, FILE *to)
{
    struct tally *tally = calloc(VERDICTS_MOST, sizeof *tally);
    size_t n = tally ? tally_verdicts(b, tally) : 0;
    char x[NUMBER_TEXT];

    if (n) (void)fputs("<section id=\"verdicts\">\n<h2>What went wrong</h2>\n", to);
    for (size_t i = 0; i < n; i++) {
        const struct verdict *v = &tally[i].verdict;
        (void)fprintf(to, "<div class=\"verdict %s\"><h3>%s <small>%s phone%s, at %s</small></h3><p>",
                      v->severity[0] == 'w' ? "warned" : "failed", v->code, grouped_text(x, tally[i].phones),
                      tally[i].phones == 1 ? "" : "s", step_names[v->step]);
        markup_text(to, v->text);
        (void)fprintf(to, " <small>(as <a href=\"#%s\">%s</a> had it)</small>.</p><p><b>To change that:</b> ",
                      tally[i].first->device, tally[i].first->device);
        markup_text(to, v->fix);
        (void)fputs(".</p></div>\n", to);
    }
    if (n) (void)fputs("</section>\n", to);
    free(tally);
    return tally != NULL;
}

static bool model_row(const struct board *b, const struct phone_model *m, FILE *to)
{
    uint32_t phones = 0;
    uint64_t boots = 0;
    size_t n;
    double *at = arrivals(b, m, &n);
    char x[NUMBER_TEXT];

    if (!at) return false;
    for (uint32_t i = 0; i < b->rows; i++) {
        phones += b->row[i].model == m;
        boots += b->row[i].model == m ? b->row[i].boots : 0;
    }
    (void)fputs("<tr><th>", to);
    markup_text(to, m->name);
    (void)fprintf(to, "</th><td>%s</td><td>%.1f</td>", grouped_text(x, phones), (double)boots / phones);
    const unsigned percents[] = {50, 99, 100};
    for (size_t i = 0; i < ARRAY_LENGTH(percents); i++)
        (void)fprintf(to, "<td>%s</td>", n ? took_text(x, percentile(at, n, percents[i])) : "\xe2\x80\x93");
    (void)fputs("</tr>\n", to);
    free(at);
    return true;
}

static bool models_section(const struct board *b, FILE *to)
{
    bool enough = true;

    (void)fputs(
        "<section id=\"models\">\n<h2>Models</h2>\n<p class=\"what\">From power to registered, by model.</p>\n"
        "<div class=\"scroll\"><table>\n<thead><tr><th>model</th><td>phones</td><td>boots each</td><td>median</td>"
        "<td>99 %</td><td>last</td></tr></thead>\n",
        to);
    for (uint32_t i = 0; i < b->rows && enough; i++) {
        bool before = false;
        for (uint32_t k = 0; k < i && !before && i < MODELS_MOST; k++) before = b->row[k].model == b->row[i].model;
        if (i >= MODELS_MOST) break; /* phones take the models in turns: all of them are among the first */
        if (!before) enough = model_row(b, b->row[i].model, to);
    }
    (void)fputs("</table></div>\n</section>\n", to);
    return enough;
}

int report_html(const struct report_page *page, FILE *to)
{
    const struct board *b = page->board;

    head(page, to);
    title(page, to);
    (void)fputs("<main>\n", to);
    bool enough = tiles(b, to) && verdicts_section(b, to) && arrival_section(page, to) && steps_section(page, to) &&
                  power_section(page, to) && models_section(b, to);
    if (enough && page->ladder) call_section(page, to);
    enough = enough && phones_section(page, to);
    if (page->diary->failed)
        (void)fputs(
            "<p class=\"failed\">The temporary file in /tmp was full: power and ladders are not complete.</p>\n", to);
    (void)fputs("</main>\n<script>\n", to);
    (void)fputs(PAGE_SCRIPT, to);
    (void)fputs("</script>\n</body>\n</html>\n", to);
    return !enough || fflush(to) == EOF || ferror(to) ? -1 : 0;
}
