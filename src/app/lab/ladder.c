#include "app/lab/ladder.h"
#include "app/lab/ladder_words.h"
#include "phone/call.h"
#include <string.h>

enum { UNDER_WAY = 4, TOLERATED = 50 /* one packet of so many may be lost */ };
static const usec ANSWERS_AFTER = SECOND, PATIENCE = 30 * SECOND;

void ladder_init(struct ladder *l, const struct board *b, usec talk)
{
    *l = (struct ladder){.board = b, .talk = talk};
    for (int i = 0; i < 2 && (uint32_t)i < b->rows; i++) l->phone[i].row = &b->row[i];
}

static void ask(uint32_t phone, enum user_does does, usec milliseconds, const char *number, ladder_ask_fn *fn,
                void *context)
{
    uint8_t bytes[64];
    struct writer w = writer(bytes, sizeof bytes);

    user_encode(&w, &(struct user){does, (uint32_t)(milliseconds / MSEC), bytes_of(number)});
    fn(context, phone, written(&w));
}

void ladder_begin(struct ladder *l, usec now, ladder_ask_fn *fn, void *context)
{
    l->begun = true;
    l->began = now;
    l->until = now + l->talk + PATIENCE;
    l->callmanager = l->phone[END_CALLER].row->callmanager;
    ask(END_CALLED, USER_ANSWERS_AFTER, ANSWERS_AFTER, "", fn, context);
    ask(END_CALLER, USER_CALLS, l->talk, l->phone[END_CALLED].row->number, fn, context);
}

static struct ladder_line *add(struct ladder *l, usec now, enum ladder_end from, enum ladder_end to,
                               const char *message)
{
    if (l->lines == LADDER_LINES) return &l->line[LADDER_LINES - 1];
    struct ladder_line *n = &l->line[l->lines++];
    *n = (struct ladder_line){.at = now, .from = from, .to = to, .message = message};
    return n;
}

static void add_message(struct ladder *l, usec now, enum ladder_end end, struct bytes facts)
{
    bool said = bytes_are(told_text(facts, FACT_SOURCE), "phone");
    struct ladder_line *n = add(l, now, said ? end : END_CALLMANAGER, said ? END_CALLMANAGER : end,
                                ladder_message_name(told_text(facts, FACT_MESSAGE)));

    ladder_message_words(n->text, sizeof n->text, n->message, facts);
    bool prompt = bytes_begin(told_text(facts, FACT_MESSAGE), "Display") &&
                  bytes_end(told_text(facts, FACT_MESSAGE), "PromptStatus");
    if (prompt) memcpy(l->phone[end].shown, n->text, sizeof n->text);
}

static void count(struct ladder *l, struct ladder_phone *p, struct bytes facts)
{
    p->sent = (uint32_t)told_number(facts, FACT_SENT, 0);
    p->received = (uint32_t)told_number(facts, FACT_RECEIVED, 0);
    p->lost = (uint32_t)told_number(facts, FACT_LOST, 0);
    p->jitter_us = (uint32_t)told_number(facts, FACT_JITTER, 0);
    text_copy(l->codec, sizeof l->codec, told_text(facts, FACT_CODEC));
}

/* What of it the call is judged by. */
static void note(struct ladder *l, usec now, struct ladder_phone *p, uint16_t news, struct bytes facts)
{
    switch (news) {
    case PHONE_OFF_HOOK:
        p->off_hook = true;
        p->off_hook_at = now;
        break;
    case PHONE_DIAL_TONE: p->dial_tone = true; break;
    case PHONE_RINGS:
        p->rang = true;
        p->rang_at = now;
        break;
    case PHONE_CONNECTED:
        p->connected = true;
        p->connected_at = now;
        break;
    case PHONE_HEARS: p->heard = true; break;
    case PHONE_MEDIA: count(l, p, facts); break;
    case PHONE_REFUSED:
    case PHONE_ON_HOOK:
        if (!p->refused) text_copy(p->why, sizeof p->why, told_text(facts, FACT_WHY));
        p->refused |= news == PHONE_REFUSED;
        if (news == PHONE_REFUSED) break;
        p->on_hook = true;
        p->on_hook_at = now;
        break;
    default: break;
    }
}

