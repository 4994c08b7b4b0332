/* Image loads: whole or refused. */
#include "harness.h"
#include "provision/load.h"

static uint8_t image[LOAD_BUILT_IN_MOST], other[LOAD_BUILT_IN_MOST];
static struct load_info info;
static struct fault why;

static struct bytes small_load(void)
{
    static const uint8_t payload[700] = "a payload";
    struct writer w = writer(image, sizeof image);
    struct load_manifest m;

    load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of("P0030801SR02"));
    load_make(&w, &m, (struct bytes){payload, sizeof payload});
    assert_false(w.full);
    return written(&w);
}

static void a_load_that_was_made_opens_with_its_manifest_and_digest(void **state)
{
    (void)state;
    struct bytes load = small_load();
    struct digest content = digest_of(bytes_from(load, LOAD_HEADER));

    assert_true(load_open_bytes(&info, load, &why));
    assert_int_equal(why.kind, FAULT_NONE);
    assert_string_equal(info.manifest.name, "P0030801SR02");
    assert_int_equal(info.manifest.protocol, 11);
    assert_int_equal(info.length, load.len);
    assert_false(info.foreign);
    assert_memory_equal(&info.digest, &content, sizeof content);
}

/* 0 "DIALLOAD", 8 form 1, 10 flags 0, 12 manifest length, 16 payload length, 20 SHA-256, 52 zeros. */
static void the_header_is_as_it_is_described(void **state)
{
    (void)state;
    struct bytes load = small_load();
    struct reader r = reader(load, &why);

    assert_text(read_bytes(&r, 8), "DIALLOAD");
    assert_int_equal(read_be16(&r), 1);
    assert_int_equal(read_be16(&r), 0);
    uint32_t text = read_be32(&r);
    assert_int_equal(read_be32(&r), 700);
    assert_int_equal(LOAD_HEADER + text + 700, load.len);
    assert_true(bytes_begin(bytes_from(load, LOAD_HEADER), "name P0030801SR02\n"));
}

static void a_load_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    struct bytes load = small_load();

    for (size_t n = 0; n < load.len; n++) {
        assert_false(load_open_bytes(&info, (struct bytes){load.at, n}, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
        assert_true(why.at <= n);
        assert_string_equal(info.manifest.name, "");
    }
}

static void a_load_with_any_bit_flipped_is_refused(void **state)
{
    (void)state;
    struct bytes load = small_load();

    for (size_t i = 0; i < load.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            image[i] ^= (uint8_t)(1u << bit);
            assert_false(load_open_bytes(&info, load, &why));
            assert_true(why.kind != FAULT_NONE);
            image[i] ^= (uint8_t)(1u << bit);
        }
    assert_true(load_open_bytes(&info, load, &why));
}

static void a_flipped_byte_of_the_payload_is_a_wrong_digest(void **state)
{
    (void)state;
    struct bytes load = small_load();

    image[load.len - 1] ^= 0xff;
    assert_false(load_open_bytes(&info, load, &why));
    assert_int_equal(why.kind, FAULT_CHECK);
}

/* A bank of flash is larger than what is in it: what stands behind a load is of no matter there. A file must end. */
struct bank {
    struct bytes bytes;
    size_t reads, most;
};

static bool read_bank(void *context, size_t at, uint8_t *to, size_t n)
{
    struct bank *b = context;

    b->reads++;
    if (n > b->most) b->most = n;
    if (at > b->bytes.len || b->bytes.len - at < n) return false;
    memcpy(to, b->bytes.at + at, n);
    return true;
}

static void a_load_in_flash_is_read_a_part_at_a_time_and_ends_where_it_says(void **state)
{
    (void)state;
    struct bytes load = small_load();
    struct bank bank = {.bytes = {image, sizeof image}};

    memset(image + load.len, 0xff, sizeof image - load.len);
    assert_true(load_open(&info, read_bank, &bank, sizeof image, &why));
    assert_int_equal(info.length, load.len);
    assert_true(bank.most <= LOAD_MANIFEST_MOST);
    assert_false(load_open_bytes(&info, (struct bytes){image, load.len + 1}, &why));
    assert_int_equal(why.kind, FAULT_LONG);
    assert_int_equal(why.at, load.len);
}

static void a_load_larger_than_its_bank_is_refused(void **state)
{
    (void)state;
    struct bytes load = small_load();
    struct bank bank = {.bytes = load};

    assert_true(load_open(&info, read_bank, &bank, load.len, &why));
    assert_false(load_open(&info, read_bank, &bank, load.len - 1, &why));
    assert_int_equal(why.kind, FAULT_LONG);
    assert_false(load_open(&info, read_bank, &bank, LOAD_HEADER, &why));
    assert_int_equal(why.kind, FAULT_LONG);
    assert_false(load_open(&info, read_bank, &bank, LOAD_HEADER - 1, &why));
    assert_int_equal(why.kind, FAULT_SHORT);
}

static void a_sound_file_with_a_bad_manifest_is_refused_where_it_is_bad(void **state)
{
    (void)state;
    struct load_manifest m;
    struct writer w = writer(image, sizeof image);

    load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of("X"));
    strcpy(m.name, "a/b");
    load_make(&w, &m, TEXT("payload"));
    assert_false(load_open_bytes(&info, written(&w), &why));
    assert_int_equal(why.kind, FAULT_VALUE);
    assert_string_equal(why.what, "name");
    assert_int_equal(why.at, LOAD_HEADER + strlen("name "));
}

