#include "harness.h"
#include "server/documents.h"

static struct table w;
static struct box box;

static int set_up(void **state)
{
    (void)state;
    table_init(&w);
    (void)box_empty(&box);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(w.memory);
    return 0;
}

static bool change(const char *name, const char *field, const char *value, struct fault *why)
{
    return devices_change(&w.t, bytes_of(name), bytes_of(field), bytes_of(value), box_empty(&box), why);
}

static void a_device_is_found_by_mac_by_name_in_any_case_and_by_number(void **state)
{
    struct device *d = table_add(&w, 1, 7, "2001");

    (void)state;
    assert_ptr_equal(devices_find(&w.t, mac_n(1)), d);
    assert_ptr_equal(devices_find_name(&w.t, bytes_of("sep020000000001")), d);
    assert_ptr_equal(devices_find_number(&w.t, bytes_of("2001")), d);
    assert_null(devices_find(&w.t, mac_n(2)));
    assert_null(devices_find_number(&w.t, bytes_of("200")));
    devices_remove(&w.t, d, NULL);
    assert_null(devices_find(&w.t, mac_n(1)));
    assert_null(devices_find_number(&w.t, bytes_of("2001")));
}

static void sixty_four_devices_fit_and_the_next_is_refused(void **state)
{
    struct device_record r = {.mac = mac_n(99), .device_type = 7, .pool = "Default"};
    struct fault why;
    char number[8];

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        struct writer n = writer(number, sizeof number);
        write_decimal(&n, 2000 + i);
        write_u8(&n, 0);
        (void)table_add(&w, i, 7, number);
    }
    assert_null(devices_create(&w.t, &r, NULL, &why));
    assert_string_equal(why.what, "no room for another device");
    devices_remove(&w.t, devices_find(&w.t, mac_n(13)), NULL);
    assert_non_null(devices_create(&w.t, &r, NULL, &why));
    for (unsigned i = 0; i < 64; i++) assert_true(i == 13 || devices_find(&w.t, mac_n(i)));
}

/* Every line, every key and everything of its own; the numbers begin with `first`. */
static struct device_record full_record(uint64_t n, uint32_t first)
{
    struct device_record r = {.mac = mac_n(n), .device_type = 7, .pool = "Default"};

    for (uint32_t i = 0; i < RECORD_LINES; i++) {
        struct writer to = writer(r.line[i].number, sizeof r.line[i].number - 1);
        if (i < model_of_type(7)->lines) write_decimal(&to, first + i);
        to = writer(r.line[i].label, sizeof r.line[i].label - 1);
        write_decimal(&to, 7 * first + i);
    }
    for (uint32_t i = 0; i < RECORD_SPEED_DIALS; i++) {
        struct writer to = writer(r.speed_dial[i].number, sizeof r.speed_dial[i].number - 1);
        write_decimal(&to, 9 * first + i);
        (void)text_copy(r.speed_dial[i].label, sizeof r.speed_dial[i].label, bytes_of("Key"));
    }
    (void)text_copy(r.load, sizeof r.load, bytes_of("P0030702T023"));
    (void)text_copy(r.date_template, sizeof r.date_template, bytes_of("D.M.Y"));
    (void)text_copy(r.time_zone, sizeof r.time_zone, bytes_of("Asia/Tokyo"));
    (void)text_copy(r.user_locale, sizeof r.user_locale, bytes_of("Danish_Denmark"));
    (void)text_copy(r.network_locale, sizeof r.network_locale, bytes_of("Denmark"));
    r.callmanager[0] = (struct record_callmanager){IPV4(10, 0, 0, 9), 2000};
    r.callmanagers = 1;
    return r;
}

static void assert_kept(uint64_t n, struct device_record r)
{
    struct device *d = devices_find(&w.t, mac_n(n));
    struct device_record kept;
    uint8_t line;

    assert_non_null(d);
    device_record_of(d, &kept);
    r.stamp = kept.stamp;
    r.owed = kept.owed;
    assert_memory_equal(&kept, &r, sizeof r);
    for (uint32_t i = 1; i <= RECORD_LINES; i++) {
        assert_string_equal(device_line(d, i)->number, r.line[i - 1].number);
        if (!r.line[i - 1].number[0]) continue;
        assert_ptr_equal(devices_find_line(&w.t, bytes_of(r.line[i - 1].number), &line), d);
        assert_int_equal(line, i);
    }
    assert_string_equal(device_line(d, 0)->number, "");
    assert_string_equal(device_line(d, RECORD_LINES + 1)->number, "");
    assert_string_equal(device_speed_dial(d, 0)->number, "");
    assert_string_equal(device_speed_dial(d, RECORD_SPEED_DIALS + 1)->number, "");
}

