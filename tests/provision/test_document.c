/* What is read out of configuration files as real servers write them, and that what is written is read alike. */
#include "documents.h"

static struct document d;
static struct fault why;
static uint8_t scratch[DOCUMENT_SCRATCH];

static bool reads(const char *xml, uint32_t device_type)
{
    return document_read(&d, bytes_of(xml), device_type, scratch, sizeof scratch, &why);
}

/* A group of one CallManager, with whatever else is put around it. */
#define ONE(node)                                                                                                      \
    "<callManagerGroup><members><member "                                                                              \
    "priority=\"0\"><callManager><ports><ethernetPhonePort>2000</ethernetPhonePort>"                                   \
    "</ports><processNodeName>" node "</processNodeName></callManager></member></members></callManagerGroup>"
#define OWN(more) "<device><devicePool>" ONE("10.0.0.10") "</devicePool>" more "</device>"

static void the_minimal_file_of_all_sccp_families_is_read(void **state)
{
    (void)state;
    assert_true(reads("<device><devicePool><dateTimeSetting><dateTemplate>D/M/Y</dateTemplate>"
                      "<timeZone>Greenwich Standard Time</timeZone></dateTimeSetting>" ONE(
                          "10.0.0.10") "</devicePool><loadInformation></loadInformation><deviceSecurityMode>1</"
                                       "deviceSecurityMode></device>",
                      7));
    assert_int_equal(d.kind, DOCUMENT_OWN);
    assert_int_equal(d.callmanagers, 1);
    assert_string_equal(d.callmanager[0].node, "10.0.0.10");
    assert_int_equal(d.callmanager[0].address, IPV4(10, 0, 0, 10));
    assert_int_equal(d.callmanager[0].port, 2000);
    assert_string_equal(d.date_template, "D/M/Y");
    assert_string_equal(d.time_zone, "Greenwich Standard Time");
    assert_string_equal(d.load, ""); /* keep the one you have */
    assert_int_equal(d.connection_monitor, 120);
    assert_int_equal(d.extra_len, 0);
}

/* Everything at once that stands in some real file or other: declaration, CRLF, comments, a tab between name and
 * attribute, single quotes, attributes on any element, unknown elements, empty elements, members out of order. */
static void everything_that_real_files_have_is_taken_calmly(void **state)
{
    (void)state;
    assert_true(reads(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- made on Tuesday -->\r\n"
        "<device xsi:type=\"axl:XIPPhone\" ctiid=\"17\" uuid=\"{1a}\">\r\n"
        " <deviceProtocol>SCCP</deviceProtocol>\r\n <sshUserId/>\r\n"
        " <devicePool uuid='{2b}'>\r\n  <revertPriority>0</revertPriority><name>Hall</name>\r\n"
        "  <dateTimeSetting\tuuid=\"{3c}\">\r\n   <name>CMLocal</name>\r\n   <dateTemplate> D.M.YA </dateTemplate>\r\n"
        "   <timeZone>\r\n     W. Europe Standard/Daylight Time\r\n   </timeZone>\r\n  </dateTimeSetting>\r\n"
        "  <callManagerGroup>\r\n   <name>Pair</name><tftpDefault>true</tftpDefault>\r\n   <members>\r\n"
        "    <member\tpriority='1'><callManager><name>b</name><ports><ethernetPhonePort>2001</ethernetPhonePort>"
        "<mgcpPorts><listen>2427</listen></mgcpPorts></ports><processNodeName>cm-b.example.org</processNodeName></"
        "callManager></member>\r\n"
        "    <member priority='0'><!-- first --><callManager><ports/><processNodeName> 10.0.0.1 "
        "</processNodeName></callManager></member>\r\n"
        "   </members>\r\n  </callManagerGroup>\r\n  <srstInfo><name>none</name><userModifiable/></srstInfo>\r\n"
        "  <connectionMonitorDuration>90</connectionMonitorDuration>\r\n </devicePool>\r\n"
        " <loadInformation model=\"x\">P003<!-- split -->0801SR02</loadInformation>\r\n"
        " <versionStamp>{Jan 01 2002 00:00:00}</versionStamp>\r\n"
        " <userLocale><name>German_Germany</name><uid/><langCode>de</langCode></userLocale>\r\n"
        " <networkLocale>Germany</networkLocale>\r\n"
        " <servicesURL>http://10.0.0.1/menu?a=1&amp;b=2</servicesURL>\r\n <proxyServerURL/>\r\n"
        "</device>\r\n<!-- end -->\r\n",
        7));
    assert_int_equal(d.callmanagers, 2);
    assert_string_equal(d.callmanager[0].node, "10.0.0.1");
    assert_int_equal(d.callmanager[0].port, 2000); /* ports is empty */
    assert_string_equal(d.callmanager[1].node, "cm-b.example.org");
    assert_int_equal(d.callmanager[1].address, 0);
    assert_int_equal(d.callmanager[1].port, 2001);
    assert_string_equal(d.group, "Pair");
    assert_string_equal(d.pool, "Hall");
    assert_string_equal(d.date_template, "D.M.YA");
    assert_string_equal(d.time_zone, "W. Europe Standard/Daylight Time");
    assert_int_equal(d.connection_monitor, 90);
    assert_string_equal(d.load, "P0030801SR02");
    assert_string_equal(d.stamp, "{Jan 01 2002 00:00:00}");
    assert_string_equal(d.user_locale, "German_Germany");
    assert_string_equal(d.network_locale, "Germany");
    assert_string_equal(d.url[URL_SERVICES], "http://10.0.0.1/menu?a=1&b=2");
    assert_int_equal(d.extra_len, strlen("<sshUserId/>"));
    assert_memory_equal(d.extra, "<sshUserId/>", d.extra_len);
}

