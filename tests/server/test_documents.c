#include "harness.h"
#include "provision/phone_lists.h"
#include "server/documents.h"

static struct table w;
static struct documents docs;
static uint8_t *memory;
static const struct file files[] = {
    {{(const uint8_t *)"P0030801SR02.loads", 18}, {(const uint8_t *)"P0030801SR02.bin\n", 17}},
    {{(const uint8_t *)"P0030801SR02.bin", 16}, {(const uint8_t *)"DIALLOAD", 8}},
    {{(const uint8_t *)"empty.txt", 9}, {NULL, 0}},
};
static uint8_t scratch[DOCUMENT_SCRATCH];

static int set_up(void **state)
{
    (void)state;
    table_init(&w);
    memory = malloc(documents_size(2, ARRAY_LENGTH(files)));
    assert_true(
        documents_init(&docs, &w.t, 2, files, ARRAY_LENGTH(files), memory, documents_size(2, ARRAY_LENGTH(files))));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(w.memory);
    free(memory);
    return 0;
}

static enum found find(const char *name, struct served **out)
{
    return documents_find(&docs, bytes_of(name), out);
}

static void settings(bool automatic, bool always)
{
    struct settings_record s = {
        .automatic = automatic, .default_file_always = always, .first = 1000, .last = 1003, .pool = "Default"};
    struct fault why;

    assert_true(devices_put_settings(&w.t, &s, NULL, &why));
}

static void the_own_file_of_a_known_device_holds_its_callmanagers_in_order_its_load_and_its_stamp(void **state)
{
    struct device *d = table_add(&w, 1, 7, "2001");
    struct document doc;
    struct served *served;
    struct fault why;
    char stamp[STAMP_TEXT];

    (void)state;
    assert_int_equal(find("SEP020000000001.cnf.xml", &served), FOUND);
    assert_true(served->promises); /* a number: it leaves when that is stored */
    assert_true(document_read(&doc, served->bytes, 7, scratch, sizeof scratch, &why));
    assert_int_equal(doc.kind, DOCUMENT_OWN);
    assert_int_equal(doc.callmanagers, 2);
    assert_string_equal(doc.callmanager[0].node, "10.0.0.1");
    assert_string_equal(doc.callmanager[1].node, "10.0.0.2");
    assert_int_equal(doc.callmanager[0].port, 2000);
    assert_string_equal(doc.load, "P0030801SR02");
    assert_string_equal(doc.stamp, stamp_text(stamp, d->record.stamp));
    assert_string_equal(doc.date_template, "D/M/Y");
    assert_string_equal(doc.time_zone, "Central Europe Standard/Daylight Time");
    assert_int_equal(doc.connection_monitor, 120);
}

static void the_plain_file_of_a_device_without_xml_holds_no_load(void **state)
{
    struct document doc;
    struct served *served;
    struct fault why;

    (void)state;
    (void)table_add(&w, 2, 6, "2002");
    assert_int_equal(find("SEP020000000002.cnf", &served), FOUND);
    assert_true(served->promises);
    assert_true(plain_read(&doc, served->bytes, &why));
    assert_int_equal(doc.callmanagers, 2);
    assert_string_equal(doc.load, "");
}

static void an_unknown_device_has_no_own_file(void **state)
{
    struct served *served;

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    assert_int_equal(find("SEP020000000009.cnf.xml", &served), FOUND_NOTHING);
    assert_int_equal(find("SEP020000000009.cnf", &served), FOUND_NOTHING);
    assert_int_equal(find("CTLSEP020000000001.tlv", &served), FOUND_NOTHING);
    assert_int_equal(find("", &served), FOUND_NOTHING);
    assert_int_equal(find("../../etc/passwd", &served), FOUND_NOTHING);
}

static void the_default_files_are_there_in_any_case_while_auto_registration_is_on(void **state)
{
    static const char *const names[] = {"XMLDefault.cnf.xml", "SEPDefault.cnf.xml", "sepdefault.cnf.xml",
                                        "/XMLDEFAULT.CNF.XML"};
    struct document doc;
    struct served *served;
    struct fault why;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_int_equal(find(names[i], &served), FOUND);
        assert_true(document_read(&doc, served->bytes, 7, scratch, sizeof scratch, &why));
        assert_int_equal(doc.kind, DOCUMENT_DEFAULT);
        assert_string_equal(doc.load, "P0030801SR02");
        assert_int_equal(doc.callmanagers, 2);
        documents_release(&docs, served, true);
    }
    assert_int_equal(find("SEPDefault.cnf", &served), FOUND);
    assert_true(served->promises);
    assert_true(plain_read(&doc, served->bytes, &why));
}

