#include "provision/models.h"

static const struct phone_model table[] = {
#include "models_table.h"
};

size_t model_count(void)
{
    return ARRAY_LENGTH(table);
}

const struct phone_model *model_at(size_t i)
{
    return i < ARRAY_LENGTH(table) ? &table[i] : NULL;
}

static bool begins_nocase(struct bytes *text, const char *prefix)
{
    struct bytes p = bytes_of(prefix);

    if (text->len < p.len || !bytes_equal_nocase((struct bytes){text->at, p.len}, p)) return false;
    *text = bytes_from(*text, p.len);
    return true;
}

/* What option 60 of this model says after "IP Phone ": "CP-7960G", "7912", "CP-7971G-GE". */
static struct bytes product(const struct phone_model *m)
{
    struct bytes text = bytes_of(m->option60);

    return begins_nocase(&text, "Cisco Systems, Inc. IP Phone ") ? text : (struct bytes){0};
}

/* A G after the number is the same model (newer loads say it in option 60); G-GE is another one (7941G-GE is type 309)
 * unless the table says so, which is why only a single G is taken off. */
static bool is(const struct phone_model *m, struct bytes name)
{
    struct bytes sold_as = product(m);

    if (sold_as.len && bytes_equal_nocase(name, sold_as)) return true;
    if (begins_nocase(&name, "CP-") && bytes_are(bytes_of(m->name), "IP Communicator")) return false;
    if (bytes_equal_nocase(name, bytes_of(m->name))) return true;
    if (name.len < 2 || (name.at[name.len - 1] | 0x20) != 'g') return false;
    name.len--;
    return bytes_equal_nocase(name, bytes_of(m->name));
}

const struct phone_model *model_find(struct bytes name)
{
    struct bytes whole = name;

    if (begins_nocase(&name, "Cisco ")) whole = name;
    if (begins_nocase(&name, "IP Phone ")) whole = name; /* cdp_platform: "Cisco IP Phone 7960" */
    if (whole.len == 0) return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        if (is(&table[i], whole)) return &table[i];
    return NULL;
}

const struct phone_model *model_of_type(uint32_t device_type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        if (table[i].device_type == device_type) return &table[i];
    return NULL;
}