static void every_device_of_the_table_may_have_all_that_a_record_has(void **state)
{
    struct fault why;

    (void)state;
    for (uint32_t n = 0; n < 64; n++) {
        struct device_record r = full_record(n, 2000 + 100 * n);
        assert_non_null(devices_create(&w.t, &r, NULL, &why));
    }
    for (uint32_t n = 0; n < 64; n++) assert_kept(n, full_record(n, 2000 + 100 * n));
}

static void devices_with_one_line_and_nothing_of_their_own_touch_no_memory_for_more(void **state)
{
    struct fault why;
    struct device *d = table_add(&w, 0, 7, "2000");

    (void)state;
    assert_true(sizeof(struct device) < 640);
    for (uint32_t n = 1; n < 64; n++) {
        struct device_record r = {.mac = mac_n(n), .device_type = 7, .description = "Desk", .pool = "Default"};
        struct writer number = writer(r.line[0].number, sizeof r.line[0].number - 1);
        write_decimal(&number, 2000 + n);
        (void)text_copy(r.line[0].label, sizeof r.line[0].label, bytes_of("Label"));
        assert_non_null(devices_create(&w.t, &r, NULL, &why));
    }
    assert_true(is_untouched(w.t.more, 64 * sizeof *w.t.more));
    assert_true(change("SEP020000000000", "label2", "Second", &why)); /* one of them takes one place */
    assert_string_equal(device_line(d, 2)->label, "Second");
    assert_false(is_untouched(w.t.more, sizeof *w.t.more));
    assert_true(is_untouched(w.t.more + 1, 63 * sizeof *w.t.more));
}

static void what_a_device_no_longer_has_is_found_no_more_and_its_place_serves_others(void **state)
{
    struct fault why;

    (void)state;
    for (uint32_t n = 0; n < 64; n++) {
        struct device_record r = full_record(n, 2000 + 100 * n);
        assert_non_null(devices_create(&w.t, &r, NULL, &why));
    }
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t n = 0; n < 64; n += 2) { /* half of them become plain, or go */
            struct device *d = devices_find(&w.t, mac_n(n));
            struct device_record plain = {.mac = mac_n(n), .device_type = 7, .pool = "Default", .line = {{"", "Desk"}}};
            struct writer number = writer(plain.line[0].number, sizeof plain.line[0].number - 1);
            write_decimal(&number, 2000 + 100 * n);
            if (n % 4 == 0) {
                assert_true(devices_replace(&w.t, d, &plain, NULL, &why));
                assert_kept(n, plain);
            } else {
                devices_remove(&w.t, d, NULL);
            }
            number = writer(plain.line[1].number, sizeof plain.line[1].number - 1);
            write_decimal(&number, 2001 + 100 * n);
            assert_null(devices_find_number(&w.t, bytes_of(plain.line[1].number)));
        }
        for (uint32_t n = 0; n < 64; n += 2) {
            struct device_record r = full_record(n, 2000 + 100 * n + 10 * round);
            if (n % 4 == 0)
                assert_true(devices_replace(&w.t, devices_find(&w.t, mac_n(n)), &r, NULL, &why));
            else
                assert_non_null(devices_create(&w.t, &r, NULL, &why));
            assert_kept(n, r);
        }
        for (uint32_t n = 1; n < 64; n += 2) assert_kept(n, full_record(n, 2000 + 100 * n));
    }
}