static void with_auto_registration_off_there_is_no_default_file_unless_it_is_always_there(void **state)
{
    struct served *served;

    (void)state;
    settings(false, false);
    assert_int_equal(find("XMLDefault.cnf.xml", &served), FOUND_NOTHING);
    assert_int_equal(find("SEPDefault.cnf", &served), FOUND_NOTHING);
    settings(false, true);
    assert_int_equal(find("XMLDefault.cnf.xml", &served), FOUND);
    assert_int_equal(find("SEPDefault.cnf", &served), FOUND);
}

static void a_held_file_does_not_change_and_the_next_find_makes_a_new_version(void **state)
{
    struct served *old, *new, *third;
    struct fault why;
    uint8_t copy[DOCUMENT_SLOT];

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    assert_int_equal(find("SEP020000000001.cnf.xml", &old), FOUND);
    size_t n = old->bytes.len;
    memcpy(copy, old->bytes.at, n);
    assert_true(
        devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("load"), bytes_of("P0030702T023"), NULL, &why));
    assert_int_equal(find("SEP020000000001.cnf.xml", &new), FOUND);
    assert_ptr_not_equal(old, new);
    assert_memory_equal(old->bytes.at, copy, n);
    assert_false(bytes_equal(old->bytes, new->bytes));
    assert_int_equal(find("SEP020000000001.cnf.xml", &third), FOUND); /* unchanged: the same bytes, counted */
    assert_ptr_equal(new, third);
    assert_int_equal(new->held, 2);
}

static void the_default_file_changes_with_its_pool(void **state)
{
    struct pool_record pool = *devices_pool(&w.t, "Default");
    struct served *old, *new;
    struct fault why;

    (void)state;
    assert_int_equal(find("XMLDefault.cnf.xml", &old), FOUND);
    (void)strcpy(pool.load[0].load, "P0030702T023");
    assert_true(devices_put_pool(&w.t, &pool, NULL, &why));
    assert_int_equal(find("XMLDefault.cnf.xml", &new), FOUND);
    assert_false(bytes_equal(old->bytes, new->bytes));
}

static void when_all_slots_are_held_a_further_file_is_busy_until_one_is_released(void **state)
{
    struct served *a, *b, *c;

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        static const char *const number[] = {"", "2001", "2002", "2003"};
        (void)table_add(&w, i, 7, number[i]);
    }
    assert_int_equal(find("SEP020000000001.cnf.xml", &a), FOUND);
    assert_int_equal(find("SEP020000000002.cnf.xml", &b), FOUND);
    assert_int_equal(find("SEP020000000003.cnf.xml", &c), FOUND_BUSY);
    documents_release(&docs, a, false);
    assert_int_equal(find("SEP020000000003.cnf.xml", &c), FOUND);
}

static void a_file_that_was_fetched_whole_is_noted_with_its_stamp(void **state)
{
    struct device *d = table_add(&w, 1, 7, "2001");
    struct served *served;
    struct fault why;

    (void)state;
    assert_int_equal(find("SEP020000000001.cnf.xml", &served), FOUND);
    documents_release(&docs, served, false);
    assert_true(d->fetched == 0);
    assert_int_equal(find("SEP020000000001.cnf.xml", &served), FOUND);
    uint64_t stamp = d->record.stamp;
    assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"), bytes_of("A"), NULL, &why));
    documents_release(&docs, served, true);
    assert_true(d->fetched == stamp); /* of what it has, not of what it would get now */
}

