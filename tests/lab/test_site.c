/* lab/site.h: how a plan and its faults lay down the servers. */
#include "plan.h"
#include "lab/site.h"
#include "wire/dhcp.h"

static const char *const models[] = {"7910", "7960", "7970"};

struct bench {
    struct plan *plan;
    struct site *site;
    struct file file[PLAN_FILES];
    uint8_t load[LOAD_BUILT_IN_MOST], older[LOAD_BUILT_IN_MOST], list[256];
    char load_name[80], older_name[80], list_name[80];
};

static struct bytes named(char to[80], const char *load, const char *suffix)
{
    struct writer w = writer(to, 79);

    write_text(&w, load);
    write_text(&w, suffix);
    to[w.len] = '\0';
    return written(&w);
}

/* Three phones; on the TFTP server the load that the 7960 shall run, its list, and an older one. */
static struct bench *bench_with(const char *fault, const char *const which[], uint32_t phones)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct phone_model *m = model_find(bytes_of("7960"));
    const char *now = load_built_in(m, false), *older = load_built_in(m, true);
    struct writer w = writer(b->load, sizeof b->load), o = writer(b->older, sizeof b->older),
                  l = writer(b->list, sizeof b->list);
    struct fault why;

    b->plan = plan_of(which, phones);
    b->plan->phone[phones - 1].known = true;
    assert_true(load_built_in_make(&w, bytes_of(now)) && load_built_in_make(&o, bytes_of(older)));
    loads_write(&l, bytes_of(now));
    b->file[0] = (struct file){named(b->load_name, now, ".bin"), written(&w)};
    b->file[1] = (struct file){named(b->list_name, now, ".loads"), written(&l)};
    b->file[2] = (struct file){named(b->older_name, older, ".bin"), written(&o)};
    b->plan->file = b->file;
    b->plan->files = 3;
    if (fault) plan_wrong(b->plan, fault);
    b->site = malloc(sizeof *b->site);
    assert_true(site_open(b->site, b->plan, &why));
    return b;
}

static struct bench *bench_of(const char *fault)
{
    return bench_with(fault, models, 3);
}

static void end(struct bench *b)
{
    site_close(b->site);
    free(b->site);
    plan_end(b->plan);
    free(b);
}

/* As the TFTP server asks for it. */
static enum found find(struct bench *b, const char *name, struct bytes *out)
{
    struct served *served = NULL;
    const struct tftp_server_config *c = &b->site->tftp.config;
    enum found found = c->find(c->context, bytes_of(name), &served);

    if (found == FOUND) {
        *out = served->bytes;
        c->release(c->context, served, false);
    }
    return found;
}

static void healthy_loads_are_served_as_they_are(void **state)
{
    struct bench *b = bench_of(NULL);
    struct bytes bytes;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(find(b, (const char *)b->file[i].name.at, &bytes), FOUND);
        assert_true(bytes_equal(bytes, b->file[i].bytes));
    }
    end(b);
}

static void a_missing_load_is_not_there_but_its_list_and_the_older_load_are(void **state)
{
    struct bench *b = bench_of("missing-load");
    struct bytes bytes;

    (void)state;
    assert_int_equal(find(b, b->load_name, &bytes), FOUND_NOTHING);
    assert_int_equal(find(b, b->list_name, &bytes), FOUND);
    assert_int_equal(find(b, b->older_name, &bytes), FOUND);
    end(b);
}

static void a_corrupt_load_differs_in_one_byte_and_its_digest_says_so(void **state)
{
    struct bench *b = bench_of("corrupt-load");
    struct bytes bytes;
    struct load_info info;
    struct fault why;
    size_t differ = 0;

    (void)state;
    assert_int_equal(find(b, b->load_name, &bytes), FOUND);
    assert_int_equal(bytes.len, b->file[0].bytes.len);
    for (size_t i = 0; i < bytes.len; i++) differ += bytes.at[i] != b->load[i];
    assert_int_equal(differ, 1);
    assert_false(load_open_bytes(&info, bytes, &why));
    assert_int_equal(why.kind, FAULT_CHECK);
    assert_true(load_open_bytes(&info, b->file[0].bytes, &why)); /* the plan's own stays as it was */
    end(b);
}

