#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/address.h"

static const struct mac first = {{0x02, 0x00, 0x5e, 0xab, 0xcd, 0xef}};

static void a_mac_is_read_written_and_numbered_in_the_order_one_reads_it(void **state)
{
    uint8_t room[6];
    struct writer w = writer(room, sizeof room);
    struct fault why;

    (void)state;
    write_mac(&w, first);
    assert_memory_equal(room, "\x02\x00\x5e\xab\xcd\xef", 6);
    struct reader r = reader(written(&w), &why);
    assert_true(mac_equal(read_mac(&r), first) && sound(&r));
    assert_true(mac_is_none(read_mac(&r)) && !sound(&r)); /* past the end */
    assert_true(mac_number(first) == 0x02005eabcdef);
    assert_true(mac_equal(mac_from_number(0x02005eabcdef), first));
    assert_true(mac_equal(mac_from_number(0xffff000000000000), MAC_NONE)); /* 48 bits count */
}

static void groups_are_told_by_their_first_bit_on_the_wire(void **state)
{
    (void)state;
    assert_true(mac_is_group(MAC_BROADCAST));
    assert_true(mac_is_group(mac_from_number(0x01000ccccccc)));
    assert_true(mac_is_group(mac_from_number(0x0180c200000e)));
    assert_false(mac_is_group(first) || mac_is_group(MAC_NONE));
    assert_true(mac_is_none(MAC_NONE) && !mac_is_none(first));
}

static void a_mac_is_written_with_colons_and_small_letters(void **state)
{
    char text[MAC_TEXT];

    (void)state;
    assert_ptr_equal(mac_text(text, first), text);
    assert_string_equal(text, "02:00:5e:ab:cd:ef");
}

static void a_mac_is_read_in_each_of_its_usual_forms(void **state)
{
    static const char *const forms[] = {"02:00:5e:ab:cd:ef", "02-00-5E-AB-CD-EF", "0200.5eab.cdef", "02005EABCDEF"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        struct mac m = MAC_NONE;
        assert_true(mac_parse(bytes_of(forms[i]), &m));
        assert_true(mac_equal(m, first));
    }
}

static void what_is_no_mac_is_refused_and_changes_nothing(void **state)
{
    static const char *const wrong[] = {"",
                                        "02:00:5e:ab:cd",
                                        "02:00:5e:ab:cd:e",
                                        "02:00:5e:ab:cd:ef:",
                                        ":02:00:5e:ab:cd:ef",
                                        "02:00:5e:ab:cd:ef0",
                                        "0:2:0:5:e:a:b:c:d:e:f:0",
                                        "02:00:5e:ab:cd:eg",
                                        "02 00 5e ab cd ef",
                                        "02005eabcdef0",
                                        "020.05e.abc.def"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct mac m = first;
        assert_false(mac_parse(bytes_of(wrong[i]), &m));
        assert_true(mac_equal(m, first));
    }
}

static void an_ipv4_address_is_a_number_in_host_order_and_its_text(void **state)
{
    static const struct {
        ipv4 address;
        const char *text;
    } each[] = {{0, "0.0.0.0"},
                {IPV4(10, 0, 0, 1), "10.0.0.1"},
                {IPV4(192, 168, 100, 9), "192.168.100.9"},
                {IPV4_BROADCAST, "255.255.255.255"}};

    (void)state;
    assert_int_equal(IPV4(10, 0, 0, 1), 0x0a000001);
    for (size_t i = 0; i < ARRAY_LENGTH(each); i++) {
        char text[IPV4_TEXT];
        ipv4 back = 1;
        memset(text, '?', sizeof text);
        assert_ptr_equal(ipv4_text(text, each[i].address), text);
        assert_string_equal(text, each[i].text);
        assert_true(ipv4_parse(bytes_of(each[i].text), &back));
        assert_int_equal(back, each[i].address);
    }
}

static void what_is_no_ipv4_address_is_refused_and_changes_nothing(void **state)
{
    static const char *const wrong[] = {"",          "10",         "10.0.0",    "10.0.0.",    "10.0.0.1.",
                                        ".10.0.0.1", "10.0.0.01",  "010.0.0.1", "256.0.0.1",  "10.0.0.-1",
                                        "10..0.1",   "10.0.0.1 ",  " 10.0.0.1", "10.0.0.1.2", "10.0.0.0001",
                                        "10.0.0.a",  "0x0a.0.0.1", "10,0,0,1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        ipv4 a = 42;
        assert_false(ipv4_parse(bytes_of(wrong[i]), &a));
        assert_int_equal(a, 42);
    }
}

static void a_mask_is_as_many_leading_ones_as_its_prefix_says(void **state)
{
    (void)state;
    assert_int_equal(ipv4_mask(0), 0);
    assert_int_equal(ipv4_mask(1), IPV4(128, 0, 0, 0));
    assert_int_equal(ipv4_mask(24), IPV4(255, 255, 255, 0));
    assert_int_equal(ipv4_mask(32), IPV4_BROADCAST);
    assert_int_equal(ipv4_mask(33), IPV4_BROADCAST);
    for (unsigned n = 0; n <= 32; n++) assert_int_equal(ipv4_prefix(ipv4_mask(n)), n);
    assert_int_equal(ipv4_prefix(IPV4(255, 0, 255, 0)), 8); /* no mask: what leads counts */
}

static void a_mask_decides_what_is_the_same_subnet(void **state)
{
    const ipv4 a = IPV4(10, 0, 0, 20);

    (void)state;
    assert_true(ipv4_same_subnet(a, IPV4(10, 0, 0, 254), IPV4(255, 255, 255, 0)));
    assert_false(ipv4_same_subnet(a, IPV4(10, 0, 1, 20), IPV4(255, 255, 255, 0)));
    assert_true(ipv4_same_subnet(a, IPV4(10, 0, 1, 20), IPV4(255, 255, 254, 0)));
    assert_false(ipv4_same_subnet(a, IPV4(10, 0, 0, 21), IPV4_BROADCAST));
    assert_true(ipv4_same_subnet(a, IPV4(192, 168, 0, 1), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mac_is_read_written_and_numbered_in_the_order_one_reads_it),
        cmocka_unit_test(groups_are_told_by_their_first_bit_on_the_wire),
        cmocka_unit_test(a_mac_is_written_with_colons_and_small_letters),
        cmocka_unit_test(a_mac_is_read_in_each_of_its_usual_forms),
        cmocka_unit_test(what_is_no_mac_is_refused_and_changes_nothing),
        cmocka_unit_test(an_ipv4_address_is_a_number_in_host_order_and_its_text),
        cmocka_unit_test(what_is_no_ipv4_address_is_refused_and_changes_nothing),
        cmocka_unit_test(a_mask_decides_what_is_the_same_subnet),
        cmocka_unit_test(a_mask_is_as_many_leading_ones_as_its_prefix_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