static void files_of_the_owner_are_found_without_case_and_with_what_phones_put_before(void **state)
{
    static const char *const names[] = {"P0030801SR02.loads", "p0030801sr02.LOADS", "/P0030801SR02.loads",
                                        "Cisco/P0030801SR02.loads", "\\P0030801SR02.loads"};
    struct served *served;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_int_equal(find(names[i], &served), FOUND);
        assert_text(served->bytes, "P0030801SR02.bin\n");
        documents_release(&docs, served, true);
    }
    assert_int_equal(find("P0030801SR02.bin", &served), FOUND);
    assert_false(served->promises); /* it waits for no disk */
    assert_text(served->bytes, "DIALLOAD");
    assert_int_equal(find("empty.txt", &served), FOUND);
    assert_int_equal(served->bytes.len, 0);
    assert_int_equal(find("P0030801SR02", &served), FOUND_NOTHING);
}

static void the_default_file_with_every_model_fits_a_slot(void **state)
{
    struct pool_record pool = *devices_pool(&w.t, "Default");
    struct served *served;
    struct fault why;

    (void)state;
    pool.loads = 0;
    for (size_t i = 0; i < model_count() && pool.loads < RECORD_LOADS; i++) {
        pool.load[pool.loads].device_type = model_at(i)->device_type;
        text_copy(pool.load[pool.loads++].load, 17, bytes_of("0123456789ABCDEF"));
    }
    assert_true(devices_put_pool(&w.t, &pool, NULL, &why));
    assert_int_equal(find("XMLDefault.cnf.xml", &served), FOUND);
}

/* --- files from elsewhere --- */

static struct served from_folder = {.bytes = {(const uint8_t *)"by hand", 7}};
static unsigned both_told;
static bool both_made_wins;

static enum found folder_find(void *context, struct bytes name, struct served **out)
{
    if (bytes_are(name, "secret")) return FOUND_DENIED;
    if (!bytes_end(name, ".cnf.xml") && !bytes_are(name, "ringlist.xml")) return FOUND_NOTHING;
    from_folder.owner = context;
    from_folder.held++;
    *out = &from_folder;
    return FOUND;
}

static void folder_release(void *context, struct served *served)
{
    assert_ptr_equal(served->owner, context);
    served->held--;
}

static bool folder_has(void *context, struct bytes name)
{
    (void)context;
    return bytes_end(name, ".cnf.xml");
}

static void hear_of_both(void *context, struct bytes name, bool made_wins)
{
    (void)context;
    assert_true(name.len > 0);
    both_told++;
    both_made_wins = made_wins;
}

static void have_folder(bool first)
{
    static int folder;
    struct file_source source = {folder_find, folder_release, folder_has, &folder, NULL};

    documents_from(&docs, &source, first, hear_of_both, NULL);
    from_folder.held = both_told = 0;
}

static void what_is_not_in_memory_comes_from_the_folder_and_goes_back_there(void **state)
{
    struct served *served;

    (void)state;
    have_folder(false);
    assert_int_equal(find("ringlist.xml", &served), FOUND);
    assert_text(served->bytes, "by hand");
    documents_release(&docs, served, true);
    assert_int_equal(from_folder.held, 0);
    assert_int_equal(find("P0030801SR02.bin", &served), FOUND);
    assert_text(served->bytes, "DIALLOAD");
    documents_release(&docs, served, true);
    assert_int_equal(find("secret", &served), FOUND_DENIED);
    assert_int_equal(find("absent", &served), FOUND_NOTHING);
    assert_int_equal(find("SEP020000000009.cnf.xml", &served), FOUND); /* of a device that is not in the table */
    assert_text(served->bytes, "by hand");
    documents_release(&docs, served, true);
}

static const char *const owned[] = {"Bass.raw",
                                    "bell & book.pcm",
                                    "P0030801SR02.loads",
                                    "rings/no.raw",
                                    "Desktops/95x34x1/hill.png",
                                    "Desktops/95x34x1/TN-hill.png",
                                    "Desktops/95x34x1/alone.png"};
static uint32_t owned_count;

static enum found owned_find(void *context, struct bytes name, struct served **out)
{
    (void)context;
    (void)out;
    return bytes_are(name, "secret/Ringlist.xml") ? FOUND_DENIED : FOUND_NOTHING;
}

static bool owned_at(void *context, uint32_t i, struct bytes *name)
{
    (void)context;
    if (i < owned_count) *name = bytes_of(owned[i]);
    return i < owned_count;
}

static bool owned_has(void *context, struct bytes name)
{
    struct bytes is;

    for (uint32_t i = 0; owned_at(context, i, &is); i++)
        if (bytes_equal_nocase(is, name)) return true;
    return false;
}

