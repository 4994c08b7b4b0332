#include "base/facts.h"

const char *fact_name(enum fact key)
{
    static const char *const names[] = {
#define X(name, text) [FACT_##name] = text,
        FACTS(X)
#undef X
    };
    return (size_t)key < ARRAY_LENGTH(names) ? names[key] : NULL;
}

static void head(struct writer *w, enum fact key, enum fact_type type, size_t len)
{
    write_u8(w, (uint8_t)key);
    write_u8(w, (uint8_t)type);
    write_be16(w, (uint16_t)len);
}

static void number(struct writer *w, enum fact key, enum fact_type type, uint64_t v)
{
    head(w, key, type, 8);
    write_be64(w, v);
}

void tell_number(struct writer *w, enum fact key, uint64_t v)
{
    number(w, key, TOLD_NUMBER, v);
}

void tell_text(struct writer *w, enum fact key, struct bytes text)
{
    if (text.len > 1024) text.len = 1024; /* a fact is for people; a peer's text may be anything */
    head(w, key, TOLD_TEXT, text.len);
    write_bytes(w, text);
}

void tell_ipv4(struct writer *w, enum fact key, ipv4 a)
{
    number(w, key, TOLD_IPV4, a);
}

void tell_mac(struct writer *w, enum fact key, struct mac m)
{
    number(w, key, TOLD_MAC, mac_number(m));
}

void tell_fault(struct writer *w, const struct fault *why)
{
    if (why->kind == FAULT_NONE) return;
    tell_text(w, FACT_WHAT, bytes_of(why->what));
    tell_number(w, FACT_AT, why->at);
}

bool told_next(struct bytes *facts, struct told *out)
{
    struct fault why;
    struct reader r = reader(*facts, &why);

    *out = (struct told){.key = (enum fact)read_u8(&r)};
    out->type = (enum fact_type)read_u8(&r);
    size_t len = read_be16(&r);
    struct reader value = read_part(&r, len);
    if (out->type == TOLD_TEXT)
        out->text = read_rest(&value);
    else
        out->number = read_be64(&value);
    if (unread(&value) > 0) refuse(&value, FAULT_LONG, "number of more than 8 bytes");
    if (out->type < TOLD_NUMBER || out->type > TOLD_MAC) refuse(&value, FAULT_VALUE, "type of a fact");
    if (!sound(&r) || !fact_name(out->key)) return false;
    *facts = bytes_from(*facts, 4 + len);
    return true;
}

bool told_find(struct bytes facts, enum fact key, struct told *out)
{
    while (told_next(&facts, out))
        if (out->key == key) return true;
    return false;
}

uint64_t told_number(struct bytes facts, enum fact key, uint64_t otherwise)
{
    struct told t;

    return told_find(facts, key, &t) && t.type != TOLD_TEXT ? t.number : otherwise;
}

struct bytes told_text(struct bytes facts, enum fact key)
{
    struct told t;

    return told_find(facts, key, &t) && t.type == TOLD_TEXT ? t.text : (struct bytes){0};
}

bool told_says(struct bytes facts, enum fact key, const char *words)
{
    for (struct bytes text = told_text(facts, key); text.len; text = bytes_from(text, 1))
        if (bytes_begin(text, words)) return true;
    return false;
}
