/* The part of the configuration file that a phone is provisioned from: groups, pools, devices. */
#include "app/config/load.h"
#include "provision/device_name.h"
#include "provision/models.h"
#include <stdlib.h>
#include <string.h>

uint8_t load_callmanagers(struct load *l, char *const *text, unsigned count, const struct node *map,
                          struct record_callmanager out[RECORD_CALLMANAGERS])
{
    const struct node *n = load_list(map, "callmanagers");
    char why[WHY];
    uint8_t kept = 0;

    for (unsigned i = 0; i < count; i++, n = n ? n->next : NULL) {
        if (!load_room(l, n, "callmanagers", i, RECORD_CALLMANAGERS)) break;
        if (value_callmanager(bytes_of(text[i]), l->c, &out[kept], why))
            kept++;
        else
            tell(l->t, node_mark(n), "callmanagers: %s", why);
    }
    return kept;
}

static void load_groups(struct load *l, const struct file *f, const struct node *n)
{
    static const struct config_key name = {"name",
                                           VALUE_TEXT,
                                           offsetof(struct file_group, name),
                                           offsetof(struct group_record, name),
                                           RECORD_NAME,
                                           0,
                                           1,
                                           0,
                                           NULL,
                                           0};
    struct serve_config *c = l->c;
    char why[WHY];

    if (f->groups_count == 0) return;
    struct group_record *g = load_array(l, f->groups_count < CONFIG_POOLS ? f->groups_count : CONFIG_POOLS, sizeof *g);
    struct config_mark *at = load_array(l, f->groups_count < CONFIG_POOLS ? f->groups_count : CONFIG_POOLS, sizeof *at);
    if (!g || !at) {
        free(g);
        free(at);
        return;
    }
    c->group = g;
    c->group_at = at;
    c->groups = 0;
    c->group_made = false;
    for (unsigned i = 0; i < f->groups_count; i++, n = n ? n->next : NULL) {
        if (!load_room(l, n, "groups", i, CONFIG_POOLS)) return;
        const struct file_group *from = &f->groups[i];
        struct group_record *one = &g[c->groups];
        *one = (struct group_record){0};
        at[c->groups] = node_mark(node_find(n, "name"));
        bool fine = value_take(one, &name, from->name, why);
        if (!fine) tell(l->t, at[c->groups], "name: %s", why);
        one->callmanagers = load_callmanagers(l, from->callmanagers, from->callmanagers_count, n, one->callmanager);
        if (from->callmanagers_count == 0)
            tell(l->t, node_mark(n), "groups: 'callmanagers' holds none: one to three belong there, such as self");
        if (fine) c->groups++;
    }
}

static void load_loads(struct load *l, const struct file_pool *f, const struct node *n, struct pool_record *p,
                       struct config_pool_marks *at)
{
    for (unsigned i = 0; i < f->loads_count; i++, n = n ? n->next : NULL) {
        const struct node *model = node_find(n, "model"), *load = node_find(n, "load");
        struct config_key take_model = {"model",
                                        VALUE_MODEL,
                                        offsetof(struct file_load, model),
                                        offsetof(struct pool_load, device_type),
                                        4,
                                        0,
                                        0,
                                        0,
                                        NULL,
                                        0};
        struct config_key take_load = {
            "load", VALUE_LOAD, offsetof(struct file_load, load), offsetof(struct pool_load, load), LOAD_NAME, 0, 0, 0,
            NULL,   0};
        struct pool_load one = {0};
        char why[WHY];
        bool fine = true;
        if (!load_room(l, n, "loads", i, RECORD_LOADS)) return;
        if (!value_take(&one, &take_model, f->loads[i].model, why)) {
            tell(l->t, node_mark(model), "model: %s", why);
            fine = false;
        }
        if (!value_take(&one, &take_load, f->loads[i].load, why)) {
            tell(l->t, node_mark(load), "load: %s", why);
            fine = false;
        }
        for (uint8_t k = 0; fine && k < p->loads; k++)
            if (p->load[k].device_type == one.device_type) {
                tell(l->t, node_mark(model), "model: this model stands twice: line %d has it too", at->load[k].line);
                fine = false;
            }
        if (!fine) continue;
        at->load[p->loads] = node_mark(load);
        p->load[p->loads++] = one;
    }
}

/* "Default" when there is one, else the first. */
static const char *usual_group(const struct serve_config *c)
{
    for (size_t i = 0; i < c->groups; i++)
        if (strcmp(c->group[i].name, "Default") == 0) return c->group[i].name;
    return c->groups ? c->group[0].name : "Default";
}

static const char *usual_pool(const struct serve_config *c)
{
    for (size_t i = 0; i < c->pools; i++)
        if (strcmp(c->pool[i].name, "Default") == 0) return c->pool[i].name;
    return c->pools ? c->pool[0].name : "Default";
}

