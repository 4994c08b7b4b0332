#include "harness.h"
#include "server/catalogue.h"

static uint8_t memory[16384];
static struct catalogue c;

static int set_up(void **state)
{
    (void)state;
    assert_true(catalogue_size(16) <= sizeof memory);
    assert_true(catalogue_init(&c, 16, memory, sizeof memory));
    return 0;
}

static void add(const char *name)
{
    assert_int_not_equal(catalogue_add(&c, bytes_of(name)), CATALOGUE_NONE);
}

/* What is found under a name; "": nothing. */
static const char *found(struct bytes name)
{
    uint32_t i = catalogue_find(&c, name);

    return i == CATALOGUE_NONE ? "" : (const char *)c.entry[i].name.at;
}

#define assert_found(asked, name) assert_string_equal(found(bytes_of(asked)), name)

static void a_name_is_found_as_phones_write_it(void **state)
{
    static const char *const written[] = {
        "P0030801SR02.loads",     "p0030801sr02.LOADS",       "/P0030801SR02.loads",       "\\P0030801SR02.loads",
        "//\\P0030801SR02.loads", "Cisco/P0030801SR02.loads", "cisco\\p0030801sr02.loads", "/CISCO/P0030801SR02.loads"};

    (void)state;
    add("P0030801SR02.loads");
    for (size_t i = 0; i < ARRAY_LENGTH(written); i++) assert_found(written[i], "P0030801SR02.loads");
    assert_found("P0030801SR02.load", "");
    assert_found("P0030801SR02.loads/", "");
    assert_found("Cisco/Cisco/P0030801SR02.loads", "");
}

static void folders_are_part_of_a_name(void **state)
{
    (void)state;
    add("English_United_States/mk-sccp.jar");
    add("Communicator/tones.xml");
    assert_found("english_united_states/MK-SCCP.jar", "English_United_States/mk-sccp.jar");
    assert_found("Communicator\\tones.xml", "Communicator/tones.xml");
    assert_found("Communicator//tones.xml", "Communicator/tones.xml");
    assert_found("mk-sccp.jar", "");
}

static void of_names_that_differ_in_case_the_one_as_asked_comes_first(void **state)
{
    (void)state;
    add("OS79XX.TXT");
    add("os79xx.txt");
    assert_found("os79xx.txt", "os79xx.txt");
    assert_found("/OS79XX.TXT", "OS79XX.TXT");
    assert_found("OS79xx.TXT", "OS79XX.TXT");
}

static void a_folder_named_cisco_is_a_folder_first(void **state)
{
    (void)state;
    add("a.bin");
    add("Cisco/a.bin");
    assert_found("Cisco/a.bin", "Cisco/a.bin");
    assert_found("a.bin", "a.bin");
    assert_found("Cisco/b.bin", "");
}

static void no_name_leads_up_or_is_cut_at_a_nul(void **state)
{
    static const uint8_t nul[] = "a.bin\0.txt";
    char long_name[CATALOGUE_NAME + 2];

    (void)state;
    add("a.bin");
    add("up/a.bin");
    assert_found("../a.bin", "");
    assert_found("up/../a.bin", "");
    assert_found("./a.bin", "");
    assert_found("up/./a.bin", "");
    assert_found("..\\a.bin", "");
    assert_found("..", "");
    assert_found(".", "");
    assert_found("", "");
    assert_found("/", "");
    assert_found("Cisco/", "");
    assert_string_equal(found((struct bytes){nul, sizeof nul - 1}), "");
    memset(long_name, 'a', sizeof long_name);
    assert_string_equal(found((struct bytes){(const uint8_t *)long_name, sizeof long_name}), "");
    assert_found("up/...", "");
}

static void what_is_no_name_and_what_does_not_fit_is_not_taken(void **state)
{
    static const char *const name[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"};

    (void)state;
    assert_int_equal(catalogue_add(&c, bytes_of("..")), CATALOGUE_NONE);
    assert_int_equal(catalogue_add(&c, bytes_of("a/../b")), CATALOGUE_NONE);
    assert_int_equal(catalogue_add(&c, bytes_of("")), CATALOGUE_NONE);
    for (size_t i = 0; i < 16; i++) assert_int_equal(catalogue_add(&c, bytes_of(name[i])), i);
    assert_int_equal(catalogue_add(&c, bytes_of("one more")), CATALOGUE_NONE);
    for (size_t i = 0; i < 16; i++) assert_int_equal(catalogue_find(&c, bytes_of(name[i])), i);
    assert_false(catalogue_init(&c, 16, memory, catalogue_size(16) - 1));
}

static void an_empty_catalogue_finds_nothing(void **state)
{
    (void)state;
    assert_true(catalogue_init(&c, 0, memory, sizeof memory));
    assert_found("a", "");
}

#define T(name) cmocka_unit_test_setup(name, set_up)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_name_is_found_as_phones_write_it),
        T(folders_are_part_of_a_name),
        T(of_names_that_differ_in_case_the_one_as_asked_comes_first),
        T(a_folder_named_cisco_is_a_folder_first),
        T(no_name_leads_up_or_is_cut_at_a_nul),
        T(what_is_no_name_and_what_does_not_fit_is_not_taken),
        T(an_empty_catalogue_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
