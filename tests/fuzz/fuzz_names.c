/* Names that strangers give: files, devices, models, loads, time zones, date templates. */
#include "provision/device_name.h"
#include "provision/load.h"
#include "provision/phone_lists.h"
#include "provision/time_zone.h"
#include <assert.h>
#include <string.h>

static void file(struct bytes in)
{
    struct asked asked = asked_name(in);

    assert(asked.stem.len <= in.len);
    if (asked.kind != ASKED_LOADS && asked.kind != ASKED_BIN) return;
    assert(asked.stem.len > 0 && asked.stem.at[0] != '.');
    assert(!memchr(asked.stem.at, '/', asked.stem.len) && !memchr(asked.stem.at, 0, asked.stem.len));
}

/* Which list it asks for; and whether a file of that name belongs in one. */
static void lists(struct bytes in)
{
    struct bytes folder, small;
    char room[PHONE_LIST_PATH];
    uint8_t bytes[1024];

    if (phone_list_of(in, &folder) == LIST_BACKGROUNDS) assert(folder.len > 9 && folder.len < in.len);
    for (enum phone_list list = LIST_RINGS; list <= LIST_BACKGROUNDS; list++) {
        struct bytes its = {in.at, in.len > 8 ? 8 : 0};
        if (!phone_list_takes(list, its, in, &small, room)) continue;
        struct writer w = writer(bytes, sizeof bytes);
        phone_list_add(&w, list, in, small);
        assert(list == LIST_RINGS ? in.len <= PHONE_LIST_NAME : small.len == in.len + 3);
        for (size_t i = 0; i < w.len; i++) assert((bytes[i] >= ' ' && bytes[i] <= '~') || bytes[i] == '\n');
    }
}

static void device(struct bytes in)
{
    char name[DEVICE_NAME];
    struct mac mac;

    if (!device_name_parse(in, &mac)) return;
    device_name(name, mac);
    assert(bytes_equal_nocase(in, bytes_of(name)));
}

static void load(struct bytes in, size_t model)
{
    struct load_manifest m;

    load_manifest_for(&m, model_at(model % model_count()), in);
    assert(m.models <= LOAD_MODELS && m.codecs <= LOAD_CODECS && memchr(m.version, 0, sizeof m.version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    const struct phone_model *m = model_find(in);
    const char *zone = time_zone_iana(in);

    file(in);
    lists(in);
    device(in);
    if (m) assert(model_of_type(m->device_type) == m);
    if (zone) assert(time_zone_cisco(bytes_of(zone)));
    if (date_template_valid(in)) assert(size <= 6);
    if (size) load(bytes_from(in, 1), data[0]);
    return 0;
}
