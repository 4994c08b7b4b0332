/* What a lab of many phones writes at its end: the document part by part, the table, the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "app/page/chart.h"
#include "app/lab/csv.h"
#include "app/lab/json_stream.h"
#include "app/page/markup.h"
#include "app/lab/report.h"
#include "app/page/page.h"
#include "app/lab/step_times.h"

enum { PHONES = 5000, RUNGS = 60 };

struct lab {
    struct options options;
    struct plan plan;
    struct board board;
    struct guests guests;
    struct diary diary;
};

static void add_step(struct row *r, uint8_t step, double at, double took)
{
    struct board_step *s = &r->steps[r->step_count++];

    s->boot = 1;
    s->step = step;
    s->at_ms = at;
    s->took_ms = took;
}

/* Every tenth phone gets no power; the others boot, each a little later than the one before. */
static void boot(struct lab *lab, uint32_t i)
{
    struct row *r = &lab->board.row[i];
    uint8_t bytes[256];
    struct writer w = writer(bytes, sizeof bytes);

    r->mac = mac_from_number(0x020000000001 + i);
    device_name(r->device, r->mac);
    r->model = model_find(bytes_of("7960"));
    r->registered_ms = -1;
    r->vlan = -1;
    r->lost_at = NEVER;
    r->power.class = -1;
    r->plugged = true;
    r->plugged_at = lab->board.plugged_at;
    r->steps = calloc(STEPS, sizeof *r->steps);
    assert_non_null(r->steps);
    if (i % 10 == 0) {
        r->trouble.news = SWITCH_POWER_DENIED;
        diary_keep(&lab->diary, r->plugged_at, i, SWITCH_POWER_DENIED, (struct bytes){0});
        return;
    }
    for (uint8_t step = 0; step < STEPS; step++) add_step(r, step, 100.0 * (step + 1) + i, 100);
    r->registered_ms = 600.0 + i;
    r->line = r->gone_on = r->counted = true;
    lab->board.registered++;
    tell_number(&w, FACT_WATTS, 15400);
    diary_keep(&lab->diary, r->plugged_at + i * MSEC, i, SWITCH_POWER_GRANTED, written(&w));
    w = writer(bytes, sizeof bytes);
    tell_text(&w, FACT_FILE, bytes_of("a<b>&\"c\".cnf.xml"));
    for (int k = 0; k < RUNGS; k++) diary_keep(&lab->diary, r->plugged_at + i * MSEC, i, PHONE_FILE_ASKED, written(&w));
}

static struct lab *many(uint32_t phones)
{
    struct lab *lab = calloc(1, sizeof *lab);

    assert_non_null(lab);
    plan_default(&lab->plan);
    lab->options.sim = true;
    lab->guests.plan = &lab->plan;
    lab->board = (struct board){
        .options = &lab->options, .plan = &lab->plan, .rows = phones, .plugged_at = SECOND, .ended = 9 * SECOND};
    lab->board.row = calloc(phones, sizeof *lab->board.row);
    assert_non_null(lab->board.row);
    assert_true(diary_open(&lab->diary));
    for (uint32_t i = 0; i < phones; i++) boot(lab, i);
    return lab;
}

static void end(struct lab *lab)
{
    diary_close(&lab->diary);
    board_free(&lab->board);
    free(lab);
}

static size_t times(const char *text, const char *word)
{
    size_t n = 0;

    for (; (text = strstr(text, word)); text += strlen(word)) n++;
    return n;
}

