#include <stdlib.h>
#include "base/random.h"
#include "phone/world.h"

static uint8_t memory[FLASH_SIZE], before[FLASH_SIZE];
static struct world w;

static bool read_memory(void *context, size_t at, uint8_t *to, size_t n)
{
    (void)context;
    if (at > FLASH_SIZE || n > FLASH_SIZE - at) return false;
    memcpy(to, memory + at, n);
    return true;
}

static const struct flash flash = {{read_memory, NULL, NULL}};
static struct action actions[4];
static uint8_t stored[FLASH_BANK];
static struct outbox out;

static struct outbox *fresh(void)
{
    outbox_init(&out, actions, ARRAY_LENGTH(actions), stored, sizeof stored);
    return &out;
}

/* Applies the first n bytes of what was stored. */
static void apply(size_t n)
{
    for (uint32_t i = 0; i < out.count; i++) {
        struct bytes b = payload(&out, i);
        assert_int_equal(out.actions[i].kind, ACTION_STORE);
        for (size_t k = 0; k < b.len && n; k++, n--) memory[out.actions[i].stream + k] = b.at[k];
    }
}

static bool reads(enum flash_record record, const char *text, uint32_t sequence)
{
    uint8_t to[FLASH_TEXT];
    uint32_t s;
    size_t n = flash_record_read(&flash, record, to, sizeof to, &s);

    return bytes_are((struct bytes){to, n}, text) && s == sequence;
}

static void write(enum flash_record record, const char *text, size_t cut)
{
    flash_record_write(&flash, record, bytes_of(text), fresh());
    apply(cut);
}

static void a_record_is_written_in_turns_and_the_newer_slot_counts(void **state)
{
    (void)state;
    flash_format(memory, bytes_of(""), bytes_of(""));
    assert_true(reads(FLASH_PREFERENCES, "", 0));
    write(FLASH_PREFERENCES, "ring 1", SIZE_MAX);
    assert_true(reads(FLASH_PREFERENCES, "ring 1", 1));
    uint32_t first = out.actions[0].stream;
    write(FLASH_PREFERENCES, "ring 2", SIZE_MAX);
    assert_true(reads(FLASH_PREFERENCES, "ring 2", 2));
    assert_int_equal(out.actions[0].stream, first + FLASH_RECORD_SLOT);
    write(FLASH_PREFERENCES, "ring 3", SIZE_MAX);
    assert_int_equal(out.actions[0].stream, first);
    assert_true(reads(FLASH_PREFERENCES, "ring 3", 3));
    memory[first + 12] ^= 1; /* a torn slot: the one before counts, and the next write goes over the torn one */
    assert_true(reads(FLASH_PREFERENCES, "ring 2", 2));
    write(FLASH_PREFERENCES, "ring 4", SIZE_MAX);
    assert_int_equal(out.actions[0].stream, first);
    assert_true(reads(FLASH_PREFERENCES, "ring 4", 3));
}

static void a_record_cut_at_any_byte_is_the_old_or_the_new_one(void **state)
{
    static const char old[] = "contrast 7\nring 2\n", new[] = "admin-vlan 110\ncontrast 9\nalternate-tftp 10.0.0.9\n";
    static const enum flash_record records[] = {FLASH_PREFERENCES, FLASH_CONFIGURATION};

    (void)state;
    for (size_t r = 0; r < ARRAY_LENGTH(records); r++)
        for (unsigned turns = 1; turns < 3; turns++) {
            flash_format(memory, bytes_of(""), bytes_of(""));
            for (unsigned i = 0; i < turns; i++) write(records[r], old, SIZE_MAX);
            memcpy(before, memory, sizeof before);
            write(records[r], new, 0);
            size_t whole = out.bytes.len;
            assert_int_equal(whole, 10 + sizeof new - 1 + 8);
            for (size_t cut = 0; cut <= whole; cut++) {
                memcpy(memory, before, sizeof memory);
                apply(cut);
                assert_true(cut == whole ? reads(records[r], new, turns + 1) : reads(records[r], old, turns));
            }
        }
}

