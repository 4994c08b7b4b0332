/* What is refused, where, and that nothing of it is left in the document. */
#include "documents.h"
#include <pthread.h>

static struct document d;
static struct fault why;
static uint8_t scratch[DOCUMENT_SCRATCH];

static bool reads_bytes(struct bytes b)
{
    return document_read(&d, b, 7, scratch, sizeof scratch, &why);
}

static void assert_refused(struct bytes b, enum fault_kind kind, const char *what)
{
    assert_false(reads_bytes(b));
    assert_int_equal(why.kind, kind);
    assert_true(why.at <= b.len);
    assert_non_null(why.what);
    if (what) assert_string_equal(why.what, what);
    assert_int_equal(d.callmanagers, 0);
    assert_string_equal(d.load, "");
}

#define GROUP "<devicePool><callManagerGroup><members/></callManagerGroup></devicePool>"

static void entities_that_grow_without_end_are_refused_at_the_doctype(void **state)
{
    (void)state;
    static const char laughs[] =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE device [\n <!ENTITY a \"ha\">\n <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
        " <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\n <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">\n]>\n"
        "<device>" GROUP "<loadInformation>&d;</loadInformation></device>";

    assert_refused(bytes_of(laughs), FAULT_VALUE, "DOCTYPE");
    assert_true(why.at >= (size_t)(strstr(laughs, "<!DOCTYPE") - laughs)); /* before any entity is declared */
    assert_true(why.at < (size_t)(strstr(laughs, "<!ENTITY") - laughs));
}

static void no_file_is_fetched_for_a_document(void **state)
{
    (void)state;
    assert_refused(bytes_of("<!DOCTYPE device SYSTEM \"file:///etc/passwd\"><device>" GROUP "</device>"), FAULT_VALUE,
                   "DOCTYPE");
    assert_refused(bytes_of("<!DOCTYPE device [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><device>" GROUP
                            "<loadInformation>&x;</loadInformation></device>"),
                   FAULT_VALUE, "DOCTYPE");
    assert_refused(
        bytes_of("<!DOCTYPE device [<!ENTITY % x SYSTEM \"http://10.0.0.1/\"> %x;]><device>" GROUP "</device>"),
        FAULT_VALUE, "DOCTYPE");
    assert_refused(bytes_of("<device>" GROUP "<loadInformation>&x;</loadInformation></device>"), FAULT_VALUE, NULL);
}

static size_t nested(char *to, size_t depth)
{
    char *at = to + strlen(strcpy(to, "<device>" GROUP));

    for (size_t i = 1; i < depth; i++) memcpy(at, "<a>", 3), at += 3;
    for (size_t i = 1; i < depth; i++) memcpy(at, "</a>", 4), at += 4;
    strcpy(at, "</device>");
    return (size_t)(at - to) + 9;
}

static void nesting_is_taken_to_32_and_refused_at_33(void **state)
{
    (void)state;
    static char xml[40000];

    assert_true(reads_bytes((struct bytes){(uint8_t *)xml, nested(xml, 32)}));
    assert_refused((struct bytes){(uint8_t *)xml, nested(xml, 33)}, FAULT_LONG, "nesting of elements");
    assert_int_equal(why.at, strlen("<device>" GROUP) + 3 * 31);
    assert_refused((struct bytes){(uint8_t *)xml, nested(xml, 5000)}, FAULT_LONG, "nesting of elements");
}

static void a_document_of_64_kib_is_read_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    static char xml[DOCUMENT_MOST + 1];
    size_t head = strlen(strcpy(xml, "<device>" GROUP));

    memset(xml + head, ' ', sizeof xml - head);
    memcpy(xml + DOCUMENT_MOST - 9, "</device>", 9);
    assert_true(reads_bytes((struct bytes){(uint8_t *)xml, DOCUMENT_MOST}));
    assert_refused((struct bytes){(uint8_t *)xml, DOCUMENT_MOST + 1}, FAULT_LONG, "configuration document");
}

static void scratch_that_is_too_small_is_a_fault_and_any_size_is_safe(void **state)
{
    (void)state;
    static const char xml[] = "<device>" GROUP "<loadInformation>x</loadInformation></device>";
    bool was_enough = false;

    assert_false(document_read(&d, bytes_of(xml), 7, NULL, 0, &why));
    assert_int_equal(why.kind, FAULT_LONG);
    for (size_t n = 0; n < 32768; n += 7) {
        bool enough = document_read(&d, bytes_of(xml), 7, scratch + n % 16, n, &why);
        assert_true(enough || why.kind == FAULT_LONG);
        assert_true(enough || !was_enough); /* more never does worse */
        was_enough = enough;
    }
    assert_true(was_enough);
}

/* As many names as 64 KiB can hold: more than the scratch, and refused so. */
static void more_names_than_memory_are_refused(void **state)
{
    (void)state;
    static char xml[DOCUMENT_MOST];
    size_t at = strlen(strcpy(xml, "<device>" GROUP));

    for (unsigned i = 0; at < sizeof xml - 20; i++) {
        xml[at++] = '<';
        for (unsigned n = i; n || xml[at - 1] == '<'; n /= 26) xml[at++] = (char)('a' + n % 26);
        xml[at++] = '/', xml[at++] = '>';
    }
    memcpy(xml + at, "</device>", 9);
    assert_refused((struct bytes){(uint8_t *)xml, at + 9}, FAULT_LONG, "document for this scratch memory");
}

