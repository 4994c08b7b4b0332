#include "app/serve/words.h"
#include "base/facts.h"
#include "server/news.h"
#include "switch/interface.h"
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct template {
    uint16_t news;
    enum log_level level;
    const char *label, *text;
} table[] = {
    {DHCP_TOLD_OFFERED, LOG_IS_DEBUG, "dhcp", "{mac} is offered {address}"},
    {DHCP_TOLD_BOUND, LOG_IS_INFO, "dhcp", "{mac} has {address} for {lease_s} s ({why})"},
    {DHCP_TOLD_REFUSED, LOG_IS_WARNING, "dhcp", "{mac} asked for {address} and got a NAK: {why}"},
    {DHCP_TOLD_RELEASED, LOG_IS_INFO, "dhcp", "{mac} gives {address} back"},
    {DHCP_TOLD_DECLINED, LOG_IS_WARNING, "dhcp", "{address} is in use by somebody else, says {mac}: it rests for {wait_s} s"},
    {DHCP_TOLD_EXPIRED, LOG_IS_INFO, "dhcp", "the lease of {address} by {mac} has ended"},
    {DHCP_TOLD_EXHAUSTED, LOG_IS_WARNING, "dhcp", "no address is left for {mac} in the subnet of {address} ({count} times so far): make its pool larger"},
    {DHCP_TOLD_NO_SUBNET, LOG_IS_WARNING, "dhcp", "{mac} asks from {address}, a subnet that the configuration does not have: no answer"},
    {DHCP_TOLD_INFORMED, LOG_IS_DEBUG, "dhcp", "{mac} at {address} asked for options alone"},
    {DHCP_TOLD_UNSTORED, LOG_IS_ERROR, "dhcp", "the lease of {address} for {mac} could not be stored: it gets no answer and asks again"},
    {DHCP_TOLD_MALFORMED, LOG_IS_WARNING, "dhcp", "garbage from {address}: {fault} at byte {fault_at} ({count} so far)"},
    {TFTP_TOLD_BEGUN, LOG_IS_DEBUG, "tftp", "{address}:{port} fetches {file}, {bytes} bytes"},
    {TFTP_TOLD_DONE, LOG_IS_INFO, "tftp", "{address} has {file}: {bytes} bytes[, {took_ms} ms][, {tries} repeats]"},
    {TFTP_TOLD_TIMED_OUT, LOG_IS_WARNING, "tftp", "{address} stopped answering in {file} after {bytes} bytes, {tries} repeats"},
    {TFTP_TOLD_ABORTED, LOG_IS_WARNING, "tftp", "{address} gave {file} up: error {error}, {text}"},
    {TFTP_TOLD_REFUSED, LOG_IS_INFO, "tftp", "{address} asked for {file}: error {error}, {why}"},
    {TFTP_TOLD_MALFORMED, LOG_IS_WARNING, "tftp", "garbage from {address}:{port}: {fault} at byte {fault_at} ({count} so far)"},
    {CM_CONNECTED, LOG_IS_DEBUG, "callmanager", "{address} connected to {callmanager}:{port}"},
    {CM_ALARM, LOG_IS_INFO, "callmanager", "alarm of {address}, severity {priority}: {text}"},
    {CM_DEVICE_MADE, LOG_IS_INFO, "callmanager", "{device}[ ({model})] at {address} was unknown: auto-registered with directory number {directory_number}"},
    {CM_REGISTERING, LOG_IS_DEBUG, "callmanager", "{device}[ ({model})] at {address} registers: SCCP version {protocol}[, load {load}]"},
    {CM_REGISTERED, LOG_IS_INFO, "callmanager", "{device}[ ({model})] at {address} is registered[ as {directory_number}][, load {load}]"},
    {CM_REJECTED, LOG_IS_WARNING, "callmanager", "{device} at {address} is rejected: {why}[; one digit away from {nearest_device}, which is known: a typing error?]"},
    {CM_UNREGISTERED, LOG_IS_INFO, "callmanager", "{device} at {address} is gone: {why}"},
    {CM_RESET, LOG_IS_INFO, "callmanager", "{device} at {address} is reset: {why}"},
    {CM_TOKEN_GIVEN, LOG_IS_DEBUG, "callmanager", "{device} at {address} may come back"},
    {CM_TOKEN_REFUSED, LOG_IS_DEBUG, "callmanager", "{device} at {address} shall wait {wait_s} s before it comes back"},
    {CM_FULL, LOG_IS_WARNING, "callmanager", "a connection of {address} was closed: no place is left ({count} so far)"},
    {CM_DISCONNECTED, LOG_IS_DEBUG, "callmanager", "the connection of {address} is gone before it registered: {why}"},
    {CM_UNKNOWN_MESSAGE, LOG_IS_DEBUG, "callmanager", "{address} sent message {reason}, which is not known"},
    {CM_MALFORMED, LOG_IS_WARNING, "callmanager", "garbage from {address}[ in message {reason}]: {fault} at byte {fault_at}"},
    {CM_UNSTORED, LOG_IS_ERROR, "callmanager", "{device} could not be stored: it gets no answer and asks again"},
    {DHCP_TOLD_STARVED, LOG_IS_WARNING, "dhcp", "offers that nobody takes hold a quarter of the free addresses: {address} of {mac} is taken back ({count} so far)"},
    {DHCP_TOLD_LIMITED, LOG_IS_WARNING, "dhcp", "{mac} gets no address: relay {address}[, port {text},] has all the leases that it may have ({count} so far)"},
    {DHCP_TOLD_CONFLICT, LOG_IS_WARNING, "dhcp", "{address} is in use by {mac}, which had it from somewhere else: it rests for {wait_s} s"},
    {ASKER_TOLD_SIP, LOG_IS_WARNING, "tftp", "{address}[ ({mac})] runs SIP (asked for {file}): {text}"},
    {ASKER_TOLD_ATA, LOG_IS_WARNING, "tftp", "{address}[ ({mac})] is an ATA without a profile (asked for {file}): {text}"},
    {ASKER_TOLD_STRANGER, LOG_IS_WARNING, "tftp", "{address}[ ({mac})] is not known (asked for {file})[; one digit away from {nearest_device}, which is: a typing error?]: {text}"},
    {ASKER_TOLD_TRUST, LOG_IS_WARNING, "tftp", "{address}[ ({mac})] probably holds an old trust list (asked for {file}): {text}"},
    {CM_EVICTED, LOG_IS_WARNING, "callmanager", "the connection of {address}, of which nothing sound came, made room ({count} so far)"},
    {CM_CALL_BEGUN, LOG_IS_DEBUG, "call", "{call}: {calling} is off hook"},
    {CM_CALL_RINGING, LOG_IS_INFO, "call", "{call}: {calling} calls {called}"},
    {CM_CALL_CONNECTED, LOG_IS_INFO, "call", "{call}: {called} has answered {calling}[, {codec}]"},
    {CM_CALL_HELD, LOG_IS_INFO, "call", "{call}: {label} holds it"},
    {CM_CALL_RESUMED, LOG_IS_INFO, "call", "{call}: {label} is back"},
    {CM_CALL_REFUSED, LOG_IS_INFO, "call", "{call}: {calling} cannot reach {called}: {why}"},
    {CM_CALL_ENDED, LOG_IS_INFO, "call", "{call}: {calling}[ and {called}]: {why}"},
    {INTERFACE_DHCP_SERVER, LOG_IS_WARNING, "look", "another DHCP server: {server}[ ({mac})][ in VLAN {vlan}] offers {address}[, TFTP server {tftp_server}]"},
    {INTERFACE_VOICE_VLAN, LOG_IS_WARNING, "look", "{switch}, port {neighbour}, gives voice VLAN {vlan} by {protocol}[ (was {before})]"},
    {INTERFACE_LOOKED, LOG_IS_DEBUG, "look", "done: {count} other DHCP servers[, voice VLAN {vlan} by {switch}]"},
    {INTERFACE_NEIGHBOUR, LOG_IS_INFO, "announcer", "{protocol} neighbour {device}[, {model}][, {load}][ at {mac}]"},
    {INTERFACE_NEIGHBOUR_GONE, LOG_IS_INFO, "announcer", "{protocol} neighbour {device} is gone"},
    {INTERFACE_MALFORMED, LOG_IS_WARNING, "announcer", "garbage: {fault} at byte {fault_at} ({count} since it was last told)"},
    {DEVICE_CHANGED, LOG_IS_INFO, "device", "{device}: {preference} was '{before}', is '{after}'"},
};
/* clang-format on */

