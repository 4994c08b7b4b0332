/* The log's words, what a device is as JSON, CSV, and the histograms of boot steps. */
#include "app/admin/admin.h"
#include "app/serve/device_json.h"
#include "app/log.h"
#include "app/serve/words.h"
#include "app/serve/steps.h"
#include "base/facts.h"
#include "server/news.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint8_t fact_bytes[1024];

static struct writer facts(void)
{
    return writer(fact_bytes, sizeof fact_bytes);
}

static void a_template_says_its_facts_and_leaves_out_a_bracket_whose_fact_was_not_told(void **state)
{
    char to[SERVE_WORDS];
    struct writer w = facts();

    (void)state;
    tell_text(&w, FACT_DEVICE, bytes_of("SEP020000000001"));
    tell_ipv4(&w, FACT_ADDRESS, IPV4(10, 0, 0, 5));
    words_fill(to, "{device}[ ({model})] at {address}[, load {load}]", written(&w));
    assert_string_equal(to, "SEP020000000001 at 10.0.0.5");
    tell_text(&w, FACT_MODEL, bytes_of("7960"));
    words_fill(to, "{device}[ ({model})] at {address}[, load {load}]", written(&w));
    assert_string_equal(to, "SEP020000000001 (7960) at 10.0.0.5");
    words_fill(to, "{load}!", written(&w)); /* outside of brackets it must be seen that it is missing */
    assert_string_equal(to, "?!");
    tell_text(&w, FACT_LOAD, bytes_of("")); /* an empty one is as good as none: CDP without a version */
    words_fill(to, "{device}[, load {load}] {load}!", written(&w));
    assert_string_equal(to, "SEP020000000001 ?!");
}

static void every_news_of_the_servers_has_words(void **state)
{
    static const uint16_t first[] = {DHCP_TOLD_OFFERED, TFTP_TOLD_BEGUN, ASKER_TOLD_SIP, CM_CONNECTED, DEVICE_CHANGED};
    static const uint16_t last[] = {DHCP_TOLD_CONFLICT, TFTP_TOLD_MALFORMED, ASKER_TOLD_STRANGER, CM_CALL_ENDED,
                                    DEVICE_CHANGED};
    char to[SERVE_WORDS];
    const char *label;
    enum log_level level;

    (void)state;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        for (uint16_t news = first[i]; news <= last[i]; news++) {
            serve_words_of(to, &label, &level, news, (struct bytes){0});
            assert_string_not_equal(label, "news");
            assert_non_null(strchr(to, '?')); /* each says a fact, and none was told */
        }
    serve_words_of(to, &label, &level, 0x7fff, (struct bytes){0});
    assert_string_equal(label, "news");
}

static void what_a_peer_sent_steers_no_terminal(void **state)
{
    char c0[] = "a\x1b[31m\n\x7f"
                "b",
         c1[] = "\xc2\x9b"
                "31m \x9b"
                "31m",
         letters[] = "Caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", cut[] = "\xe2\x82\x1b\x9b";

    (void)state;
    assert_string_equal(log_plain(c0), "a?[31m??b");
    assert_string_equal(log_plain(c1), "??31m ?31m"); /* CSI of ECMA-48, in UTF-8 and bare */
    assert_string_equal(log_plain(letters), "Caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    assert_string_equal(log_plain(cut), "????");
}

/* RFC 3629, 3 and 4: bare, cut, too long, half of a pair, beyond the last. The journal takes a line with one for a
 * blob. */
static void what_a_peer_sent_is_shown_as_utf_8_or_not_at_all(void **state)
{
    static const char *const none[] = {"\xff",
                                       "\xfe",
                                       "\xa0",
                                       "\xc0\xaf",
                                       "\xe0\x80\xaf",
                                       "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xf0\x9f\x98"};
    static const char *const sound[] = {"\xc3\xa9", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf"};
    char text[16];

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        size_t n = strlen(none[i]);
        (void)snprintf(text, sizeof text, "a%sb", none[i]);
        (void)log_plain(text);
        assert_true(text[0] == 'a' && text[n + 1] == 'b' && strspn(text + 1, "?") == n);
        (void)snprintf(text, sizeof text, "%s", none[i]);
        assert_int_equal(strspn(log_plain(text), "?"), n);
    }
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        (void)snprintf(text, sizeof text, "%s", sound[i]);
        assert_string_equal(log_plain(text), sound[i]);
    }
}