static void a_document_cut_at_any_byte_is_none(void **state)
{
    (void)state;
    static const char xml[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- \xc3\xbc --><device a='1'><devicePool><callManagerGroup>"
        "<members><member priority='0'><callManager><ports><ethernetPhonePort>2000</ethernetPhonePort></ports>"
        "<processNodeName>10.0.0.1</processNodeName></callManager></member></members></callManagerGroup></devicePool>"
        "<loadInformation>L&amp;\xc3\xbc</loadInformation><x><![CDATA[y]]></x><v/></device>";

    for (size_t n = 0; n < sizeof xml - 1; n++) {
        assert_false(reads_bytes((struct bytes){(const uint8_t *)xml, n}));
        assert_true(why.kind == FAULT_SHORT);
        assert_true(why.at <= n);
        assert_int_equal(d.callmanagers, 0);
        assert_int_equal(d.extra_len, 0);
    }
    assert_true(reads_bytes((struct bytes){(const uint8_t *)xml, sizeof xml - 1}));
}

static void what_is_no_configuration_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused(bytes_of("<html>" GROUP "</html>"), FAULT_VALUE, "root element");
    assert_refused(bytes_of("<Device>" GROUP "</Device>"), FAULT_VALUE, "root element"); /* XML knows case */
    assert_refused(bytes_of("<device><loadInformation>x</loadInformation></device>"), FAULT_ABSENT, "callManagerGroup");
    assert_refused(bytes_of("<device><x><callManagerGroup/></x></device>"), FAULT_ABSENT, "callManagerGroup");
    assert_refused(bytes_of("<device><devicePool></device>"), FAULT_VALUE, "mismatched tag");
    assert_int_equal(why.at, strlen("<device><devicePool></"));
    assert_refused(bytes_of("<device>" GROUP "</device><device/>"), FAULT_VALUE, NULL);
    assert_refused(bytes_of("<device>" GROUP "<a b='1' b='2'/></device>"), FAULT_VALUE, NULL);
    assert_refused(bytes_of("<device>" GROUP "\xff</device>"), FAULT_VALUE, NULL);
    assert_refused(TEXT("<device>" GROUP "\0</device>"), FAULT_VALUE, NULL);
    assert_refused(bytes_of("plain-cnf 1 own\nend\n"), FAULT_VALUE, NULL);
    assert_refused(bytes_of("<?xml version='1.0' encoding='EBCDIC-X'?><device>" GROUP "</device>"), FAULT_VALUE, NULL);
    assert_refused(TEXT("\xff\xfe<\0d\0"), FAULT_VALUE, "character encoding");
    assert_refused(TEXT("<\0d\0/\0>\0"), FAULT_VALUE, "character encoding");
    assert_refused(
        bytes_of("<device><devicePool><connectionMonitorDuration>soon</connectionMonitorDuration><callManagerGroup/>"
                 "</devicePool></device>"),
        FAULT_VALUE, "connectionMonitorDuration");
    assert_refused(
        bytes_of(
            "<device><devicePool><callManagerGroup><members><member priority='first'/></members></callManagerGroup>"
            "</devicePool></device>"),
        FAULT_VALUE, "member priority");
}

static void a_second_group_does_not_mix_with_the_first(void **state)
{
    (void)state;
#define MEMBER(node)                                                                                                   \
    "<members><member priority='0'><callManager><processNodeName>" node                                                \
    "</processNodeName></callManager></member></members>"
    assert_true(reads_bytes(
        bytes_of("<Default><callManagerGroup>" MEMBER("a") "</callManagerGroup><devicePool><callManagerGroup>" MEMBER(
            "b") "</callManagerGroup></devicePool><callManagerGroup>" MEMBER("c") "</callManagerGroup></Default>")));
    assert_int_equal(d.callmanagers, 1);
    assert_string_equal(d.callmanager[0].node, "a");
}

/* Each thread has its own arena: the pointer that Expat's allocator needs is the thread's. */
static void *read_many(void *context)
{
    static const char xml[] = "<device>" GROUP "<loadInformation>x</loadInformation></device>";
    uint8_t *own = context;
    struct document mine;
    struct fault fault;
    size_t good = 0;

    for (size_t i = 0; i < 500; i++)
        good +=
            document_read(&mine, bytes_of(xml), 7, own, DOCUMENT_SCRATCH / 4, &fault) && strcmp(mine.load, "x") == 0;
    return (void *)good;
}

static void documents_are_read_by_many_threads_at_once(void **state)
{
    (void)state;
    pthread_t thread[4];
    void *good;

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_many, scratch + i * (DOCUMENT_SCRATCH / 4)), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(thread[i], &good);
        assert_int_equal((size_t)good, 500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entities_that_grow_without_end_are_refused_at_the_doctype),
        cmocka_unit_test(no_file_is_fetched_for_a_document),
        cmocka_unit_test(nesting_is_taken_to_32_and_refused_at_33),
        cmocka_unit_test(a_document_of_64_kib_is_read_and_one_byte_more_is_refused),
        cmocka_unit_test(scratch_that_is_too_small_is_a_fault_and_any_size_is_safe),
        cmocka_unit_test(more_names_than_memory_are_refused),
        cmocka_unit_test(a_document_cut_at_any_byte_is_none),
        cmocka_unit_test(what_is_no_configuration_is_refused_with_its_place),
        cmocka_unit_test(a_second_group_does_not_mix_with_the_first),
        cmocka_unit_test(documents_are_read_by_many_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