void ladder_news(struct ladder *l, usec now, const struct row *row, uint16_t news, struct bytes facts)
{
    enum ladder_end end = row == l->phone[END_CALLER].row ? END_CALLER : END_CALLED;
    struct ladder_phone *p = &l->phone[end];

    if (!l->begun || row != p->row || p->on_hook) return;
    if (news == PHONE_MESSAGE) {
        add_message(l, now, end, facts);
        return;
    }
    if (news < PHONE_OFF_HOOK || news > PHONE_ON_HOOK) return;
    note(l, now, p, news, facts);
    bool first = news == PHONE_HEARS; /* the other one's RTP has come through */
    struct ladder_line *n = add(l, now, first ? (end == END_CALLER ? END_CALLED : END_CALLER) : end,
                                first ? end : END_NOBODY, first ? "RTP" : NULL);
    ladder_news_words(n->text, sizeof n->text, news, facts);
    l->over = l->phone[END_CALLER].on_hook && (l->phone[END_CALLED].on_hook || !l->phone[END_CALLED].rang);
}

bool ladder_done(const struct ladder *l, usec now)
{
    return l->begun && (l->over || now >= l->until);
}

const char *ladder_end_name(const struct ladder *l, enum ladder_end end, char to[IPV4_TEXT])
{
    if (end == END_NOBODY) return NULL;
    return end == END_CALLMANAGER ? ipv4_text(to, l->callmanager) : l->phone[end].row->device;
}

/* --- what is wrong with it --- */

static bool never_connected(const struct ladder *l, char text[400], char fix[300])
{
    const struct ladder_phone *a = &l->phone[END_CALLER], *b = &l->phone[END_CALLED];
    const char *number = b->row->number;

    if (!l->begun) {
        (void)snprintf(text, 400, "it was not begun, since not all phones were registered in time");
        (void)snprintf(fix, 300, "see what keeps them from registering, or give them more time (--deadline)");
    } else if (!a->off_hook || (!a->dial_tone && !a->refused)) {
        (void)snprintf(text, 400, "%s went off hook and heard no dial tone", a->row->device);
        (void)snprintf(fix, 300, "look at the CallManager: it must answer OffHook with CallState and StartTone");
    } else if (a->refused) {
        (void)snprintf(text, 400, "%s dialled %s and heard %s; it shows \"%s\"", a->row->device, number, a->why,
                       a->shown);
        (void)snprintf(fix, 300,
                       "look whether %s is registered with the same CallManager, on hook, and has a codec in common",
                       b->row->device);
    } else if (!b->rang) {
        (void)snprintf(text, 400, "%s dialled %s, and %s did not ring", a->row->device, number, b->row->device);
        (void)snprintf(fix, 300, "look whether the CallManager still reaches %s", b->row->device);
    } else {
        (void)snprintf(text, 400, "%s rang, but the two were not connected (%s)", b->row->device,
                       a->why[0] ? a->why : "no CallState Connected came");
        (void)snprintf(fix, 300, "look at what the CallManager says after OffHook of %s", b->row->device);
    }
    return true;
}

static bool deaf(const struct ladder *l, enum ladder_end end, char text[400], char fix[300])
{
    const struct ladder_phone *hears = &l->phone[end], *says = &l->phone[!end];

    if (hears->heard) return false;
    (void)snprintf(text, 400, "connected, but %s heard nothing of %s: %u packets sent, %u received", hears->row->device,
                   says->row->device, says->sent, hears->received);
    (void)snprintf(fix, 300, "let UDP ports 16384 to 32766 through between the phones (RTP goes from phone to phone)");
    return true;
}

/* What was under way when a channel closed is not missing: a packet or two each time. */
static bool thin(const struct ladder *l, enum ladder_end end, char text[400], char fix[300])
{
    const struct ladder_phone *hears = &l->phone[end], *says = &l->phone[!end];
    uint32_t missing = says->sent > hears->received ? says->sent - hears->received : 0;

    if (missing <= UNDER_WAY + says->sent / TOLERATED) return false;
    (void)snprintf(text, 400, "of %u packets that %s sent %u did not reach %s", says->sent, says->row->device, missing,
                   hears->row->device);
    (void)snprintf(fix, 300, "look for losses on the ports between the two phones");
    return true;
}