static void a_number_or_a_device_is_not_made_twice(void **state)
{
    struct device_record r = {.mac = mac_n(2), .device_type = 7, .pool = "Default", .line = {{"2001", ""}}};
    struct fault why;

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    assert_null(devices_create(&w.t, &r, NULL, &why));
    assert_string_equal(why.what, "another device has this directory number");
    r.mac = mac_n(1);
    assert_null(devices_create(&w.t, &r, NULL, &why));
    assert_string_equal(why.what, "this device is there already");
    struct device_record pool = {.mac = mac_n(3), .pool = "None"};
    assert_null(devices_create(&w.t, &pool, NULL, &why));
    assert_string_equal(why.what, "no such pool");
    assert_int_equal(w.t.count, 1);
}

static void auto_registration_gives_the_next_number_that_nobody_has_and_stores_the_device(void **state)
{
    struct fault why;

    (void)state;
    (void)table_add(&w, 1, 7, "1001");
    struct device *a = devices_register_automatically(&w.t, mac_n(10), 7, box_empty(&box), &why);
    assert_string_equal(device_line(a, 1)->number, "1000");
    assert_string_equal(a->record.pool, "Default");
    assert_int_equal(a->record.owed, OWED_RESET);
    assert_true(a->record.automatic);
    assert_true(found_at(&box.out, ACTION_STORE, 0) >= 0);
    struct device *b = devices_register_automatically(&w.t, mac_n(11), 7, NULL, &why);
    assert_string_equal(device_line(b, 1)->number, "1002"); /* 1001 is taken */
    assert_non_null(devices_register_automatically(&w.t, mac_n(12), 7, NULL, &why));
    assert_null(devices_register_automatically(&w.t, mac_n(13), 7, NULL, &why));
    assert_string_equal(why.what, "no directory number is left");
    devices_remove(&w.t, a, NULL);
    struct device *c = devices_register_automatically(&w.t, mac_n(13), 7, NULL, &why);
    assert_string_equal(device_line(c, 1)->number, "1000"); /* it came free */
}

static void digits_go_on_while_a_longer_number_can_be_meant(void **state)
{
    struct fault why;

    (void)state;
    assert_false(devices_number_goes_on(&w.t, bytes_of("1"))); /* no number at all */
    struct device *a = table_add(&w, 1, 7, "30");
    struct device *b = table_add(&w, 2, 7, "3055");
    assert_true(devices_number_goes_on(&w.t, bytes_of("3")));
    assert_true(devices_number_goes_on(&w.t, bytes_of("30")));
    assert_true(
        devices_number_goes_on(&w.t, bytes_of("999"))); /* unknown, and a longer one may be meant by its next digit */
    assert_false(devices_number_goes_on(&w.t, bytes_of("3055")));
    assert_false(devices_number_goes_on(&w.t, bytes_of("99999")));
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000002"), bytes_of("directory_number"), bytes_of("4055"), NULL, &why));
    assert_false(devices_number_goes_on(&w.t, bytes_of("30"))); /* known, and none begins with it */
    devices_remove(&w.t, b, NULL);
    assert_false(devices_number_goes_on(&w.t, bytes_of("99"))); /* the long one is gone */
    devices_remove(&w.t, a, NULL);
    for (size_t i = 0; i < RECORD_NUMBER; i++) assert_int_equal(w.t.of_length[i], 0);
    uint8_t line = 9;
    (void)table_add(&w, 3, 7, "50");
    assert_non_null(devices_find_line(&w.t, bytes_of("50"), &line));
    assert_int_equal(line, 1);
}

static void a_run_of_numbers_whose_end_could_not_be_stored_is_stored_with_the_next(void **state)
{
    struct mac whose;

    (void)state;
    (void)counter_next(&w.t, COUNTER_CALL, box_empty(&box));
    assert_int_equal(count_of(&box.out, ACTION_STORE), 1);
    assert_false(devices_unstored(&w.t, payload(&box.out, 0), &whose));
    (void)counter_next(&w.t, COUNTER_CALL, box_empty(&box));
    assert_int_equal(count_of(&box.out, ACTION_STORE), 1); /* else a restart would give these numbers again */
    (void)counter_next(&w.t, COUNTER_CALL, box_empty(&box));
    assert_int_equal(count_of(&box.out, ACTION_STORE), 0);
}

static void auto_registration_refuses_while_it_is_off(void **state)
{
    struct settings_record off = {.automatic = false, .first = 1000, .last = 1003, .pool = "Default"};
    struct fault why;

    (void)state;
    assert_true(devices_put_settings(&w.t, &off, NULL, &why));
    assert_null(devices_register_automatically(&w.t, mac_n(10), 7, NULL, &why));
    assert_string_equal(why.what, "auto-registration is off");
}

