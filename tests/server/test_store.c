#include "harness.h"

static struct bytes encoded(uint8_t *to, size_t size, void (*encode)(struct writer *, const void *), const void *record)
{
    struct writer w = writer(to, size);

    encode(&w, record);
    assert_false(w.full);
    return written(&w);
}
#define ENCODED(kind, record)                                                                                          \
    encoded(bytes, sizeof bytes, (void (*)(struct writer *, const void *))kind##_record_encode, record)

static const struct device_record device = {.mac = {{2, 0, 0, 0, 0, 9}},
                                            .device_type = 7,
                                            .description = "hall",
                                            .pool = "Default",
                                            .load = "P0030801SR02",
                                            .line = {{"1000", "Anna"}, {"1001", ""}},
                                            .speed_dial = {{"", ""}, {"9001", "Desk"}},
                                            .date_template = "D.M.YA",
                                            .time_zone = "Europe/Paris",
                                            .user_locale = "fr",
                                            .callmanager = {{IPV4(10, 0, 0, 1), 2000}, {IPV4(10, 0, 0, 2), 2001}},
                                            .callmanagers = 2,
                                            .stamp = 0x1122334455667788,
                                            .owed = OWED_RESET,
                                            .automatic = true};

static void a_device_comes_back_as_it_was_stored(void **state)
{
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    assert_true(record_decode(&r, ENCODED(device, &device), &why));
    assert_int_equal(r.kind, RECORD_DEVICE);
    assert_int_equal(r.operation, RECORD_PUT);
    assert_true(mac_equal(r.device.mac, device.mac));
    assert_string_equal(r.device.line[0].number, "1000");
    assert_string_equal(r.device.line[0].label, "Anna");
    assert_string_equal(r.device.line[1].number, "1001");
    assert_string_equal(r.device.speed_dial[1].number, "9001");
    assert_string_equal(r.device.speed_dial[1].label, "Desk");
    assert_string_equal(r.device.load, "P0030801SR02");
    assert_string_equal(r.device.time_zone, "Europe/Paris");
    assert_int_equal(r.device.callmanagers, 2);
    assert_int_equal(r.device.callmanager[1].port, 2001);
    assert_true(r.device.stamp == device.stamp);
    assert_int_equal(r.device.owed, OWED_RESET);
    assert_true(r.device.automatic);
    uint8_t again[RECORD_MOST];
    struct writer w = writer(again, sizeof again);
    device_record_encode(&w, &r.device);
    assert_true(bytes_equal(written(&w), ENCODED(device, &device)));
}

static void no_cut_of_any_record_is_taken_and_no_longer_one(void **state)
{
    static const struct group_record group = {.name = "G", .callmanager = {{1, 2}}, .callmanagers = 1};
    static const struct pool_record pool = {.name = "P", .group = "G", .load = {{7, "L"}}, .loads = 1};
    static const struct settings_record settings = {.automatic = true, .first = 1, .last = 9, .pool = "P"};
    static const struct lease_record lease = {
        .address = 5, .state = LEASE_BOUND, .client = {1, 2}, .client_length = 2, .until = 9};
    static const struct counter_record counter = {COUNTER_CALL, 77};
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        struct bytes b = kind == 0   ? ENCODED(device, &device)
                         : kind == 1 ? ENCODED(group, &group)
                         : kind == 2 ? ENCODED(pool, &pool)
                         : kind == 3 ? ENCODED(settings, &settings)
                         : kind == 4 ? ENCODED(lease, &lease)
                                     : ENCODED(counter, &counter);
        assert_true(record_decode(&r, b, &why));
        for (size_t n = 0; n < b.len; n++) {
            assert_false(record_decode(&r, (struct bytes){b.at, n}, &why));
            assert_true(why.at <= n);
        }
        bytes[b.len] = 0;
        assert_false(record_decode(&r, (struct bytes){b.at, b.len + 1}, &why));
        assert_int_equal(why.kind, FAULT_LONG);
    }
}

static void a_newer_version_is_not_half_understood(void **state)
{
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    struct bytes b = ENCODED(device, &device);
    assert_int_equal(bytes[2], record_version(RECORD_DEVICE));
    bytes[2] = RECORD_DEVICE_VERSION + 1;
    assert_false(record_decode(&r, b, &why));
    assert_string_equal(why.what, "version of a record");
}

/* As version 1 wrote them: a device with 6 lines, always all of them, and nothing behind; a pool without a region. */
static struct bytes device_of_version_1(uint8_t *to, size_t size, uint8_t lines)
{
    struct writer w = writer(to, size);
    static const uint8_t head[] = {RECORD_DEVICE, RECORD_PUT, 1, 6, 2, 0, 0, 0, 0, 9, 0, 0, 0, 7};

    write_bytes(&w, (struct bytes){head, sizeof head});
    write_bytes(&w, bytes_of("\004hall"));
    write_u8(&w, lines);
    for (uint8_t i = 0; i < lines; i++)
        write_bytes(&w, i ? (struct bytes){(const uint8_t *)"\0", 2} : bytes_of("\0041000\004Anna"));
    write_bytes(&w, bytes_of("\007Default"));
    write_zeros(&w, 6); /* load, date template, time zone, user and network locale, CallManagers */
    write_be64(&w, 77);
    write_u8(&w, OWED_RESTART);
    write_u8(&w, 1);
    return written(&w);
}

