/* The files of `dialtone serve`: documents of the device table, the folder, TFTP and HTTP. */
#include "app/log.h"
#include "app/serve/serve.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    SLOTS = 4096,
    TRANSFERS = 16384,
    ASKERS = 8192,
    FOLDER_KIND = 0xf0f0 /* no place of log_limited that it shares with server/news.h */
};

static const char *folder_text(enum folder_news news)
{
    switch (news) {
    case FOLDER_SCANNED: return "files are served";
    case FOLDER_OUTSIDE: return "a link that leads out of the folder is not served";
    case FOLDER_UNREADABLE: return "cannot be read";
    case FOLDER_TOO_MANY: return "more files, folders or levels than are served";
    case FOLDER_TOO_LARGE: return "larger than all the memory for files";
    case FOLDER_GONE: return "the folder is gone; what was read is still served";
    case FOLDER_UNWATCHED: return "the kernel tells no changes: it is looked through every 10 s";
    }
    return "";
}

static void heard_of_folder(void *context, enum folder_news news, const char *name, int error)
{
    struct serve *s = context;
    char line[400];

    if (news == FOLDER_SCANNED)
        (void)snprintf(line, sizeof line, "folder %.200s: %d files", s->config.tftp.folder, error);
    else
        (void)snprintf(line, sizeof line, "folder%s %.200s: %s%s%s", name[0] ? ":" : "",
                       name[0] ? name : s->config.tftp.folder, folder_text(news), error ? ": " : "",
                       error ? strerror(error) : "");
    log_limited(loop_now(&s->loop), FOLDER_KIND + (uint32_t)news, news == FOLDER_SCANNED ? LOG_IS_INFO : LOG_IS_WARNING,
                line);
}

static void both(void *context, struct bytes name, bool made_wins)
{
    (void)context;
    log_say(LOG_IS_WARNING, "folder: %.*s is there, but %s", (int)(name.len < 80 ? name.len : 80),
            (const char *)name.at,
            made_wins ? "the file of the device database wins: remove one of them" : "the folder's wins");
}

enum found serve_find_file(struct serve *s, struct bytes name, struct served **out)
{
    return documents_find(&s->documents, name, out);
}

void serve_release_file(struct serve *s, struct served *served)
{
    documents_release(&s->documents, served, false);
}

static bool open_tftp(struct serve *s)
{
    struct tftp_server_config c = {.first_port = s->config.tftp.first_port,
                                   .ports = (uint16_t)(s->config.tftp.last_port - s->config.tftp.first_port + 1),
                                   .one_port = s->config.tftp.single_port,
                                   .find = documents_find,
                                   .release = documents_release,
                                   .context = &s->documents,
                                   .askers = &s->askers,
                                   .seed = s->seed ^ 0x7f7f7f7f,
                                   .transfers = TRANSFERS};
    size_t size = tftp_server_size(TRANSFERS);

    return tftp_server_init(&s->tftp, &c, serve_space(s, size), size);
}

bool serve_open_files(struct serve *s, struct net_error *why)
{
    struct folder_config folder = {.path = s->config.tftp.folder, .heard = heard_of_folder, .context = s};
    size_t size = documents_size(SLOTS, 0), askers = askers_size(ASKERS);

    if (!documents_init(&s->documents, &s->devices, SLOTS, NULL, 0, serve_space(s, size), size) ||
        !askers_init(&s->askers, ASKERS, serve_space(s, askers), askers) || !open_tftp(s))
        return net_fail(why, -ENOMEM, "no memory for the files") == 0;
    askers_know(&s->askers, &s->devices);
    if (folder_open(&s->folder, &s->loop, &folder, why)) return false;
    s->folder_open = true;
    struct file_source source = folder_source(&s->folder);
    documents_from(&s->documents, &source, false, both, s);
    return true;
}

/* --- HTTP: one listener on each address of ours --- */

static void asked(void *context, ipv4 client, struct bytes name, bool found)
{
    static struct action actions[2];
    static uint8_t bytes[1024];
    struct serve *s = context;
    struct outbox out;

    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    out.engine = SERVE_TFTP;
    askers_asked(&s->askers, loop_now(&s->loop), client, name, found, &out);
    for (uint32_t i = 0; i < out.count; i++) serve_act(s, SERVE_TFTP, &out.actions[i], payload(&out, i));
}

int serve_open_http(struct serve *s, struct net_error *why)
{
    for (uint32_t n = 0; s->config.http.serve && n < s->networks; n++) {
        if (s->http_open[n] || !serve_network_is_here(s, n)) continue;
        struct http_files_config c = {.address = s->network[n].address,
                                      .port = s->config.http.port,
                                      .from = &s->arrivals,
                                      .find = documents_find,
                                      .release = documents_release,
                                      .context = &s->documents,
                                      .asked = asked,
                                      .asked_context = s};
        int error = http_files_open(&s->http[n], &s->loop, &c, why);
        if (error) return error;
        s->http_open[n] = true;
    }
    return 0;
}

void serve_close_http(struct serve *s, uint32_t network)
{
    if (!s->http_open[network]) return;
    http_files_close(&s->http[network]);
    s->http[network].counts.active = 0;
    http_files_count(&s->http_ended, &s->http[network].counts);
    s->http_open[network] = false;
}

void serve_close_files(struct serve *s)
{
    for (uint32_t n = 0; n < s->networks; n++) serve_close_http(s, n);
    if (s->folder_open) folder_close(&s->folder);
    s->folder_open = false;
}

void serve_rescan_folder(struct serve *s)
{
    if (s->folder_open) folder_rescan(&s->folder);
}
