/* The lists of app/serve/control_command.h: leases, alarms, calls, who asks for files, subnets, pools. */
#include "app/serve/control_parts.h"
#include "app/serve/serve.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 2026-11-24T22:15:03Z */
static json_t *moment(uint64_t unix_seconds)
{
    char text[32] = "";
    time_t t = (time_t)unix_seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm)) (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

static uint64_t wall(const struct serve *s)
{
    return (s->wall_at_start + loop_now(&s->loop)) / SECOND;
}

static const char *lease_state_name(enum lease_state state)
{
    switch (state) {
    case LEASE_FREE: return "ended";
    case LEASE_OFFERED: return "offered";
    case LEASE_BOUND: return "bound";
    case LEASE_QUARANTINED: return "in use by another";
    }
    return "";
}

bool control_leases(struct serve *s, const json_t *request, size_t *at, json_t *to)
{
    struct dhcp_lease_view v;
    char mac[MAC_TEXT], name[DEVICE_NAME];
    uint32_t cursor = (uint32_t)*at;

    (void)request;
    if (!dhcp_server_next_lease(&s->dhcp, &cursor, &v)) return false;
    *at = cursor;
    const struct lease_record *r = v.record;
    uint64_t left = r->state == LEASE_BOUND && r->until > wall(s) ? r->until - wall(s) : 0;
    json_t *o =
        json_pack("{s:o, s:s, s:s, s:I, s:b}", "address", control_address(r->address), "mac", mac_text(mac, r->mac),
                  "state", lease_state_name(r->state), "seconds_left", (json_int_t)left, "reserved", v.reserved);
    if (r->host[0]) control_text(o, "host_name", r->host);
    if (devices_find(&s->devices, r->mac)) {
        device_name(name, r->mac);
        control_text(o, "device", name);
    }
    if (r->relay) (void)json_object_set_new(o, "relay", control_address(r->relay));
    (void)json_array_append_new(to, o);
    return true;
}

bool control_alarms(struct serve *s, const json_t *request, size_t *at, json_t *to)
{
    char name[DEVICE_NAME];

    (void)request;
    while (*at < s->devices.most && !s->devices.device[*at].used) ++*at;
    if (*at >= s->devices.most) return false;
    const struct device *d = &s->devices.device[(*at)++];
    device_name(name, d->record.mac);
    for (uint8_t i = 0; i < d->alarms; i++) {
        json_t *o = json_pack("{s:o, s:s, s:i, s:I}", "time", moment(d->alarm[i].wall), "device", name, "severity",
                              (int)d->alarm[i].severity, "parameter1", (json_int_t)d->alarm[i].parameter1);
        (void)json_object_set_new(o, "parameter2", control_address(d->alarm[i].parameter2));
        control_text(o, "text", d->alarm[i].text);
        (void)json_array_append_new(to, o);
    }
    return true;
}

json_t *control_askers(struct serve *s, const json_t *request)
{
    json_t *list = json_array();
    bool all = json_is_true(json_object_get(request, "all"));
    char mac[MAC_TEXT];

    for (const struct asker *a = askers_next(&s->askers, NULL); a; a = askers_next(&s->askers, a)) {
        const char *what = asker_verdict_text(a->verdict);
        if (!what && !all) continue;
        json_t *o = json_pack("{s:o, s:I, s:I}", "address", control_address(a->address), "requests",
                              (json_int_t)a->requests, "missed", (json_int_t)a->missed);
        if (!mac_is_none(a->mac)) (void)json_object_set_new(o, "mac", json_string(mac_text(mac, a->mac)));
        control_text(o, "file", a->name);
        if (a->missing[0]) control_text(o, "missing", a->missing);
        if (what) control_text(o, "what", what);
        if (what) control_text(o, "advice", asker_advice(a->verdict));
        (void)json_array_append_new(list, o);
    }
    return control_good("askers", list);
}

/* --- what is told to phones --- */

static json_t *addresses(const struct bytes *options, uint8_t code)
{
    json_t *list = json_array();

    for (size_t at = 0; at + 2 <= options->len; at += 2u + options->at[at + 1]) {
        if (options->at[at] != code) continue;
        for (size_t i = at + 2; i + 4 <= at + 2 + options->at[at + 1]; i += 4)
            (void)json_array_append_new(list, control_address(IPV4(options->at[i], options->at[i + 1],
                                                                   options->at[i + 2], options->at[i + 3])));
    }
    return list;
}

static json_t *domain(const struct bytes *options)
{
    for (size_t at = 0; at + 2 <= options->len; at += 2u + options->at[at + 1])
        if (options->at[at] == 15) return json_stringn((const char *)options->at + at + 2, options->at[at + 1]);
    return NULL;
}

/* The first range that is not given away and does not end before `from`; its first address is UINT64_MAX when there is
 * none. */
struct kept {
    uint64_t first, last;
};

static void nearer(struct kept *k, uint64_t from, ipv4 first, ipv4 last)
{
    if (last >= from && first < k->first) *k = (struct kept){first, last};
}

/* Ours and the routers are never given: whoever takes over this pool must know. */
static struct kept next_kept(const struct serve *s, const struct dhcp_subnet *n, uint64_t from)
{
    const struct bytes *o = &n->scope.options;
    struct kept k = {UINT64_MAX, UINT64_MAX};

    for (uint32_t i = 0; i < s->networks; i++) nearer(&k, from, s->network[i].address, s->network[i].address);
    for (size_t at = 0; at + 2 <= o->len; at += 2u + o->at[at + 1])
        for (size_t i = at + 2; o->at[at] == 3 && i + 4 <= at + 2 + o->at[at + 1]; i += 4) {
            ipv4 router = IPV4(o->at[i], o->at[i + 1], o->at[i + 2], o->at[i + 3]);
            nearer(&k, from, router, router);
        }
    for (uint32_t i = 0; i < n->excluded_count; i++) nearer(&k, from, n->excluded[i].first, n->excluded[i].last);
    return k;
}

/* A pool, cut where addresses are kept: from one of those to the next, since a pool may have a million others. */
static void add_pool(const struct serve *s, const struct dhcp_subnet *n, const struct dhcp_range *r, json_t *pools)
{
    for (uint64_t a = r->first; a <= r->last;) {
        struct kept k = next_kept(s, n, a);
        uint64_t last = k.first <= r->last ? k.first - 1 : r->last;
        if (k.first > a)
            (void)json_array_append_new(
                pools, json_pack("{s:o, s:o}", "first", control_address((ipv4)a), "last", control_address((ipv4)last)));
        a = k.first <= r->last ? k.last + 1 : (uint64_t)r->last + 1;
    }
}

json_t *control_subnets(struct serve *s, const json_t *request)
{
    json_t *list = json_array();
    char text[64], network[IPV4_TEXT];

    (void)request;
    for (uint32_t i = 0; i < s->dhcp_made->config.subnet_count; i++) {
        const struct dhcp_subnet *n = &s->dhcp_made->subnet[i];
        json_t *pools = json_array(), *tftp = json_array(), *name = domain(&n->scope.options);
        for (uint32_t k = 0; k < n->pool_count; k++) add_pool(s, n, &n->pools[k], pools);
        for (uint8_t k = 0; k < n->scope.tftps; k++)
            (void)json_array_append_new(tftp, control_address(n->scope.tftp[k]));
        (void)snprintf(text, sizeof text, "%s/%u", ipv4_text(network, n->network), ipv4_prefix(n->mask));
        json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "subnet", text, "network",
                              control_address(n->network), "mask", control_address(n->mask), "pools", pools, "routers",
                              addresses(&n->scope.options, 3), "dns", addresses(&n->scope.options, 6), "tftp", tftp,
                              "lease", (json_int_t)(n->scope.lease ? n->scope.lease : s->config.dhcp.lease));
        if (name) (void)json_object_set_new(o, "domain", name);
        (void)json_array_append_new(list, o);
    }
    return control_good("subnets", list);
}