static void an_unstored_new_device_is_taken_out_and_its_number_is_free(void **state)
{
    struct mac whose;
    struct fault why;

    (void)state;
    struct device *d = devices_register_automatically(&w.t, mac_n(10), 7, box_empty(&box), &why);
    assert_string_equal(device_line(d, 1)->number, "1000");
    for (uint32_t i = 0; i < box.out.count; i++)
        if (devices_unstored(&w.t, payload(&box.out, i), &whose)) assert_true(mac_equal(whose, mac_n(10)));
    assert_null(devices_find(&w.t, mac_n(10)));
    d = devices_register_automatically(&w.t, mac_n(11), 7, NULL, &why);
    assert_string_equal(device_line(d, 1)->number, "1000");
}

static void an_unstored_change_of_a_stored_device_leaves_it_there(void **state)
{
    struct mac whose;
    struct fault why;

    (void)state;
    table_add(&w, 1, 7, "2001")->confirmed = true;
    assert_true(change("SEP020000000001", "label", "Anna", &why));
    for (uint32_t i = 0; i < box.out.count; i++)
        if (box.out.actions[i].kind == ACTION_STORE) assert_false(devices_unstored(&w.t, payload(&box.out, i), &whose));
    assert_non_null(devices_find(&w.t, mac_n(1)));
    assert_false(devices_unstored(&w.t, (struct bytes){0}, &whose));
}

static void counters_and_stamps_rise_over_a_restart(void **state)
{
    struct table again;
    struct record r;
    struct fault why;
    uint64_t last = 0;

    (void)state;
    (void)box_empty(&box);
    for (int i = 0; i < 300; i++) last = counter_next(&w.t, COUNTER_CALL, &box.out);
    assert_true(count_of(&box.out, ACTION_STORE) <= 3); /* in runs, not each */
    table_init(&again);
    for (uint32_t i = 0; i < box.out.count; i++) {
        assert_true(record_decode(&r, payload(&box.out, i), &why));
        assert_true(devices_load(&again.t, &r, &why));
    }
    assert_true(counter_next(&again.t, COUNTER_CALL, NULL) > last);
    struct device_record d = {.mac = mac_n(1), .pool = "Default", .stamp = 5000};
    struct record stored = {.kind = RECORD_DEVICE, .operation = RECORD_PUT, .device = d};
    assert_true(devices_load(&again.t, &stored, &why));
    assert_true(counter_next(&again.t, COUNTER_STAMP, NULL) > 5000); /* even without its counter */
    free(again.memory);
}

static void what_was_stored_makes_the_same_table(void **state)
{
    struct devices_limits limits = {.devices = 8, .groups = 2, .pools = 2};
    struct devices t;
    struct record r;
    struct fault why;

    (void)state;
    (void)box_empty(&box);
    struct group_record group = *devices_group(&w.t, "Group");
    struct pool_record pool = *devices_pool(&w.t, "Default");
    struct settings_record settings = w.t.settings;
    assert_true(devices_put_group(&w.t, &group, &box.out, &why) && devices_put_pool(&w.t, &pool, &box.out, &why) &&
                devices_put_settings(&w.t, &settings, &box.out, &why));
    (void)devices_register_automatically(&w.t, mac_n(5), 7, &box.out, &why);
    void *memory = malloc(devices_size(&limits));
    assert_true(devices_init(&t, &limits, memory, devices_size(&limits)));
    for (uint32_t i = 0; i < box.out.count; i++) {
        assert_true(record_decode(&r, payload(&box.out, i), &why));
        assert_true(devices_load(&t, &r, &why));
    }
    struct device *d = devices_find(&t, mac_n(5));
    assert_non_null(d);
    assert_text(device_load(&t, d), "P0030801SR02");
    assert_text(device_time_zone(&t, d), "Europe/Paris");
    assert_true(t.settings.automatic);
    free(memory);
}

