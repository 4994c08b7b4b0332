/* The document of an XMLAlarm. Names of alarm and parameters, their order and the text that is no XML are those that a
 * 7961 was seen to send; its values are invented. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "hex.h"
#include "wire/sccp_register.h"
#include "wire/xml_alarm.h"

#define HEAD                                                                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<x-cisco-alarm>\n<Alarm Name=\"LastOutOfServiceInformation\">\n"
#define FIRST                                                                                                          \
    "<ParameterList>\n<String name=\"DeviceName\">SEP020000000001</String>\n"                                          \
    "<String name=\"DeviceIPv4Address\">10.1.2.3/24</String>\n<String name=\"IPv4DefaultGateway\">10.1.2.1</String>\n" \
    "<String name=\"DeviceIPv6Address\"></String>\n<String name=\"ModelNumber\">CP-7961G</String>\n"                   \
    "<String name=\"NeighborDeviceID\">switch</String>\n<String name=\"NeighborPortID\">3</String>\n"                  \
    "<Enum name=\"DHCPv4Status\">1</Enum>\n<Enum name=\"TFTPCfgStatus\">0</Enum>\n"                                    \
    "<String name=\"VoiceVLAN\">4095</String>\n<String name=\"UnifiedCMIPAddress\"><not open></String>\n"              \
    "<String name=\"LocalPort\">-1</String>\n"
#define REASON(n) "<Enum name=\"ReasonForOutOfService\">" n "</Enum>\n"
#define TAIL                                                                                                           \
    "<String name=\"LastProtocolEventSent\">1:Register</String>\n"                                                     \
    "<String name=\"LastProtocolEventReceived\">129:RegisterAck</String>\n</ParameterList>\n</Alarm>\n"                \
    "</x-cisco-alarm>\n"
#define WHOLE HEAD FIRST REASON("15") TAIL

static const char *shown(const struct xml_alarm *a)
{
    static char text[81];
    struct writer w = writer(text, sizeof text - 1);

    xml_alarm_text(&w, a);
    assert_false(w.full);
    text[w.len] = '\0';
    return text;
}

static struct xml_alarm of(const char *document)
{
    struct bytes d = bytes_of(document);
    struct xml_alarm a;
    uint8_t *own = malloc(d.len ? d.len : 1); /* of its very size: a sanitizer sees each read behind it */
    if (d.len) memcpy(own, d.at, d.len);
    xml_alarm_decode(&a, (struct bytes){own, d.len});
    free(own);
    return a;
}

static void it_says_which_device_was_out_of_service_and_why(void **state)
{
    struct xml_alarm a = of(WHOLE);

    (void)state;
    assert_true(a.begun && a.ended && a.has_reason && xml_alarm_told(&a));
    assert_string_equal(a.name, "LastOutOfServiceInformation");
    assert_string_equal(a.device, "SEP020000000001");
    assert_int_equal(a.address, IPV4(10, 1, 2, 3));
    assert_int_equal(a.reason, 15);
    assert_string_equal(shown(&a), "LastOutOfServiceInformation: Name=SEP020000000001 Last=KeepaliveTO (15)");
}

static void the_longest_words_of_a_reason_fit_the_text_of_an_alarm(void **state)
{
    struct xml_alarm a = of(HEAD FIRST REASON("17") TAIL);

    (void)state;
    assert_string_equal(shown(&a), "LastOutOfServiceInformation: Name=SEP020000000001 Last=registration-timeout (17)");
    assert_int_equal(strlen(shown(&a)), 80);
}

static void a_phone_that_was_never_out_of_service_leaves_the_reason_empty(void **state)
{
    struct xml_alarm a = of(HEAD FIRST REASON("") TAIL);

    (void)state;
    assert_false(a.has_reason);
    assert_string_equal(shown(&a), "LastOutOfServiceInformation: Name=SEP020000000001");
    a = of(HEAD REASON("-1") TAIL);
    assert_false(a.has_reason);
    a = of(HEAD REASON("4294967296") TAIL);
    assert_false(a.has_reason);
}

static void a_reason_without_words_is_shown_as_its_number(void **state)
{
    struct xml_alarm a = of(HEAD FIRST REASON(" 4294967295 ") TAIL);

    (void)state;
    assert_string_equal(shown(&a), "LastOutOfServiceInformation: Name=SEP020000000001 Last=4294967295");
    assert_null(xml_alarm_reason(0));
    assert_null(xml_alarm_reason(11));
    assert_null(xml_alarm_reason(25));
    assert_string_equal(xml_alarm_reason(10), "TCP-timeout");
    assert_string_equal(xml_alarm_reason(24), "Phone-Reg-Rej");
}

static void case_quotes_white_space_and_order_do_not_matter(void **state)
{
    struct xml_alarm a =
        of("<X-CISCO-ALARM><ALARM NAME = 'LastOutOfServiceInformation' >"
           "<ENUM uuid='7'\n\tNAME\t=\n'reasonforoutofservice'>\n 22 \n</ENUM>"
           "<string type=\"name\" name=\"devicename\">\tSEP020000000001 </string></alarm></X-Cisco-Alarm >");

    (void)state;
    assert_true(a.begun && a.ended);
    assert_string_equal(shown(&a), "LastOutOfServiceInformation: Name=SEP020000000001 Last=Reset-Reset (22)");
}