static void the_sequence_of_a_record_may_roll_over(void **state)
{
    (void)state;
    flash_format(memory, bytes_of(""), bytes_of(""));
    struct writer s = writer(memory + 1024, FLASH_RECORD_SLOT); /* slot A as the header of flash.h has it */
    write_text(&s, "DTFR");
    write_be32(&s, UINT32_MAX);
    write_be16(&s, 6);
    write_text(&s, "ring 1");
    struct digest d = digest_of(written(&s));
    write_bytes(&s, (struct bytes){d.byte, 8});
    assert_true(reads(FLASH_PREFERENCES, "ring 1", UINT32_MAX));
    write(FLASH_PREFERENCES, "ring 2", SIZE_MAX);
    assert_true(reads(FLASH_PREFERENCES, "ring 2", 1));
    write(FLASH_PREFERENCES, "ring 3", SIZE_MAX);
    assert_true(reads(FLASH_PREFERENCES, "ring 3", 2));
}

/* Found by fuzz_flash: two slots of one number. No phone of ours writes that; what counts must not be written over even
 * so. */
static void of_two_slots_with_the_same_sequence_the_one_that_counts_is_spared(void **state)
{
    (void)state;
    flash_format(memory, bytes_of(""), bytes_of(""));
    write(FLASH_PREFERENCES, "ring 1", SIZE_MAX);
    memcpy(memory + 1024 + FLASH_RECORD_SLOT, memory + 1024, FLASH_RECORD_SLOT);
    uint32_t first = 1024;
    write(FLASH_PREFERENCES, "ring 2", SIZE_MAX);
    assert_int_not_equal(out.actions[0].stream, first);
    assert_true(reads(FLASH_PREFERENCES, "ring 2", 2));
}

static void the_loader_boots_the_other_bank_when_the_named_one_is_corrupt_and_says_why(void **state)
{
    struct flash_boot boot;
    static uint8_t image[LOAD_BUILT_IN_MOST];
    struct writer i = writer(image, sizeof image);

    (void)state;
    assert_true(load_built_in_make(&i, bytes_of("P0030801SR02")));
    flash_format(memory, written(&i), bytes_of(""));
    flash_boot(&flash, 7, 1, &boot);
    assert_int_equal(boot.bank, 0);
    assert_int_equal(boot.refused.kind, FAULT_NONE);
    i.len = 0;
    assert_true(load_built_in_make(&i, bytes_of("P00307020200")));
    memcpy(memory + FLASH_BANK_AT + FLASH_BANK, image, i.len);
    memory[FLASH_BANK_AT + 9000] ^= 0x20;
    flash_boot(&flash, 7, 1, &boot);
    assert_int_equal(boot.bank, 1);
    assert_string_equal(boot.load.manifest.name, "P00307020200");
    assert_int_equal(boot.refused.kind, FAULT_CHECK);
    assert_int_equal(boot.refused_bank, 0);
    memory[FLASH_BANK_AT + FLASH_BANK + 200] ^= 0x20;
    flash_boot(&flash, 7, 1, &boot);
    assert_int_equal(boot.bank, FLASH_BANKS);
    assert_int_equal(boot.refused_bank, 0);
}

static void a_load_for_other_hardware_is_passed_over(void **state)
{
    struct flash_boot boot;
    static uint8_t image[LOAD_BUILT_IN_MOST];
    struct writer i = writer(image, sizeof image);

    (void)state;
    assert_true(load_built_in_make(&i, bytes_of("P0030801SR02")));
    flash_format(memory, written(&i), bytes_of(""));
    flash_boot(&flash, 30006, 1, &boot);
    assert_int_equal(boot.bank, FLASH_BANKS);
    assert_int_equal(boot.refused.kind, FAULT_ORDER);
    assert_string_equal(boot.refused.what, "load does not fit this hardware");
}

