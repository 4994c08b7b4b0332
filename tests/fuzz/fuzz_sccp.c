/* Any bytes as a stream of SCCP messages, for the protocol version that the first byte says. What is taken is encoded
 * and taken again with the same values; that encodes to the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "../wire/sccp_same.h"
#include "wire/xml_alarm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of their very size on the heap: the sanitizer sees each read behind them. */
static struct bytes own(struct bytes b)
{
    uint8_t *to = malloc(b.len ? b.len : 1);

    assert(to);
    if (b.len) memcpy(to, b.at, b.len);
    return (struct bytes){to, b.len};
}

static void disown(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

static void alarm(struct bytes document)
{
    uint8_t text[80];
    struct writer w = writer(text, sizeof text);
    struct xml_alarm a, twice;

    xml_alarm_decode(&a, document);
    assert(strlen(a.name) < sizeof a.name && strlen(a.device) < sizeof a.device);
    xml_alarm_text(&w, &a);
    assert(!w.full);
    for (size_t i = 0; i < w.len; i++) assert(text[i] >= 0x20 && text[i] < 0x7f);
    twice = a;
    xml_alarm_join(&twice, &a);
    assert(twice.reason == a.reason && strcmp(twice.name, a.name) == 0 && strcmp(twice.device, a.device) == 0);
}

static void one(struct bytes message, uint8_t version)
{
    static uint8_t first[SCCP_MOST], second[SCCP_MOST];
    static struct sccp_message m, again;
    struct fault why;

    if (!sccp_message_decode(&m, message, version, &why)) {
        assert(why.kind == FAULT_SHORT && why.what && why.at <= message.len); /* the frame itself is sound */
        return;
    }
    assert(why.kind == FAULT_NONE);
    if (m.known && m.id == SCCP_BUTTON_TEMPLATE_RES)
        assert(m.buttons.count <= SCCP_BUTTONS && m.buttons.buttons <= SCCP_BUTTONS);
    if (m.known && m.id == SCCP_CALL_COUNT_RES) assert(m.call.counts.count <= SCCP_LINE_COUNTS);
    if (m.known && (m.id == SCCP_UPDATE_CAPABILITIES || m.id == SCCP_UPDATE_CAPABILITIES_V2 ||
                    m.id == SCCP_UPDATE_CAPABILITIES_V3))
        assert(m.call.audio.count <= SCCP_AUDIO_CODECS);
    if (m.known && m.id == SCCP_CONNECTION_STATISTICS_RES) assert(m.call.statistics.text.len <= SCCP_STATISTICS);

    if (m.known && m.id == SCCP_XML_ALARM) alarm(m.text);
    struct writer w = writer(first, sizeof first), v = writer(second, sizeof second);
    sccp_message_encode(&w, &m, version);
    assert(!w.full && sccp_frame(written(&w)) == w.len);
    assert(sccp_message_decode(&again, written(&w), version, &why) && why.kind == FAULT_NONE);
    assert(sccp_same(&m, &again));
    sccp_message_encode(&v, &again, version);
    assert(bytes_equal(written(&w), written(&v)));

    struct writer small = writer(second, w.len - 1);
    sccp_message_encode(&small, &m, version);
    assert(small.full && small.len < w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    uint8_t version = data[0] % 32;
    struct bytes rest = {data + 1, size - 1};

    for (;;) {
        struct sccp s;
        struct fault why;
        size_t n = sccp_frame(rest);
        assert(n == SIZE_MAX || n == 0 || (n >= SCCP_HEADER && n <= rest.len && n <= SCCP_MOST));
        assert(sccp_decode(&s, rest, &why) == (n != 0 && n != SIZE_MAX && n == rest.len));
        assert((why.kind == FAULT_NONE) == (n == rest.len && n != 0) && why.at <= rest.len);
        if (n == 0 || n == SIZE_MAX) return 0;
        struct bytes message = own((struct bytes){rest.at, n});
        one(message, version);
        disown(message);
        rest = bytes_from(rest, n);
    }
}
