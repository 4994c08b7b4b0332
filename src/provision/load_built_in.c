/* The lab's built-in loads. They bear the names that configurations know, and hold nothing of any vendor: a manifest,
 * and a payload of pseudo-random bytes that the name alone decides. */
#include "base/random.h"
#include "provision/load.h"
#include "provision/load_form.h"

/* One older load a model, for a phone to be upgraded from; where `newest` is set the table of models names no load.
 * Some names were given out by Cisco, others only follow the pattern: all that counts here is that they differ. */
static const struct {
    const char *model, *older, *newest;
} loads[] = {
    {"7902", "CP7902060000SCCP050124A", NULL},
    {"7905", "CP7905060000SCCP050124A", NULL},
    {"7906", "SCCP11.8-5-3S", NULL},
    {"7910", "P00403020214", NULL}, /* 16 letters at most: a phone without XML learns it from SCCP Version */
    {"7911", "SCCP11.8-5-3S", NULL},
    {"7912", "CP7912060000SCCP050124A", NULL},
    {"7920", "cmterm_7920.4.0-02-00", NULL},
    {"7921", "CP7921G-1.3.4", NULL},
    {"7925", "CP7925G-1.3.4", NULL},
    {"7931", "SCCP31.8-5-3S", NULL},
    {"7935", "P00503020900", NULL},
    {"7936", "cmterm_7936.3-3-13-0", NULL},
    {"7937", "apps37sccp.1-3-4-0", NULL},
    {"7940", "P00307020200", NULL},
    {"7941", "SCCP41.8-5-3S", NULL},
    {"7942", "SCCP42.8-5-3S", NULL},
    {"7945", "SCCP45.8-5-3S", NULL},
    {"7960", "P00307020200", NULL},
    {"7961", "SCCP41.8-5-3S", NULL},
    {"7962", "SCCP42.8-5-3S", NULL},
    {"7965", "SCCP45.8-5-3S", NULL},
    {"7970", "SCCP70.8-5-3S", NULL},
    {"7971", "SCCP70.8-5-3S", NULL},
    {"7975", "SCCP75.8-5-3S", NULL},
    {"7985", "cmterm_7985.4-1-6-0", NULL},
    {"8941", "SCCP894x.9-2-2-0", NULL},
    {"8945", "SCCP894x.9-2-2-0", NULL},
    {"IP Communicator", "Communicator.8-5-3", "Communicator.9-4-2"},
    {"6901", "SCCP6901.8-5-3-0", NULL},
    {"6911", "SCCP6911.8-5-3-0", NULL},
    {"6921", "SCCP69xx.8-5-3-0", NULL},
    {"6941", "SCCP69xx.8-5-3-0", NULL},
    {"6945", "SCCP6945.9-2-1-0", NULL},
    {"6961", "SCCP69xx.8-5-3-0", NULL},
};

const char *load_built_in(const struct phone_model *model, bool older)
{
    if (!model || !model->speaks_sccp) return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(loads); i++) {
        if (!bytes_are(bytes_of(model->name), loads[i].model)) continue;
        if (older) return loads[i].older;
        return loads[i].newest ? loads[i].newest : model->load;
    }
    return !older && model->load[0] ? model->load : NULL;
}

static const struct phone_model *model_with(struct bytes name)
{
    for (size_t i = 0; i < model_count(); i++)
        for (int older = 0; older < 2; older++) {
            const char *load = load_built_in(model_at(i), older);
            if (load && bytes_are(name, load)) return model_at(i);
        }
    return NULL;
}

enum { LEAST_PAYLOAD = 8192, PAYLOADS = LOAD_BUILT_IN_MOST - LOAD_HEADER - LOAD_MANIFEST_MOST - LEAST_PAYLOAD };

bool load_built_in_make(struct writer *w, struct bytes name)
{
    const struct phone_model *model = model_with(name);
    struct load_manifest m;
    struct digest seed = digest_of(name);
    struct fault why;
    struct reader r = reader((struct bytes){seed.byte, sizeof seed.byte}, &why);
    size_t at = w->len;

    if (!model) return false;
    load_manifest_for(&m, model, name);
    load_begin(w, &m);
    size_t payload = LEAST_PAYLOAD + read_be32(&r) % PAYLOADS;
    struct random random = random_from(read_be64(&r));
    for (size_t i = 0; i < payload; i++) write_u8(w, (uint8_t)random_u64(&random));
    load_finish(w, at);
    return true;
}