#define MEMBER(priority, node)                                                                                         \
    "<member" priority "><callManager><processNodeName>" node "</processNodeName></callManager></member>"
#define GROUP(members)                                                                                                 \
    "<device><devicePool><callManagerGroup><members>" members "</members></callManagerGroup></devicePool></device>"

static void callmanagers_come_in_the_order_of_their_priority(void **state)
{
    (void)state;
    assert_true(
        reads(GROUP(MEMBER(" priority=\"2\"", "c") MEMBER(" priority=\"0\"", "a") MEMBER(" priority=\"1\"", "b")), 7));
    assert_int_equal(d.callmanagers, 3);
    assert_string_equal(d.callmanager[0].node, "a");
    assert_string_equal(d.callmanager[1].node, "b");
    assert_string_equal(d.callmanager[2].node, "c");
}

static void without_priorities_they_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    assert_true(reads(GROUP(MEMBER("", "a") MEMBER(" priority=''", "b") MEMBER("", "c")), 7));
    assert_string_equal(d.callmanager[0].node, "a");
    assert_string_equal(d.callmanager[1].node, "b");
    assert_string_equal(d.callmanager[2].node, "c");
    assert_true(reads(GROUP(MEMBER(" priority='1'", "a") MEMBER(" priority='1'", "b")), 7));
    assert_string_equal(d.callmanager[0].node, "a");
    assert_string_equal(d.callmanager[1].node, "b");
}

static void of_more_than_three_the_three_highest_are_kept(void **state)
{
    (void)state;
    assert_true(reads(GROUP(MEMBER(" priority='4'", "e") MEMBER(" priority='3'", "d") MEMBER(" priority='2'", "c")
                                MEMBER(" priority='1'", "b") MEMBER(" priority='0'", "a") MEMBER(" priority='5'", "f")),
                      7));
    assert_int_equal(d.callmanagers, 3);
    assert_string_equal(d.callmanager[0].node, "a");
    assert_string_equal(d.callmanager[1].node, "b");
    assert_string_equal(d.callmanager[2].node, "c");
}

static void an_empty_group_is_no_fault_and_a_member_without_node_is_nobody(void **state)
{
    (void)state;
    assert_true(reads("<device><devicePool><callManagerGroup/></devicePool></device>", 7));
    assert_int_equal(d.callmanagers, 0);
    assert_true(reads(GROUP(""), 7));
    assert_int_equal(d.callmanagers, 0);
    assert_true(
        reads(GROUP("<member priority='0'><callManager><processNodeName/></callManager></member>" MEMBER("", "b")), 7));
    assert_int_equal(d.callmanagers, 1);
    assert_string_equal(d.callmanager[0].node, "b");
}

#define PORT(text)                                                                                                     \
    GROUP("<member><callManager><ports><ethernetPhonePort>" text "</ethernetPhonePort></ports>"                        \
          "<processNodeName>a</processNodeName></callManager></member>")

static void a_port_is_2000_unless_it_is_told(void **state)
{
    (void)state;
    static const char *const bad[] = {PORT("0"), PORT("65536"), PORT("-1"), PORT("two thousand"), PORT("2000x")};

    assert_true(reads(PORT(""), 7));
    assert_int_equal(d.callmanager[0].port, 2000);
    assert_true(reads(PORT(" 2443 "), 7));
    assert_int_equal(d.callmanager[0].port, 2443);
    assert_true(reads(PORT("65535"), 7));
    assert_int_equal(d.callmanager[0].port, 65535);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_false(reads(bad[i], 7));
        assert_int_equal(why.kind, FAULT_VALUE);
        assert_string_equal(why.what, "ethernetPhonePort");
        assert_int_equal(why.at, strstr(bad[i], "<ethernetPhonePort>") - bad[i]);
    }
}

