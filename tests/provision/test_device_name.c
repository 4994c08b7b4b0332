#include "harness.h"
#include "provision/device_name.h"

static const struct mac mac = {{0x02, 0x00, 0x5e, 0xab, 0xcd, 0x01}};

static struct asked ask(const char *name)
{
    return asked_name(bytes_of(name));
}

static void a_device_name_is_sep_and_twelve_upper_case_hex_digits(void **state)
{
    (void)state;
    char name[DEVICE_NAME];
    struct mac back;

    device_name(name, mac);
    assert_string_equal(name, "SEP02005EABCD01");
    assert_true(device_name_parse(bytes_of(name), &back));
    assert_true(mac_equal(back, mac));
}

/* An 8945 says its name in lower case in its alarm. */
static void a_device_name_is_read_without_case_and_exactly(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "SEP",
                                      "SEP02005EABCD0",
                                      "SEP02005EABCD011",
                                      "XEP02005EABCD01",
                                      "SEP02005EABCDG1",
                                      "ATA02005EABCD01",
                                      " SEP02005EABCD01"};
    struct mac out = mac;

    assert_true(device_name_parse(bytes_of("sep02005eabcd01"), &out));
    assert_true(mac_equal(out, mac));
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) assert_false(device_name_parse(bytes_of(bad[i]), &out));
    assert_true(mac_equal(out, mac));
}

static void every_file_that_a_phone_asks_for_is_known_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum asked_kind kind;
        bool has_mac;
    } names[] = {
        {"SEP02005EABCD01.cnf.xml", ASKED_OWN_XML, true},
        {"SEP02005EABCD01.cnf", ASKED_OWN_CNF, true},
        {"XMLDefault.cnf.xml", ASKED_DEFAULT_XML, false},
        {"SEPDefault.cnf.xml", ASKED_DEFAULT_XML, false},
        {"SEPDefault.cnf", ASKED_DEFAULT_CNF, false},
        {"CTLSEP02005EABCD01.tlv", ASKED_TRUST, true},
        {"ITLSEP02005EABCD01.tlv", ASKED_TRUST, true},
        {"ITLFile.tlv", ASKED_TRUST, false},
        {"P0030801SR02.loads", ASKED_LOADS, false},
        {"P00405000700.bin", ASKED_BIN, false},
        {"RINGLIST.XML", ASKED_OTHER, false},
        {"OS79XX.TXT", ASKED_OTHER, false},
        {"gk02005eabcd01", ASKED_OTHER, false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_int_equal(ask(names[i].name).kind, names[i].kind);
        assert_int_equal(mac_equal(ask(names[i].name).mac, mac), names[i].has_mac);
    }
}

static void case_and_prefixes_vary_and_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(ask("sepdefault.cnf.xml").kind, ASKED_DEFAULT_XML);
    assert_int_equal(ask("/XMLDEFAULT.CNF.XML").kind, ASKED_DEFAULT_XML);
    assert_int_equal(ask("\\sepdefault.cnf").kind, ASKED_DEFAULT_CNF);
    assert_int_equal(ask("Cisco/SEP02005eabcd01.cnf.xml").kind, ASKED_OWN_XML);
    assert_int_equal(ask("/Cisco/SEP02005eabcd01.CNF").kind, ASKED_OWN_CNF);
    assert_int_equal(ask("cisco\\itlfile.tlv").kind, ASKED_TRUST);
    assert_int_equal(ask("//SEPDefault.cnf").kind, ASKED_DEFAULT_CNF);
}

/* A 7921 asks for CP7921G-1.4.6.3.LOADS. */
static void a_load_is_asked_for_by_its_stem_in_any_case(void **state)
{
    (void)state;
    assert_text(ask("CP7921G-1.4.6.3.LOADS").stem, "CP7921G-1.4.6.3");
    assert_text(ask("/P0030801SR02.loads").stem, "P0030801SR02");
    assert_text(ask("P00405000700.BIN").stem, "P00405000700");
    assert_text(ask("/Cisco/RINGLIST.XML").stem, "RINGLIST.XML");
}

static void no_name_leaves_the_folder_as_a_load(void **state)
{
    (void)state;
    static const char *const names[] = {"../../etc/passwd.loads",
                                        "a/b.bin",
                                        "a\\b.loads",
                                        ".loads",
                                        ".bin",
                                        "..loads",
                                        "a b.loads",
                                        "a\nb.bin",
                                        "\x80.bin"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) assert_int_equal(ask(names[i]).kind, ASKED_OTHER);
}

static void any_other_bytes_are_another_name_and_no_error(void **state)
{
    (void)state;
    assert_int_equal(asked_name(TEXT("")).kind, ASKED_OTHER);
    assert_int_equal(asked_name((struct bytes){NULL, 0}).kind, ASKED_OTHER);
    assert_int_equal(asked_name(TEXT("SEP02005EABCD01\0.cnf.xml")).kind, ASKED_OTHER);
    assert_int_equal(asked_name(TEXT("SEPDefault.cnf\0")).kind, ASKED_OTHER);
    assert_int_equal(ask("SEP02005EABCD01.cnf.xml.sgn").kind, ASKED_OTHER);
    assert_int_equal(ask("////").kind, ASKED_OTHER);
    assert_int_equal(ask("Cisco/").kind, ASKED_OTHER);
    assert_int_equal(ask("CTL.tlv").kind, ASKED_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_name_is_sep_and_twelve_upper_case_hex_digits),
        cmocka_unit_test(a_device_name_is_read_without_case_and_exactly),
        cmocka_unit_test(every_file_that_a_phone_asks_for_is_known_by_its_name),
        cmocka_unit_test(case_and_prefixes_vary_and_do_not_matter),
        cmocka_unit_test(a_load_is_asked_for_by_its_stem_in_any_case),
        cmocka_unit_test(no_name_leaves_the_folder_as_a_load),
        cmocka_unit_test(any_other_bytes_are_another_name_and_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