/* The fact with this name, as text. False: it was not told. */
static bool fact_text(struct writer *w, struct bytes name, struct bytes facts)
{
    struct told t;
    char text[32];

    for (int key = 0; key < FACT_COUNT_OF_KEYS; key++) {
        if (!bytes_are(name, fact_name((enum fact)key))) continue;
        if (!told_find(facts, (enum fact)key, &t)) return false;
        switch (t.type) {
        case TOLD_NUMBER: write_decimal(w, t.number); break;
        case TOLD_TEXT: write_bytes(w, t.text); break;
        case TOLD_IPV4: write_ipv4_text(w, (ipv4)t.number); break;
        case TOLD_MAC: write_bytes(w, bytes_of(mac_text(text, mac_from_number(t.number)))); break;
        }
        return true;
    }
    return false;
}

/* One stretch of a template without brackets. False: a fact in it was not told. */
static bool fill(struct writer *w, struct bytes template, struct bytes facts)
{
    bool all = true;

    for (size_t i = 0; i < template.len; i++) {
        if (template.at[i] != '{') {
            write_bytes(w, (struct bytes){template.at + i, 1});
            continue;
        }
        struct bytes name = bytes_from(template, i + 1);
        name.len = (size_t)((const uint8_t *)memchr(name.at, '}', name.len) - name.at);
        size_t before = w->len;
        if (!fact_text(w, name, facts) || w->len == before) { /* a peer may say nothing at length 0 */
            all = false;
            write_bytes(w, bytes_of("?"));
        }
        i += name.len + 1;
    }
    return all;
}

