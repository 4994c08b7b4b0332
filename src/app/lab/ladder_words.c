#include "app/lab/ladder_words.h"
#include "phone/voice.h"
#include "phone/news.h"
#include "wire/sccp.h"
#include "wire/sccp_call.h"
#include <stdio.h>
#include <string.h>

struct word {
    uint32_t value;
    const char *text;
};

static const struct word states[] = {{CALL_OFF_HOOK, "off hook"},
                                     {CALL_ON_HOOK, "on hook"},
                                     {CALL_RING_OUT, "ring out"},
                                     {CALL_RING_IN, "ring in"},
                                     {CALL_CONNECTED, "connected"},
                                     {CALL_BUSY, "busy"},
                                     {CALL_CONGESTION, "congestion"},
                                     {CALL_HOLD, "hold"},
                                     {CALL_WAITING, "call waiting"},
                                     {CALL_PROCEED, "proceed"},
                                     {CALL_INVALID_NUMBER, "invalid number"}};
static const struct word tones[] = {{TONE_INSIDE_DIAL, "dial tone"},
                                    {TONE_OUTSIDE_DIAL, "outside dial tone"},
                                    {TONE_BUSY, "busy"},
                                    {TONE_ALERTING, "ring-back"},
                                    {TONE_REORDER, "reorder"},
                                    {TONE_CALL_WAITING, "call waiting"},
                                    {TONE_NONE, "none"}};
static const struct word ringers[] = {{RINGER_OFF, "off"},
                                      {RINGER_INSIDE, "inside ring"},
                                      {RINGER_OUTSIDE, "outside ring"},
                                      {RINGER_FEATURE, "feature ring"},
                                      {RINGER_FLASH_ONLY, "flash only"}};
static const struct word lamps[] = {
    {LAMP_OFF, "off"}, {LAMP_ON, "on"}, {LAMP_WINK, "wink"}, {LAMP_FLASH, "flash"}, {LAMP_BLINK, "blink"}};
static const struct word switches[] = {{1, "on"}, {2, "off"}};
static const struct word digits[] = {{14, "*"}, {15, "#"}};
/* Soft keys: the events of these phones' templates. */
static const struct word events[] = {{1, "Redial"}, {2, "NewCall"}, {3, "Hold"},    {4, "Transfer"},
                                     {8, "<<"},     {9, "EndCall"}, {10, "Resume"}, {11, "Answer"}};
static const struct word buttons[] = {{1, "last number redial"}, {2, "speed dial"}, {3, "hold"}, {9, "line"}};
static const struct word key_sets[] = {{0, "on hook"},  {1, "connected"},          {2, "on hold"}, {3, "ring in"},
                                       {4, "off hook"}, {6, "digits after first"}, {8, "ring out"}};
/* Labels `80 nn` of the phone's own dictionary: those that our CallManager uses, as a 7960 shows them. */
static const struct word labels[] = {{0x03, "Hold"},
                                     {0x16, "Ring Out"},
                                     {0x17, "From "},
                                     {0x18, "Connected"},
                                     {0x19, "Busy"},
                                     {0x20, "Enter number"},
                                     {0x2d, "Key Is Not Active"},
                                     {0x38, "Unknown Number"},
                                     {0x4a, "High Traffic Try Again Later"}};
static const struct {
    const char *message;
    const struct word *word;
    size_t words;
} valued[] = {
    {"CallState", states, ARRAY_LENGTH(states)},          {"StartTone", tones, ARRAY_LENGTH(tones)},
    {"SetRinger", ringers, ARRAY_LENGTH(ringers)},        {"SetLamp", lamps, ARRAY_LENGTH(lamps)},
    {"SetSpeakerMode", switches, ARRAY_LENGTH(switches)}, {"KeypadButton", digits, ARRAY_LENGTH(digits)},
    {"SoftKeyEvent", events, ARRAY_LENGTH(events)},       {"Stimulus", buttons, ARRAY_LENGTH(buttons)},
    {"SelectSoftKeys", key_sets, ARRAY_LENGTH(key_sets)},
};

const char *ladder_message_name(struct bytes name)
{
    for (uint32_t id = 0; id <= 0x160; id++) { /* the last of them; SPA phones' tokens are none of a call */
        const char *known = sccp_name(id);
        if (known && bytes_are(name, known)) return known;
    }
    return "unknown";
}

static const char *find(const struct word *w, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++)
        if (w[i].value == value) return w[i].text;
    return NULL;
}

static void write_printable(struct writer *w, struct bytes text) /* what a peer sent steers no terminal */
{
    for (size_t i = 0; i < text.len; i++) write_u8(w, text.at[i] < 0x20 || text.at[i] == 0x7f ? '?' : text.at[i]);
}

static void write_value(struct writer *w, const char *message, uint64_t value)
{
    for (size_t i = 0; i < ARRAY_LENGTH(valued); i++) {
        const char *text =
            strcmp(valued[i].message, message) == 0 ? find(valued[i].word, valued[i].words, value) : NULL;
        if (!text) continue;
        write_text(w, text);
        return;
    }
    write_decimal(w, value);
}