static void a_wrong_load_is_sound_and_fits_no_phone_of_the_lab(void **state)
{
    /* Also when the phones are of the model that the fault would otherwise take. */
    static const char *const sets[][3] = {{"7910", "7960", "7970"}, {"7936", "7960", "7902"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(sets); i++) {
        struct bench *b = bench_with("wrong-load", sets[i], 3);
        struct bytes bytes;
        struct load_info info;
        struct fault why;
        assert_int_equal(find(b, b->load_name, &bytes), FOUND);
        assert_true(load_open_bytes(&info, bytes, &why));
        assert_string_equal(info.manifest.name, "P0030801SR02"); /* it says that it is the one that was asked for */
        for (size_t k = 0; k < 3; k++) assert_false(load_fits(&info.manifest, b->plan->phone[k].model->device_type, 1));
        assert_true(load_open_bytes(&info, b->file[0].bytes, &why));
        assert_true(load_fits(&info.manifest, model_find(bytes_of("7960"))->device_type, 1));
        end(b);
    }
}

static struct document *read_document(struct bench *b, const char *name, struct fault *why)
{
    struct document *d = malloc(sizeof *d);
    uint8_t *scratch = malloc(DOCUMENT_SCRATCH);
    struct bytes bytes;

    assert_int_equal(find(b, name, &bytes), FOUND);
    bool sound = document_read(d, bytes, model_find(bytes_of("7960"))->device_type, scratch, DOCUMENT_SCRATCH, why);
    free(scratch);
    if (sound) return d;
    free(d);
    return NULL;
}

static void configurations_name_all_callmanagers_in_order_and_none_when_the_group_is_empty(void **state)
{
    struct bench *b = bench_of(NULL), *empty = bench_of("empty-group");
    struct fault why;
    struct document *d = read_document(b, "SEP020000000003.cnf.xml", &why),
                    *e = read_document(empty, "SEP020000000003.cnf.xml", &why);

    (void)state;
    assert_non_null(d);
    assert_int_equal(d->callmanagers, 3);
    for (size_t i = 0; i < 3; i++) assert_int_equal(d->callmanager[i].address, b->plan->server[i]);
    assert_non_null(e);
    assert_int_equal(e->callmanagers, 0);
    free(d);
    free(e);
    end(b);
    end(empty);
}

static void by_fault_each_configuration_is_malformed_and_loads_are_not(void **state)
{
    struct bench *b = bench_of("bad-config");
    struct bytes bytes;
    struct fault why;

    (void)state;
    assert_null(read_document(b, "SEP020000000003.cnf.xml", &why));
    assert_null(read_document(b, "XMLDefault.cnf.xml", &why));
    assert_int_equal(find(b, "SEP020000000001.cnf.xml", &bytes), FOUND_NOTHING); /* unknown as before */
    assert_int_equal(find(b, b->load_name, &bytes), FOUND);
    assert_true(bytes_equal(bytes, b->file[0].bytes));
    end(b);
}

static void default_files_are_there_as_auto_registration_has_it(void **state)
{
    static const struct {
        const char *fault;
        enum found found;
        bool automatic;
    } all[] = {{NULL, FOUND, true}, {"no-config", FOUND_NOTHING, false}, {"reject", FOUND, false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        struct bench *b = bench_of(all[i].fault);
        struct bytes bytes;
        assert_int_equal(find(b, "XMLDefault.cnf.xml", &bytes), all[i].found);
        assert_int_equal(find(b, "SEPDefault.cnf", &bytes), all[i].found);
        assert_int_equal(find(b, "SEP020000000003.cnf.xml", &bytes), FOUND); /* the known one always has its own */
        assert_int_equal(b->site->devices.settings.automatic, all[i].automatic);
        end(b);
    }
}

static void known_devices_have_the_first_numbers_and_the_others_what_is_left(void **state)
{
    struct bench *b = bench_of(NULL), *used = bench_of("numbers-used-up");
    struct device *d = devices_find(&b->site->devices, b->plan->phone[2].mac);

    (void)state;
    assert_non_null(d);
    assert_string_equal(device_line(d, 1)->number, "1000");
    assert_null(devices_find(&b->site->devices, b->plan->phone[0].mac));
    assert_int_equal(b->site->devices.settings.first, 1001);
    assert_int_equal(b->site->devices.settings.last, 1999);
    assert_int_equal(used->site->devices.settings.first, 1001); /* a single one */
    assert_int_equal(used->site->devices.settings.last, 1001);
    end(b);
    end(used);
}

static void dhcp_faults_are_in_its_subnets(void **state)
{
    struct bench *b = bench_of(NULL), *exhausted = bench_of("dhcp-exhausted"), *nameless = bench_of("no-tftp-option");

    (void)state;
    assert_int_equal(b->site->subnet[0].pools->last - b->site->subnet[0].pools->first, 249);
    assert_int_equal(b->site->subnet[0].scope.tftps, 1);
    assert_int_equal(b->site->subnet[0].scope.tftp[0], IPV4(10, 0, 0, 2));
    assert_int_equal(b->site->subnet[1].network, IPV4(10, 1, 0, 0));
    assert_int_equal(exhausted->site->subnet[0].pools->first, exhausted->site->subnet[0].pools->last);
    assert_int_equal(nameless->site->subnet[0].scope.tftps + nameless->site->subnet[1].scope.tftps, 0);
    end(b);
    end(exhausted);
    end(nameless);
}

static void who_listens_and_who_is_mute_is_by_fault(void **state)
{
    struct bench *b = bench_of(NULL), *first = bench_of("cm1-down"), *all = bench_of("cm-down"),
                 *mute = bench_of("cm-silent-after-connect");
    void *engine, *loud;

    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        assert_true(site_listens(b->site, i));
        assert_int_equal(site_listens(first->site, i), i != 0);
        assert_false(site_listens(all->site, i));
        assert_true(site_listens(mute->site, i));
        assert_true(site_party(b->site, SITE_CALLMANAGER + i, &loud) == callmanager_step);
        step_fn *fn = site_party(mute->site, SITE_CALLMANAGER + i, &engine);
        assert_true(fn != callmanager_step);
        struct action action;
        struct outbox out;
        outbox_init(&out, &action, 1, NULL, 0);
        assert_true(fn(engine, SECOND, &(struct event){.kind = EVENT_UP, .stream = 1}, &out) == NEVER);
        assert_int_equal(out.count, 0);
    }
    assert_true(site_party(b->site, SITE_DHCP, &engine) == dhcp_server_step && engine == &b->site->dhcp);
    assert_true(site_party(b->site, SITE_TFTP, &engine) == tftp_server_step && engine == &b->site->tftp);
    assert_int_equal(site_parties(b->site), SITE_CALLMANAGER + 3);
    assert_int_equal(site_of_port(DHCP_SERVER_PORT), SITE_DHCP);
    assert_int_equal(site_of_port(69), SITE_TFTP);
    assert_int_equal(site_of_port(SITE_TRANSFER_PORT), SITE_TFTP);
    end(b);
    end(first);
    end(all);
    end(mute);
}

static int32_t one_hour(void *context, const char *zone, uint64_t at)
{
    (void)context;
    (void)zone;
    (void)at;
    return 3600;
}

static void local_time_is_the_plans_or_without_it_the_standard_time_of_the_zone(void **state)
{
    struct bench *b = bench_of(NULL);
    struct fault why;

    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        const struct callmanager_config *c = &b->site->callmanager[i].config;
        assert_int_equal(c->utc_offset_of(c->zone_context, "America/Los_Angeles", 1782907200), -8 * 3600); /* in July */
        assert_int_equal(c->utc_offset_of(c->zone_context, "Mars/Olympus_Mons", 1782907200), 0);
    }
    site_close(b->site);
    b->plan->utc_offset_of = one_hour;
    assert_true(site_open(b->site, b->plan, &why));
    assert_true(b->site->callmanager[2].config.utc_offset_of == one_hour);
    end(b);
}