static void lists_are_made_of_the_names_of_the_owners_files(void **state)
{
    static int folder;
    struct file_source source = {owned_find, folder_release, owned_has, &folder, owned_at};
    struct served *served, *other;

    (void)state;
    documents_from(&docs, &source, false, NULL, NULL);
    owned_count = 0;
    assert_int_equal(find("RINGLIST.XML", &served), FOUND_NOTHING); /* nothing to put into it: error 1 */
    owned_count = ARRAY_LENGTH(owned);
    assert_int_equal(find("/RINGLIST.XML", &served), FOUND);
    assert_false(served->promises);
    assert_text(served->bytes,
                "<CiscoIPPhoneRingList>\n"
                "  <Ring>\n    <DisplayName>Bass</DisplayName>\n    <FileName>Bass.raw</FileName>\n  </Ring>\n"
                "  <Ring>\n    <DisplayName>bell &amp; book</DisplayName>\n"
                "    <FileName>bell &amp; book.pcm</FileName>\n  </Ring>\n</CiscoIPPhoneRingList>\n");
    assert_int_equal(find("desktops\\95x34x1\\list.xml", &other), FOUND);
    assert_text(other->bytes, "<CiscoIPPhoneImageList>\n  <ImageItem Image=\"TFTP:Desktops/95x34x1/TN-hill.png\" "
                              "URL=\"TFTP:Desktops/95x34x1/hill.png\"/>\n</CiscoIPPhoneImageList>\n");
    struct served *third;
    assert_int_equal(find("Ringlist.xml", &third), FOUND_BUSY); /* both slots are held */
    documents_release(&docs, other, true);
    owned_count = 1; /* a file went: the next one to ask hears of it, a transfer goes on */
    assert_int_equal(find("DistinctiveRingList.xml", &third), FOUND);
    assert_true(third->bytes.len < served->bytes.len);
    assert_true(bytes_end(served->bytes, "</CiscoIPPhoneRingList>\n"));
    documents_release(&docs, served, true);
    documents_release(&docs, third, true);
    assert_int_equal(find("Desktops/320x212x12/List.xml", &served), FOUND_NOTHING);
    assert_int_equal(find("dialplan.xml", &served), FOUND_NOTHING);
    assert_int_equal(find("English_United_States/mk-sccp.jar", &served), FOUND_NOTHING);
    assert_int_equal(find("secret/Ringlist.xml", &served), FOUND_DENIED);
    assert_int_equal(find("SEPDefault.cnf", &served), FOUND); /* the slots are there for others again */
    documents_release(&docs, served, true);
}

static void a_list_has_50_entries_or_as_many_as_fit_its_slot(void **state)
{
    static char name[60][PHONE_LIST_NAME + 1];
    static struct file sixty[60];
    static struct documents many;
    struct served *served;

    (void)state;
    for (unsigned way = 0; way < 2; way++) { /* the second way each letter takes five */
        for (unsigned i = 0; i < 60; i++) {
            memset(name[i], way ? '&' : 'a', PHONE_LIST_NAME);
            name[i][0] = (char)('0' + i / 10);
            name[i][1] = (char)('0' + i % 10);
            memcpy(name[i] + PHONE_LIST_NAME - 4, ".raw", 4);
            sixty[i].name = bytes_of(name[i]);
        }
        size_t size = documents_size(1, 60);
        void *room = malloc(size);
        assert_true(documents_init(&many, &w.t, 1, sixty, 60, room, size));
        assert_int_equal(documents_find(&many, bytes_of("Ringlist.xml"), &served), FOUND);
        unsigned rings = 0;
        for (size_t i = 0; i + 6 <= served->bytes.len; i++) rings += memcmp(served->bytes.at + i, "<Ring>", 6) == 0;
        assert_true(way ? rings > 40 && rings < 50 : rings == PHONE_LIST_MOST);
        assert_true(bytes_end(served->bytes, "  </Ring>\n</CiscoIPPhoneRingList>\n"));
        free(room);
    }
}