static void load_pools(struct load *l, const struct file *f, const struct node *n)
{
    struct serve_config *c = l->c;

    if (f->pools_count == 0) return;
    struct pool_record *p = load_array(l, f->pools_count < CONFIG_POOLS ? f->pools_count : CONFIG_POOLS, sizeof *p);
    struct config_pool_marks *at =
        load_array(l, f->pools_count < CONFIG_POOLS ? f->pools_count : CONFIG_POOLS, sizeof *at);
    if (!p || !at) {
        free(p);
        free(at);
        return;
    }
    c->pool = p;
    c->pool_at = at;
    c->pools = 0;
    for (unsigned i = 0; i < f->pools_count; i++, n = n ? n->next : NULL) {
        if (!load_room(l, n, "pools", i, CONFIG_POOLS)) return;
        struct pool_record *one = &p[c->pools];
        *one = *config_default_pool();
        memset(one->name, 0, sizeof one->name);
        (void)text_copy(one->group, sizeof one->group, bytes_of(usual_group(c)));
        (void)load_keys(l, keys_pool, one, &f->pools[i], n);
        at[c->pools].name = node_mark(node_find(n, "name"));
        at[c->pools].group = node_mark(node_find(n, f->pools[i].group ? "group" : "name"));
        load_loads(l, &f->pools[i], load_list(n, "loads"), one, &at[c->pools]);
        if (one->name[0]) c->pools++;
    }
}

static void load_lines(struct load *l, const struct file_device *f, const struct node *n, struct config_device *d)
{
    const struct phone_model *m = model_of_type(d->record.device_type);
    size_t most = m && m->lines && m->lines < RECORD_LINES ? m->lines : RECORD_LINES;

    for (unsigned i = 0; i < f->lines_count; i++, n = n ? n->next : NULL) {
        if (i == most) {
            tell(l->t, node_mark(n), "lines: a %s has %zu here, and this is one more", m ? m->name : "phone", most);
            return;
        }
        (void)load_keys(l, keys_line, &d->record.line[i], &f->lines[i], n);
        d->number_at[i] = node_mark(node_find(n, "number"));
    }
}

static void load_speed_dials(struct load *l, const struct file_device *f, const struct node *n, struct device_record *d)
{
    struct record_line one;

    for (unsigned i = 0; i < f->speed_dials_count; i++, n = n ? n->next : NULL) {
        if (!load_room(l, n, "speed-dials", i, RECORD_SPEED_DIALS)) return;
        one = (struct record_line){0};
        (void)load_keys(l, keys_line, &one, &f->speed_dials[i], n);
        memcpy(d->speed_dial[i].number, one.number, sizeof one.number);
        memcpy(d->speed_dial[i].label, one.label, sizeof one.label);
    }
}

static void load_devices(struct load *l, const struct file *f, const struct node *n)
{
    struct serve_config *c = l->c;
    char quoted[QUOTE];
    size_t most = f->devices_count < CONFIG_DEVICES ? f->devices_count : CONFIG_DEVICES;

    c->device = load_array(l, most, sizeof *c->device);
    for (unsigned i = 0; c->device && i < f->devices_count; i++, n = n ? n->next : NULL) {
        if (!load_room(l, n, "devices", i, CONFIG_DEVICES)) return;
        const struct file_device *from = &f->devices[i];
        struct config_device *d = &c->device[c->devices];
        struct config_mark at = node_mark(node_find(n, "name"));
        *d = (struct config_device){.line = at.line, .column = at.column};
        (void)text_copy(d->record.pool, sizeof d->record.pool, bytes_of(usual_pool(c)));
        (void)load_keys(l, keys_device, &d->record, from, n);
        d->pool_at = node_mark(node_find(n, from->pool ? "pool" : "name"));
        d->load_at = node_mark(node_find(n, "load"));
        load_lines(l, from, load_list(n, "lines"), d);
        load_speed_dials(l, from, load_list(n, "speed-dials"), &d->record);
        d->record.callmanagers =
            load_callmanagers(l, from->callmanagers, from->callmanagers_count, n, d->record.callmanager);
        if (device_name_parse(bytes_of(from->name), &d->record.mac) && !mac_is_group(d->record.mac) &&
            !mac_is_none(d->record.mac))
            c->devices++;
        else
            tell(l->t, at, "name: %s is not a device name: SEP and the 12 hex digits of its MAC address",
                 quote(quoted, from->name, strlen(from->name)));
    }
}

void load_provision(struct load *l, const struct file *f, const struct node *root)
{
    load_groups(l, f, load_list(root, "groups"));
    if (!f->pools_count && f->groups_count) { /* "Default" is of a group that there is */
        struct pool_record *own = config_own_pool(l->c);
        const char *group = usual_group(l->c);
        if (own) {
            (void)text_copy(own->group, sizeof own->group, bytes_of(group));
        }
    }
    load_pools(l, f, load_list(root, "pools"));
    load_devices(l, f, load_list(root, "devices"));
}