json_t *control_pools(struct serve *s, const json_t *request)
{
    json_t *list = json_array();

    (void)request;
    for (uint32_t i = 0; i < s->devices.pools; i++) {
        const struct pool_record *p = &s->devices.pool[i];
        json_t *loads = json_array();
        for (uint8_t k = 0; k < p->loads; k++) {
            const struct phone_model *m = model_of_type(p->load[k].device_type);
            (void)json_array_append_new(loads,
                                        json_pack("{s:s, s:s}", "model", m ? m->name : "?", "load", p->load[k].load));
        }
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", p->name, "group", p->group,
                                                    "date_format", p->date_template, "time_zone", p->time_zone, "loads",
                                                    loads));
    }
    return control_good("pools", list);
}

json_t *control_calls(struct serve *s, const json_t *request)
{
    json_t *list = json_array();

    (void)request;
    for (uint8_t i = 0; i < s->callmanagers; i++) {
        const struct callmanager *m = &s->callmanager[i];
        for (const struct call *c = callmanager_next_call(m, NULL); c; c = callmanager_next_call(m, c)) {
            usec now = loop_now(&s->loop), begun = c->talking ? c->talking : c->since;
            json_t *o =
                json_pack("{s:I, s:s, s:I, s:s, s:b}", "call", (json_int_t)c->id, "state", call_phase_name(c->phase),
                          "seconds", (json_int_t)(now > begun ? (now - begun) / SECOND : 0), "codec",
                          call_codec_name(c->codec), "held", c->party[0].held || c->party[1].held);
            control_text(o, "from", c->party[0].number);
            control_text(o, "to", c->party[1].number[0] ? c->party[1].number : c->dialled);
            (void)json_object_set_new(o, "callmanager", control_address(m->config.address));
            (void)json_array_append_new(list, o);
        }
    }
    return control_good("calls", list);
}

