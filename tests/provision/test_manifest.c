/* The manifest: the text that says how a phone behaves that runs the load. */
#include "harness.h"
#include "provision/load.h"

static struct load_manifest m;
static struct fault why;

static void assert_same(const struct load_manifest *a, const struct load_manifest *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->version, b->version);
    assert_int_equal(a->models, b->models);
    for (size_t i = 0; i < a->models; i++) assert_int_equal(a->model[i], b->model[i]);
    assert_int_equal(a->hardware_least, b->hardware_least);
    assert_int_equal(a->hardware_most, b->hardware_most);
    assert_int_equal(a->files_order, b->files_order);
    assert_int_equal(a->xml, b->xml);
    assert_int_equal(a->asks_loads, b->asks_loads);
    assert_int_equal(a->protocol, b->protocol);
    assert_memory_equal(a->features, b->features, 3);
    assert_int_equal(a->register_length, b->register_length);
    assert_int_equal(a->instance, b->instance);
    assert_int_equal(a->cdp, b->cdp);
    assert_int_equal(a->lldp, b->lldp);
    assert_int_equal(a->cdp_capabilities, b->cdp_capabilities);
    assert_int_equal(a->asks_power, b->asks_power);
    assert_int_equal(a->soft_keys, b->soft_keys);
    assert_int_equal(a->trust_files, b->trust_files);
    assert_int_equal(a->codecs, b->codecs);
    for (size_t i = 0; i < a->codecs; i++) assert_int_equal(a->codec[i], b->codec[i]);
    assert_int_equal(a->vlan_wait, b->vlan_wait);
}

#define BASE "name X\nmodels 7960\n"

static void every_key_is_read(void **state)
{
    (void)state;
    assert_true(manifest_read(
        &m,
        TEXT("name P0030801SR02\nversion 8.1(2)\nmodels 7940, 7960,IP Communicator\nhardware 1-9\nfiles A\n"
             "xml both\nnext bin\nsccp 11\nfeatures 006085\nregister 64\ninstance 1\ndiscovery cdp,lldp\n"
             "capabilities 0x490\npower-request yes\nsoft-keys no\ntrust-files yes\ncodecs 4,2,12\n"
             "vlan-wait 12\ncolour blue\r\n# comment\n\n"),
        &why));
    assert_string_equal(m.name, "P0030801SR02");
    assert_string_equal(m.version, "8.1(2)");
    assert_int_equal(m.models, 3);
    assert_int_equal(m.model[0], 8);
    assert_int_equal(m.model[1], 7);
    assert_int_equal(m.model[2], 30016);
    assert_int_equal(m.hardware_least, 1);
    assert_int_equal(m.hardware_most, 9);
    assert_int_equal(m.files_order, 'A');
    assert_int_equal(m.xml, XML_BOTH);
    assert_false(m.asks_loads);
    assert_int_equal(m.protocol, 11);
    assert_memory_equal(m.features, "\x00\x60\x85", 3);
    assert_int_equal(m.register_length, 64);
    assert_int_equal(m.instance, 1);
    assert_true(m.cdp && m.lldp);
    assert_int_equal(m.cdp_capabilities, 0x490);
    assert_true(m.asks_power);
    assert_false(m.soft_keys);
    assert_true(m.trust_files);
    assert_int_equal(m.codecs, 3);
    assert_int_equal(m.codec[2], 12);
    assert_int_equal(m.vlan_wait, 12);
}

static void a_load_must_say_its_name_and_its_models(void **state)
{
    (void)state;
    assert_false(manifest_read(&m, TEXT("models 7960\n"), &why));
    assert_int_equal(why.kind, FAULT_ABSENT);
    assert_string_equal(why.what, "name");
    assert_false(manifest_read(&m, TEXT("name X\n"), &why));
    assert_string_equal(why.what, "models");
    assert_true(manifest_read(&m, TEXT(BASE), &why));
    assert_true(m.cdp && m.xml == XML_YES && m.vlan_wait == 10);
}

static void a_known_key_with_a_bad_value_is_refused_where_the_value_stands(void **state)
{
    (void)state;
    static const char *const bad[] = {"name a/b",
                                      "name ../x",
                                      "name",
                                      "name a b",
                                      "models 1234",
                                      "models 7960,,7940",
                                      "hardware 9-1",
                                      "hardware 5",
                                      "hardware 1-256",
                                      "files Z",
                                      "files AB",
                                      "xml maybe",
                                      "next exe",
                                      "sccp 0",
                                      "sccp 256",
                                      "features 12",
                                      "features 00608g",
                                      "register 60",
                                      "instance x",
                                      "discovery edp",
                                      "capabilities 490",
                                      "capabilities 0x",
                                      "power-request 1",
                                      "soft-keys maybe",
                                      "trust-files",
                                      "codecs",
                                      "codecs 4,x",
                                      "codecs 70000",
                                      "vlan-wait 65536",
                                      "codecs 1,2,3,4,5,6,7,8,9,10,11,12,13",
                                      "models 7902,7905,7906,7910,7911,7912,7920,7921,7925"};
    char text[256];

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        strcpy(text, BASE);
        strcat(strcat(text, bad[i]), "\nvlan-wait 1\n");
        assert_false(manifest_read(&m, bytes_of(text), &why));
        assert_int_equal(why.kind, FAULT_VALUE);
        const char *space = strchr(bad[i], ' ');
        assert_int_equal(why.at, strlen(BASE) + (space ? (size_t)(space - bad[i]) + 1 : strlen(bad[i])));
    }
}