static void what_a_peer_sent_cannot_end_the_text_early(void **state)
{
    char to[SERVE_WORDS];
    struct writer w = facts();

    (void)state;
    tell_text(&w, FACT_FILE, (struct bytes){(const uint8_t *)"a\0b", 3});
    words_fill(to, "{file}.", written(&w));
    assert_string_equal(to, "a?b.");
}

/* --- CSV --- */

static json_t *csv(const char *text, char why[200])
{
    return admin_csv_read(text, strlen(text), why);
}

static void csv_fields_in_quotes_hold_commas_line_ends_and_quotes(void **state)
{
    char why[200];
    json_t *list = csv("\xef\xbb\xbf"
                       "device,label\r\nSEP1,\"a, \"\"b\"\"\nc\"\r\n\r\nSEP2,\n",
                       why);

    (void)state;
    assert_non_null(list);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "label")), "a, \"b\"\nc");
    assert_null(json_object_get(json_array_get(list, 1), "label"));
    json_decref(list);
}

static void csv_says_the_line_of_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {{"", "line 1: the first row holds the names of the columns"},
               {"a,b,a\nc,d,e\n", "line 1: two columns have the same name"},
               {"a,b\nc,d,e\n", "line 2: more fields than the first row has"},
               {"a\n\n\"b\n", "line 3: a quote is not closed"},
               {"a\n\"b\"c\n", "line 2: something stands behind a closing quote"},
               {"a\n\xff\n", "line 2: a field is not UTF-8"}};
    char why[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(csv(bad[i].text, why));
        assert_string_equal(why, bad[i].why);
    }
}

static void csv_that_was_written_is_read_back(void **state)
{
    static const char *const keys[] = {"a", "b"};
    json_t *list = json_pack("[{s:s, s:s}, {s:s}]", "a", "x,\"y\"", "b", "line\nend", "b", "z");
    char *text = NULL, why[200];
    size_t n;
    FILE *f = open_memstream(&text, &n);

    (void)state;
    admin_csv_write(list, keys, 2, f);
    assert_int_equal(fclose(f), 0);
    json_t *again = admin_csv_read(text, n, why);
    assert_true(json_equal(list, again));
    json_decref(list);
    json_decref(again);
    free(text);
}

/* --- devices --- */

static void a_device_of_json_is_that_device_again(void **state)
{
    static struct devices table;
    struct devices_limits one = {1, 1, 1};
    struct group_record group = {.name = "Default"};
    struct pool_record pool = {.name = "Default", .group = "Default"};
    struct device_record r = {0};
    struct fault fault;
    void *memory = malloc(devices_size(&one));
    char why[200];
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}, {s:s}], s:[s, s], s:[{s:i, s:s, s:s}]}", "device", "SEP020000000001",
                  "model", "7960", "pool", "Default", "lines", "number", "1001", "label", "Front", "number", "1002",
                  "callmanagers", "10.0.0.1", "10.0.0.2:2002", "speed_dials", "key", 3, "number", "0", "label", "Out");

    (void)state;
    assert_true(device_from_json(&r, o, why));
    assert_int_equal(r.device_type, 7);
    assert_string_equal(r.line[1].number, "1002");
    assert_int_equal(r.callmanager[1].port, 2002);
    assert_string_equal(r.speed_dial[2].label, "Out");
    assert_true(devices_init(&table, &one, memory, devices_size(&one)));
    assert_true(devices_put_group(&table, &group, NULL, &fault) && devices_put_pool(&table, &pool, NULL, &fault));
    struct device *d = devices_create(&table, &r, NULL, &fault);
    assert_non_null(d);
    json_t *back = device_to_json(&table, d);
    struct device_record again = {0};
    assert_true(device_from_json(&again, back, why));
    assert_memory_equal(&r, &again, sizeof r);
    json_decref(o);
    o = json_loads("{\"device\":\"02:00:00:00:00:0A\",\"model\":\"7960\"}", 0, NULL); /* as the label has it */
    assert_true(device_from_json(&r, o, why));
    assert_int_equal(mac_number(r.mac), 0x02000000000a);
    json_decref(o);
    json_decref(back);
    free(memory);
}