/* --- long lists --- */

static bool add_text(struct control_work *w, const char *text, size_t n)
{
    if (w->room - w->length < n) {
        size_t room = 2 * w->room + n + 4096;
        char *more = realloc(w->text, room);
        if (!more) return false;
        w->text = more;
        w->room = room;
    }
    memcpy(w->text + w->length, text, n);
    w->length += n;
    return true;
}

/* The things in `bit`, with a comma before each but the first of all. */
static bool add_bit(struct control_work *w, const json_t *bit)
{
    const json_t *one;
    bool good = true;
    size_t i;

    json_array_foreach (bit, i, one) {
        char *text = json_dumps(one, JSON_COMPACT | JSON_ENSURE_ASCII);
        good = good && text && (w->good == 0 || add_text(w, ",", 1)) && add_text(w, text, strlen(text));
        free(text);
        w->good++;
    }
    return good;
}

bool control_list_step(struct serve *s, struct control_work *w)
{
    enum {
        THINGS = 32,
        LOOKED_AT = 2048
    }; /* a device takes 30 us; the table may have many places that are empty, or do not match */
    json_t *bit = json_array();
    char begin[64];
    bool good = bit != NULL, more = true;

    if (!w->length) {
        int n = snprintf(begin, sizeof begin, "{\"ok\":true,\"%s\":[", w->key);
        good = good && add_text(w, begin, (size_t)n);
    }
    for (unsigned i = 0; good && more && i < LOOKED_AT && json_array_size(bit) < THINGS; i++)
        more = w->list(s, w->request, &w->at, bit);
    good = good && add_bit(w, bit);
    if (bit) json_decref(bit);
    if (good && !more) good = w->done = add_text(w, "]}\n", 3);
    return good;
}
