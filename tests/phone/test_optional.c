/* What a phone asks for once it is registered, and does without. */
#include "phone/world.h"

static struct world w;
static const char own[] = "SEP020000000001.cnf.xml";

/* U, N: the folder of the locale is named, English_United_States and United_States. */
static const struct {
    const char *model, *load; /* NULL: that of the table */
    const char *names[8];
} orders[] = {
    {"7960",
     NULL,
     {"RINGLIST.XML", "U/7960-font.xml", "U/7960-dictionary.xml", "U/7960-kate.xml", "U/SCCP-dictionary.xml",
      "N/7960-tones.xml"}},
    {"7940", "P00302000100", {"RINGLIST.DAT"}}, /* before XML */
    {"7906", NULL, {"U/tc-sccp.jar", "N/g3-tones.xml"}},
    {"7931", NULL, {"U/gp-sccp.jar", "N/g3-tones.xml"}},
    {"7941", "SCCP41.8-5-3S", {"U/mk-sccp.jar", "N/g3-tones.xml"}},
    {"7962", NULL, {"U/mk-sccp.jar", "N/g3-tones.xml"}},
    {"7970", NULL, {"U/td-sccp.jar", "N/g3-tones.xml"}},
    {"7975", NULL, {NULL}}, /* its code is not known */
    {"6921", NULL, {"U/rtl-sccp.jar", "N/g3-tones.xml"}},
    {"6911", NULL, {NULL}},
    {"8945", NULL, {"U/gh-sccp.jar", "N/g3-tones.xml"}},
    {"7912", NULL, {"Ringlist.xml"}},
    {"7905", NULL, {"Ringlist.xml"}},
    {"7902", NULL, {NULL}},
    {"7910", NULL, {NULL}},
    {"7920", NULL, {NULL}},
    {"7936", NULL, {NULL}},
    {"7937", NULL, {NULL}},
    {"7985", NULL, {NULL}},
};
static const struct optional_locales both = {"English_United_States", "United_States"};

static bool is(const char *name, const char *wanted)
{
    char text[FILE_NAME];
    struct writer to = writer(text, sizeof text - 1);

    if (wanted[1] == '/') write_text(&to, wanted[0] == 'U' ? both.user : both.network);
    write_text(&to, wanted[1] == '/' ? wanted + 1 : wanted);
    text[to.len] = '\0';
    return is_named(name, text);
}

static void the_names_stand_in_the_order_of_the_model_and_its_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        const struct phone_model *m = model_find(bytes_of(orders[i].model));
        struct load_manifest load;
        char name[FILE_NAME];
        uint8_t n = 0;
        assert_non_null(m);
        load_manifest_for(&load, m, bytes_of(orders[i].load ? orders[i].load : m->load));
        for (; orders[i].names[n]; n++) {
            assert_true(optional_name(name, sizeof name, &load, m, &both, n));
            if (!is(name, orders[i].names[n])) fail_msg("%s with %s", m->name, load.name);
        }
        for (unsigned past = n; past < 256; past++)
            assert_false(optional_name(name, sizeof name, &load, m, &both, (uint8_t)past));
        assert_string_equal(name, "");
    }
}

static void what_needs_a_locale_that_is_not_named_is_left_out(void **state)
{
    static const struct optional_locales odd[] = {{"", ""},
                                                  {".", ".."},
                                                  {"a/b", "a\\b"},
                                                  {"/etc", "\\"},
                                                  {"Fran\xc3\xa7"
                                                   "ais",
                                                   "a b"},
                                                  {"\x1b[2J", "\n"}};
    const struct phone_model *m = model_find(bytes_of("7960"));
    struct load_manifest load;
    char name[FILE_NAME];

    (void)state;
    load_manifest_for(&load, m, bytes_of("P0030801SR02"));
    for (size_t i = 0; i < ARRAY_LENGTH(odd); i++) {
        assert_true(optional_name(name, sizeof name, &load, m, &odd[i], 0));
        assert_string_equal(name, "RINGLIST.XML");
        assert_false(optional_name(name, sizeof name, &load, m, &odd[i], 1));
    }
    struct optional_locales network = {"", "Germany"};
    assert_true(optional_name(name, sizeof name, &load, m, &network, 1));
    assert_string_equal(name, "Germany/7960-tones.xml");
    assert_false(optional_name(name, sizeof name, &load, m, &network, 2));
}

static void a_short_buffer_is_not_overrun(void **state)
{
    const struct phone_model *m = model_find(bytes_of("7960"));
    struct load_manifest load;
    char name[8] = "-------";

    (void)state;
    load_manifest_for(&load, m, bytes_of(m->load));
    for (uint8_t n = 0; n < 6; n++) {
        (void)optional_name(name, 6, &load, m, &both, n);
        assert_true(strlen(name) < 6 && name[6] == '-');
    }
}

/* --- on the wire */

static void known(const char *model)
{
    world_init(&w, model, model_find(bytes_of(model))->load, "");
    w.site.user_locale = both.user;
    w.site.network_locale = both.network;
    world_document(&w, own, model_find(bytes_of(model))->load, 2);
}