/* docs/changes.md, row by row: after the change, what is owed, and whether the file differs. */
static size_t own_file(struct device *d, uint8_t *to)
{
    uint8_t *memory = malloc(documents_size(1, 0));
    struct documents docs;
    struct served *served;
    char name[DEVICE_NAME + 8];

    assert_true(documents_init(&docs, &w.t, 1, NULL, 0, memory, documents_size(1, 0)));
    device_name(name, d->record.mac);
    strcpy(name + strlen(name), ".cnf.xml");
    assert_int_equal(documents_find(&docs, bytes_of(name), &served), FOUND);
    memcpy(to, served->bytes.at, served->bytes.len);
    size_t n = served->bytes.len;
    free(memory);
    return n;
}

struct row {
    const char *field, *value;
    enum owed owed;
};

static void check_row(struct device *d, uint64_t stamp_before, struct bytes file_before, enum owed owed,
                      const char *what)
{
    static uint8_t file[DOCUMENT_SLOT];
    bool same = bytes_equal((struct bytes){file, own_file(d, file)}, file_before);

    if (d->record.owed != owed || (d->record.stamp != stamp_before) != (owed != OWED_NOTHING) ||
        same != (owed == OWED_NOTHING))
        fail_msg("%s: owes %d, stamp %s, file %s", what, d->record.owed,
                 d->record.stamp != stamp_before ? "new" : "old", same ? "same" : "new");
}

static void each_field_of_a_device_changes_its_file_and_stamp_and_resets_it_or_none_of_these(void **state)
{
    static const struct row rows[] = {
        {"load", "P0030702T023", OWED_RESET},
        {"date_format", "M.D.YA", OWED_RESTART},
        {"time_zone", "America/New_York", OWED_RESTART},
        {"callmanagers", "10.0.0.2,10.0.0.1:2002", OWED_RESTART},
        {"user_locale", "French", OWED_RESTART},
        {"network_locale", "France", OWED_RESTART},
        {"directory_number", "3000", OWED_RESTART},
        {"label", "Anna", OWED_RESTART},
        {"directory_number2", "3001", OWED_RESTART},
        {"label6", "Six", OWED_RESTART},
        {"speed_dial", "9001", OWED_RESTART},
        {"speed_dial12", "9012", OWED_RESTART},
        {"speed_dial_label12", "Twelve", OWED_RESTART},
        {"description", "in the hall", OWED_NOTHING},
        {"load", "P0030801SR02", OWED_NOTHING}, /* what the pool says too */
        {"time_zone", "Europe/Paris", OWED_NOTHING},
        {"callmanagers", "10.0.0.1,10.0.0.2", OWED_NOTHING},
    };
    static uint8_t before[DOCUMENT_SLOT];
    struct fault why;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct device *d = table_add(&w, 1, 7, "2001");
        uint64_t stamp = d->record.stamp;
        struct bytes file = {before, own_file(d, before)};
        assert_true(change("SEP020000000001", rows[i].field, rows[i].value, &why));
        check_row(d, stamp, file, rows[i].owed, rows[i].field);
        assert_true(told(&box.out, DEVICE_CHANGED) && found_at(&box.out, ACTION_STORE, 0) >= 0);
        assert_text(told_text(facts_of(&box.out, DEVICE_CHANGED), FACT_PREFERENCE), rows[i].field);
        devices_remove(&w.t, d, NULL);
    }
}

