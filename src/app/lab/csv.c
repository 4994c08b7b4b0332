#include "app/lab/csv.h"
#include "app/lab/step_times.h"
#include "app/lab/verdict.h"
#include <string.h>

static const char *const columns[] = {"device",
                                      "mac",
                                      "model",
                                      "vlan",
                                      "address",
                                      "tftp_server",
                                      "callmanager",
                                      "directory_number",
                                      "load",
                                      "load_before",
                                      "boots",
                                      "plugged_ms",
                                      "registered",
                                      "registered_ms",
                                      "power_ms",
                                      "image_ms",
                                      "vlan_ms",
                                      "address_ms",
                                      "configuration_ms",
                                      "registration_ms",
                                      "slowest_step",
                                      "slowest_ms",
                                      "dhcp_tftp_repeated",
                                      "without_service_s",
                                      "verdict",
                                      "severity",
                                      "verdict_step",
                                      "text"};

/* RFC 4180, section 2: a field with a comma, a quote or a line end stands in quotes, and a quote in it is doubled. A
 * field that a spreadsheet would take for a formula gets an apostrophe in front: loads, numbers and texts come from
 * peers. */
static void field(FILE *to, const char *text)
{
    bool formula = text[0] && strchr("=+-@\t", text[0]), quotes = strpbrk(text, ",\"\r\n") != NULL;

    if (quotes) (void)fputc('"', to);
    if (formula) (void)fputc('\'', to);
    for (; *text; text++) {
        if (*text == '"') (void)fputc('"', to);
        (void)fputc(*text, to);
    }
    if (quotes) (void)fputc('"', to);
}

static void next(FILE *to, const char *text)
{
    (void)fputc(',', to);
    field(to, text);
}

static void address(FILE *to, ipv4 a)
{
    char text[IPV4_TEXT];

    next(to, a ? ipv4_text(text, a) : "");
}

static void who(FILE *to, const struct row *r)
{
    char mac[MAC_TEXT];

    field(to, r->device);
    next(to, mac_text(mac, r->mac));
    next(to, r->model->name);
    if (r->vlan >= 0)
        (void)fprintf(to, ",%d", r->vlan);
    else
        (void)fputc(',', to);
    address(to, r->address);
    address(to, r->tftp);
    address(to, r->line ? r->callmanager : 0);
    next(to, r->number);
    next(to, r->load);
    next(to, r->load_before);
}

static void times(const struct board *b, FILE *to, const struct row *r)
{
    double took[STEPS];
    unsigned ended = step_times(r, took), slowest = 0;

    (void)fprintf(to, ",%u,%.3f,%s,", r->boots, board_at_ms(b, r, 0), row_registered(r) ? "true" : "false");
    if (r->registered_ms >= 0) (void)fprintf(to, "%.3f", r->registered_ms);
    for (unsigned i = 0; i < STEPS; i++) {
        (void)fputc(',', to);
        if (ended & 1u << i) (void)fprintf(to, "%.3f", took[i]);
        if (took[i] > took[slowest]) slowest = i;
    }
    if (ended)
        (void)fprintf(to, ",%s,%.3f", step_names[slowest], took[slowest]);
    else
        (void)fputs(",,", to);
    (void)fprintf(to, ",%u,", r->wire.repeated);
    if (r->registered_ms >= 0) (void)fprintf(to, "%.6f", (double)row_without(r, b->ended) / 1000000);
}

static void judged(FILE *to, const struct row *r)
{
    struct verdict v;

    if (!verdict_of(&v, r)) {
        (void)fputs(",,,,", to);
        return;
    }
    next(to, v.code);
    next(to, v.severity);
    next(to, step_names[v.step]);
    next(to, v.text);
}

int csv_write(const struct board *b, FILE *to)
{
    for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) (void)fprintf(to, "%s%s", i ? "," : "", columns[i]);
    (void)fputs("\r\n", to);
    for (uint32_t i = 0; i < b->rows && !ferror(to); i++) {
        who(to, &b->row[i]);
        times(b, to, &b->row[i]);
        judged(to, &b->row[i]);
        (void)fputs("\r\n", to);
    }
    return fflush(to) == EOF || ferror(to) ? -1 : 0;
}