static void a_change_is_stored_and_told_and_one_that_is_not_possible_is_refused(void **state)
{
    struct bench *b = bench_of(NULL);
    struct action actions[16];
    uint8_t bytes[8192];
    struct outbox out;
    struct fault why;
    static const char good[] = "SEP020000000003\0label\0Reception", bad[] = "SEP020000000003\0colour\0green",
                      nobody[] = "SEP020000000009\0label\0x";
    uint32_t stores = 0, tells = 0;

    (void)state;
    outbox_init(&out, actions, 16, bytes, sizeof bytes);
    assert_true(site_change(b->site, (struct bytes){(const uint8_t *)good, sizeof good}, &out, &why));
    for (uint32_t i = 0; i < out.count; i++) {
        stores += actions[i].kind == ACTION_STORE;
        tells += actions[i].kind == ACTION_TELL;
    }
    assert_true(stores >= 1);
    assert_int_equal(tells, 1);
    assert_string_equal(device_line(devices_find(&b->site->devices, b->plan->phone[2].mac), 1)->label, "Reception");
    outbox_clear(&out);
    assert_false(site_change(b->site, (struct bytes){(const uint8_t *)bad, sizeof bad}, &out, &why));
    assert_false(site_change(b->site, (struct bytes){(const uint8_t *)nobody, sizeof nobody}, &out, &why));
    assert_false(site_change(b->site, bytes_of("garbage"), &out, &why));
    assert_false(site_change(b->site, (struct bytes){0}, &out, &why));
    assert_int_equal(out.count, 0);
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_loads_are_served_as_they_are),
        cmocka_unit_test(a_missing_load_is_not_there_but_its_list_and_the_older_load_are),
        cmocka_unit_test(a_corrupt_load_differs_in_one_byte_and_its_digest_says_so),
        cmocka_unit_test(a_wrong_load_is_sound_and_fits_no_phone_of_the_lab),
        cmocka_unit_test(configurations_name_all_callmanagers_in_order_and_none_when_the_group_is_empty),
        cmocka_unit_test(by_fault_each_configuration_is_malformed_and_loads_are_not),
        cmocka_unit_test(default_files_are_there_as_auto_registration_has_it),
        cmocka_unit_test(known_devices_have_the_first_numbers_and_the_others_what_is_left),
        cmocka_unit_test(dhcp_faults_are_in_its_subnets),
        cmocka_unit_test(who_listens_and_who_is_mute_is_by_fault),
        cmocka_unit_test(local_time_is_the_plans_or_without_it_the_standard_time_of_the_zone),
        cmocka_unit_test(a_change_is_stored_and_told_and_one_that_is_not_possible_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