static void what_is_no_load_at_all_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];

    assert_false(load_open_bytes(&info, (struct bytes){zeros, sizeof zeros}, &why));
    assert_int_equal(why.kind, FAULT_VALUE);
    assert_int_equal(why.at, 0);
    assert_false(load_open_bytes(&info, (struct bytes){NULL, 0}, &why));
    assert_int_equal(why.kind, FAULT_SHORT);
}

static void every_sccp_model_has_its_newest_and_an_older_load(void **state)
{
    (void)state;
    size_t least = SIZE_MAX, most = 0;

    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *model = model_at(i);
        const char *newest = load_built_in(model, false), *older = load_built_in(model, true);
        if (!model->speaks_sccp) {
            assert_null(newest);
            assert_null(older);
            continue;
        }
        assert_non_null(newest);
        assert_non_null(older);
        assert_string_not_equal(newest, older);
        if (model->load[0]) assert_string_equal(newest, model->load);
        if (model->needs_xml == XML_NO) assert_true(strlen(newest) <= 16 && strlen(older) <= 16); /* SCCP Version */
        for (int k = 0; k < 2; k++) {
            struct writer w = writer(image, sizeof image);
            assert_true(load_built_in_make(&w, bytes_of(k ? older : newest)));
            assert_false(w.full);
            assert_true(load_open_bytes(&info, written(&w), &why));
            assert_string_equal(info.manifest.name, k ? older : newest);
            assert_true(load_fits(&info.manifest, model->device_type, 1));
            if (w.len < least) least = w.len;
            if (w.len > most) most = w.len;
        }
    }
    assert_true(least >= 8192 && most <= LOAD_BUILT_IN_MOST && most - least > 8192);
    assert_null(load_built_in(NULL, false));
}

static void a_built_in_load_is_the_same_each_time_and_another_name_another_load(void **state)
{
    (void)state;
    struct writer a = writer(image, sizeof image), b = writer(other, sizeof other), c = writer(other, sizeof other);

    assert_true(load_built_in_make(&a, bytes_of("P0030801SR02")));
    assert_true(load_built_in_make(&b, bytes_of("P0030801SR02")));
    assert_true(bytes_equal(written(&a), written(&b)));
    assert_true(load_built_in_make(&c, bytes_of("P00307020200")));
    assert_true(a.len != c.len);
    assert_false(load_built_in_make(&c, bytes_of("P0030801SR03")));
    assert_false(load_built_in_make(&c, bytes_of("")));
    assert_false(load_built_in_make(&c, bytes_of("sip78xx.12-5-1SR2-2")));
}