static void each_field_of_a_group_or_pool_does_so_for_the_devices_that_see_it(void **state)
{
    static uint8_t before[DOCUMENT_SLOT];
    struct fault why;

    (void)state;
    for (int i = 0; i < 9; i++) {
        static const enum owed owed[] = {OWED_RESTART, OWED_RESTART, OWED_RESTART, OWED_RESTART, OWED_RESTART,
                                         OWED_RESTART, OWED_RESET,   OWED_NOTHING, OWED_RESTART};
        static const char *const what[] = {
            "CallManager's address", "order of CallManagers", "date template",        "time zone", "locales",
            "connection monitor",    "load of its type",      "load of another type", "group"};
        free(w.memory);
        table_init(&w);
        struct group_record group = *devices_group(&w.t, "Group");
        struct pool_record pool = *devices_pool(&w.t, "Default");
        struct device *d = table_add(&w, 1, 7, "2001");
        uint64_t stamp = d->record.stamp;
        struct bytes file = {before, own_file(d, before)};
        struct group_record other = group;
        (void)strcpy(other.name, "Other");
        switch (i) {
        case 0: group.callmanager[0].address++; break;
        case 1:
            group.callmanager[0] = group.callmanager[1];
            group.callmanagers = 1;
            break;
        case 2: (void)strcpy(pool.date_template, "Y-M-D"); break;
        case 3: (void)strcpy(pool.time_zone, "Asia/Tokyo"); break;
        case 4: (void)strcpy(pool.user_locale, "German"); break;
        case 5: pool.connection_monitor = 30; break;
        case 6: (void)strcpy(pool.load[0].load, "P0030702T023"); break;
        case 7: (void)strcpy(pool.load[1].load, "P00405000600"); break;
        case 8:
            assert_true(devices_put_group(&w.t, &other, NULL, &why));
            (void)strcpy(pool.group, "Other");
            break;
        default: break;
        }
        assert_true(devices_put_group(&w.t, &group, NULL, &why));
        assert_true(devices_put_pool(&w.t, &pool, box_empty(&box), &why));
        check_row(d, stamp, file, owed[i], what[i]);
    }
}

static void another_pool_restarts_a_device_and_resets_it_when_the_load_differs(void **state)
{
    struct pool_record same = *devices_pool(&w.t, "Default"), other = same;
    static uint8_t before[DOCUMENT_SLOT];
    struct fault why;

    (void)state;
    (void)strcpy(same.name, "Same");
    (void)strcpy(other.name, "Other");
    (void)strcpy(other.load[0].load, "P0030702T023");
    assert_true(devices_put_pool(&w.t, &same, NULL, &why) && devices_put_pool(&w.t, &other, NULL, &why));
    for (int i = 0; i < 2; i++) {
        struct device *d = table_add(&w, 1, 7, "2001");
        uint64_t stamp = d->record.stamp;
        struct bytes file = {before, own_file(d, before)};
        assert_true(change("SEP020000000001", "pool", i ? "Other" : "Same", &why));
        check_row(d, stamp, file, i ? OWED_RESET : OWED_RESTART, "pool");
        devices_remove(&w.t, d, NULL);
    }
}

static void the_settings_of_auto_registration_touch_no_device(void **state)
{
    struct settings_record off = {.first = 5, .last = 6, .pool = "Default", .default_file_always = true};
    static uint8_t before[DOCUMENT_SLOT];
    struct fault why;

    (void)state;
    struct device *d = table_add(&w, 1, 7, "2001");
    uint64_t stamp = d->record.stamp, edition = w.t.edition;
    struct bytes file = {before, own_file(d, before)};
    assert_true(devices_put_settings(&w.t, &off, NULL, &why));
    check_row(d, stamp, file, OWED_NOTHING, "settings");
    assert_true(w.t.edition > edition); /* but the default file may differ */
}

static void a_field_that_the_device_has_for_itself_hides_the_pools_change(void **state)
{
    struct fault why;

    (void)state;
    struct device *d = table_add(&w, 1, 7, "2001");
    assert_true(change("SEP020000000001", "load", "P0030702T023", &why));
    uint64_t stamp = d->record.stamp;
    struct pool_record pool = *devices_pool(&w.t, "Default");
    (void)strcpy(pool.load[0].load, "P0031000000");
    assert_true(devices_put_pool(&w.t, &pool, NULL, &why));
    assert_true(d->record.stamp == stamp);
}

static void a_value_that_it_has_already_changes_nothing(void **state)
{
    struct fault why;

    (void)state;
    struct device *d = table_add(&w, 1, 7, "2001");
    uint64_t stamp = d->record.stamp, changes = w.t.changes;
    assert_true(change("SEP020000000001", "directory_number", "2001", &why));
    assert_true(change("SEP020000000001", "load", "", &why));
    assert_int_equal(box.out.count, 0);
    assert_true(d->record.stamp == stamp && w.t.changes == changes && d->record.owed == OWED_NOTHING);
}