static void iso_8859_1_becomes_utf_8(void **state)
{
    (void)state;
    assert_true(reads("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><device><devicePool><name>B\xfcro</name>" ONE(
                          "a") "</devicePool><label>Caf\xe9</label></device>",
                      7));
    assert_string_equal(d.pool, "B\xc3\xbcro");
    assert_int_equal(d.extra_len, strlen("<label>Caf\xc3\xa9</label>"));
    assert_memory_equal(d.extra, "<label>Caf\xc3\xa9</label>", d.extra_len);
    assert_true(reads("\xef\xbb\xbf" OWN("<versionStamp>\xc3\xbc</versionStamp>"), 7)); /* with a byte order mark */
    assert_string_equal(d.stamp, "\xc3\xbc");
}

static void a_text_too_long_for_its_field_is_cut_between_characters(void **state)
{
    (void)state;
    assert_true(reads("<device><devicePool><name>1234567890123456789012345678 \xc3\xbc\xc3\xbc</name>" ONE(
                          "a") "</devicePool></device>",
                      7));
    assert_string_equal(d.pool, "1234567890123456789012345678 \xc3\xbc"); /* 31 bytes, the second does not fit */
    assert_true(reads(
        "<device><devicePool><name>12345678901234567890123456789 \xc3\xbc</name>" ONE("a") "</devicePool></device>",
        7));
    assert_string_equal(d.pool, "12345678901234567890123456789"); /* and no blank is left at the end */
}

static void a_time_zone_keeps_the_blank_at_its_end(void **state)
{
    (void)state;
    assert_true(
        reads("<device><devicePool><dateTimeSetting><timeZone>Samoa Standard Time </timeZone></dateTimeSetting>" ONE(
                  "a") "</devicePool></device>",
              7));
    assert_string_equal(d.time_zone, "Samoa Standard Time ");
}

#define DEFAULT(more) "<Default>" ONE("10.0.0.10") more "</Default>"

static void a_default_file_gives_the_load_of_the_asking_model(void **state)
{
    (void)state;
    static const char loads[] =
        DEFAULT("<loadInformation6 model=\"IP Phone 7910\">P00405000700</loadInformation6>"
                "<loadInformation00007 model=\"Cisco 7960\">P0030801SR02</loadInformation00007>"
                "<loadinformation36213>sip78xx.12-5-1SR2-2</loadinformation36213>"
                "<LOADINFORMATION8></LOADINFORMATION8><loadInformation>generic</loadInformation>");

    assert_true(reads(loads, 6));
    assert_int_equal(d.kind, DOCUMENT_DEFAULT);
    assert_string_equal(d.load, "P00405000700");
    assert_true(reads(loads, 7)); /* zero-padded */
    assert_string_equal(d.load, "P0030801SR02");
    assert_true(reads(loads, 36213)); /* without case */
    assert_string_equal(d.load, "sip78xx.12-5-1SR2-2");
    assert_true(reads(loads, 8)); /* empty: no load told */
    assert_string_equal(d.load, "");
    assert_true(reads(loads, 30006)); /* not there */
    assert_string_equal(d.load, "");
    assert_memory_equal(d.extra, "<loadInformation>generic</loadInformation>", d.extra_len);
}

static void a_default_file_may_have_its_group_in_a_device_pool(void **state)
{
    (void)state;
    assert_true(
        reads("<Default><devicePool><dateTimeSetting><dateTemplate>M/D/Y</dateTemplate></dateTimeSetting>" ONE(
                  "10.0.0.2") "</devicePool><autoRegistration>TRUE</autoRegistration><TVS><members/></TVS></Default>",
              7));
    assert_int_equal(d.callmanagers, 1);
    assert_string_equal(d.date_template, "M/D/Y");
    assert_true(d.auto_registration);
    assert_memory_equal(d.extra, "<TVS><members/></TVS>", d.extra_len);
    assert_true(reads(DEFAULT("<autoRegistration>false</autoRegistration>"), 7));
    assert_false(d.auto_registration);
}

static void an_own_file_takes_no_load_by_type(void **state)
{
    (void)state;
    assert_true(reads(OWN("<loadInformation7>P0030801SR02</loadInformation7>"), 7));
    assert_string_equal(d.load, "");
}

