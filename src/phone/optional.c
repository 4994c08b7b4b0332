#include "phone/optional.h"
#include "phone/boot.h"

/* CallManager Express System Administrator Guide, "phone codes" of locale files; 7942 captured; 7945, 7962 and 7965 run
 * the loads of their kin. 7975: not in any table. */
static const struct {
    const char *model, *code;
} codes[] = {
    {"7906", "tc"}, {"7911", "tc"},  {"7931", "gp"},  {"7941", "mk"}, {"7942", "mk"},
    {"7945", "mk"}, {"7961", "mk"},  {"7962", "mk"},  {"7965", "mk"}, {"7970", "td"},
    {"7971", "td"}, {"6921", "rtl"}, {"6945", "rtl"}, {"8941", "gh"}, {"8945", "gh"},
};

static const char *code_of(const struct phone_model *model)
{
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (bytes_are(bytes_of(model->name), codes[i].model)) return codes[i].code;
    return NULL;
}

/* `u` and `n` before a name: it stands in the folder of the user's or the network's locale. `*`: the model's code. */
static const char *const older[] = {".RINGLIST.DAT", NULL},
                         *const of_7960[] = {".RINGLIST.XML",
                                             "u7960-font.xml",
                                             "u7960-dictionary.xml",
                                             "u7960-kate.xml",
                                             "uSCCP-dictionary.xml",
                                             "n7960-tones.xml",
                                             NULL},
                         *const of_7912[] = {".Ringlist.xml", NULL},
                         *const of_java[] = {"u*-sccp.jar", "ng3-tones.xml", NULL}, *const none[] = {NULL};

static const char *const *names_of(const struct load_manifest *load, const struct phone_model *model)
{
    switch (load->files_order) {
    case 'A': return load->xml == XML_NO ? older : of_7960; /* which of the two names before XML: choice */
    case 'B':
    case 'H': return code_of(model) ? of_java : none;
    case 'C': return bytes_are(bytes_of(model->name), "7902") ? none : of_7912;
    default: return none;
    }
}

static bool folder(const char *locale)
{
    for (const char *c = locale; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '/' || *c == '\\') return false;
    return locale[0] && locale[0] != '.';
}

bool optional_name(char *to, size_t size, const struct load_manifest *load, const struct phone_model *model,
                   const struct optional_locales *locales, uint8_t place)
{
    const char *const *names = names_of(load, model);
    struct writer w = writer(to, size - 1);

    to[0] = '\0';
    for (; *names; names++) {
        const char *name = *names, *in = *name == 'u' ? locales->user : *name == 'n' ? locales->network : NULL;
        if ((in && !folder(in)) || place-- > 0) continue;
        if (in) {
            write_text(&w, in);
            write_u8(&w, '/');
        }
        write_text(&w, name[1] == '*' ? code_of(model) : "");
        write_text(&w, name + (name[1] == '*' ? 2 : 1));
        to[w.len] = '\0';
        return true;
    }
    return false;
}

void optional_next(struct phone *p, usec now, struct outbox *out)
{
    char name[FILE_NAME];

    p->optional_asked = false;
    if (p->doing != DOING_REGISTRATION || p->optional == OPTIONAL_DONE ||
        !optional_name(name, sizeof name, &p->load, p->config.model, &p->locales, p->optional)) {
        p->optional = OPTIONAL_DONE;
        return;
    }
    p->optional++;
    files_fetch(p, now, name, out);
    p->optional_asked = true;
}

void optional_start(struct phone *p, usec now, struct outbox *out)
{
    if (p->optional == 0 && !p->optional_asked) optional_next(p, now, out);
}

void optional_silent(struct phone *p, struct outbox *out)
{
    struct writer *w = phone_tell(p, PHONE_OPTIONAL_SILENT, out);

    tell_text(w, FACT_FILE, bytes_of(p->tftp.name));
    tell_ipv4(w, FACT_TFTP, p->tftp.server);
    tell_number(w, FACT_TRIES, TFTP_TRIES);
    p->optional_asked = false;
    p->optional = OPTIONAL_DONE;
}