static void registered(const char *model)
{
    known(model);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
}

/* What was asked since the nth registration (0 up), in order; NULL ends the list. */
static void asked_since(unsigned nth, const char *const *names)
{
    const struct world_told *mark = world_told(&w, PHONE_REGISTERED, nth);

    assert_non_null(mark);
    for (const struct world_told *t = mark; t < w.told + w.tells; t++) {
        if (t->news != PHONE_FILE_ASKED) continue;
        struct bytes file = told_text((struct bytes){t->bytes, t->len}, FACT_FILE);
        if (!*names || !bytes_are(file, *names))
            fail_msg("asked %.*s, not %s", (int)file.len, (const char *)file.at, *names ? *names : "nothing");
        names++;
    }
    if (*names) fail_msg("%s was not asked", *names);
}

static const char *const of_7970[] = {"English_United_States/td-sccp.jar", "United_States/g3-tones.xml", NULL};

static void missing_ones_are_asked_one_after_the_other_and_harm_nothing(void **state)
{
    static const char *const names[] = {"RINGLIST.XML",
                                        "English_United_States/7960-font.xml",
                                        "English_United_States/7960-dictionary.xml",
                                        "English_United_States/7960-kate.xml",
                                        "English_United_States/SCCP-dictionary.xml",
                                        "United_States/7960-tones.xml",
                                        NULL};

    (void)state;
    registered("7960");
    unsigned missing = world_count(&w, PHONE_FILE_MISSING);
    world_run(&w, 300 * SECOND);
    asked_since(0, names);
    assert_int_equal(world_count(&w, PHONE_FILE_MISSING), missing + 6);
    assert_true(phone_registered(&w.phone));
    assert_int_equal(world_count(&w, PHONE_TFTP_SILENT) + world_count(&w, PHONE_OPTIONAL_SILENT), 0);
    assert_int_equal(w.phone.tftp.running, false);
}

static void a_file_that_is_there_is_fetched_whole_and_the_next_is_asked(void **state)
{
    static uint8_t jar[3 * 512 + 100];

    (void)state;
    known("7970");
    world_put(&w, of_7970[0], (struct bytes){jar, sizeof jar});
    world_put(&w, of_7970[1], bytes_of(""));
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    unsigned got = world_count(&w, PHONE_FILE_GOT);
    assert_true(world_until(&w, PHONE_FILE_GOT, SECOND));
    assert_text(world_facts(&w, PHONE_FILE_GOT), FACT_FILE, of_7970[0]);
    assert_int_equal(told_number(world_facts(&w, PHONE_FILE_GOT), FACT_BYTES, 0), sizeof jar);
    world_run(&w, 10 * SECOND);
    asked_since(0, of_7970);
    assert_int_equal(world_count(&w, PHONE_FILE_GOT), got + 2);
    for (size_t i = 0; i < WORLD_BENCHES; i++) assert_false(w.bench[i].taken);
    assert_true(phone_registered(&w.phone));
}

static void a_server_that_no_longer_answers_ends_it(void **state)
{
    static const char *const one[] = {"English_United_States/td-sccp.jar", NULL};

    (void)state;
    registered("7970");
    w.site.answers_tftp = false;
    w.waiting = 0;
    assert_true(world_until(&w, PHONE_OPTIONAL_SILENT, 60 * SECOND));
    assert_text(world_facts(&w, PHONE_OPTIONAL_SILENT), FACT_FILE, one[0]);
    assert_about(w.now - world_told(&w, PHONE_REGISTERED, 0)->at, 28 * SECOND, SECOND);
    world_run(&w, 300 * SECOND);
    asked_since(0, one);
    assert_int_equal(world_count(&w, PHONE_TFTP_SILENT), 0);
    assert_true(phone_registered(&w.phone));
    assert_int_equal(world_count(&w, PHONE_REGISTERED), 1);
}

static void a_server_that_forgets_the_transfer_costs_that_file_only(void **state)
{
    static uint8_t jar[3 * 512 + 100];

    (void)state;
    known("7970");
    world_put(&w, of_7970[0], (struct bytes){jar, sizeof jar});
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    w.site.forgets = 1;
    world_run(&w, 60 * SECOND);
    asked_since(0, of_7970);
    assert_true(phone_registered(&w.phone));
}

static void a_phone_that_lives_on_its_flash_asks_none(void **state)
{
    static const char *const none[] = {NULL};

    (void)state;
    registered("7970");
    world_run(&w, SECOND);
    world_unplug(&w);
    world_restart(&w);
    w.site.answers_tftp = false;
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 200 * SECOND));
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_SOURCE, "flash");
    unsigned nth = world_count(&w, PHONE_REGISTERED) - 1;
    world_run(&w, 60 * SECOND);
    asked_since(nth, none);
}

