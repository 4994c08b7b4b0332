#include "app/config/config.h"
#include "app/config/load.h"
#include "app/config/shape.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What there is when nobody says otherwise. Never written to: config_default allocates nothing. */
static struct group_record default_group = {.name = "Default", .callmanager = {{.port = 2000}}, .callmanagers = 1};
static struct pool_record default_pool = {.name = "Default",
                                          .group = "Default",
                                          .date_template = "D/M/Y",
                                          .time_zone = "Etc/UTC",
                                          .user_locale = "English_United_States", /* which phones have built in */
                                          .network_locale = "United_States",
                                          .connection_monitor = 120};

const struct pool_record *config_default_pool(void)
{
    return &default_pool;
}

void config_default(struct serve_config *c)
{
    *c = (struct serve_config){.state = "/var/lib/dialtone",
                               .user = "dialtone",
                               .automatic = {.automatic = true, .first = 1000, .last = 1999, .pool = "Default"},
                               .group = &default_group,
                               .groups = 1,
                               .group_made = true,
                               .pool = &default_pool,
                               .pools = 1,
                               .log = {.level = "info", .to = "auto"}};
    c->dhcp.conflict_probe = c->dhcp.authoritative = true;
    c->dhcp.lease = 86400;
    c->dhcp.phone_lease = 3600;
    c->tftp.serve = c->http.serve = c->callmanager.serve = c->admin_http.serve = true;
    c->tftp.first_port = 51000;
    c->tftp.last_port = 51015;
    c->http.port = 6970;
    c->callmanager.keepalive = 30;
    c->callmanager.standby_keepalive = 60;
    c->callmanager.tokens = 10;
    c->callmanager.devices = 20000;
    c->callmanager.connections = 25000;
    c->admin_http.address = IPV4(127, 0, 0, 1);
    c->admin_http.port = 8970;
}

static void free_options(struct config_option *o, size_t n)
{
    for (size_t i = 0; i < n; i++) free(o[i].bytes);
    free(o);
}

void config_free(struct serve_config *c)
{
    for (size_t i = 0; i < c->dhcp.subnets; i++) {
        struct config_subnet *s = &c->dhcp.subnet[i];
        free(s->pool);
        free(s->exclude);
        free_options(s->option, s->options);
    }
    free(c->dhcp.subnet);
    free(c->dhcp.reservation);
    free_options(c->dhcp.option, c->dhcp.options);
    if (c->group != &default_group) free(c->group);
    if (c->pool != &default_pool) free(c->pool);
    free(c->group_at);
    free(c->pool_at);
    free(c->device);
    *c = (struct serve_config){0};
}

struct pool_record *config_own_pool(struct serve_config *c)
{
    if (c->pool == &default_pool) {
        struct pool_record *own = malloc(sizeof *own);
        if (!own) return NULL;
        *own = default_pool;
        c->pool = own;
    }
    return c->pool;
}

void config_make_group(struct serve_config *c)
{
    if (!c->group_made || c->callmanager.nodes == 0) return;
    struct group_record *own = c->group != &default_group ? c->group : malloc(sizeof *own);
    if (!own) return;
    *own = default_group;
    own->callmanagers = c->callmanager.nodes;
    for (uint8_t i = 0; i < own->callmanagers; i++)
        own->callmanager[i] = (struct record_callmanager){c->callmanager.node[i].address, c->callmanager.node[i].port};
    c->group = own;
}

bool load_keys(struct load *l, const struct config_key *k, void *into, const void *from, const struct node *map)
{
    bool fine = true;
    char why[WHY];

    for (; k->key; k++) {
        const char *text = *(char *const *)((const char *)from + k->from);
        struct config_mark at = node_mark(node_find(map, k->key));
        if (!text) continue;
        if (k->mark) memcpy((char *)into + k->mark, &at, sizeof at);
        if (value_take(into, k, text, why)) continue;
        tell(l->t, at, "%s: %s", k->key, why);
        fine = false;
    }
    return fine;
}

const struct node *load_list(const struct node *map, const char *key)
{
    const struct node *n = node_find(map, key);

    return n ? n->first : NULL;
}

void *load_array(struct load *l, size_t count, size_t size)
{
    void *p = count ? calloc(count, size) : NULL;

    if (count && !p) tell(l->t, (struct config_mark){0}, "no memory is left to read it");
    return p;
}

bool load_room(struct load *l, const struct node *n, const char *what, size_t i, size_t most)
{
    if (i == most) tell(l->t, node_mark(n), "%s: %zu are the most, and this is one more", what, most);
    return i < most;
}

static void load_interfaces(struct load *l, const struct file *f, const struct node *n)
{
    struct serve_config *c = l->c;

    for (unsigned i = 0; i < f->interfaces_count; i++, n = n ? n->next : NULL) {
        struct config_interface one = {.cdp = true, .lldp = true, .priority = 5, .dscp = 46};
        bool fine = load_keys(l, keys_interface, &one, &f->interfaces[i], n);
        if (!load_room(l, n, "interfaces", i, CONFIG_INTERFACES)) return;
        if (fine || one.name[0]) c->interface[c->interfaces++] = one;
    }
}

static void load_nodes(struct load *l, const struct file_callmanager *f, const struct node *n)
{
    struct serve_config *c = l->c;

    for (unsigned i = 0; i < f->nodes_count; i++, n = n ? n->next : NULL) {
        struct config_node one = {.port = 2000};
        (void)snprintf(one.name, sizeof one.name, "cm%u", i + 1);
        (void)load_keys(l, keys_node, &one, &f->nodes[i], n);
        if (!one.at.line) one.at = node_mark(n);
        if (!load_room(l, n, "nodes", i, CONFIG_NODES)) return;
        c->callmanager.node[c->callmanager.nodes++] = one;
    }
}

