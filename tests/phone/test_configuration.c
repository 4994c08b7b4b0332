#include "phone/world.h"

/* The order of names is that of provisioning of each class of phones; `@` stands for the device name. */
static const struct {
    const char *model, *load; /* NULL: that of the table */
    const char *names[8];
} orders[] = {
    {"7960", NULL, {"CTL@.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}},                         /* A, 8.x */
    {"7940", "P00307020200", {"OS79XX.TXT", "CTL@.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}}, /* A, an older loader */
    {"7960", "P00306000200", {"OS79XX.TXT", "@.cnf.xml", "XMLDefault.cnf.xml"}},             /* A, before trust lists */
    {"7960", "P00302000100", {"OS79XX.TXT", "@.cnf", "SEPDefault.cnf"}},                     /* A, before XML */
    {"7970", NULL, {"CTL@.tlv", "ITL@.tlv", "ITLFile.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}}, /* B, 9.x */
    {"7941", "SCCP41.8-5-3S", {"CTL@.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}},                 /* B, 8.x: no ITL */
    {"7902", NULL, {"@.cnf.xml", "XMLDefault.cnf.xml", "SEPDefault.cnf", "ff020000000001", "ffdefault.cfg"}}, /* C */
    {"7905", NULL, {"@.cnf.xml", "XMLDefault.cnf.xml", "SEPDefault.cnf", "ld020000000001", "lddefault.cfg"}},
    {"7912", NULL, {"@.cnf.xml", "XMLDefault.cnf.xml", "SEPDefault.cnf", "gk020000000001", "gkdefault.cfg"}},
    {"7910", NULL, {"@.cnf", "SEPDefault.cnf"}},         /* D */
    {"7920", NULL, {"@.cnf.xml", "XMLDefault.cnf.xml"}}, /* E: no trust list in a 7920 */
    {"7921", NULL, {"CTL@.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}},
    {"7936", NULL, {"@.cnf.xml", "XMLDefault.cnf.xml", "@.cnf", "SEPDefault.cnf"}}, /* F: by load; unknown: both */
    {"7937", NULL, {"CTL@.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}},                /* G */
    {"6961", NULL, {"CTL@.tlv", "ITL@.tlv", "ITLFile.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}}, /* H */
    {"6961", "SCCP69xx.8-5-3-0", {"CTL@.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}},
    {"IP Communicator",
     "Communicator.9-4-2",
     {"CTL@.tlv", "ITL@.tlv", "ITLFile.tlv", "@.cnf.xml", "XMLDefault.cnf.xml"}}, /* I */
    {"7985", NULL, {"@.cnf.xml", "XMLDefault.cnf.xml"}},                          /* K */
};

static bool is(const char *name, const char *wanted)
{
    char text[FILE_NAME];
    struct writer w = writer(text, sizeof text - 1);

    for (const char *p = wanted; *p; p++)
        if (*p == '@')
            write_text(&w, "SEP020000000001");
        else
            write_u8(&w, (uint8_t)*p);
    text[w.len] = '\0';
    return is_named(name, text);
}

static void the_names_stand_in_the_order_of_the_class_and_age_of_the_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        const struct phone_model *m = model_find(bytes_of(orders[i].model));
        struct load_manifest load;
        char name[FILE_NAME];
        uint8_t n = 0;
        assert_non_null(m);
        load_manifest_for(&load, m, bytes_of(orders[i].load ? orders[i].load : m->load));
        for (; n < ARRAY_LENGTH(orders[i].names) && orders[i].names[n]; n++) {
            enum want want = configuration_name(name, sizeof name, &load, m, WORLD_PHONE, n);
            if (!is(name, orders[i].names[n])) fail_msg("%s with %s", m->name, load.name);
            bool own = strncmp(orders[i].names[n], "@", 1) == 0;
            bool xml = strstr(name, ".cnf.xml") != NULL, cnf = strstr(name, ".cnf") != NULL && !xml;
            assert_int_equal(want_is_document(want), xml || cnf);
            assert_int_equal(want_is_xml(want), xml);
            if (own) assert_int_equal(want, xml ? WANT_OWN_XML : WANT_OWN_CNF);
        }
        for (unsigned past = n; past < 256; past++)
            assert_int_equal(configuration_name(name, sizeof name, &load, m, WORLD_PHONE, (uint8_t)past), WANT_NOTHING);
        assert_string_equal(name, "");
    }
}

static void every_model_that_speaks_sccp_has_an_order_that_ends_with_a_default_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *m = model_at(i);
        struct load_manifest load;
        char name[FILE_NAME];
        bool own = false, other = false;
        if (!m->speaks_sccp) continue;
        load_manifest_for(&load, m, bytes_of(m->load));
        for (uint8_t n = 0;; n++) {
            enum want want = configuration_name(name, sizeof name, &load, m, WORLD_PHONE, n);
            if (want == WANT_NOTHING) break;
            own = own || want == WANT_OWN_XML || want == WANT_OWN_CNF;
            if (want == WANT_DEFAULT_XML || want == WANT_DEFAULT_CNF) {
                assert_true(own || m->files_order == 'C'); /* C: one .cnf, the default */
                other = true;
            }
        }
        assert_true(own && other);
    }
}

static void a_short_buffer_is_not_overrun(void **state)
{
    struct load_manifest load;
    const struct phone_model *m = model_find(bytes_of("7970"));
    char name[8] = "-------";

    (void)state;
    load_manifest_for(&load, m, bytes_of(m->load));
    (void)configuration_name(name, 6, &load, m, WORLD_PHONE, 0);
    assert_true(strlen(name) < 6 && name[6] == '-');
}

static void the_last_good_configuration_is_read_as_it_was_written_and_no_cut_is(void **state)
{
    struct good_configuration g = {.callmanagers = 2, .connection_monitor = 120}, r;
    uint8_t b[FLASH_TEXT];
    struct writer w = writer(b, sizeof b);
    struct fault why;

    (void)state;
    g.callmanager[0].address = WORLD_CM(0);
    g.callmanager[0].port = 2000;
    g.callmanager[1].address = WORLD_CM(1);
    g.callmanager[1].port = 2001;
    text_copy(g.load, sizeof g.load, bytes_of("P0030801SR02"));
    text_copy(g.stamp, sizeof g.stamp, bytes_of("{Jan 01 2002 00:00:00}"));
    text_copy(g.file, sizeof g.file, bytes_of("SEP020000000001.cnf.xml"));
    good_encode(&w, &g);
    assert_true(good_decode(&r, written(&w), &why));
    assert_memory_equal(&g, &r, sizeof g);
    for (size_t n = 0; n < w.len; n++) {
        assert_false(good_decode(&r, (struct bytes){b, n}, &why));
        assert_int_equal(why.kind, n ? FAULT_SHORT : why.kind);
    }
    b[0] = 2; /* a form that is not ours */
    assert_false(good_decode(&r, written(&w), &why));
    assert_int_equal(why.kind, FAULT_VALUE);
    b[0] = 1;
    b[5 + 1 + 12 + 1 + 22 + 1 + 23] = 4; /* four CallManagers */
    assert_false(good_decode(&r, written(&w), &why));
    assert_int_equal(why.kind, FAULT_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_names_stand_in_the_order_of_the_class_and_age_of_the_load),
        cmocka_unit_test(every_model_that_speaks_sccp_has_an_order_that_ends_with_a_default_file),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
        cmocka_unit_test(the_last_good_configuration_is_read_as_it_was_written_and_no_cut_is),
    };

    return cmocka_run_group_tests_name("phone/configuration", tests, NULL, NULL);
}