static void write_address(struct writer *w, struct bytes facts)
{
    struct told t;

    if (!told_find(facts, FACT_ADDRESS, &t)) return;
    write_ipv4_text(w, (ipv4)t.number);
    if (!told_find(facts, FACT_PORT, &t)) return;
    write_text(w, ":");
    write_decimal(w, t.number);
}

static void write_codec(struct writer *w, struct bytes facts)
{
    struct told t;

    if (!told_find(facts, FACT_CODEC, &t)) return;
    if (w->len) write_text(w, ", ");
    if (t.type == TOLD_TEXT)
        write_printable(w, t.text);
    else if (voice_codec_name((uint32_t)t.number)[0])
        write_text(w, voice_codec_name((uint32_t)t.number));
    else
        write_decimal(w, t.number);
}

static void write_numbers(struct writer *w, struct bytes facts)
{
    struct bytes from = told_text(facts, FACT_CALLING), to = told_text(facts, FACT_CALLED);

    write_printable(w, from);
    if (from.len && to.len) write_text(w, " calls ");
    write_printable(w, to);
}

static void write_shown(struct writer *w, struct bytes facts)
{
    struct told t;

    if (told_find(facts, FACT_LABEL, &t) && t.type == TOLD_NUMBER) {
        const char *text = find(labels, ARRAY_LENGTH(labels), t.number);
        if (text) {
            write_text(w, text);
        } else {
            write_text(w, "label ");
            write_decimal(w, t.number);
            write_text(w, " ");
        }
    }
    write_printable(w, told_text(facts, FACT_TEXT));
}

static void finish(char *to, size_t size, const struct writer *w)
{
    to[w->len < size ? w->len : size - 1] = '\0';
}

void ladder_message_words(char *to, size_t size, const char *message, struct bytes facts)
{
    struct writer w = writer(to, size - 1);
    struct told t;

    if (told_find(facts, FACT_VALUE, &t)) write_value(&w, message, t.number);
    if (told_number(facts, FACT_ERROR, 0)) write_text(&w, "refused");
    write_address(&w, facts);
    write_codec(&w, facts);
    write_numbers(&w, facts);
    write_shown(&w, facts);
    finish(to, size, &w);
}

static void write_packets(struct writer *w, struct bytes facts)
{
    static const struct {
        enum fact key;
        const char *text;
    } what[] = {{FACT_SENT, " packets sent, "}, {FACT_RECEIVED, " received, "}, {FACT_LOST, " lost, jitter "}};

    for (size_t i = 0; i < ARRAY_LENGTH(what); i++) {
        write_decimal(w, told_number(facts, what[i].key, 0));
        write_text(w, what[i].text);
    }
    uint64_t tenths = (told_number(facts, FACT_JITTER, 0) + 50) / 100;
    write_decimal(w, tenths / 10);
    write_text(w, ".");
    write_decimal(w, tenths % 10);
    write_text(w, " ms");
}

void ladder_news_words(char *to, size_t size, uint16_t news, struct bytes facts)
{
    static const char *const words[] = {
        [PHONE_OFF_HOOK - PHONE_OFF_HOOK] = "off hook",   [PHONE_DIAL_TONE - PHONE_OFF_HOOK] = "hears the dial tone",
        [PHONE_DIALS - PHONE_OFF_HOOK] = "dials ",        [PHONE_RING_BACK - PHONE_OFF_HOOK] = "hears ring-back",
        [PHONE_RINGS - PHONE_OFF_HOOK] = "rings: ",       [PHONE_CONNECTED - PHONE_OFF_HOOK] = "is connected with ",
        [PHONE_SENDS - PHONE_OFF_HOOK] = "sends RTP to ", [PHONE_HEARS - PHONE_OFF_HOOK] = "first packet heard, from ",
        [PHONE_HELD - PHONE_OFF_HOOK] = "holds the call", [PHONE_RESUMED - PHONE_OFF_HOOK] = "has the call back",
        [PHONE_REFUSED - PHONE_OFF_HOOK] = "hears ",      [PHONE_MEDIA - PHONE_OFF_HOOK] = "",
        [PHONE_ON_HOOK - PHONE_OFF_HOOK] = "on hook: "};
    struct writer w = writer(to, size - 1);

    if (news < PHONE_OFF_HOOK || news > PHONE_ON_HOOK) return;
    write_text(&w, words[news - PHONE_OFF_HOOK]);
    if (news == PHONE_MEDIA) {
        write_packets(&w, facts);
    } else if (news == PHONE_REFUSED || news == PHONE_ON_HOOK) {
        write_printable(&w, told_text(facts, FACT_WHY));
    } else if (news == PHONE_SENDS) {
        write_address(&w, facts);
        write_codec(&w, facts);
    } else if (news == PHONE_HEARS) {
        write_address(&w, facts);
    } else if (news != PHONE_RING_BACK) {
        write_numbers(&w, facts);
        if (news == PHONE_RINGS) write_text(&w, " calls");
    }
    finish(to, size, &w);
}
