/* lab/flash_chip.h: a chip reads as the plain memory would that was written in the same way, and costs little. */
#include "plan.h"
#include "base/random.h"
#include "lab/flash_chip.h"

struct bench {
    struct file file[2], more;
    struct chip_loads loads;
    struct flash_chip chip;
    uint8_t plain[FLASH_SIZE];
};

static struct bytes load(const char *name)
{
    uint8_t *bytes = malloc(LOAD_BUILT_IN_MOST);
    struct writer w = writer(bytes, LOAD_BUILT_IN_MOST);

    assert_true(load_built_in_make(&w, bytes_of(name)));
    return written(&w);
}

static struct bench *bench_of(const char *preferences)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct phone_model *m = model_find(bytes_of("7960"));

    b->file[0] = (struct file){bytes_of("new.bin"), load(load_built_in(m, false))};
    b->file[1] = (struct file){bytes_of("other.bin"), load(load_built_in(model_find(bytes_of("7970")), false))};
    b->more = (struct file){bytes_of("old"), load(load_built_in(m, true))};
    chip_loads_init(&b->loads, b->file, 2, &b->more);
    b->loads.count = 1;
    assert_true(chip_open(&b->chip, &b->loads, &b->more.bytes, bytes_of(preferences)));
    flash_format(b->plain, b->more.bytes, bytes_of(preferences));
    return b;
}

static void end(struct bench *b)
{
    chip_close(&b->chip);
    for (int i = 0; i < 2; i++) free((void *)(uintptr_t)b->file[i].bytes.at);
    free((void *)(uintptr_t)b->more.bytes.at);
    free(b);
}

static void write_both(struct bench *b, size_t at, struct bytes bytes)
{
    assert_true(chip_write(&b->chip, at, bytes));
    memcpy(b->plain + at, bytes.at, bytes.len);
}

static void reads_as_plain(struct bench *b)
{
    uint8_t all[FLASH_SIZE];

    assert_true(chip_read(&b->chip, 0, all, sizeof all));
    assert_memory_equal(all, b->plain, sizeof all);
}

static void a_new_phone_keeps_no_bytes_but_its_preferences(void **state)
{
    struct bench *plain = bench_of(""), *ring = bench_of("ring 3\n");

    (void)state;
    reads_as_plain(plain);
    reads_as_plain(ring);
    assert_int_equal(chip_memory(&plain->chip), sizeof plain->chip);
    assert_in_range(chip_memory(&ring->chip), sizeof ring->chip + 1, sizeof ring->chip + 2 * sizeof(struct chip_page));
    end(plain);
    end(ring);
}

static void an_upgrade_costs_nothing_while_it_comes_and_nothing_when_it_is_there(void **state)
{
    struct bench *b = bench_of("");
    struct bytes rest = b->file[0].bytes;

    (void)state;
    for (size_t at = 0; rest.len; at += 512, rest = bytes_from(rest, 512 < rest.len ? 512 : rest.len)) {
        write_both(b, FLASH_BANK_AT + FLASH_BANK + at, (struct bytes){rest.at, rest.len < 512 ? rest.len : 512});
        reads_as_plain(b);
        assert_int_equal(chip_memory(&b->chip), sizeof b->chip);
    }
    assert_ptr_equal(b->chip.bank[1].under, &b->file[0].bytes);
    end(b);
}

static void an_upgrade_that_breaks_off_leaves_what_was_there_behind_it(void **state)
{
    struct bench *b = bench_of("");

    (void)state;
    write_both(b, FLASH_BANK_AT, (struct bytes){b->file[0].bytes.at, 512});
    reads_as_plain(b);                                                      /* the old load's bytes from 512 on */
    write_both(b, FLASH_BANK_AT, (struct bytes){b->file[1].bytes.at, 512}); /* another one begins */
    reads_as_plain(b);
    write_both(b, FLASH_BANK_AT + 512, (struct bytes){b->file[1].bytes.at + 512, 512});
    write_both(b, FLASH_BANK_AT, (struct bytes){b->file[0].bytes.at, 512}); /* and the first again, over more of it */
    reads_as_plain(b);
    end(b);
}

static void a_load_that_nobody_knows_is_a_bank_of_its_own_until_a_known_one_stands_there(void **state)
{
    struct bench *b = bench_of("");
    uint8_t byte = b->more.bytes.at[200] ^ 0x40;

    (void)state;
    write_both(b, FLASH_BANK_AT + 200, (struct bytes){&byte, 1});
    reads_as_plain(b);
    assert_true(chip_memory(&b->chip) >= FLASH_BANK);
    byte ^= 0x40;
    write_both(b, FLASH_BANK_AT + 200, (struct bytes){&byte, 1});
    reads_as_plain(b);
    assert_int_equal(chip_memory(&b->chip), sizeof b->chip);
    end(b);
}

static void any_writes_read_back_as_from_plain_memory(void **state)
{
    struct random r = random_from(11);

    (void)state;
    for (int run = 0; run < 40; run++) {
        struct bench *b = bench_of(run % 2 ? "contrast 4\n" : "");
        for (int n = 0; n < 60; n++) {
            uint8_t bytes[1500];
            size_t len = 1 + random_below(&r, sizeof bytes), at = random_below(&r, FLASH_SIZE - (uint32_t)len);
            if (random_below(&r, 3)) at = random_below(&r, FLASH_BANK_AT);
            for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)random_u64(&r);
            write_both(b, at, (struct bytes){bytes, len});
        }
        reads_as_plain(b);
        end(b);
    }
}

static void beyond_its_end_there_is_nothing(void **state)
{
    struct bench *b = bench_of("");
    uint8_t two[2] = {1, 2};

    (void)state;
    assert_false(chip_read(&b->chip, FLASH_SIZE - 1, two, 2));
    assert_false(chip_write(&b->chip, FLASH_SIZE - 1, (struct bytes){two, 2}));
    reads_as_plain(b);
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_phone_keeps_no_bytes_but_its_preferences),
        cmocka_unit_test(an_upgrade_costs_nothing_while_it_comes_and_nothing_when_it_is_there),
        cmocka_unit_test(an_upgrade_that_breaks_off_leaves_what_was_there_behind_it),
        cmocka_unit_test(a_load_that_nobody_knows_is_a_bank_of_its_own_until_a_known_one_stands_there),
        cmocka_unit_test(any_writes_read_back_as_from_plain_memory),
        cmocka_unit_test(beyond_its_end_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