static void what_is_written_is_read_alike_for_every_model_and_both_of_its_loads(void **state)
{
    (void)state;
    size_t loads = 0;

    for (size_t i = 0; i < model_count(); i++)
        for (int older = 0; older < 2; older++) {
            char text[LOAD_MANIFEST_MOST];
            struct writer w = writer(text, sizeof text);
            struct load_manifest in;
            const char *name = load_built_in(model_at(i), older);
            if (!name) continue;
            load_manifest_for(&in, model_at(i), bytes_of(name));
            manifest_write(&w, &in);
            assert_false(w.full);
            assert_true(manifest_read(&m, written(&w), &why));
            assert_same(&m, &in);
            assert_true(load_fits(&m, model_at(i)->device_type, 1));
            loads++;
        }
    assert_true(loads > 60);
}

static const struct load_manifest *of(const char *model, const char *load)
{
    load_manifest_for(&m, model_find(bytes_of(model)), bytes_of(load));
    return &m;
}

static void a_7960_with_an_8_load_asks_for_lists_and_speaks_11(void **state)
{
    (void)state;
    const struct load_manifest *l = of("7960", "P0030801SR02");

    assert_string_equal(l->version, "8.1(2)");
    assert_true(l->asks_loads);
    assert_int_equal(l->protocol, 11);
    assert_memory_equal(l->features, "\x00\x60\x85", 3);
    assert_int_equal(l->register_length, 64);
    assert_int_equal(l->instance, 1);
    assert_true(l->cdp && !l->lldp && l->trust_files && l->soft_keys && !l->asks_power);
    assert_int_equal(l->cdp_capabilities, 0x10);
    assert_int_equal(l->xml, XML_YES);
    assert_int_equal(l->models, 2); /* 7940 and 7960 run the same */
    assert_true(load_fits(l, 7, 9) && load_fits(l, 8, 1));
    assert_false(load_fits(l, 7, 10));
    assert_false(load_fits(l, 6, 1));
}

static void an_older_load_of_a_7960_asks_for_one_bin(void **state)
{
    (void)state;
    assert_false(of("7960", "P00307020200")->asks_loads);
    assert_string_equal(m.version, "7.2(2)");
    assert_int_equal(m.xml, XML_YES);
    assert_true(m.protocol < 11);
    assert_int_equal(of("7960", "P00302010108")->xml, XML_NO); /* before 3.x: .cnf */
}

static void a_7910_reads_no_xml_and_has_no_soft_keys(void **state)
{
    (void)state;
    const struct load_manifest *l = of("7910", "P00405000700");

    assert_int_equal(l->files_order, 'D');
    assert_int_equal(l->xml, XML_NO);
    assert_false(l->asks_loads);
    assert_false(l->soft_keys);
    assert_false(l->trust_files);
    assert_int_equal(l->models, 1);
}

static void a_79x1_learns_lldp_with_8_3_and_speaks_20_with_9(void **state)
{
    (void)state;
    assert_false(of("7941", "SCCP41.8-2-2S")->lldp);
    assert_int_equal(m.cdp_capabilities, 0x90);
    assert_true(of("7941", "SCCP41.8-3-3S")->lldp);
    assert_int_equal(m.cdp_capabilities, 0x90);
    assert_int_equal(of("7942", "SCCP42.8-4-2S")->cdp_capabilities, 0x490);
    assert_int_equal(m.protocol, 17);
    assert_int_equal(of("7941", "SCCP41.9-4-2SR3-1S")->protocol, 20);
    assert_string_equal(m.version, "9.4(2)");
    assert_memory_equal(m.features, "\x00\x72\x85", 3);
    assert_int_equal(m.register_length, 124);
    assert_int_equal(m.instance, 0);
    assert_true(m.lldp && m.trust_files && m.asks_loads && !m.asks_power);
    assert_true(load_fits(&m, 30018, 1)); /* a 7961 runs it too */
}

static void phones_of_class_3_ask_for_more_power(void **state)
{
    (void)state;
    assert_true(of("7970", "SCCP70.9-4-2SR3-1S")->asks_power);
    assert_true(of("7945", "SCCP45.9-4-2SR4-3S")->asks_power);
    assert_false(of("7941", "SCCP41.9-4-2SR3-1S")->asks_power);
    assert_false(of("7960", "P0030801SR02")->asks_power);
}

/* "Load ID incorrect": a SIP or MGCP image, or one of another phone. */
static void a_load_of_another_family_fits_no_such_model(void **state)
{
    (void)state;
    assert_false(load_fits(of("7960", "P0S3-8-12-00"), 7, 1));
    assert_false(load_fits(of("7960", "SCCP41.8-5-3S"), 7, 1));
    assert_false(load_fits(of("7941", "SIP41.9-4-2"), 115, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(a_load_must_say_its_name_and_its_models),
        cmocka_unit_test(a_known_key_with_a_bad_value_is_refused_where_the_value_stands),
        cmocka_unit_test(what_is_written_is_read_alike_for_every_model_and_both_of_its_loads),
        cmocka_unit_test(a_7960_with_an_8_load_asks_for_lists_and_speaks_11),
        cmocka_unit_test(an_older_load_of_a_7960_asks_for_one_bin),
        cmocka_unit_test(a_7910_reads_no_xml_and_has_no_soft_keys),
        cmocka_unit_test(a_79x1_learns_lldp_with_8_3_and_speaks_20_with_9),
        cmocka_unit_test(phones_of_class_3_ask_for_more_power),
        cmocka_unit_test(a_load_of_another_family_fits_no_such_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
