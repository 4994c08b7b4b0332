/* The writer of SEP<MAC>.cnf.xml and XMLDefault.cnf.xml: the elements in the order of CallManager's own files. */
#include "provision/document.h"
#include "provision/document_names.h"
#include <string.h>

/* Length of the UTF-8 character (RFC 3629) at the start of b, if XML 1.0 section 2.2 allows it; 0 when it does not. */
static size_t character(struct bytes b)
{
    uint8_t first = b.at[0];
    size_t n = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : first < 0xf5 ? 4 : 0;
    uint32_t c;

    if (n == 1) return first >= ' ' || first == '\t' || first == '\n' || first == '\r';
    if (first < 0xc2 || n == 0 || b.len < n) return 0;
    c = first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((b.at[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (b.at[i] & 0x3f);
    }
    if (c < (n == 2 ? 0x80u : n == 3 ? 0x800u : 0x10000u) || c > 0x10ffff) return 0;
    return (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff ? 0 : n;
}

/* Text that no reader can take for anything else. What no XML document may hold becomes a question mark. */
static void escaped(struct writer *w, struct bytes b)
{
    while (b.len) {
        size_t n = character(b);
        switch (n ? b.at[0] : 0) {
        case 0: write_u8(w, '?'); break;
        case '<': write_text(w, "&lt;"); break;
        case '>': write_text(w, "&gt;"); break;
        case '&': write_text(w, "&amp;"); break;
        case '"': write_text(w, "&quot;"); break;
        case '\r': write_text(w, "&#13;"); break; /* a bare one would be read as a line end */
        default: write_bytes(w, (struct bytes){b.at, n});
        }
        b = bytes_from(b, n ? n : 1);
    }
}

static void begin(struct writer *w, const char *name)
{
    write_u8(w, '<');
    write_text(w, name);
    write_text(w, ">\n");
}

static void end(struct writer *w, const char *name)
{
    write_text(w, "</");
    write_text(w, name);
    write_text(w, ">\n");
}

static void element(struct writer *w, const char *name, const char *text)
{
    write_u8(w, '<');
    write_text(w, name);
    write_u8(w, '>');
    escaped(w, bytes_of(text));
    end(w, name);
}

static void element_if(struct writer *w, const char *name, const char *text)
{
    if (text[0]) element(w, name, text);
}

static void number(struct writer *w, const char *name, uint64_t n)
{
    write_u8(w, '<');
    write_text(w, name);
    write_u8(w, '>');
    write_decimal(w, n);
    end(w, name);
}

static void date_time(struct writer *w, const struct document *d)
{
    if (!d->date_template[0] && !d->time_zone[0]) return;
    begin(w, "dateTimeSetting");
    element_if(w, "dateTemplate", d->date_template);
    element_if(w, "timeZone", d->time_zone);
    end(w, "dateTimeSetting");
}

static void group(struct writer *w, const struct document *d)
{
    begin(w, "callManagerGroup");
    element_if(w, "name", d->group);
    begin(w, "members");
    for (size_t i = 0; i < d->callmanagers && i < DOCUMENT_CALLMANAGERS; i++) {
        const struct document_callmanager *c = &d->callmanager[i];
        write_text(w, "<member priority=\"");
        write_decimal(w, i);
        write_text(w, "\">\n");
        begin(w, "callManager");
        element(w, "name", c->node); /* the 7937 and 7925 want it (public templates) */
        begin(w, "ports");
        number(w, "ethernetPhonePort", c->port);
        end(w, "ports");
        element(w, "processNodeName", c->node);
        end(w, "callManager");
        end(w, "member");
    }
    end(w, "members");
    end(w, "callManagerGroup");
}

static void monitor(struct writer *w, const struct document *d)
{
    number(w, "connectionMonitorDuration", d->connection_monitor);
}

static void locales(struct writer *w, const struct document *d)
{
    if (d->user_locale[0]) { /* an empty name would send a 79x1 for "/mk-sccp.jar" */
        begin(w, "userLocale");
        element(w, "name", d->user_locale);
        end(w, "userLocale");
    }
    element_if(w, "networkLocale", d->network_locale);
}

static void urls(struct writer *w, const struct document *d)
{
    for (size_t i = 0; i < URLS; i++) element(w, document_url_names[i], d->url[i]);
}

/* Whether `extra` has an element of this name. One inside another would count too: then the phone lacks an element that
 * has a default, which is better than one that stands there twice. */
static bool extra_has(const struct document *d, const char *name)
{
    struct bytes rest = {(const uint8_t *)d->extra, d->extra_len};
    size_t n = strlen(name);

    while (rest.len > n + 1) {
        bytes_cut(&rest, '<');
        if (rest.len > n && bytes_begin(rest, name) && memchr(" \t\r\n/>", rest.at[n], 6)) return true;
    }
    return false;
}

static void standing(struct writer *w, const struct document *d, size_t i)
{
    if (extra_has(d, document_standing[i].name)) return;
    write_text(w, document_standing[i].whole);
    write_u8(w, '\n');
}

static void extra(struct writer *w, const struct document *d)
{
    if (d->extra_len == 0) return;
    write_bytes(w, (struct bytes){(const uint8_t *)d->extra, d->extra_len});
    write_u8(w, '\n');
}

static void own(struct writer *w, const struct document *d)
{
    begin(w, "device");
    standing(w, d, 0);
    standing(w, d, 1);
    begin(w, "devicePool");
    element_if(w, "name", d->pool);
    date_time(w, d);
    group(w, d);
    monitor(w, d);
    end(w, "devicePool");
    element(w, "loadInformation", d->load);
    element_if(w, "versionStamp", d->stamp);
    locales(w, d);
    standing(w, d, 2);
    urls(w, d);
    extra(w, d);
    end(w, "device");
}

static void default_file(struct writer *w, const struct document *d)
{
    begin(w, "Default");
    if (d->pool[0] || d->date_template[0] || d->time_zone[0] || d->connection_monitor != 120) {
        begin(w, "devicePool"); /* only newer files have it, so only where it says something */
        element_if(w, "name", d->pool);
        date_time(w, d);
        monitor(w, d);
        end(w, "devicePool");
    }
    group(w, d);
    for (size_t i = 0; i < d->load_count; i++) {
        write_text(w, "<loadInformation");
        write_decimal(w, d->loads[i].device_type);
        write_text(w, " model=\"");
        escaped(w, bytes_of(d->loads[i].model));
        write_text(w, "\">");
        escaped(w, bytes_of(d->loads[i].load));
        write_text(w, "</loadInformation");
        write_decimal(w, d->loads[i].device_type);
        write_text(w, ">\n");
    }
    element_if(w, "versionStamp", d->stamp);
    locales(w, d);
    if (d->auto_registration) element(w, "autoRegistration", "true");
    urls(w, d);
    extra(w, d);
    end(w, "Default");
}

void document_write(struct writer *w, const struct document *d)
{
    write_text(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (d->kind == DOCUMENT_DEFAULT)
        default_file(w, d);
    else
        own(w, d);
}
