#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "provision/phone_lists.h"

static void a_list_is_known_by_its_name_in_any_case(void **state)
{
    static const struct {
        const char *name;
        enum phone_list list;
        const char *folder;
    } names[] = {{"RINGLIST.XML", LIST_RINGS, ""},
                 {"Ringlist.xml", LIST_RINGS, ""},
                 {"DistinctiveRingList.xml", LIST_RINGS, ""},
                 {"DISTINCTIVERINGLIST.XML", LIST_RINGS, ""},
                 {"Desktops/320x212x12/List.xml", LIST_BACKGROUNDS, "Desktops/320x212x12"},
                 {"desktops\\95x34x1\\LIST.XML", LIST_BACKGROUNDS, "desktops\\95x34x1"},
                 {"Desktops/a/b/List.xml", LIST_BACKGROUNDS, "Desktops/a/b"},
                 {"", LIST_NONE, ""},
                 {"/", LIST_NONE, ""},
                 {"List.xml", LIST_NONE, ""},
                 {"/List.xml", LIST_NONE, ""},
                 {"Desktops/List.xml", LIST_NONE, ""},
                 {"Desktops//List.xml", LIST_NONE, ""},
                 {"Desktopss/1/List.xml", LIST_NONE, ""},
                 {"other/320x212x12/List.xml", LIST_NONE, ""},
                 {"rings/Ringlist.xml", LIST_NONE, ""},
                 {"RINGLIST.DAT", LIST_NONE, ""},
                 {"Ringlist.xml.sgn", LIST_NONE, ""},
                 {"dialplan.xml", LIST_NONE, ""},
                 {"English_United_States/mk-sccp.jar", LIST_NONE, ""},
                 {"\xff\xff\\List.xml", LIST_NONE, ""}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct bytes folder;
        if (phone_list_of(bytes_of(names[i].name), &folder) != names[i].list) fail_msg("%s", names[i].name);
        assert_true(bytes_are(folder, names[i].folder));
    }
}

static bool takes(enum phone_list list, const char *folder, const char *file, const char *small)
{
    char room[PHONE_LIST_PATH];
    struct bytes is;

    if (!phone_list_takes(list, bytes_of(folder), bytes_of(file), &is, room)) return false;
    assert_true(bytes_are(is, small));
    return true;
}

static void rings_are_the_sounds_of_the_uppermost_folder(void **state)
{
    (void)state;
    assert_true(takes(LIST_RINGS, "", "Bass.raw", ""));
    assert_true(takes(LIST_RINGS, "", "bell.PCM", ""));
    assert_true(takes(LIST_RINGS, "", "1234567890123456789_1.raw", ""));
    assert_false(takes(LIST_RINGS, "", "1234567890123456789_12.raw", "")); /* 26 letters */
    assert_false(takes(LIST_RINGS, "", "rings/Bass.raw", ""));
    assert_false(takes(LIST_RINGS, "", ".raw", ""));
    assert_false(takes(LIST_RINGS, "", "raw", ""));
    assert_false(takes(LIST_RINGS, "", "", ""));
    assert_false(takes(LIST_RINGS, "", "P0030801SR02.bin", ""));
    assert_false(takes(LIST_RINGS, "", "B\xc3\xa4r.raw", ""));
    assert_false(takes(LIST_RINGS, "", "a\nb.raw", ""));
}

static void backgrounds_are_the_pictures_of_that_folder_and_name_their_small_one(void **state)
{
    char longest[PHONE_LIST_PATH + 8];

    (void)state;
    assert_true(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "Desktops/320x212x12/hill.png",
                      "Desktops/320x212x12/TN-hill.png"));
    assert_true(takes(LIST_BACKGROUNDS, "desktops\\320X212X12", "Desktops/320x212x12/Hill.PNG",
                      "Desktops/320x212x12/TN-Hill.PNG"));
    assert_false(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "Desktops/320x212x12/TN-hill.png", ""));
    assert_false(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "Desktops/320x212x16/hill.png", ""));
    assert_false(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "Desktops/320x212x12/deep/hill.png", ""));
    assert_false(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "hill.png", ""));
    assert_false(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "Desktops/320x212x12/hill.jpg", ""));
    assert_false(takes(LIST_BACKGROUNDS, "Desktops/320x212x12", "Desktops/320x212x12/.png", ""));
    for (size_t n = PHONE_LIST_PATH - 8; n < sizeof longest; n++) { /* the small one's name is 3 longer, and must fit */
        memset(longest, 'a', sizeof longest);
        memcpy(longest, "Desktops/1/", 11);
        memcpy(longest + n - 4, ".png", 4);
        longest[n] = '\0';
        char room[PHONE_LIST_PATH];
        struct bytes small;
        assert_int_equal(phone_list_takes(LIST_BACKGROUNDS, bytes_of("Desktops/1"), bytes_of(longest), &small, room),
                         n + 3 < PHONE_LIST_PATH);
        if (n + 3 < PHONE_LIST_PATH) assert_int_equal(small.len, n + 3);
    }
}

static void a_list_is_as_ciscos_guides_have_it(void **state)
{
    uint8_t bytes[1024];
    struct writer w = writer(bytes, sizeof bytes);

    (void)state;
    phone_list_begin(&w, LIST_RINGS);
    phone_list_add(&w, LIST_RINGS, bytes_of("Rock & <Roll>.raw"), bytes_of(""));
    phone_list_end(&w, LIST_RINGS);
    assert_true(bytes_are(written(&w),
                          "<CiscoIPPhoneRingList>\n  <Ring>\n    <DisplayName>Rock &amp; &lt;Roll&gt;</DisplayName>\n"
                          "    <FileName>Rock &amp; &lt;Roll&gt;.raw</FileName>\n  </Ring>\n"
                          "</CiscoIPPhoneRingList>\n"));
    w.len = 0;
    phone_list_begin(&w, LIST_BACKGROUNDS);
    phone_list_add(&w, LIST_BACKGROUNDS, bytes_of("Desktops/95x34x1/a\".png"), bytes_of("Desktops/95x34x1/TN-a\".png"));
    phone_list_end(&w, LIST_BACKGROUNDS);
    assert_true(bytes_are(written(&w),
                          "<CiscoIPPhoneImageList>\n  <ImageItem Image=\"TFTP:Desktops/95x34x1/TN-a&quot;.png\""
                          " URL=\"TFTP:Desktops/95x34x1/a&quot;.png\"/>\n</CiscoIPPhoneImageList>\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_known_by_its_name_in_any_case),
        cmocka_unit_test(rings_are_the_sounds_of_the_uppermost_folder),
        cmocka_unit_test(backgrounds_are_the_pictures_of_that_folder_and_name_their_small_one),
        cmocka_unit_test(a_list_is_as_ciscos_guides_have_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