static void a_made_document_wins_over_a_file_of_its_name_and_that_is_told_once(void **state)
{
    struct served *served;

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    have_folder(false);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(find("SEP020000000001.cnf.xml", &served), FOUND);
        assert_ptr_not_equal(served, &from_folder);
        documents_release(&docs, served, true);
    }
    assert_int_equal(both_told, 1);
    assert_true(both_made_wins);
    assert_int_equal(find("XMLDefault.cnf.xml", &served), FOUND);
    assert_int_equal(both_told, 2);
}

static void by_its_setting_the_file_wins(void **state)
{
    struct device *d = table_add(&w, 1, 7, "2001");
    struct served *served;

    (void)state;
    have_folder(true);
    assert_int_equal(find("SEP020000000001.cnf.xml", &served), FOUND);
    assert_ptr_equal(served, &from_folder);
    documents_release(&docs, served, true);
    assert_true(d->fetched == 0);
    assert_int_equal(both_told, 1);
    assert_false(both_made_wins);
    assert_int_equal(find("SEP020000000001.cnf", &served), FOUND); /* the folder has none: it is made */
    assert_ptr_not_equal(served, &from_folder);
}

static void an_outdated_document_that_is_held_gives_its_slot_back_when_released(void **state)
{
    struct served *old, *new, *other;
    struct fault why;

    (void)state;
    (void)table_add(&w, 1, 7, "2001");
    (void)table_add(&w, 2, 7, "2002");
    assert_int_equal(find("SEP020000000001.cnf.xml", &old), FOUND);
    assert_true(devices_change(&w.t, bytes_of("SEP020000000001"), bytes_of("label"), bytes_of("A"), NULL, &why));
    assert_int_equal(find("SEP020000000001.cnf.xml", &new), FOUND);
    assert_int_equal(find("SEP020000000002.cnf.xml", &other), FOUND_BUSY);
    documents_release(&docs, new, true); /* still current: it would be kept the longest */
    documents_release(&docs, old, true);
    assert_int_equal(find("SEP020000000002.cnf.xml", &other), FOUND);
    assert_ptr_equal(other, old);
    assert_int_equal(find("SEP020000000001.cnf.xml", &old), FOUND);
    assert_ptr_equal(old, new); /* made once */
}

static void the_document_that_was_not_used_longest_makes_room(void **state)
{
    struct served *a, *b, *c;

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        static const char *const number[] = {"", "2001", "2002", "2003"};
        (void)table_add(&w, i, 7, number[i]);
    }
    assert_int_equal(find("SEP020000000001.cnf.xml", &a), FOUND);
    documents_release(&docs, a, false);
    assert_int_equal(find("SEP020000000002.cnf.xml", &b), FOUND);
    documents_release(&docs, b, false);
    assert_int_equal(find("SEP020000000001.cnf.xml", &a), FOUND);
    documents_release(&docs, a, false);
    assert_int_equal(find("SEP020000000003.cnf.xml", &c), FOUND);
    assert_ptr_equal(c, b);
    documents_release(&docs, c, false);
    assert_int_equal(find("SEP020000000002.cnf.xml", &b), FOUND);
    assert_ptr_equal(b, a);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_own_file_of_a_known_device_holds_its_callmanagers_in_order_its_load_and_its_stamp),
        T(the_plain_file_of_a_device_without_xml_holds_no_load),
        T(an_unknown_device_has_no_own_file),
        T(the_default_files_are_there_in_any_case_while_auto_registration_is_on),
        T(with_auto_registration_off_there_is_no_default_file_unless_it_is_always_there),
        T(a_held_file_does_not_change_and_the_next_find_makes_a_new_version),
        T(the_default_file_changes_with_its_pool),
        T(when_all_slots_are_held_a_further_file_is_busy_until_one_is_released),
        T(a_file_that_was_fetched_whole_is_noted_with_its_stamp),
        T(files_of_the_owner_are_found_without_case_and_with_what_phones_put_before),
        T(the_default_file_with_every_model_fits_a_slot),
        T(what_is_not_in_memory_comes_from_the_folder_and_goes_back_there),
        T(lists_are_made_of_the_names_of_the_owners_files),
        T(a_list_has_50_entries_or_as_many_as_fit_its_slot),
        T(a_made_document_wins_over_a_file_of_its_name_and_that_is_told_once),
        T(by_its_setting_the_file_wins),
        T(an_outdated_document_that_is_held_gives_its_slot_back_when_released),
        T(the_document_that_was_not_used_longest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