static void ciscos_name_of_a_time_zone_is_taken_and_kept_as_ianas(void **state)
{
    struct fault why;

    (void)state;
    struct device *d = table_add(&w, 1, 7, "2001");
    assert_true(change("SEP020000000001", "time_zone", "Tokyo Standard Time", &why));
    assert_string_equal(device_own(d)->time_zone, "Asia/Tokyo");
    assert_true(change("SEP020000000001", "time_zone", "", &why));
    assert_text(device_time_zone(&w.t, d), "Europe/Paris");
}

static void refusals_say_why_and_change_nothing(void **state)
{
    static const struct {
        const char *name, *field, *value, *why;
    } rows[] = {
        {"SEP020000000009", "load", "X", "no such device"},
        {"nonsense", "load", "X", "no such device"},
        {"SEP020000000001", "colour", "red", "no such field of a device"},
        {"SEP020000000001", "directory_number", "2002", "another device has this directory number"},
        {"SEP020000000001", "directory_number2", "2001", "two lines have the same directory number"},
        {"SEP020000000001", "directory_number", "20x1", "a directory number is up to 24 of 0-9 * # +"},
        {"SEP020000000001", "directory_number", "1234567890123456789012345", "the value is too long for this field"},
        {"SEP020000000001", "directory_number", "", "a device needs a directory number"},
        {"SEP020000000001", "directory_number7", "7", "this model has not so many lines"},
        {"SEP020000000001", "directory_number25", "7", "no such field of a device"},
        {"SEP020000000001", "directory_number1", "7", "no such field of a device"},
        {"SEP020000000001", "directory_number02", "7", "no such field of a device"},
        {"SEP020000000001", "load2", "x", "no such field of a device"},
        {"SEP020000000001", "2", "x", "no such field of a device"},
        {"SEP020000000001", "speed_dial13", "7", "no such field of a device"},
        {"SEP020000000001", "speed_dial2", "x", "a speed dial is up to 24 of 0-9 * # +"},
        {"SEP020000000001", "speed_dial_label", "a\tb", "a label is text in UTF-8"},
        {"SEP020000000001", "load", "a b", "a load's name is letters, digits and signs, without blanks or slashes"},
        {"SEP020000000001", "load", "../x", "a load's name is letters, digits and signs, without blanks or slashes"},
        {"SEP020000000002", "load", "P004050007000000X",
         "this model learns its load from SCCP's Version, which holds 16 letters"},
        {"SEP020000000001", "callmanagers", "10.0.0.1,,", "CallManagers are ADDRESS[:PORT], with commas between"},
        {"SEP020000000001", "callmanagers", "10.0.0.1:0", "CallManagers are ADDRESS[:PORT], with commas between"},
        {"SEP020000000001", "callmanagers", "10.0.0.1:70000", "CallManagers are ADDRESS[:PORT], with commas between"},
        {"SEP020000000001", "callmanagers", "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4", "more than 3 CallManagers"},
        {"SEP020000000001", "callmanagers", "0.0.0.0", "a CallManager needs an address and a port"},
        {"SEP020000000001", "date_format", "D/M",
         "a date format is D, M and Y with / - or . between, and A for 12 hours"},
        {"SEP020000000001", "time_zone", "Mars/Olympus", "no such time zone"},
        {"SEP020000000001", "label", "\xff\xfe", "a label is text in UTF-8"},
        {"SEP020000000001", "label", "a\tb", "a label is text in UTF-8"},
        {"SEP020000000001", "pool", "None", "no such pool"},
    };

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    (void)table_add(&w, 2, 6, "2002"); /* a 7910: no XML */
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct device_record one, two, now;
        struct fault why;
        device_record_of(devices_find(&w.t, mac_n(1)), &one);
        device_record_of(devices_find(&w.t, mac_n(2)), &two);
        assert_false(change(rows[i].name, rows[i].field, rows[i].value, &why));
        assert_string_equal(why.what, rows[i].why);
        assert_int_equal(box.out.count, 0);
        device_record_of(devices_find(&w.t, mac_n(1)), &now);
        assert_memory_equal(&now, &one, sizeof one);
        device_record_of(devices_find(&w.t, mac_n(2)), &now);
        assert_memory_equal(&now, &two, sizeof two);
    }
}

