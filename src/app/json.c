#include "app/report.h"
#include "app/verdict.h"
#include <jansson.h>

static json_t *text_of(struct bytes b)
{
    json_t *t = json_stringn((const char *)b.at, b.len);

    return t ? t : json_string("(not UTF-8)"); /* what a peer sent may be anything */
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? text_of(bytes_of(text)) : json_null();
}

static json_t *address_or_null(ipv4 a)
{
    char text[IPV4_TEXT];

    return a ? json_string(ipv4_text(text, a)) : json_null();
}

static json_t *detail_of(const struct board_step *s)
{
    struct bytes facts = {s->facts, s->detail};
    struct told t;
    json_t *o = json_object();
    char text[MAC_TEXT];

    while (told_next(&facts, &t)) {
        json_t *value = NULL;
        if (t.key == FACT_BOOT || t.key == FACT_TOOK) continue; /* they stand beside it */
        switch (t.type) {
        case TOLD_NUMBER: value = json_integer((json_int_t)t.number); break;
        case TOLD_TEXT: value = text_of(t.text); break;
        case TOLD_IPV4: value = json_string(ipv4_text((char[IPV4_TEXT]){0}, (ipv4)t.number)); break;
        case TOLD_MAC: value = json_string(mac_text(text, mac_from_number(t.number))); break;
        }
        (void)json_object_set_new(o, fact_name(t.key), value);
    }
    return o;
}

static json_t *steps_of(const struct row *r)
{
    json_t *steps = json_array();

    for (uint32_t i = 0; i < r->step_count; i++) {
        const struct board_step *s = &r->steps[i];
        json_t *detail = detail_of(s);
        (void)json_array_append_new(steps, json_pack("{s:i,s:s,s:f,s:f,s:o}", "boot", (int)s->boot, "step",
                                                     step_names[s->step], "at_ms", s->at_ms, "took_ms", s->took_ms,
                                                     "detail", detail));
    }
    return steps;
}

static json_t *verdict_json(const struct row *r)
{
    struct verdict v;

    if (!verdict_of(&v, r)) return json_null();
    return json_pack("{s:s,s:s,s:s,s:o,s:o}", "code", v.code, "step", step_names[v.step], "severity", v.severity,
                     "text", text_of(bytes_of(v.text)), "fix", text_of(bytes_of(v.fix)));
}

static json_t *phone_json(const struct board *b, const struct row *r)
{
    char mac[MAC_TEXT];
    json_t *o = json_object();

    (void)json_object_set_new(o, "device", json_string(r->device));
    (void)json_object_set_new(o, "mac", json_string(mac_text(mac, r->mac)));
    (void)json_object_set_new(o, "model", json_string(r->model->name));
    (void)json_object_set_new(o, "vlan", r->vlan >= 0 ? json_integer(r->vlan) : json_null());
    (void)json_object_set_new(o, "address", address_or_null(r->address));
    (void)json_object_set_new(o, "tftp_server", address_or_null(r->tftp));
    (void)json_object_set_new(o, "callmanager", address_or_null(r->line ? r->callmanager : 0));
    (void)json_object_set_new(o, "directory_number", text_or_null(r->number));
    (void)json_object_set_new(o, "load", text_or_null(r->load));
    (void)json_object_set_new(o, "load_before", text_or_null(r->load_before));
    (void)json_object_set_new(o, "registered", json_boolean(row_registered(r)));
    (void)json_object_set_new(o, "boots", json_integer(r->boots));
    (void)json_object_set_new(o, "steps", steps_of(r));
    (void)json_object_set_new(o, "verdict", verdict_json(r));
    if (b->options->stay)
        (void)json_object_set_new(o, "without_service_s",
                                  r->registered_ms < 0 ? json_null()
                                                       : json_real((double)row_without(r, b->ended) / 1000000));
    return o;
}

static json_t *switches_json(const struct board *b)
{
    json_t *switches = json_array(), *ports = json_array();

    for (uint32_t i = 0; i < b->ports; i++) {
        const struct board_port *p = &b->port[i];
        (void)json_array_append_new(ports, json_pack("{s:i,s:s,s:s,s:f,s:f,s:s,s:s,s:f}", "port", (int)p->port, "admin",
                                                     p->admin, "oper", p->oper, "watts", p->milliwatts / 1000.0,
                                                     "volts", p->millivolts / 1000.0, "device", p->device, "class",
                                                     p->class, "max", p->max / 1000.0));
    }
    (void)json_array_append_new(
        switches, json_pack("{s:s,s:f,s:o}", "name", "access-1", "budget_w",
                            b->plan->power_budget / 1000.0 * (b->ports ? (b->ports + 47) / 48 : 1), "ports", ports));
    return switches;
}

int report_json(const struct board *b, FILE *to)
{
    uint32_t registered = board_registered(b);
    json_t *document = json_object(), *phones = json_array();

    for (uint32_t i = 0; i < b->rows; i++) (void)json_array_append_new(phones, phone_json(b, &b->row[i]));
    (void)json_object_set_new(document, "mode", json_string(b->options->sim ? "sim" : "frames"));
    (void)json_object_set_new(document, "why_sim",
                              b->options->sim
                                  ? json_string(b->options->why_sim[0] ? b->options->why_sim : "asked for with --sim")
                                  : json_null());
    (void)json_object_set_new(document, "phones", phones);
    (void)json_object_set_new(document, "switches", switches_json(b));
    (void)json_object_set_new(document, "frames",
                              json_pack("{s:I,s:I,s:I}", "sent", (json_int_t)b->frames, "dropped",
                                        (json_int_t)b->dropped, "lost_in_kernel", (json_int_t)b->lost));
    (void)json_object_set_new(document, "registered", json_integer(registered));
    (void)json_object_set_new(document, "failed", json_integer(b->rows - registered));
    (void)json_object_set_new(document, "seconds", json_real((double)(b->ended - b->plugged_at) / 1000000));
    (void)json_object_set_new(document, "memory_kb", json_integer((json_int_t)b->memory));
    int error = json_dumpf(document, to, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    json_decref(document);
    if (fputc('\n', to) == EOF || fflush(to) == EOF) error = -1;
    return error;
}
