#include "app/lab/json_stream.h"
#include "app/lab/report.h"
#include "app/lab/verdict.h"

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

static json_t *port_json(const struct board_port *p)
{
    return json_pack("{s:i,s:s,s:s,s:f,s:f,s:o,s:s,s:f}", "port", (int)p->port, "admin", p->admin, "oper", p->oper,
                     "watts", p->milliwatts / 1000.0, "volts", p->millivolts / 1000.0, "device",
                     text_of(bytes_of(p->device)), "class", p->class, "max", p->max / 1000.0);
}

static int by_port(const void *a, const void *b)
{
    const struct board_port *const *x = a, *const *y = b;

    return ((*x)->port > (*y)->port) - ((*x)->port < (*y)->port);
}

/* With several switches the board has their ports as if all were one (SAYS_PORT): here each has its own, from 1 up. */
static void switches_json(struct json_stream *s, const struct board *b)
{
    const struct board_port **port = malloc((b->ports + 1) * sizeof *port);
    uint32_t switches = plan_switches(b->plan), at = 0;
    char name[24];

    if (!port) {
        s->failed = true;
        return;
    }
    for (uint32_t i = 0; i < b->ports; i++) port[i] = &b->port[i];
    if (b->ports) qsort(port, b->ports, sizeof *port, by_port);
    json_stream_array(s, "switches");
    for (uint32_t k = 0; k < switches; k++) {
        struct plan_switch w = plan_switch(b->plan, k);
        uint32_t begin = at, last = w.first + w.phones;
        while (at < b->ports && (switches == 1 || port[at]->port <= last)) at++;
        uint32_t members = at > begin ? (at - begin + 47) / 48 : 1;
        (void)snprintf(name, sizeof name, "access-%u", k + 1);
        json_stream_object(s, NULL);
        json_stream_value(s, "name", json_string(name));
        json_stream_value(s, "budget_w", json_real((double)b->plan->power_budget * members / 1000));
        json_stream_array(s, "ports");
        for (uint32_t i = begin; i < at; i++) {
            struct board_port one = *port[i];
            one.port -= w.first;
            json_stream_value(s, NULL, port_json(&one));
        }
        json_stream_close(s);
        json_stream_close(s);
    }
    json_stream_close(s);
    free(port);
}

static json_t *attached_json(const struct guests *g)
{
    json_t *attached = json_array();

    for (uint32_t i = 0; i < g->plan->attached; i++) {
        const struct guest_port *p = &g->port[i];
        (void)json_array_append_new(
            attached,
            json_pack("{s:o,s:i,s:s,s:b,s:I,s:I,s:I}", "interface", text_of(bytes_of(g->plan->attach[i].interface)),
                      "port", (int)p->port, "mode", g->plan->attach[i].trunk ? "trunk" : "access", "link", p->link,
                      "received", (json_int_t)p->in, "sent", (json_int_t)p->out, "lost", (json_int_t)p->lost));
    }
    return attached;
}

static json_t *guests_json(const struct guests *g)
{
    json_t *guests = json_array();
    char mac[MAC_TEXT];

    for (uint32_t i = 0; i < g->count; i++) {
        const struct guest *guest = &g->guest[i];
        (void)json_array_append_new(
            guests, json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:b}", "mac", mac_text(mac, guest->mac), "device",
                              text_or_null(guest->device), "model", text_or_null(guest->model), "address",
                              address_or_null(guest->address), "callmanager", address_or_null(guest->callmanager),
                              "directory_number", text_or_null(guest->number), "registered", guest->registered));
    }
    return guests;
}

static json_t *ladder_json(const struct ladder *l)
{
    json_t *lines = json_array();
    char x[IPV4_TEXT], y[IPV4_TEXT];

    for (uint32_t i = 0; i < l->lines; i++) {
        const struct ladder_line *n = &l->line[i];
        (void)json_array_append_new(lines, json_pack("{s:f,s:s,s:s?,s:s?,s:o}", "at_ms",
                                                     (double)(n->at - l->began) / 1000, "from",
                                                     ladder_end_name(l, n->from, x), "to", ladder_end_name(l, n->to, y),
                                                     "message", n->message, "text", text_or_null(n->text)));
    }
    return lines;
}