static void unknown_children_of_the_root_pass_through(void **state)
{
    (void)state;
    static uint8_t to[16384];
    struct writer w = writer(to, sizeof to);
    static const char unknown[] =
        "<vendorConfig><webAccess>0</webAccess><!-- <x> --><t a='&lt;'><![CDATA[</t>]]></t></vendorConfig>"
        "<deviceSecurityMode>2</deviceSecurityMode><idle/>";
    struct document before;

    assert_true(
        reads(OWN("<vendorConfig><webAccess>0</webAccess><!-- <x> --><t a='&lt;'><![CDATA[</t>]]></t></vendorConfig>\n"
                  "<!-- not an element --><loadInformation>L</loadInformation>"
                  "<deviceSecurityMode>2</deviceSecurityMode> <idle/>"),
              7));
    assert_int_equal(d.extra_len, strlen(unknown));
    assert_memory_equal(d.extra, unknown, d.extra_len);
    before = d;
    document_write(&w, &d);
    assert_false(w.full);
    assert_true(document_read(&d, written(&w), 7, scratch, sizeof scratch, &why));
    assert_same_document(&d, &before);
    to[w.len] = '\0';
    assert_null(strstr((char *)to, "<deviceSecurityMode>1")); /* what the file said itself stands there once */
    assert_non_null(strstr((char *)to, "<deviceProtocol>SCCP</deviceProtocol>"));
}

static void extra_is_cut_at_a_whole_element(void **state)
{
    (void)state;
    static char xml[8192];
    char *at = xml + strlen(strcpy(xml, "<device><devicePool><callManagerGroup/></devicePool>"));

    for (char c = 'a'; c < 'g'; c++) {
        *at++ = '<', *at++ = c, *at++ = '>';
        memset(at, c, 500);
        at += 500;
        *at++ = '<', *at++ = '/', *at++ = c, *at++ = '>';
    }
    strcpy(at, "</device>");
    assert_true(reads(xml, 7));
    assert_true(d.extra_cut);
    assert_int_equal(d.extra_len, 4 * 507);
    assert_memory_equal(d.extra + d.extra_len - 4, "</d>", 4);
}

static struct document full_document(enum document_kind kind)
{
    struct document in = {.kind = kind,
                          .callmanagers = 3,
                          .connection_monitor = 60,
                          .group = "Pair <1>",
                          .pool = "B\xc3\xbcro & Hof",
                          .stamp = "{Jan 01 2002 00:00:00}",
                          .date_template = "D.M.YA",
                          .time_zone = "Samoa Standard Time ",
                          .user_locale = "German_Germany",
                          .network_locale = "Germany"};

    for (size_t i = 0; i < 3; i++) {
        strcpy(in.callmanager[i].node, i == 2 ? "cm.example.org" : i ? "10.0.0.11" : "10.0.0.10");
        in.callmanager[i].address = i == 2 ? 0 : IPV4(10, 0, 0, 10 + i);
        in.callmanager[i].port = (uint16_t)(2000 + i);
    }
    for (size_t i = 0; i < URLS; i++) strcpy(in.url[i], "http://a/b?c=\"1\"&d=']]>");
    return in;
}

static void what_is_written_is_read_alike(void **state)
{
    (void)state;
    static uint8_t to[16384], again[16384];
    struct writer w = writer(to, sizeof to), v = writer(again, sizeof again);
    struct document in = full_document(DOCUMENT_OWN);

    strcpy(in.load, "P0030801SR02");
    document_write(&w, &in);
    assert_false(w.full);
    assert_true(document_read(&d, written(&w), 7, scratch, sizeof scratch, &why));
    assert_same_document(&d, &in);
    document_write(&v, &d);
    assert_true(bytes_equal(written(&w), written(&v)));
}

static void a_default_file_is_written_with_the_load_of_each_model(void **state)
{
    (void)state;
    static uint8_t to[16384];
    static const struct document_load loads[] = {
        {6, "Cisco 7910", "P00405000700"}, {7, "Cisco 7960", "P0030801SR02"}, {30006, "", "a&b"}};
    struct document in = full_document(DOCUMENT_DEFAULT);

    in.loads = loads;
    in.load_count = ARRAY_LENGTH(loads);
    in.auto_registration = true;
    for (size_t i = 0; i < ARRAY_LENGTH(loads); i++) {
        struct writer w = writer(to, sizeof to - 1);
        document_write(&w, &in);
        assert_true(document_read(&d, written(&w), loads[i].device_type, scratch, sizeof scratch, &why));
        strcpy(in.load, loads[i].load);
        assert_same_document(&d, &in);
        to[w.len] = '\0';
        assert_non_null(strstr((char *)to, "<loadInformation7 model=\"Cisco 7960\">P0030801SR02</loadInformation7>"));
    }
}