static void a_load_is_made_behind_what_the_writer_holds_and_never_past_its_end(void **state)
{
    (void)state;
    struct writer w = writer(image, sizeof image), small = writer(other, 9000);

    write_text(&w, "before");
    struct load_manifest m;
    load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of("P0030801SR02"));
    load_make(&w, &m, TEXT("payload"));
    assert_true(load_open_bytes(&info, written_from(&w, 6), &why));
    assert_true(load_built_in_make(&small, bytes_of("SCCP70.9-4-2SR3-1S")));
    assert_true(small.full && small.len <= 9000);
}

/* A vendor's file is told by its signed header: see test_loads_list.c for its parts. */
static size_t foreign(uint8_t *to, size_t size, const char *name)
{
    struct writer w = writer(to, size);

    write_bytes(&w, TEXT("\1\0\2\1\2\2\0\2\0\0\x0c\1\0"));
    write_zeros(&w, 256);
    write_u8(&w, 0x0e);
    write_be16(&w, (uint16_t)(strlen(name) + 1));
    write_text(&w, name);
    write_u8(&w, 0);
    patch_be16(&w, 8, (uint16_t)w.len);
    write_text(&w, "whatever the vendor has in it");
    return w.len;
}

static void a_vendors_load_opens_with_the_manifest_of_its_name(void **state)
{
    (void)state;
    size_t n = foreign(image, sizeof image, "SCCP41.8-5-3S.loads");
    struct digest content = digest_of((struct bytes){image, n});

    assert_true(load_open_bytes(&info, (struct bytes){image, n}, &why));
    assert_true(info.foreign);
    assert_int_equal(info.length, n);
    assert_memory_equal(&info.digest, &content, sizeof content);
    assert_string_equal(info.manifest.name, "SCCP41.8-5-3S");
    assert_int_equal(info.manifest.protocol, 17);
    assert_true(load_fits(&info.manifest, 115, 1) && load_fits(&info.manifest, 30018, 1));
    assert_false(load_fits(&info.manifest, 7, 1));
}

static void a_vendors_load_for_no_phone_of_ours_fits_nothing(void **state)
{
    (void)state;
    size_t n = foreign(image, sizeof image, "P0S3-8-12-00.sbn");

    assert_true(load_open_bytes(&info, (struct bytes){image, n}, &why));
    assert_string_equal(info.manifest.name, "P0S3-8-12-00");
    assert_int_equal(info.manifest.models, 0);
}

static void a_vendors_load_cut_in_its_header_is_refused(void **state)
{
    (void)state;
    foreign(image, sizeof image, "SCCP41.8-5-3S.loads");

    for (size_t n = 0; n < 10 + 3 + 256 + 3 + 20; n++)
        assert_false(load_open_bytes(&info, (struct bytes){image, n}, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_that_was_made_opens_with_its_manifest_and_digest),
        cmocka_unit_test(the_header_is_as_it_is_described),
        cmocka_unit_test(a_load_cut_at_any_byte_is_refused),
        cmocka_unit_test(a_load_with_any_bit_flipped_is_refused),
        cmocka_unit_test(a_flipped_byte_of_the_payload_is_a_wrong_digest),
        cmocka_unit_test(a_load_in_flash_is_read_a_part_at_a_time_and_ends_where_it_says),
        cmocka_unit_test(a_load_larger_than_its_bank_is_refused),
        cmocka_unit_test(a_sound_file_with_a_bad_manifest_is_refused_where_it_is_bad),
        cmocka_unit_test(what_is_no_load_at_all_is_refused),
        cmocka_unit_test(every_sccp_model_has_its_newest_and_an_older_load),
        cmocka_unit_test(a_built_in_load_is_the_same_each_time_and_another_name_another_load),
        cmocka_unit_test(a_load_is_made_behind_what_the_writer_holds_and_never_past_its_end),
        cmocka_unit_test(a_vendors_load_opens_with_the_manifest_of_its_name),
        cmocka_unit_test(a_vendors_load_for_no_phone_of_ours_fits_nothing),
        cmocka_unit_test(a_vendors_load_cut_in_its_header_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