static json_t *call_verdict_json(const struct ladder *l)
{
    char text[400], fix[300];

    if (!ladder_verdict(l, text, fix)) return json_null();
    return json_pack("{s:s,s:s,s:o,s:o}", "code", LADDER_CODE, "severity", "failure", "text", text_of(bytes_of(text)),
                     "fix", text_of(bytes_of(fix)));
}

/* Between two moments, in ms; null when the second has not come. */
static json_t *between(bool came, usec from, usec to)
{
    return came ? json_real((double)(to - from) / 1000) : json_null();
}

static json_t *talker_json(const struct ladder_phone *p)
{
    return json_pack("{s:s,s:o,s:i,s:i,s:i,s:f,s:o}", "device", p->row->device, "directory_number",
                     text_or_null(p->row->number), "packets_sent", (int)p->sent, "packets_received", (int)p->received,
                     "lost", (int)p->lost, "jitter_ms", p->jitter_us / 1000.0, "ended", text_or_null(p->why));
}

static json_t *call_json(const struct ladder *l)
{
    const struct ladder_phone *a = &l->phone[END_CALLER], *b = &l->phone[END_CALLED];
    json_t *o = json_object();

    (void)json_object_set_new(o, "callmanager", address_or_null(l->callmanager));
    (void)json_object_set_new(o, "codec", text_or_null(l->codec));
    (void)json_object_set_new(o, "rings_ms", between(b->rang, l->began, b->rang_at));
    (void)json_object_set_new(o, "answered_ms", between(a->connected, l->began, a->connected_at));
    (void)json_object_set_new(o, "talked_ms", between(a->connected && a->on_hook, a->connected_at, a->on_hook_at));
    (void)json_object_set_new(o, "packets_sent", json_integer((json_int_t)a->sent + b->sent));
    (void)json_object_set_new(o, "packets_received", json_integer((json_int_t)a->received + b->received));
    (void)json_object_set_new(o, "lost", json_integer((json_int_t)a->lost + b->lost));
    (void)json_object_set_new(o, "caller", talker_json(a));
    (void)json_object_set_new(o, "called", talker_json(b));
    (void)json_object_set_new(o, "ladder", ladder_json(l));
    (void)json_object_set_new(o, "verdict", call_verdict_json(l));
    return o;
}

int report_json(const struct board *b, const struct guests *g, const struct ladder *l, FILE *to)
{
    struct json_stream s = {.to = to};
    uint32_t registered = board_registered(b);
    const char *why_sim = b->options->why_sim[0] ? b->options->why_sim : "asked for with --sim";

    json_stream_object(&s, NULL);
    json_stream_value(&s, "mode", json_string(b->options->sim ? "sim" : "frames"));
    json_stream_value(&s, "why_sim", b->options->sim ? text_of(bytes_of(why_sim)) : json_null());
    json_stream_array(&s, "phones");
    for (uint32_t i = 0; i < b->rows && !s.failed; i++) json_stream_value(&s, NULL, phone_json(b, &b->row[i]));
    json_stream_close(&s);
    switches_json(&s, b);
    json_stream_value(&s, "frames",
                      json_pack("{s:I,s:I,s:I,s:I}", "sent", (json_int_t)b->frames, "dropped", (json_int_t)b->dropped,
                                "reordered", (json_int_t)board_overtaken(b), "lost_in_kernel", (json_int_t)b->lost));
    json_stream_value(&s, "registered", json_integer(registered));
    json_stream_value(&s, "failed", json_integer(b->rows - registered));
    json_stream_value(&s, "seconds", json_real((double)(b->ended - b->plugged_at) / 1000000));
    json_stream_value(&s, "memory_kb", json_integer((json_int_t)b->memory));
    if (g->plan->attached) {
        json_stream_value(&s, "attached", attached_json(g));
        json_stream_value(&s, "guests", guests_json(g));
    }
    if (l) json_stream_value(&s, "call", call_json(l));
    json_stream_close(&s);
    return fputc('\n', to) == EOF || fflush(to) == EOF || s.failed ? -1 : 0;
}