static void a_device_that_is_not_sound_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *json, *why;
    } bad[] = {
        {"[]", "a device is an object"},
        {"{\"model\":\"7960\"}", "a device needs its name (SEP and 12 hex digits) or its MAC address"},
        {"{\"device\":\"SEP02\"}", "'SEP02' is no device name: SEP and 12 hex digits"},
        {"{\"device\":\"SEP020000000001\"}", "a device needs its model"},
        {"{\"device\":\"SEP020000000001\",\"mac\":\"02:00:00:00:00:02\",\"model\":\"7960\"}",
         "the device name SEP020000000001 is not that of the MAC address 02:00:00:00:00:02"},
        {"{\"device\":\"SEP020000000001\",\"model\":\"x\"}", "there is no model 'x' in the table (docs/models.md)"},
        {"{\"device\":\"SEP020000000001\",\"model\":\"7960\",\"lines\":[{\"number\":1}]}", "number is not a text"},
        {"{\"device\":\"SEP020000000001\",\"model\":\"7960\",\"callmanagers\":[\"a\"]}",
         "a CallManager is ADDRESS or ADDRESS:PORT, not 'a'"},
        {"{\"device\":\"SEP020000000001\",\"model\":\"7960\",\"load\":\"a\\u0000b\"}", "load is not a text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct device_record r = {0};
        char why[200] = "";
        json_t *o = json_loads(bad[i].json, JSON_ALLOW_NUL, NULL);
        assert_false(device_from_json(&r, o, why));
        assert_string_equal(why, bad[i].why);
        json_decref(o);
    }
}

/* --- steps --- */

static void news(struct steps *s, usec now, uint16_t what, enum fact key, const char *text)
{
    struct writer w = facts();

    tell_ipv4(&w, FACT_ADDRESS, IPV4(10, 0, 0, 9));
    tell_text(&w, key, bytes_of(text));
    steps_news(s, now, what, written(&w));
}

static void the_steps_of_a_boot_are_counted_each_from_the_one_before(void **state)
{
    static struct steps s;

    (void)state;
    news(&s, 1 * SECOND, DHCP_TOLD_OFFERED, FACT_TEXT, "");
    news(&s, 1 * SECOND + 20 * MSEC, DHCP_TOLD_BOUND, FACT_WHY, "selecting");
    news(&s, 2 * SECOND, TFTP_TOLD_DONE, FACT_FILE, "P0030801SR02.bin"); /* no configuration */
    assert_int_equal(s.step[STEP_CONFIGURATION].count, 0);
    news(&s, 3 * SECOND + 20 * MSEC, TFTP_TOLD_DONE, FACT_FILE, "XMLDefault.cnf.xml");
    news(&s, 3 * SECOND + 120 * MSEC, CM_REGISTERED, FACT_TEXT, "");
    assert_int_equal(s.step[STEP_ADDRESS].count, 1);
    assert_true(s.step[STEP_ADDRESS].sum > 0.0199 && s.step[STEP_ADDRESS].sum < 0.0201);
    assert_true(s.step[STEP_CONFIGURATION].sum > 1.99 && s.step[STEP_CONFIGURATION].sum < 2.01);
    assert_true(s.step[STEP_REGISTRATION].sum > 0.099 && s.step[STEP_REGISTRATION].sum < 0.101);
    news(&s, 9 * SECOND, CM_REGISTERED, FACT_TEXT, ""); /* a second registration without a boot is none */
    assert_int_equal(s.step[STEP_REGISTRATION].count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_says_its_facts_and_leaves_out_a_bracket_whose_fact_was_not_told),
        cmocka_unit_test(every_news_of_the_servers_has_words),
        cmocka_unit_test(what_a_peer_sent_is_shown_as_utf_8_or_not_at_all),
        cmocka_unit_test(what_a_peer_sent_cannot_end_the_text_early),
        cmocka_unit_test(what_a_peer_sent_steers_no_terminal),
        cmocka_unit_test(csv_fields_in_quotes_hold_commas_line_ends_and_quotes),
        cmocka_unit_test(csv_says_the_line_of_what_is_wrong),
        cmocka_unit_test(csv_that_was_written_is_read_back),
        cmocka_unit_test(a_device_of_json_is_that_device_again),
        cmocka_unit_test(a_device_that_is_not_sound_is_refused_with_the_reason),
        cmocka_unit_test(the_steps_of_a_boot_are_counted_each_from_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