static char *page_of(struct lab *lab, size_t *size)
{
    static char name[] = "dialtone lab";
    char *argv[] = {name, NULL}, *text = NULL;
    const struct report_page page = {.board = &lab->board, .diary = &lab->diary, .argc = 1, .argv = argv};
    FILE *to = open_memstream(&text, size);

    assert_non_null(to);
    assert_int_equal(report_html(&page, to), 0);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void a_page_of_5000_phones_stays_below_3_megabytes_and_shows_failed_slowest_and_some_others(void **state)
{
    struct lab *lab = many(PHONES);
    size_t size;
    char *text = page_of(lab, &size);

    (void)state;
    assert_true(size > 1000000 && size < 3000000);
    assert_int_equal(times(text, "<details "), PAGE_PHONES_OF_MORE);
    assert_int_equal(times(text, "class=\"failed\">poe-budget<"), 100);
    assert_non_null(strstr(text, "4,500 of 5,000"));
    assert_non_null(strstr(text, "id=\"SEP020000001388\"")); /* the last one, and the slowest */
    assert_non_null(strstr(text, "500 phones, at power"));   /* the failed ones that are not shown count too */
    assert_true(strstr(text, "id=\"SEP020000000001\"") < strstr(text, "id=\"SEP020000001388\""));
    assert_null(strstr(text, "a<b>"));
    assert_non_null(strstr(text, "RRQ a&lt;b&gt;&amp;&quot;c&quot;.cnf.xml"));
    free(text);
    end(lab);
}

static void a_page_of_400_phones_shows_them_all(void **state)
{
    struct lab *lab = many(PAGE_PHONES);
    size_t size;
    char *text = page_of(lab, &size);

    (void)state;
    assert_int_equal(times(text, "<details "), PAGE_PHONES);
    free(text);
    end(lab);
}

static void a_page_without_its_diary_has_curves_and_tables_all_the_same(void **state)
{
    struct lab *lab = many(20);
    size_t size;

    (void)state;
    diary_close(&lab->diary);
    char *text = page_of(lab, &size);
    assert_non_null(strstr(text, "id=\"arrivals\""));
    assert_non_null(strstr(text, "The switch gave no power to a phone."));
    assert_int_equal(times(text, "class=\"ladder\""), 0);
    free(text);
    end(lab);
}

static void the_document_that_is_written_in_parts_is_the_one_that_jansson_writes_as_a_whole(void **state)
{
    struct lab *lab = many(300);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    (void)state;
    assert_int_equal(report_json(&lab->board, &lab->guests, NULL, to), 0);
    assert_int_equal(fclose(to), 0);
    json_t *whole = json_loads(text, 0, NULL);
    assert_non_null(whole);
    assert_int_equal(json_array_size(json_object_get(whole, "phones")), 300);
    char *again = json_dumps(whole, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    assert_int_equal(strlen(again) + 1, size); /* and a line end */
    assert_memory_equal(again, text, size - 1);
    free(again);
    json_decref(whole);
    free(text);
    end(lab);
}

static void a_stream_of_json_says_that_it_could_not_be_written(void **state)
{
    struct lab *lab = many(300);
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(full);
    assert_int_equal(report_json(&lab->board, &lab->guests, NULL, full), -1);
    (void)fclose(full);
    end(lab);
}

static void empty_arrays_and_objects_and_texts_with_line_ends_keep_their_form(void **state)
{
    char *text = NULL;
    size_t size;
    struct json_stream s = {.to = open_memstream(&text, &size)};

    (void)state;
    json_stream_object(&s, NULL);
    json_stream_array(&s, "none");
    json_stream_close(&s);
    json_stream_value(&s, "lines", json_string("a\nb"));
    json_stream_array(&s, "some");
    json_stream_value(&s, NULL, json_pack("{s:[i]}", "x", 1));
    json_stream_close(&s);
    json_stream_close(&s);
    assert_int_equal(fclose(s.to), 0);
    assert_false(s.failed);
    assert_string_equal(
        text, "{\n \"none\": [],\n \"lines\": \"a\\nb\",\n \"some\": [\n  {\n   \"x\": [\n    1\n   ]\n  }\n ]\n}");
    free(text);
}

static void a_field_with_commas_and_quotes_is_quoted_and_none_is_a_formula(void **state)
{
    struct lab *lab = many(12);
    struct row *r = &lab->board.row[1];
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    (void)state;
    (void)text_copy(r->load, sizeof r->load, bytes_of("a,\"b\""));
    (void)text_copy(r->load_before, sizeof r->load_before, bytes_of("=1+2"));
    assert_int_equal(csv_write(&lab->board, to), 0);
    assert_int_equal(fclose(to), 0);
    assert_non_null(strstr(text, ",\"a,\"\"b\"\"\",'=1+2,"));
    assert_int_equal(times(text, "\r\n"), 13);
    free(text);
    end(lab);
}

static void what_peers_say_is_text_in_a_page_and_what_is_not_utf_8_is_replaced(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    (void)state;
    markup_text(to,
                "<a href='x'>&\"\x01\x7f|\xc3\xa9|\xc3|\xe0\x80\x80|\xed\xa0\x80|\xf0\x9f\x93\x9e|\xf5\x80\x80\x80");
    assert_int_equal(fclose(to), 0);
#define NOT "\xef\xbf\xbd"
    assert_string_equal(text, "&lt;a href=&#39;x&#39;&gt;&amp;&quot;" NOT NOT "|\xc3\xa9|" NOT "|" NOT NOT NOT
                              "|" NOT NOT NOT "|\xf0\x9f\x93\x9e|" NOT NOT NOT NOT);
    free(text);
}

static void numbers_are_written_as_people_read_them(void **state)
{
    char n[NUMBER_TEXT];

    (void)state;
    assert_string_equal(grouped_text(n, 0), "0");
    assert_string_equal(grouped_text(n, 999), "999");
    assert_string_equal(grouped_text(n, 1000), "1,000");
    assert_string_equal(grouped_text(n, 1234567), "1,234,567");
    assert_string_equal(took_text(n, 0.576), "0.58 ms");
    assert_string_equal(took_text(n, 30.12), "30.1 ms");
    assert_string_equal(took_text(n, 999.4), "999 ms");
    assert_string_equal(took_text(n, 999.6), "1.00 s");
    assert_string_equal(took_text(n, 12345), "12.3 s");
    assert_string_equal(took_text(n, 125000), "2 min 5 s");
}

static void steps_between_ticks_are_round(void **state)
{
    const struct {
        double most;
        int ticks;
        double step;
    } c[] = {{10, 10, 1}, {11, 10, 2}, {0.79, 9, 0.1}, {250, 5, 50}, {3, 5, 1}, {48, 5, 10}, {10000, 5, 2000}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(c); i++)
        assert_float_equal(chart_round(c[i].most, c[i].ticks), c[i].step, 1e-9);
}

static void a_percentile_is_the_nearest_rank(void **state)
{
    const double sorted[] = {1, 2, 3, 4};

    (void)state;
    assert_float_equal(percentile(sorted, 4, 50), 2, 0);
    assert_float_equal(percentile(sorted, 4, 99), 4, 0);
    assert_float_equal(percentile(sorted, 4, 100), 4, 0);
    assert_float_equal(percentile(sorted, 1, 50), 1, 0);
    assert_float_equal(percentile(sorted, 0, 50), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_of_5000_phones_stays_below_3_megabytes_and_shows_failed_slowest_and_some_others),
        cmocka_unit_test(a_page_of_400_phones_shows_them_all),
        cmocka_unit_test(a_page_without_its_diary_has_curves_and_tables_all_the_same),
        cmocka_unit_test(the_document_that_is_written_in_parts_is_the_one_that_jansson_writes_as_a_whole),
        cmocka_unit_test(a_stream_of_json_says_that_it_could_not_be_written),
        cmocka_unit_test(empty_arrays_and_objects_and_texts_with_line_ends_keep_their_form),
        cmocka_unit_test(a_field_with_commas_and_quotes_is_quoted_and_none_is_a_formula),
        cmocka_unit_test(what_peers_say_is_text_in_a_page_and_what_is_not_utf_8_is_replaced),
        cmocka_unit_test(numbers_are_written_as_people_read_them),
        cmocka_unit_test(steps_between_ticks_are_round),
        cmocka_unit_test(a_percentile_is_the_nearest_rank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