static void what_a_comment_says_is_not_told(void **state)
{
    struct xml_alarm a =
        of("<x-cisco-alarm><!-- <Enum name=\"ReasonForOutOfService\">10</Enum> --><Alarm Name=\"A\"/>");

    (void)state;
    assert_false(a.has_reason || a.ended);
    assert_string_equal(shown(&a), "A:");
}

/* Half a number is none, half a name is none; and nothing that was told before the cut is lost. */
static void a_document_cut_at_any_byte_tells_what_is_whole_in_it(void **state)
{
    static const char whole[] = WHOLE;
    size_t reason = (size_t)(strstr(whole, "15</Enum>") - whole), device = (size_t)(strstr(whole, "SEP0") - whole);

    (void)state;
    for (size_t n = 0; n < sizeof whole; n++) {
        char cut[sizeof whole];
        memcpy(cut, whole, n);
        cut[n] = '\0';
        struct xml_alarm a = of(cut);
        assert_int_equal(a.has_reason, n >= reason + strlen("15</"));
        if (a.has_reason) assert_int_equal(a.reason, 15);
        assert_string_equal(a.device, n >= device + strlen("SEP020000000001</") ? "SEP020000000001" : "");
        if (n < sizeof HEAD - 3) assert_string_equal(a.name, "");
    }
}

static void a_document_in_two_parts_is_one_alarm(void **state)
{
    struct xml_alarm first = of(HEAD FIRST), second = of(REASON("13") TAIL), other = of(REASON("10"));

    (void)state;
    assert_true(first.begun && !first.ended && !second.begun && second.ended);
    xml_alarm_join(&first, &second);
    assert_true(first.begun && first.ended);
    assert_string_equal(shown(&first), "LastOutOfServiceInformation: Name=SEP020000000001 Last=CM-aborted-TCP (13)");
    xml_alarm_join(&first, &other); /* what is there stays */
    assert_int_equal(first.reason, 13);
    struct xml_alarm none = of("");
    xml_alarm_join(&none, &second);
    assert_string_equal(shown(&none), "XMLAlarm: Last=CM-aborted-TCP (13)");
}

static void in_utf_16_it_is_read_alike(void **state)
{
    static const char text[] = WHOLE;
    static uint8_t wide[2 + 2 * sizeof text + 2];

    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        size_t n = 0, big = way % 2;
        if (way < 2) {
            wide[n++] = big ? 0xfe : 0xff;
            wide[n++] = big ? 0xff : 0xfe;
        }
        for (size_t i = 0; text[i]; i++) {
            wide[n + big] = (uint8_t)text[i];
            wide[n + 1 - big] = 0;
            n += 2;
        }
        wide[n] = wide[n + 1] = 0;
        struct bytes document = xml_alarm_document((struct bytes){wide, n + 2});
        struct xml_alarm a;
        assert_int_equal(document.len, n);
        xml_alarm_decode(&a, document);
        assert_string_equal(shown(&a), "LastOutOfServiceInformation: Name=SEP020000000001 Last=KeepaliveTO (15)");
        document = xml_alarm_document((struct bytes){wide, n - 1});
        assert_int_equal(document.len, n - 2);
    }
}

static void what_is_not_printable_is_a_question_mark(void **state)
{
    struct xml_alarm a = of("<Alarm Name=\"A\x1b[2J\xc3\xa4\xe4 \"><String name=\"DeviceName\">SEP\r\n1</String>");

    (void)state;
    assert_string_equal(a.name, "A?[2J???");
    assert_string_equal(a.device, "SEP??1");
}

static void long_texts_are_cut_to_their_field(void **state)
{
    char document[512] = "<Alarm Name=\"", *end = document + strlen(document);
    struct xml_alarm a;

    (void)state;
    memset(end, 'a', 100);
    strcpy(end + 100, "\"><String name='DeviceName'>");
    end = document + strlen(document);
    memset(end, 'b', 100);
    strcpy(end + 100, "</String><Enum name='ReasonForOutOfService'>17</Enum>");
    a = of(document);
    assert_int_equal(strlen(a.name), 27);
    assert_int_equal(strlen(a.device), 15);
    assert_int_equal(strlen(shown(&a)), 80);
}

static void an_address_that_is_none_is_not_told(void **state)
{
    static const char *const bad[] = {"", "10.1.2", "10.1.2.256/24", "fe80::1", "10.1.2.3.4.5.6.7.8.9.10.11/24"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char document[160] = "<String name=\"DeviceIPv4Address\">";
        strcat(strcat(document, bad[i]), "</String>");
        struct xml_alarm a = of(document);
        assert_int_equal(a.address, 0);
        assert_false(xml_alarm_told(&a));
    }
}