void words_fill(char to[SERVE_WORDS], const char *template, struct bytes facts)
{
    struct writer w = writer((uint8_t *)to, SERVE_WORDS - 1);

    while (*template) {
        bool optional = *template == '[';
        template += optional;
        size_t n = strcspn(template, optional ? "]" : "["), before = w.len;
        bool all = fill(&w, (struct bytes){(const uint8_t *)template, n}, facts);
        if (optional && !all) w.len = before;
        template += n;
        if (optional && *template) template ++;
    }
    to[w.len] = '\0';
    for (size_t i = 0; i < w.len; i++)
        if (to[i] == '\0') to[i] = '?';
}

static void all_facts(char to[SERVE_WORDS], uint16_t news, struct bytes facts)
{
    struct writer w = writer((uint8_t *)to, SERVE_WORDS - 1);
    struct told t;

    write_bytes(&w, bytes_of("news "));
    write_decimal(&w, news);
    while (told_next(&facts, &t)) {
        char number[24];
        write_bytes(&w, bytes_of(", "));
        write_bytes(&w, bytes_of(fact_name(t.key)));
        write_bytes(&w, bytes_of(" "));
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)t.number);
        write_bytes(&w, t.type == TOLD_TEXT ? t.text : bytes_of(number));
    }
    to[w.len] = '\0';
}

enum log_level serve_words_level(uint16_t news)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        if (table[i].news == news) return table[i].level;
    return LOG_IS_DEBUG;
}

void serve_words_of(char to[SERVE_WORDS], const char **label, enum log_level *level, uint16_t news, struct bytes facts)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (table[i].news != news) continue;
        *label = table[i].label;
        *level = table[i].level;
        words_fill(to, table[i].text, facts);
        return;
    }
    *label = "news";
    *level = LOG_IS_DEBUG;
    all_facts(to, news, facts);
}