static void load_all(struct load *l, const struct file *f, const struct node *root)
{
    struct serve_config *c = l->c;
    const struct node *callmanager = node_find(root, "callmanager");

    (void)load_keys(l, keys_top, c, f, root);
    load_interfaces(l, f, load_list(root, "interfaces"));
    load_dhcp(l, &f->dhcp, node_find(root, "dhcp"));
    (void)load_keys(l, keys_tftp, c, &f->tftp, node_find(root, "tftp"));
    (void)load_keys(l, keys_http, c, &f->http, node_find(root, "http"));
    (void)load_keys(l, keys_callmanager, c, &f->callmanager, callmanager);
    load_nodes(l, &f->callmanager, load_list(callmanager, "nodes"));
    load_provision(l, f, root);
    config_make_group(c);
    if (!f->automatic.pool) {
        bool has_default = false;
        for (size_t i = 0; i < c->pools; i++) has_default |= strcmp(c->pool[i].name, "Default") == 0;
        if (!has_default) memcpy(c->automatic.pool, c->pool[0].name, sizeof c->automatic.pool);
    }
    (void)load_keys(l, keys_automatic, c, &f->automatic, node_find(root, "auto-registration"));
    (void)load_keys(l, keys_admin, c, &f->admin_http, node_find(root, "admin-http"));
    (void)load_keys(l, keys_log, c, &f->log, node_find(root, "log"));
}

/* The last error that libcyaml has to say: after config_shape there should be none but a lack of memory. */
static void cyaml_says(cyaml_log_t level, void *context, const char *form, va_list list)
{
    if (level == CYAML_LOG_ERROR) (void)vsnprintf(context, WHY, form, list);
}

static void load_tree(struct load *l, const struct tree *tree)
{
    char said[WHY] = "";
    const cyaml_config_t how = {.log_fn = cyaml_says,
                                .log_ctx = said,
                                .mem_fn = cyaml_mem,
                                .log_level = CYAML_LOG_ERROR,
                                .flags = CYAML_CFG_NO_ALIAS};
    struct file *f = NULL;
    size_t length;
    char *text = shape_write(tree, &length);

    if (!text) {
        tell(l->t, (struct config_mark){0}, "no memory is left to read it");
        return;
    }
    cyaml_err_t error = cyaml_load_data((const uint8_t *)text, length, &how, &config_schema, (cyaml_data_t **)&f, NULL);
    if (error != CYAML_OK)
        tell(l->t, (struct config_mark){0}, "it cannot be loaded: %s (%.*s)", cyaml_strerror(error),
             (int)strcspn(said, "\n"), said);
    else
        load_all(l, f, tree->root);
    (void)cyaml_free(&how, &config_schema, f, 0);
    free(text);
}

bool config_read(struct serve_config *out, struct bytes text, const char *file, config_say_fn *say, void *context)
{
    struct teller t = {.file = file, .say = say, .context = context};
    struct load l = {out, &t};
    struct tree tree;

    config_default(out);
    if (text.len > CONFIG_FILE_MOST) {
        tell(&t, (struct config_mark){0}, "it has more than 16 MiB: that is no configuration");
        return tell_all(&t);
    }
    if (tree_read(&tree, text, &t)) {
        config_shape(&tree, &t);
        if (tree.root) load_tree(&l, &tree);
    }
    tree_free(&tree);
    return tell_all(&t);
}

/* The whole file, allocated, up to one byte more than may be; NULL: told. */
static uint8_t *read_file(const char *file, size_t *length, struct teller *t)
{
    struct config_mark nowhere = {0};
    struct stat about;
    size_t size = 0;
    uint8_t *text = NULL;
    int fd =
        open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a pipe that nobody writes to must not hold us */

    *length = 0;
    if (fd < 0) {
        tell(t, nowhere, "it cannot be opened: %s", strerror(errno));
        return NULL;
    }
    if (fstat(fd, &about) < 0 || S_ISDIR(about.st_mode) || !S_ISREG(about.st_mode)) {
        tell(t, nowhere, "%s, not a file", S_ISDIR(about.st_mode) ? "it is a folder" : "it is a device or a pipe");
        (void)close(fd);
        return NULL;
    }
    for (;;) {
        if (size - *length < 4096) {
            size = size ? size * 2 : 65536;
            uint8_t *more = realloc(text, size);
            if (!more) break;
            text = more;
        }
        ssize_t n = read(fd, text + *length, size - *length);
        if (n > 0) *length += (size_t)n;
        if (n == 0 || (n > 0 && *length > CONFIG_FILE_MOST)) {
            (void)close(fd);
            return text;
        }
        if (n < 0 && errno != EINTR) break;
    }
    tell(t, nowhere, "it cannot be read: %s", strerror(errno));
    (void)close(fd);
    free(text);
    return NULL;
}

bool config_load(struct serve_config *out, const char *file, config_say_fn *say, void *context)
{
    struct teller t = {.file = file, .say = say, .context = context};
    size_t length;
    uint8_t *text = read_file(file, &length, &t);

    if (!text) {
        config_default(out);
        return tell_all(&t);
    }
    bool fine = config_read(out, (struct bytes){text, length}, file, say, context);
    free(text);
    return fine;
}