static void sixteen_letters_of_a_load_are_taken_for_a_7910_and_more_for_a_7960(void **state)
{
    struct fault why;

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    (void)table_add(&w, 2, 6, "2002");
    assert_true(change("SEP020000000002", "load", "P004050007000000", &why));
    assert_true(change("SEP020000000001", "load", "SCCP41.9-4-2SR3-1S-LONGER", &why));
    struct pool_record pool = *devices_pool(&w.t, "Default");
    (void)strcpy(pool.load[1].load, "P004050007000000X");
    assert_false(devices_put_pool(&w.t, &pool, NULL, &why)); /* nor by way of its pool */
}

static void bad_groups_pools_and_settings_are_refused(void **state)
{
    struct group_record group = {.name = "G", .callmanager = {{0, 2000}}, .callmanagers = 1};
    struct pool_record pool = {.name = "P", .group = "None"};
    struct settings_record settings = {.automatic = true, .first = 9, .last = 8, .pool = "Default"};
    struct fault why;

    (void)state;
    assert_false(devices_put_group(&w.t, &group, NULL, &why));
    group.name[0] = 0;
    assert_false(devices_put_group(&w.t, &group, NULL, &why));
    assert_false(devices_put_pool(&w.t, &pool, NULL, &why));
    assert_string_equal(why.what, "no such group");
    (void)strcpy(pool.group, "Group");
    (void)strcpy(pool.date_template, "bad");
    assert_false(devices_put_pool(&w.t, &pool, NULL, &why));
    assert_false(devices_put_settings(&w.t, &settings, NULL, &why));
    settings.first = 1;
    (void)strcpy(settings.pool, "None");
    assert_false(devices_put_settings(&w.t, &settings, NULL, &why));
    assert_int_equal(w.t.groups, 1);
    assert_int_equal(w.t.pools, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
/* What its owner made is on disk before he hears of it; a later record that a full disk refuses takes nothing of
 * that. */
static void a_device_that_its_owner_made_outlives_a_record_that_could_not_be_stored(void **state)
{
    struct mac whose;

    (void)state;
    struct device *d = table_add(&w, 1, 7, "2001");
    devices_owe(&w.t, d, OWED_RESTART, NULL);
    d->fetched = d->record.stamp;
    device_settle(&w.t, d, box_empty(&box)); /* it registers for the first time */
    assert_int_equal(box.out.count, 1);
    assert_false(devices_unstored(&w.t, payload(&box.out, 0), &whose));
    assert_non_null(devices_find(&w.t, mac_n(1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_device_is_found_by_mac_by_name_in_any_case_and_by_number),
        T(sixty_four_devices_fit_and_the_next_is_refused),
        T(every_device_of_the_table_may_have_all_that_a_record_has),
        T(devices_with_one_line_and_nothing_of_their_own_touch_no_memory_for_more),
        T(what_a_device_no_longer_has_is_found_no_more_and_its_place_serves_others),
        T(a_number_or_a_device_is_not_made_twice),
        T(auto_registration_gives_the_next_number_that_nobody_has_and_stores_the_device),
        T(auto_registration_refuses_while_it_is_off),
        T(digits_go_on_while_a_longer_number_can_be_meant),
        T(a_run_of_numbers_whose_end_could_not_be_stored_is_stored_with_the_next),
        T(an_unstored_new_device_is_taken_out_and_its_number_is_free),
        T(an_unstored_change_of_a_stored_device_leaves_it_there),
        T(counters_and_stamps_rise_over_a_restart),
        T(what_was_stored_makes_the_same_table),
        T(each_field_of_a_device_changes_its_file_and_stamp_and_resets_it_or_none_of_these),
        T(each_field_of_a_group_or_pool_does_so_for_the_devices_that_see_it),
        T(another_pool_restarts_a_device_and_resets_it_when_the_load_differs),
        T(the_settings_of_auto_registration_touch_no_device),
        T(a_field_that_the_device_has_for_itself_hides_the_pools_change),
        T(a_value_that_it_has_already_changes_nothing),
        T(ciscos_name_of_a_time_zone_is_taken_and_kept_as_ianas),
        T(refusals_say_why_and_change_nothing),
        T(sixteen_letters_of_a_load_are_taken_for_a_7910_and_more_for_a_7960),
        T(bad_groups_pools_and_settings_are_refused),
        T(a_device_that_its_owner_made_outlives_a_record_that_could_not_be_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