static void another_callmanager_is_no_reason_to_ask_again_and_a_restart_is_one(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const again[] = {"CTLSEP020000000001.tlv",
                                        "ITLSEP020000000001.tlv",
                                        "ITLFile.tlv",
                                        own,
                                        "English_United_States/td-sccp.jar",
                                        "United_States/g3-tones.xml",
                                        NULL};
    struct sccp_message restart = {.id = SCCP_RESET, .number = SCCP_RESET_RESTART};
    struct event down = {.kind = EVENT_DOWN, .why = DOWN_RESET};

    (void)state;
    registered("7970");
    world_run(&w, SECOND);
    w.site.cm[0].way = CM_REFUSES;
    down.stream = w.site.cm[0].stream;
    world_event(&w, &down);
    assert_true(world_until(&w, PHONE_REGISTERED, 60 * SECOND));
    world_run(&w, SECOND);
    asked_since(1, none);
    world_say(&w, 1, &restart);
    assert_true(world_until(&w, PHONE_REGISTERED, 60 * SECOND));
    world_run(&w, SECOND);
    asked_since(1, again);
}

/* The transfer of a file that can be done without is over when something else begins, and takes nothing of it along. */
static void a_reset_in_the_midst_of_one_begins_from_the_start(void **state)
{
    static uint8_t jar[40 * 512];
    static const char *const again[] = {"English_United_States/td-sccp.jar",
                                        "CTLSEP020000000001.tlv",
                                        "ITLSEP020000000001.tlv",
                                        "ITLFile.tlv",
                                        own,
                                        "English_United_States/td-sccp.jar",
                                        "United_States/g3-tones.xml",
                                        NULL};
    struct sccp_message reset = {.id = SCCP_RESET, .number = SCCP_RESET_RESET};

    (void)state;
    known("7970");
    world_put(&w, of_7970[0], (struct bytes){jar, sizeof jar});
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    while (w.phone.tftp.received < 10 * 512) assert_true(world_next(&w, w.now + SECOND));
    world_say(&w, 0, &reset);
    assert_true(world_until(&w, PHONE_REGISTERED, 60 * SECOND));
    world_run(&w, 10 * SECOND);
    asked_since(0, again);
    assert_true(phone_registered(&w.phone));
    assert_int_equal(world_count(&w, PHONE_BAD_DOCUMENT), 0);
}

/* tests/vectors, callmanager4-7912-fallback-register-call.pcapng: a 7912 whose first CallManagers refuse asks its
 * configuration again, and no profile this time; registered, it asks its ring list, though its configuration names
 * locales. */
static void a_7912_asks_as_the_captured_one(void **state)
{
    static const char *const names[] = {own, "gk020000000001", "gkdefault.cfg", own, "Ringlist.xml"};

    (void)state;
    known("7912");
    w.site.cm[0].way = w.site.cm[1].way = CM_REFUSES;
    world_plug(&w);
    while (world_count(&w, PHONE_CM_DOWN) < 2) assert_true(world_next(&w, 200 * SECOND));
    w.site.cm[0].way = CM_UP;
    assert_true(world_until(&w, PHONE_REGISTERED, 60 * SECOND));
    assert_int_equal(world_count(&w, PHONE_CONFIGURATION), 2);
    usec at = world_told(&w, PHONE_REGISTERED, 0)->at;
    world_run(&w, 60 * SECOND);
    assert_true(world_asked(&w, names, ARRAY_LENGTH(names)));
    assert_about(world_told(&w, PHONE_FILE_ASKED, 4)->at, at, 100 * MSEC);
}

static void a_boot_asks_the_profile_anew(void **state)
{
    static const char *const names[] = {own, "gk020000000001", "gkdefault.cfg", "Ringlist.xml",
                                        own, "gk020000000001", "gkdefault.cfg", "Ringlist.xml"};
    struct sccp_message reset = {.id = SCCP_RESET, .number = SCCP_RESET_RESET};

    (void)state;
    registered("7912");
    world_run(&w, SECOND);
    world_say(&w, 0, &reset);
    assert_true(world_until(&w, PHONE_REGISTERED, 60 * SECOND));
    world_run(&w, SECOND);
    assert_true(world_asked(&w, names, ARRAY_LENGTH(names)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_names_stand_in_the_order_of_the_model_and_its_load),
        cmocka_unit_test(what_needs_a_locale_that_is_not_named_is_left_out),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
        cmocka_unit_test(missing_ones_are_asked_one_after_the_other_and_harm_nothing),
        cmocka_unit_test(a_file_that_is_there_is_fetched_whole_and_the_next_is_asked),
        cmocka_unit_test(a_server_that_no_longer_answers_ends_it),
        cmocka_unit_test(a_server_that_forgets_the_transfer_costs_that_file_only),
        cmocka_unit_test(a_phone_that_lives_on_its_flash_asks_none),
        cmocka_unit_test(another_callmanager_is_no_reason_to_ask_again_and_a_restart_is_one),
        cmocka_unit_test(a_reset_in_the_midst_of_one_begins_from_the_start),
        cmocka_unit_test(a_7912_asks_as_the_captured_one),
        cmocka_unit_test(a_boot_asks_the_profile_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
