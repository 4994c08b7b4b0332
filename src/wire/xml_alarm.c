#include "wire/xml_alarm.h"
#include <string.h>

/* The document as it is read: one place a character. */
struct script {
    struct bytes bytes;
    size_t step, at, end; /* step 2: UTF-16, its low byte at 2 * place + `low` */
    size_t low;
};

/* Two characters of it tell UTF-16: one `<` and a NUL may as well be all of a document that was cut. */
static bool begins_wide(struct bytes b, size_t low)
{
    size_t high = 1 - low;

    if (b.len < 2) return false;
    if (b.at[low] == 0xff && b.at[high] == 0xfe) return true;
    return b.len >= 4 && b.at[low] == '<' && b.at[high] == 0 && b.at[2 + low] != 0 && b.at[2 + high] == 0;
}

static size_t wide(struct bytes b, size_t *low)
{
    *low = begins_wide(b, 1);
    return *low || begins_wide(b, 0) ? 2 : 1;
}

struct bytes xml_alarm_document(struct bytes body)
{
    size_t low, step = wide(body, &low);

    for (size_t i = 0; i + step <= body.len; i += step)
        if (body.at[i] == 0 && body.at[i + step - 1] == 0) return (struct bytes){body.at, i};
    body.len -= body.len % step;
    return body;
}

static uint8_t letter(const struct script *s, size_t place)
{
    size_t i = place * s->step;

    if (place >= s->end) return 0;
    if (s->step == 1) return s->bytes.at[i];
    return s->bytes.at[i + 1 - s->low] == 0 ? s->bytes.at[i + s->low] : 0xff;
}

