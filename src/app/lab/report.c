#include "app/lab/report.h"
#include "app/lab/step_times.h"
#include "app/lab/verdict.h"
#include <string.h>
#include <unistd.h>

/* In the width of a terminal, broken between words, with what follows set in; one line where it is no terminal. */
static void say_wrapped(FILE *to, const char *text)
{
    enum { WIDTH = 80, INDENT = 2 };
    size_t width = isatty(fileno(to)) ? WIDTH : SIZE_MAX, at = 0;

    while (*text) {
        size_t word = strcspn(text, " ");
        if (at > INDENT && at + 1 + word > width) {
            (void)fprintf(to, "\n%*s", INDENT, "");
            at = INDENT;
        } else if (at > INDENT) {
            (void)fputc(' ', to);
            at++;
        }
        (void)fprintf(to, "%.*s", (int)word, text);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    (void)fputc('\n', to);
}

enum { VERDICTS_MOST = 20 /* of a large lab: whoever reads wants to know what it is, not ten thousand times */ };

static void say_verdicts(const struct board *b, FILE *to)
{
    bool large = b->rows > PHONES_SHOWN;
    uint32_t said = 0;
    char text[1024];
    struct verdict v;

    for (uint32_t i = 0; i < b->rows; i++) {
        const struct row *r = &b->row[i];
        if (!verdict_of(&v, r) || (said++ >= VERDICTS_MOST && large)) continue;
        (void)snprintf(text, sizeof text, "%s (%s): %s %s, %s. To change that: %s.", r->device, r->model->name,
                       v.severity[0] == 'w' ? "registered, but warned at" : "not registered: stuck at",
                       step_names[v.step], v.text, v.fix);
        say_wrapped(to, text);
    }
    if (large && said > VERDICTS_MOST)
        (void)fprintf(to, "... and %u other phones with a verdict; --json has them all\n", said - VERDICTS_MOST);
}

/* Counted from when it was first registered as the server wants it: before that it had no service to lose. */
static void say_without(const struct board *b, FILE *to)
{
    if (!b->options->stay || b->rows > PHONES_SHOWN) return;
    (void)fprintf(to, "\n%-15s %-6s seconds without service\n", "device", "model");
    for (uint32_t i = 0; i < b->rows; i++) {
        const struct row *r = &b->row[i];
        (void)fprintf(to, "%-15s %-6s ", r->device, r->model->name);
        if (r->registered_ms < 0)
            (void)fputs("never had it\n", to);
        else
            (void)fprintf(to, "%.2f%s\n", (double)row_without(r, b->ended) / 1000000,
                          r->lost_at != NEVER ? ", and has none now" : "");
    }
}

void report_summary(const struct board *b, FILE *to)
{
    uint32_t registered = board_registered(b);
    double last = 0;

    (void)fprintf(to, "\n%-14s %8s %8s %8s   (ms)\n", "step", "median", "p99", "max");
    for (int step = 0; step < STEPS; step++) {
        struct step_spread s;
        if (step_spread(&s, b, step) && s.count)
            (void)fprintf(to, "%-14s %8.1f %8.1f %8.1f\n", step_names[step], percentile(s.took, s.count, 50),
                          percentile(s.took, s.count, 99), s.took[s.count - 1]);
        step_spread_free(&s);
    }
    for (uint32_t i = 0; i < b->rows; i++)
        if (b->row[i].registered_ms >= 0 && board_at_ms(b, &b->row[i], b->row[i].registered_ms) > last)
            last = board_at_ms(b, &b->row[i], b->row[i].registered_ms);
    (void)fprintf(to, "\n%u of %u phones registered", registered, b->rows);
    if (registered == b->rows) (void)fprintf(to, ", the last after %.2f s", last / 1000);
    (void)fprintf(to, "\n%llu frames, %llu lost in the kernel, %.1f MiB of memory\n", (unsigned long long)b->frames,
                  (unsigned long long)b->lost, (double)b->memory / 1024);
    say_verdicts(b, to);
    say_without(b, to);
}
