#include "documents.h"

static struct document d;
static struct fault why;

static bool reads(const char *text)
{
    return plain_read(&d, bytes_of(text), &why);
}

static void the_lines_of_a_plain_configuration_are_its_values(void **state)
{
    (void)state;
    assert_true(reads("plain-cnf 1 default\n"
                      "# the pair in the hall\n"
                      "callmanager 0 10.0.0.10 2000\n"
                      "callmanager 1 cm2.example.org 2001\n"
                      "group Hall\npool Default\nversion-stamp 17\ndate-template D.M.Y\n"
                      "time-zone South Africa Standard Time \n"
                      "connection-monitor 60\nuser-locale German_Germany\nnetwork-locale Germany\n"
                      "auto-registration yes\n"
                      "url services http://10.0.0.10/menu?name=#DEVICENAME#\n"
                      "end\n"));
    assert_int_equal(d.kind, DOCUMENT_DEFAULT);
    assert_int_equal(d.callmanagers, 2);
    assert_string_equal(d.callmanager[0].node, "10.0.0.10");
    assert_int_equal(d.callmanager[0].address, IPV4(10, 0, 0, 10));
    assert_int_equal(d.callmanager[0].port, 2000);
    assert_string_equal(d.callmanager[1].node, "cm2.example.org");
    assert_int_equal(d.callmanager[1].address, 0);
    assert_int_equal(d.callmanager[1].port, 2001);
    assert_string_equal(d.group, "Hall");
    assert_string_equal(d.stamp, "17");
    assert_string_equal(d.time_zone, "South Africa Standard Time ");
    assert_int_equal(d.connection_monitor, 60);
    assert_true(d.auto_registration);
    assert_string_equal(d.url[URL_SERVICES], "http://10.0.0.10/menu?name=#DEVICENAME#");
    assert_string_equal(d.load, ""); /* CallManager tells such a phone its load (SCCP Version) */
}

static void callmanagers_come_in_the_order_of_their_priority_and_three_at_most(void **state)
{
    (void)state;
    assert_true(reads("plain-cnf 1 own\r\ncallmanager 7 7.7.7.7 2000\r\ncallmanager 2 2.2.2.2 2000\r\n"
                      "callmanager 9 9.9.9.9 2000\r\ncallmanager 0 0.0.0.1 2000\r\nend\r\n"));
    assert_int_equal(d.kind, DOCUMENT_OWN);
    assert_int_equal(d.callmanagers, 3);
    assert_string_equal(d.callmanager[0].node, "0.0.0.1");
    assert_string_equal(d.callmanager[1].node, "2.2.2.2");
    assert_string_equal(d.callmanager[2].node, "7.7.7.7");
    assert_int_equal(d.connection_monitor, 120);
}

static void what_is_written_is_read_alike(void **state)
{
    (void)state;
    static uint8_t first[8192], second[8192];
    struct document in = {.callmanagers = 3,
                          .connection_monitor = 90,
                          .kind = DOCUMENT_DEFAULT,
                          .auto_registration = true,
                          .group = "G",
                          .pool = "P",
                          .stamp = "{Jan 01 2002 00:00:00}",
                          .date_template = "D/M/YA",
                          .time_zone = "Samoa Standard Time ",
                          .user_locale = "A_B",
                          .network_locale = "C"};
    struct writer w = writer(first, sizeof first), again = writer(second, sizeof second);

    for (size_t i = 0; i < 3; i++) {
        strcpy(in.callmanager[i].node, i == 1 ? "cm" : "10.0.0.1");
        in.callmanager[i].address = i == 1 ? 0 : IPV4(10, 0, 0, 1);
        in.callmanager[i].port = (uint16_t)(2000 + i);
    }
    for (size_t i = 0; i < URLS; i++) strcpy(in.url[i], "http://a/b?c=d e");
    plain_write(&w, &in);
    assert_false(w.full);
    assert_true(plain_read(&d, written(&w), &why));
    assert_same_document(&d, &in);
    plain_write(&again, &d);
    assert_true(bytes_equal(written(&w), written(&again)));

    for (size_t n = 0; n < w.len - 1; n++) { /* the last newline may be missing: the end has been said */
        assert_false(plain_read(&d, (struct bytes){first, n}, &why));
        assert_true(why.at <= n);
        assert_int_equal(d.callmanagers, 0);
    }
}

static void a_value_cannot_end_its_line(void **state)
{
    (void)state;
    static uint8_t to[4096];
    struct document in = {.callmanagers = 1, .group = "a\nend\nb", .callmanager = {{.node = "x y\n", .port = 1}}};
    struct writer w = writer(to, sizeof to);

    plain_write(&w, &in);
    assert_true(plain_read(&d, written(&w), &why));
    assert_string_equal(d.group, "a?end?b");
    assert_string_equal(d.callmanager[0].node, "x?y?");
}

static void an_unknown_key_is_passed_over_and_a_bad_value_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "plain-cnf 1 own\ncallmanager\nend\n",           "plain-cnf 1 own\ncallmanager 0\nend\n",
        "plain-cnf 1 own\ncallmanager 0 a\nend\n",       "plain-cnf 1 own\ncallmanager 0 a 0\nend\n",
        "plain-cnf 1 own\ncallmanager 0 a 65536\nend\n", "plain-cnf 1 own\ncallmanager x a 2000\nend\n",
        "plain-cnf 1 own\nconnection-monitor -1\nend\n",
    };

    assert_true(reads("plain-cnf 1 own\ncolour blue\n\n  # comment\nurl nowhere x\nend\nwhatever"));
    assert_int_equal(d.callmanagers, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_false(reads(bad[i]));
        assert_int_equal(why.kind, FAULT_VALUE);
        assert_true(why.at > 15);
    }
}

/* CallManager's own compiled .cnf is not ours to read: its bytes are not public. */
static void another_heading_is_refused(void **state)
{
    (void)state;
    assert_false(reads(""));
    assert_false(reads("plain-cnf 2 own\nend\n"));
    assert_int_equal(why.kind, FAULT_VALUE);
    assert_false(reads("<device></device>"));
    assert_false(plain_read(&d, TEXT("\0\1\2\3\0\0"), &why));
    assert_false(plain_read(&d, TEXT("plain-cnf 1 own\ngroup a\0b\nend\n"), &why));
    assert_int_equal(why.kind, FAULT_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lines_of_a_plain_configuration_are_its_values),
        cmocka_unit_test(callmanagers_come_in_the_order_of_their_priority_and_three_at_most),
        cmocka_unit_test(what_is_written_is_read_alike),
        cmocka_unit_test(a_value_cannot_end_its_line),
        cmocka_unit_test(an_unknown_key_is_passed_over_and_a_bad_value_is_refused_with_its_place),
        cmocka_unit_test(another_heading_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