static bool ended_well(const struct ladder *l)
{
    return l->over && strcmp(l->phone[END_CALLER].why, "hung up") == 0 &&
           strcmp(l->phone[END_CALLED].why, "the other side hung up") == 0;
}

bool ladder_verdict(const struct ladder *l, char text[400], char fix[300])
{
    const struct ladder_phone *a = &l->phone[END_CALLER], *b = &l->phone[END_CALLED];

    if (!a->connected || !b->connected) return never_connected(l, text, fix);
    if (deaf(l, END_CALLED, text, fix) || deaf(l, END_CALLER, text, fix)) return true;
    if (ended_well(l)) return thin(l, END_CALLED, text, fix) || thin(l, END_CALLER, text, fix);
    const struct ladder_phone *first = b->on_hook && (!a->on_hook || b->on_hook_at < a->on_hook_at) ? b : a;
    double after = first->on_hook ? (double)(first->on_hook_at - first->connected_at) / 1000000 : 0;
    if (first->on_hook)
        (void)snprintf(text, 400, "it broke off after %.2f s: at %s, %s", after, first->row->device, first->why);
    else
        (void)snprintf(text, 400, "it did not end: neither phone was released");
    (void)snprintf(fix, 300, "look at what happened to that phone and to its connection with the CallManager");
    return true;
}

/* --- for people --- */

static void say_line(const struct ladder *l, const struct ladder_line *n, FILE *to)
{
    const char *a = "", *b = "", *left = "", *middle = "", *right = "";
    char text[LADDER_TEXT + 48];
    const char *name[2] = {l->phone[0].row->device, l->phone[1].row->device};
    bool of_caller = n->from == END_CALLER || n->to == END_CALLER;

    if (n->message && n->text[0])
        (void)snprintf(text, sizeof text, "%s: %s", n->message, n->text);
    else
        (void)snprintf(text, sizeof text, "%s", n->message ? n->message : n->text);
    if (n->to == END_NOBODY) {
        a = n->from == END_CALLER ? name[0] : "";
        b = n->from == END_CALLED ? name[1] : "";
    } else if (n->from != END_CALLMANAGER && n->to != END_CALLMANAGER) {
        a = name[0];
        b = name[1];
        left = n->from == END_CALLER ? "===" : "<==";
        middle = "===========";
        right = n->from == END_CALLER ? "==>" : "===";
    } else {
        middle = "CallManager";
        a = of_caller ? name[0] : "";
        b = of_caller ? "" : name[1];
        left = !of_caller ? "" : n->from == END_CALLER ? "-->" : "<--";
        right = of_caller ? "" : n->from == END_CALLED ? "<--" : "-->";
    }
    (void)fprintf(to, "%8.3f  %-15s %3s %-11s %3s %-15s  %s\n", (double)(n->at - l->began) / 1000000, a, left, middle,
                  right, b, text);
}

void ladder_summary(const struct ladder *l, FILE *to)
{
    char text[400], fix[300], x[IPV4_TEXT];
    const struct ladder_phone *a = &l->phone[END_CALLER], *b = &l->phone[END_CALLED];

    if (l->begun) {
        (void)fprintf(to, "\n%s (%s) calls %s (%s) at CallManager %s\n", a->row->device, a->row->number, b->row->device,
                      b->row->number, ipv4_text(x, l->callmanager));
        for (uint32_t i = 0; i < l->lines; i++) say_line(l, &l->line[i], to);
    }
    if (ladder_verdict(l, text, fix)) {
        (void)fprintf(to, "\nThe call failed (" LADDER_CODE "): %s. To change that: %s.\n", text, fix);
        return;
    }
    (void)fprintf(to,
                  "\nThe call was answered after %.2f s and lasted %.2f s; %s, packets of RTP sent, received, lost: "
                  "%s %u, %u, %u; %s %u, %u, %u\n",
                  (double)(a->connected_at - a->off_hook_at) / 1000000,
                  (double)(a->on_hook_at - a->connected_at) / 1000000, l->codec, a->row->device, a->sent, a->received,
                  a->lost, b->row->device, b->sent, b->received, b->lost);
}