/* The order of CallManager's own files. */
static void the_elements_of_an_own_file_come_in_the_order_that_phones_know(void **state)
{
    (void)state;
    static const char *const order[] = {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                                        "<device>",
                                        "<fullConfig>",
                                        "<deviceProtocol>",
                                        "<devicePool>",
                                        "<dateTimeSetting>",
                                        "<dateTemplate>",
                                        "<timeZone>",
                                        "</dateTimeSetting>",
                                        "<callManagerGroup>",
                                        "<members>",
                                        "<member priority=\"0\">",
                                        "<callManager>",
                                        "<ports>",
                                        "<ethernetPhonePort>2000</ethernetPhonePort>",
                                        "<processNodeName>10.0.0.10</processNodeName>",
                                        "</callManager>",
                                        "</member>",
                                        "<member priority=\"1\">",
                                        "<member priority=\"2\">",
                                        "</members>",
                                        "</callManagerGroup>",
                                        "</devicePool>",
                                        "<loadInformation>",
                                        "<versionStamp>",
                                        "<userLocale>",
                                        "<networkLocale>",
                                        "<deviceSecurityMode>1",
                                        "<authenticationURL>",
                                        "<directoryURL>",
                                        "<idleURL>",
                                        "<informationURL>",
                                        "<messagesURL>",
                                        "<servicesURL>",
                                        "<proxyServerURL>",
                                        "</device>"};
    static char to[16384];
    struct document in = full_document(DOCUMENT_OWN);
    struct writer w = writer(to, sizeof to - 1);

    document_write(&w, &in);
    to[w.len] = '\0';
    char *at = to;
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        char *found = strstr(at, order[i]);
        assert_non_null(found);
        at = found + 1;
    }
}

/* A control character, half a character of UTF-8, a surrogate, an overlong slash, a cut character, a non-character. */
static void what_no_document_may_hold_is_written_as_a_question_mark(void **state)
{
    (void)state;
    static uint8_t to[16384];
    static const char *const bad[][2] = {{"a\x01z", "a?z"},
                                         {"a\xc3z", "a?z"},
                                         {"a\xed\xa0\x80z", "a???z"},
                                         {"a\xc0\xafz", "a??z"},
                                         {"az\xe2\x82", "az??"},
                                         {"a\xef\xbf\xbfz", "a???z"},
                                         {"a\xf8z", "a?z"},
                                         {"a\rz", "a\rz"},
                                         {"a\xf0\x9f\x98\x80z", "a\xf0\x9f\x98\x80z"},
                                         {"a\xf4\x90\x80\x80z", "a????z"}};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct document in = full_document(DOCUMENT_OWN);
        struct writer w = writer(to, sizeof to);
        strcpy(in.pool, bad[i][0]);
        document_write(&w, &in);
        assert_true(document_read(&d, written(&w), 7, scratch, sizeof scratch, &why));
        assert_string_equal(d.pool, bad[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_minimal_file_of_all_sccp_families_is_read),
        cmocka_unit_test(everything_that_real_files_have_is_taken_calmly),
        cmocka_unit_test(callmanagers_come_in_the_order_of_their_priority),
        cmocka_unit_test(without_priorities_they_come_in_the_order_of_the_file),
        cmocka_unit_test(of_more_than_three_the_three_highest_are_kept),
        cmocka_unit_test(an_empty_group_is_no_fault_and_a_member_without_node_is_nobody),
        cmocka_unit_test(a_port_is_2000_unless_it_is_told),
        cmocka_unit_test(iso_8859_1_becomes_utf_8),
        cmocka_unit_test(a_text_too_long_for_its_field_is_cut_between_characters),
        cmocka_unit_test(a_time_zone_keeps_the_blank_at_its_end),
        cmocka_unit_test(a_default_file_gives_the_load_of_the_asking_model),
        cmocka_unit_test(a_default_file_may_have_its_group_in_a_device_pool),
        cmocka_unit_test(an_own_file_takes_no_load_by_type),
        cmocka_unit_test(unknown_children_of_the_root_pass_through),
        cmocka_unit_test(extra_is_cut_at_a_whole_element),
        cmocka_unit_test(what_is_written_is_read_alike),
        cmocka_unit_test(a_default_file_is_written_with_the_load_of_each_model),
        cmocka_unit_test(the_elements_of_an_own_file_come_in_the_order_that_phones_know),
        cmocka_unit_test(what_no_document_may_hold_is_written_as_a_question_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