static void random_flash_is_as_if_nothing_were_there(void **state)
{
    struct random r = random_from(7);
    struct flash_boot boot;
    uint8_t text[FLASH_TEXT];

    (void)state;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < FLASH_SIZE; i++) memory[i] = (uint8_t)random_u32(&r);
        flash_boot(&flash, 7, 1, &boot);
        assert_int_equal(boot.bank, FLASH_BANKS);
        assert_int_not_equal(boot.refused.kind, FAULT_NONE);
        assert_int_equal(flash_record_read(&flash, FLASH_PREFERENCES, text, sizeof text, NULL), 0);
        assert_int_equal(flash_record_read(&flash, FLASH_CONFIGURATION, text, sizeof text, NULL), 0);
        write(FLASH_PREFERENCES, "ring 1", SIZE_MAX); /* and it can be used again */
        assert_true(reads(FLASH_PREFERENCES, "ring 1", 1));
    }
}

static void a_write_beyond_a_bank_writes_nothing(void **state)
{
    (void)state;
    flash_bank_write(0, FLASH_BANK - 3, bytes_of("four"), fresh());
    flash_bank_write(2, 0, bytes_of("four"), &out);
    flash_bank_write(1, SIZE_MAX, bytes_of("four"), &out);
    assert_int_equal(out.count, 0);
    flash_bank_write(1, FLASH_BANK - 4, bytes_of("four"), &out);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.actions[0].stream + 4, FLASH_SIZE);
}

static void preferences_are_lines_of_a_key_and_a_value(void **state)
{
    struct preferences p;
    struct fault why;
    static const char *const bad[] = {"ring 0",
                                      "ring x",
                                      "admin-vlan 4095",
                                      "alternate-tftp 10.0.0",
                                      "contrast 256",
                                      "admin-vlan",
                                      "static-address 10.0.0.1",
                                      "static-address 10.0.0.1/0",
                                      "static-address 10.0.0.1/31",
                                      "static-address 10.0.0.50/24,x"};

    (void)state;
    assert_true(
        preferences_read(&p,
                         bytes_of("ring 2\ncontrast 7\n\nadmin-vlan 110\nalternate-tftp 10.0.0.9\nunknown thing\n"
                                  "static-address 10.0.0.50/24,10.0.0.1"),
                         &why));
    assert_int_equal(p.ring, 2);
    assert_int_equal(p.contrast, 7);
    assert_int_equal(p.admin_vlan, 110);
    assert_int_equal(p.alternate_tftp, IPV4(10, 0, 0, 9));
    assert_int_equal(p.address, IPV4(10, 0, 0, 50));
    assert_int_equal(p.mask, IPV4(255, 255, 255, 0));
    assert_int_equal(p.router, IPV4(10, 0, 0, 1));
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        if (preferences_read(&p, bytes_of(bad[i]), &why)) fail_msg("%s", bad[i]);
        assert_int_equal(why.kind, FAULT_VALUE);
    }
    assert_false(preferences_read(&p, bytes_of("contrast 7\nring x\n"), &why));
    assert_int_equal(why.at, 11);
    assert_true(preferences_check(bytes_of("ring"), bytes_of("3")));
    assert_false(preferences_check(bytes_of("ring"), bytes_of("300")));
    assert_false(preferences_check(bytes_of("tone"), bytes_of("3")));
}

/* ---- an upgrade, whole */
static const char own[] = "SEP020000000001.cnf.xml";

static void start_upgrade(void)
{
    world_init(&w, "7960", "P00307020200", "ring 2\ncontrast 7\n");
    world_document(&w, own, "", 2); /* first it registers, so that there is a last good configuration */
    world_plug(&w);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    world_document(&w, own, "P0030801SR02", 2);
    world_load(&w, "P0030801SR02");
    world_unplug(&w);
    world_run(&w, SECOND);
    world_restart(&w);
}

static void an_upgrade_keeps_preferences_and_the_last_good_configuration(void **state)
{
    uint8_t good[FLASH_TEXT], now[FLASH_TEXT];

    (void)state;
    start_upgrade();
    size_t n = flash_record_read(&w.phone.config.flash, FLASH_CONFIGURATION, good, sizeof good, NULL);
    assert_true(n > 0);
    world_plug(&w);
    assert_true(world_until(&w, PHONE_UPGRADED, 20 * SECOND));
    assert_int_equal(flash_record_read(&w.phone.config.flash, FLASH_CONFIGURATION, now, sizeof now, NULL), n);
    assert_memory_equal(good, now, n);
    assert_true(world_until(&w, PHONE_REGISTERED, 20 * SECOND));
    assert_string_equal(w.phone.load.name, "P0030801SR02");
    assert_int_equal(w.phone.bank, 1);
    assert_int_equal(w.phone.preferences.ring, 2);
    assert_int_equal(w.phone.preferences.contrast, 7);
}