static uint8_t small(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without case. */
static bool stands(const struct script *s, size_t place, const char *text)
{
    for (size_t i = 0; text[i]; i++)
        if (small(letter(s, place + i)) != small((uint8_t)text[i])) return false;
    return true;
}

/* The place of a text from `place` on; the end when it does not come. */
static size_t look_for(const struct script *s, size_t place, const char *text)
{
    while (place < s->end && !stands(s, place, text)) place++;
    return place;
}

struct span {
    size_t from, to;
};

static bool is(const struct script *s, struct span name, const char *text)
{
    return name.to - name.from == strlen(text) && stands(s, name.from, text);
}

/* The attribute `name` of the tag that ends at `end`; empty: it has none. */
static struct span name_of(const struct script *s, struct span tag)
{
    for (size_t i = tag.from; i + 4 < tag.to; i++) {
        size_t k = i + 4;
        if (!blank(i > 0 ? letter(s, i - 1) : 0) || !stands(s, i, "name")) continue;
        while (k < tag.to && blank(letter(s, k))) k++;
        if (letter(s, k) != '=') continue;
        for (k++; k < tag.to && blank(letter(s, k));) k++;
        uint8_t quote = letter(s, k);
        if (quote != '"' && quote != '\'') continue;
        struct span value = {k + 1, k + 1};
        while (value.to < tag.to && letter(s, value.to) != quote) value.to++;
        return value;
    }
    return (struct span){0, 0};
}

static void keep(char *to, size_t size, const struct script *s, struct span v)
{
    size_t n = 0;

    while (v.from < v.to && blank(letter(s, v.from))) v.from++;
    while (v.from < v.to && blank(letter(s, v.to - 1))) v.to--;
    for (; v.from < v.to && n + 1 < size; v.from++) {
        uint8_t c = letter(s, v.from);
        to[n++] = (char)(c > ' ' && c < 0x7f ? c : '?');
    }
    to[n] = '\0';
}

static void parameter(struct xml_alarm *a, const struct script *s, struct span name, struct span value)
{
    char text[24]; /* longer than any number or address with its prefix length */
    uint64_t number;

    if (is(s, name, "DeviceName")) {
        keep(a->device, sizeof a->device, s, value);
    } else if (is(s, name, "ReasonForOutOfService")) {
        keep(text, sizeof text, s, value);
        a->has_reason = bytes_number(bytes_of(text), UINT32_MAX, &number);
        if (a->has_reason) a->reason = (uint32_t)number;
    } else if (is(s, name, "DeviceIPv4Address")) {
        keep(text, sizeof text, s, value);
        struct bytes rest = bytes_of(text);
        if (!ipv4_parse(bytes_cut(&rest, '/'), &a->address)) a->address = 0;
    }
}

/* One tag, from behind its `<` on. Where to go on. */
static size_t tag(struct xml_alarm *a, const struct script *s, size_t at)
{
    struct span word = {at, at};
    size_t end;

    if (stands(s, at, "!--")) return look_for(s, at, "-->");
    if (stands(s, at, "/x-cisco-alarm")) a->ended = true;
    while (word.to < s->end && !blank(letter(s, word.to)) && letter(s, word.to) != '>' && letter(s, word.to) != '/')
        word.to++;
    if (is(s, word, "x-cisco-alarm")) a->begun = true;
    end = look_for(s, at, ">");
    if (end == s->end) return end; /* cut within it */
    struct span name = name_of(s, (struct span){at, end});
    if (is(s, word, "Alarm")) {
        a->begun = true;
        keep(a->name, sizeof a->name, s, name);
    } else if (name.from != name.to && letter(s, end - 1) != '/') {
        /* Its value may have a `<` of its own; its end tag is what closes it. */
        size_t close = look_for(s, end, "</");
        if (close < s->end) parameter(a, s, name, (struct span){end + 1, close});
        return close;
    }
    return end;
}

void xml_alarm_decode(struct xml_alarm *out, struct bytes document)
{
    struct script s = {.bytes = document};

    memset(out, 0, sizeof *out);
    s.step = wide(document, &s.low);
    s.end = document.len / s.step;
    while (s.at < s.end)
        if (letter(&s, s.at) == '<')
            s.at = tag(out, &s, s.at + 1);
        else
            s.at++;
}

bool xml_alarm_told(const struct xml_alarm *a)
{
    return a->name[0] || a->device[0] || a->has_reason || a->address;
}

/* CUCM's alarm catalogue, LastOutOfServiceInformation; in the words of the phones' own alarms where they have one. */
const char *xml_alarm_reason(uint32_t reason)
{
    switch (reason) {
    case 10: return "TCP-timeout";
    case 12: return "CM-reset-TCP";
    case 13: return "CM-aborted-TCP";
    case 14: return "CM-closed-TCP";
    case 15: return "KeepaliveTO";
    case 16: return "address-lost";
    case 17: return "registration-timeout";
    case 18: return "Failback";
    case 20: return "Phone-Keypad";
    case 22: return "Reset-Reset";
    case 23: return "Reset-Restart";
    case 24: return "Phone-Reg-Rej";
    default: return NULL;
    }
}

void xml_alarm_text(struct writer *w, const struct xml_alarm *a)
{
    const char *words = a->has_reason ? xml_alarm_reason(a->reason) : NULL;

    write_text(w, a->name[0] ? a->name : "XMLAlarm");
    write_u8(w, ':');
    if (a->device[0]) {
        write_text(w, " Name=");
        write_text(w, a->device);
    }
    if (!a->has_reason) return;
    write_text(w, " Last=");
    if (words) {
        write_text(w, words);
        write_text(w, " (");
    }
    write_decimal(w, a->reason);
    if (words) write_u8(w, ')');
}

void xml_alarm_join(struct xml_alarm *first, const struct xml_alarm *second)
{
    if (!first->name[0]) memcpy(first->name, second->name, sizeof first->name);
    if (!first->device[0]) memcpy(first->device, second->device, sizeof first->device);
    if (!first->address) first->address = second->address;
    if (!first->has_reason && second->has_reason) {
        first->has_reason = true;
        first->reason = second->reason;
    }
    first->ended = first->ended || second->ended;
}