static void what_is_no_alarm_tells_nothing(void **state)
{
    static const char *const garbage[] = {"",
                                          "<",
                                          "<>",
                                          "</",
                                          "<!--",
                                          "-->",
                                          "<Alarm",
                                          "<Alarm>",
                                          "<Enum name=",
                                          "<Enum name='",
                                          "<a name='b'>",
                                          "\xff\xfe",
                                          "\xfe",
                                          "<Alarm Name='",
                                          "name=\"DeviceName\">x</",
                                          "<<<<<<<<<<<<<<<<",
                                          "no document"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(garbage); i++) {
        struct xml_alarm a = of(garbage[i]);
        if (xml_alarm_told(&a)) fail_msg("'%s' tells %s", garbage[i], shown(&a));
    }
}

/* A body of the most bytes, all of them the worst for a search. */
static void the_worst_document_is_read_in_one_pass(void **state)
{
    static const char *const worst[] = {"<", "<a ", "<a name='", "<a name='b'>", " name=", "<!--", "</"};
    static uint8_t body[SCCP_MOST];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(worst); i++) {
        size_t n = strlen(worst[i]);
        for (size_t at = 0; at < sizeof body; at++) body[at] = (uint8_t)worst[i][at % n];
        for (unsigned times = 0; times < 2000; times++) { /* squared, this would take minutes */
            struct xml_alarm a;
            xml_alarm_decode(&a, (struct bytes){body, sizeof body});
            assert_false(xml_alarm_told(&a));
        }
    }
}

/* length 48 (4 + 44), version 0, id 0x015a; 41 letters, a NUL, and two for the multiple of four. */
static void the_message_is_the_document_its_nul_and_padding_to_four(void **state)
{
    struct bytes want = hex("30000000000000005a010000"
                            "3c782d636973636f2d616c61726d3e"     /* <x-cisco-alarm> */
                            "3c416c61726d204e616d653d2241222f3e" /* <Alarm Name="A"/> */
                            "3c2f782d636973636f000000");         /* </x-cisco, cut */
    struct sccp_message m = {.id = SCCP_XML_ALARM, .text = bytes_of("<x-cisco-alarm><Alarm Name=\"A\"/></x-cisco")},
                        again;
    uint8_t bytes[128];
    struct writer w = writer(bytes, sizeof bytes);
    struct fault why;

    (void)state;
    sccp_message_encode(&w, &m, 20);
    assert_int_equal(w.len, want.len);
    assert_memory_equal(bytes, want.at, want.len);
    assert_true(sccp_message_decode(&again, want, 0, &why));
    assert_true(again.known && bytes_equal(again.text, m.text));
    struct xml_alarm a;
    xml_alarm_decode(&a, again.text);
    assert_true(a.begun && !a.ended);
    assert_string_equal(a.name, "A");
    for (size_t n = 0; n <= want.len; n++) /* a message in pieces is none until it is whole */
        assert_int_equal(sccp_frame((struct bytes){want.at, n}), n < want.len ? 0 : want.len);
    drop(want);
}

static void a_document_of_more_than_2048_bytes_is_cut_when_it_is_sent_and_taken_when_it_comes(void **state)
{
    static uint8_t much[3000], bytes[SCCP_MOST];
    struct sccp_message m = {.id = SCCP_XML_ALARM, .text = {much, sizeof much}}, again;
    struct writer w = writer(bytes, sizeof bytes);
    struct fault why;

    (void)state;
    memset(much, 'x', sizeof much);
    sccp_message_encode(&w, &m, 0);
    assert_int_equal(w.len, SCCP_HEADER + 2048);
    w.len = 0;
    size_t begun = sccp_begin(&w, 0, SCCP_XML_ALARM);
    write_bytes(&w, m.text);
    sccp_end(&w, begun);
    assert_true(sccp_message_decode(&again, written(&w), 0, &why));
    assert_int_equal(again.text.len, sizeof much); /* without a NUL, too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_which_device_was_out_of_service_and_why),
        cmocka_unit_test(the_longest_words_of_a_reason_fit_the_text_of_an_alarm),
        cmocka_unit_test(a_phone_that_was_never_out_of_service_leaves_the_reason_empty),
        cmocka_unit_test(a_reason_without_words_is_shown_as_its_number),
        cmocka_unit_test(case_quotes_white_space_and_order_do_not_matter),
        cmocka_unit_test(what_a_comment_says_is_not_told),
        cmocka_unit_test(a_document_cut_at_any_byte_tells_what_is_whole_in_it),
        cmocka_unit_test(a_document_in_two_parts_is_one_alarm),
        cmocka_unit_test(in_utf_16_it_is_read_alike),
        cmocka_unit_test(what_is_not_printable_is_a_question_mark),
        cmocka_unit_test(long_texts_are_cut_to_their_field),
        cmocka_unit_test(an_address_that_is_none_is_not_told),
        cmocka_unit_test(what_is_no_alarm_tells_nothing),
        cmocka_unit_test(the_worst_document_is_read_in_one_pass),
        cmocka_unit_test(the_message_is_the_document_its_nul_and_padding_to_four),
        cmocka_unit_test(a_document_of_more_than_2048_bytes_is_cut_when_it_is_sent_and_taken_when_it_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
