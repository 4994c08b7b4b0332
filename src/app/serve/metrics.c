#include "app/serve/metrics.h"
#include "app/serve/serve.h"
#include <errno.h>
#include <stdlib.h>

/* One answer, until it was sent. */
struct page {
    struct served served; /* first */
    char *text;
};

struct metrics {
    struct http_files http;
    struct serve *serve;
};

static bool is(struct bytes name, const char *text)
{
    while (name.len && name.at[0] == '/') name = bytes_from(name, 1);
    return bytes_are(name, text);
}

/* Ready, and what is to be stored reaches the disk. */
static bool healthy(const struct serve *s)
{
    return s->ready && !s->watch.store_bad;
}

static enum found find(void *context, struct bytes name, struct served **out)
{
    static struct served ok = {.bytes = {(const uint8_t *)"ok\n", 3}};
    struct metrics *m = context;
    size_t n = 0;

    if (is(name, "healthz")) {
        *out = &ok;
        return healthy(m->serve) ? FOUND : FOUND_BUSY;
    }
    if (!is(name, "metrics")) return FOUND_NOTHING;
    struct page *p = calloc(1, sizeof *p);
    if (p) p->text = metrics_text(m->serve, &n);
    if (!p || !p->text) {
        free(p);
        return FOUND_BUSY;
    }
    p->served = (struct served){.bytes = {(const uint8_t *)p->text, n}, .owner = m};
    *out = &p->served;
    return FOUND;
}

static void release(void *context, struct served *served, bool whole)
{
    (void)whole;
    if (served->owner != context) return; /* "ok" */
    struct page *p = (struct page *)served;
    free(p->text);
    free(p);
}

struct metrics *metrics_open(struct serve *s, struct net_error *why)
{
    struct metrics *m = calloc(1, sizeof *m);
    struct http_files_config c = {.address = s->config.admin_http.address,
                                  .port = s->config.admin_http.port,
                                  .connections = 32,
                                  .token = s->config.admin_http.token[0] ? s->config.admin_http.token : NULL,
                                  .find = find,
                                  .release = release,
                                  .context = m};

    if (!m) {
        (void)net_fail(why, -ENOMEM, "no memory for admin-http");
        return NULL;
    }
    m->serve = s;
    if (http_files_open(&m->http, &s->loop, &c, why)) {
        free(m);
        return NULL;
    }
    return m;
}

void metrics_close(struct metrics *m)
{
    if (!m) return;
    struct loop *loop = m->http.loop;
    http_files_close(&m->http);
    loop_turn(loop); /* libuv lets go of it */
    free(m);
}
