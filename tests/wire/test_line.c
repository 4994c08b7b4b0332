#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/line.h"

/* A phone that is powered and has its link.
 *   02 wide pulses  00  4de1 code word  ffff4480 -48000 mV  000061a8 25,000 ohm  00000064 100 nF  0001e848 125,000 uA
 *   01 carrier  02 100 Mbit/s  01 full duplex  00 */
static const uint8_t powered[LINE_SIZE] = {0x02, 0x00, 0x4d, 0xe1, 0xff, 0xff, 0x44, 0x80, 0x00, 0x00, 0x61, 0xa8,
                                           0x00, 0x00, 0x00, 0x64, 0x00, 0x01, 0xe8, 0x48, 0x01, 0x02, 0x01, 0x00};

static const struct line meant = {.pulse = PULSE_WIDE,
                                  .word = 0x4de1,
                                  .millivolts = -48000,
                                  .ohms = 25000,
                                  .nanofarads = 100,
                                  .microamperes = 125000,
                                  .carrier = true,
                                  .speed = SPEED_100,
                                  .full_duplex = true};

static bool decodes(const uint8_t *at, size_t n, struct line *l, struct fault *why)
{
    uint8_t *exact = malloc(n ? n : 1); /* of its very size, so that the sanitizer sees each read behind it */
    bool ok;

    if (n) memcpy(exact, at, n);
    ok = line_decode(l, (struct bytes){exact, n}, why);
    free(exact);
    assert_int_equal(ok, why->kind == FAULT_NONE);
    return ok;
}

static void a_line_is_24_bytes_in_the_order_of_its_fields(void **state)
{
    struct line l;
    struct fault why;
    uint8_t room[LINE_SIZE + 1];
    struct writer w = writer(room, sizeof room);

    (void)state;
    assert_true(decodes(powered, sizeof powered, &l, &why));
    assert_true(line_equal(&l, &meant));
    write_u8(&w, 0x77);
    line_encode(&w, &meant);
    assert_int_equal(w.len, 1 + LINE_SIZE);
    assert_memory_equal(room + 1, powered, LINE_SIZE);
}

static void the_idle_line_is_open_and_silent_and_survives_the_round_trip(void **state)
{
    struct line l;
    struct fault why;
    uint8_t room[LINE_SIZE];
    struct writer w = writer(room, sizeof room);

    (void)state;
    assert_true(LINE_IDLE.pulse == PULSE_NONE && LINE_IDLE.millivolts == 0 && LINE_IDLE.ohms == UINT32_MAX);
    assert_true(LINE_IDLE.microamperes == 0 && !LINE_IDLE.carrier && LINE_IDLE.speed == SPEED_NONE);
    line_encode(&w, &LINE_IDLE);
    assert_true(decodes(room, sizeof room, &l, &why));
    assert_true(line_equal(&l, &LINE_IDLE));
}

static void two_lines_are_equal_only_if_each_field_is(void **state)
{
    struct line other[] = {meant, meant, meant, meant, meant, meant, meant, meant, meant};

    (void)state;
    other[0].pulse = PULSE_NARROW;
    other[1].word++;
    other[2].millivolts = -47999;
    other[3].ohms++;
    other[4].nanofarads++;
    other[5].microamperes++;
    other[6].carrier = false;
    other[7].speed = SPEED_1000;
    other[8].full_duplex = false;
    assert_true(line_equal(&meant, &meant));
    for (size_t i = 0; i < ARRAY_LENGTH(other); i++) assert_false(line_equal(&meant, &other[i]));
}

static void a_cut_at_every_byte_is_short_and_one_byte_more_is_long(void **state)
{
    uint8_t more[LINE_SIZE + 1] = {0};
    struct line l;
    struct fault why;

    (void)state;
    for (size_t n = 0; n < LINE_SIZE; n++) {
        assert_false(decodes(powered, n, &l, &why));
        assert_int_equal(why.kind, FAULT_SHORT);
    }
    assert_false(decodes(more, sizeof more, &l, &why));
    assert_int_equal(why.kind, FAULT_LONG);
}

static void values_that_a_line_does_not_have_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t least; /* the first value that is wrong there */
    } wrong[] = {{0, 3}, {1, 1}, {20, 2}, {21, 4}, {22, 2}, {23, 1}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        for (unsigned v = 0; v < 256; v++) {
            uint8_t bad[LINE_SIZE];
            struct line l;
            struct fault why;
            memcpy(bad, powered, sizeof bad);
            bad[wrong[i].at] = (uint8_t)v;
            assert_int_equal(decodes(bad, sizeof bad, &l, &why), v < wrong[i].least);
            if (v >= wrong[i].least) assert_int_equal(why.kind, FAULT_VALUE);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_24_bytes_in_the_order_of_its_fields),
        cmocka_unit_test(the_idle_line_is_open_and_silent_and_survives_the_round_trip),
        cmocka_unit_test(two_lines_are_equal_only_if_each_field_is),
        cmocka_unit_test(a_cut_at_every_byte_is_short_and_one_byte_more_is_long),
        cmocka_unit_test(values_that_a_line_does_not_have_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