/* The whole of what an upgrade stores, cut at every byte: each time the flash is what a phone then boots from. */
static void an_upgrade_cut_at_every_byte_leaves_a_phone_that_boots(void **state)
{
    static uint8_t journal[200000], start[FLASH_SIZE];
    static struct {
        size_t at, to, len;
    } piece[400];
    size_t pieces = 0, total = 0, boots_new = 0;

    (void)state;
    start_upgrade();
    memcpy(start, w.flash, sizeof start);
    world_plug(&w);
    while (world_count(&w, PHONE_UPGRADED) == 0) { /* what it stores, step by step, taken from the difference */
        memcpy(before, w.flash, sizeof before);
        unsigned stores = w.stores;
        assert_true(world_next(&w, NEVER));
        if (w.stores == stores) continue;
        size_t a = 0, b = FLASH_SIZE;
        while (a < FLASH_SIZE && before[a] == w.flash[a]) a++;
        while (b > a && before[b - 1] == w.flash[b - 1]) b--;
        if (a == b) continue;
        assert_true(pieces < ARRAY_LENGTH(piece) && total + (b - a) <= sizeof journal);
        piece[pieces].at = total;
        piece[pieces].to = a;
        piece[pieces++].len = b - a;
        memcpy(journal + total, w.flash + a, b - a);
        total += b - a;
    }
    assert_true(total > 8192);
    memcpy(memory, start, sizeof memory);
    for (size_t i = 0; i < pieces; i++)
        for (size_t k = 0; k < piece[i].len; k++) {
            struct flash_boot boot;
            memory[piece[i].to + k] = journal[piece[i].at + k];
            bool named_is_touched =
                piece[i].to + piece[i].len > FLASH_BANK_AT && piece[i].to < FLASH_BANK_AT + FLASH_BANK;
            assert_false(named_is_touched);
            flash_boot(&flash, 7, 1, &boot);
            assert_int_not_equal(boot.bank, FLASH_BANKS);
            assert_true(bytes_are(bytes_of(boot.load.manifest.name), boot.bank ? "P0030801SR02" : "P00307020200"));
            assert_int_equal(boot.refused.kind, FAULT_NONE);
            boots_new += boot.bank == 1;
            uint8_t text[FLASH_TEXT];
            size_t n = flash_record_read(&flash, FLASH_PREFERENCES, text, sizeof text, NULL);
            assert_true(bytes_are((struct bytes){text, n}, "ring 2\ncontrast 7\n"));
            assert_true(flash_record_read(&flash, FLASH_CONFIGURATION, text, sizeof text, NULL) > 0);
        }
    assert_int_equal(boots_new, 1); /* only the last byte of all makes it the new one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_written_in_turns_and_the_newer_slot_counts),
        cmocka_unit_test(a_record_cut_at_any_byte_is_the_old_or_the_new_one),
        cmocka_unit_test(the_sequence_of_a_record_may_roll_over),
        cmocka_unit_test(of_two_slots_with_the_same_sequence_the_one_that_counts_is_spared),
        cmocka_unit_test(the_loader_boots_the_other_bank_when_the_named_one_is_corrupt_and_says_why),
        cmocka_unit_test(a_load_for_other_hardware_is_passed_over),
        cmocka_unit_test(random_flash_is_as_if_nothing_were_there),
        cmocka_unit_test(a_write_beyond_a_bank_writes_nothing),
        cmocka_unit_test(preferences_are_lines_of_a_key_and_a_value),
        cmocka_unit_test(an_upgrade_keeps_preferences_and_the_last_good_configuration),
        cmocka_unit_test(an_upgrade_cut_at_every_byte_leaves_a_phone_that_boots),
    };

    return cmocka_run_group_tests_name("phone/flash", tests, NULL, NULL);
}