static void a_device_and_a_pool_of_version_1_still_load(void **state)
{
    static const struct pool_record pool = {.name = "P", .group = "G", .load = {{7, "L"}}, .loads = 1, .region = "R"};
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    assert_true(record_decode(&r, device_of_version_1(bytes, sizeof bytes, 6), &why));
    assert_string_equal(r.device.line[0].number, "1000");
    assert_string_equal(r.device.line[0].label, "Anna");
    assert_string_equal(r.device.line[6].number, "");
    assert_string_equal(r.device.speed_dial[0].number, "");
    assert_string_equal(r.device.pool, "Default");
    assert_true(r.device.stamp == 77 && r.device.owed == OWED_RESTART && r.device.automatic);
    assert_false(record_decode(&r, device_of_version_1(bytes, sizeof bytes, 5), &why));
    assert_string_equal(why.what, "number of lines of a device");
    struct bytes b = ENCODED(pool, &pool);
    assert_true(record_decode(&r, b, &why));
    assert_string_equal(r.pool.region, "R");
    bytes[2] = 1; /* its last two bytes are the region */
    assert_true(record_decode(&r, (struct bytes){b.at, b.len - 2}, &why));
    assert_string_equal(r.pool.load[0].load, "L");
    assert_string_equal(r.pool.region, "");
    assert_false(record_decode(&r, b, &why));
    bytes[2] = 0;
    assert_false(record_decode(&r, b, &why));
}

static void the_largest_device_fits_and_one_line_more_is_refused(void **state)
{
    static struct device_record d = {.pool = "Default"};
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    for (size_t i = 0; i < RECORD_LINES; i++) {
        memset(d.line[i].number, '1', RECORD_NUMBER - 1);
        memset(d.line[i].label, 'x', RECORD_LABEL - 1);
    }
    for (size_t i = 0; i < RECORD_SPEED_DIALS; i++) {
        memset(d.speed_dial[i].number, '2', RECORD_NUMBER - 1);
        memset(d.speed_dial[i].label, 'y', RECORD_LABEL - 1);
    }
    struct bytes b = ENCODED(device, &d);
    assert_true(b.len < 3072);
    assert_true(record_decode(&r, b, &why));
    assert_int_equal(strlen(r.device.line[RECORD_LINES - 1].number), RECORD_NUMBER - 1);
    assert_int_equal(strlen(r.device.speed_dial[RECORD_SPEED_DIALS - 1].label), RECORD_LABEL - 1);
    bytes[4 + 6 + 4 + 1]++; /* kind, operation, version, key length, key, device type, an empty description: lines */
    assert_false(record_decode(&r, b, &why));
    assert_string_equal(why.what, "number of lines of a device");
}

static void values_that_no_record_has_are_refused(void **state)
{
    static const struct lease_record offered = {.address = 5, .state = LEASE_OFFERED};
    static const struct lease_record odd = {.address = 5, .state = LEASE_BOUND, .client_length = 33};
    static const struct counter_record counter = {COUNTERS, 1};
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    assert_false(record_decode(&r, ENCODED(lease, &offered), &why));
    assert_false(record_decode(&r, ENCODED(lease, &odd), &why));
    assert_false(record_decode(&r, ENCODED(counter, &counter), &why));
    struct bytes b = ENCODED(device, &device);
    bytes[0] = 99;
    assert_false(record_decode(&r, b, &why));
    bytes[0] = RECORD_DEVICE;
    bytes[1] = 3;
    assert_false(record_decode(&r, b, &why));
    assert_string_equal(why.what, "operation of a record");
}

static void a_long_client_identifier_is_kept_as_a_digest_of_32_bytes(void **state)
{
    struct lease_record lease = {
        .address = IPV4(10, 0, 0, 9), .state = LEASE_BOUND, .client_length = 255, .until = 1234};
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    memset(lease.client, 0xab, sizeof lease.client);
    assert_true(record_decode(&r, ENCODED(lease, &lease), &why));
    assert_int_equal(r.lease.client_length, 255);
    assert_memory_equal(r.lease.client, lease.client, RECORD_CLIENT);
    assert_int_equal(r.lease.address, IPV4(10, 0, 0, 9));
}

static void the_largest_pool_fits_the_promised_most(void **state)
{
    struct pool_record pool = {.name = "P", .group = "G", .loads = RECORD_LOADS};
    uint8_t bytes[RECORD_MOST];
    struct record r;
    struct fault why;

    (void)state;
    for (int i = 0; i < RECORD_LOADS; i++) memset(pool.load[i].load, 'x', LOAD_NAME - 1);
    assert_true(record_decode(&r, ENCODED(pool, &pool), &why));
    assert_int_equal(r.pool.loads, RECORD_LOADS);
}

static void what_is_removed_carries_its_key_alone(void **state)
{
    uint8_t bytes[64];
    struct writer w = writer(bytes, sizeof bytes);
    struct record r;
    struct fault why;

    (void)state;
    device_remove_encode(&w, device.mac);
    assert_true(record_decode(&r, written(&w), &why));
    assert_int_equal(r.operation, RECORD_REMOVE);
    assert_true(mac_equal(r.device.mac, device.mac));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_comes_back_as_it_was_stored),
        cmocka_unit_test(no_cut_of_any_record_is_taken_and_no_longer_one),
        cmocka_unit_test(a_newer_version_is_not_half_understood),
        cmocka_unit_test(a_device_and_a_pool_of_version_1_still_load),
        cmocka_unit_test(the_largest_device_fits_and_one_line_more_is_refused),
        cmocka_unit_test(values_that_no_record_has_are_refused),
        cmocka_unit_test(a_long_client_identifier_is_kept_as_a_digest_of_32_bytes),
        cmocka_unit_test(the_largest_pool_fits_the_promised_most),
        cmocka_unit_test(what_is_removed_carries_its_key_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
