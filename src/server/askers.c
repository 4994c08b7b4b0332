#include "server/askers.h"
#include "server/carve.h"
#include "server/news.h"
#include "base/facts.h"
#include "provision/device_name.h"

enum { NONE = UINT32_MAX };

static void lay_out(struct askers *a, struct carving *c)
{
    a->buckets = buckets_for(a->most);
    a->asker = carve(c, sizeof *a->asker, a->most);
    a->bucket = carve(c, sizeof *a->bucket, a->buckets);
}

size_t askers_size(uint32_t most)
{
    struct askers a = {.most = most};
    struct carving c = {0};

    lay_out(&a, &c);
    return c.used;
}

bool askers_init(struct askers *a, uint32_t most, void *memory, size_t size)
{
    struct carving c = {.at = memory, .size = size};

    *a = (struct askers){.most = most, .newest = NONE, .oldest = NONE};
    if (!memory || most == 0 || askers_size(most) > size) return false;
    lay_out(a, &c);
    for (uint32_t i = 0; i < a->buckets; i++) a->bucket[i] = NONE;
    return true;
}

void askers_know(struct askers *a, const struct devices *devices)
{
    a->devices = devices;
}

/* --- by address, and by time --- */

static uint32_t *chain_of(const struct askers *a, ipv4 address)
{
    return &a->bucket[hash_number(address) & (a->buckets - 1)];
}

static uint32_t index_of(const struct askers *a, ipv4 address)
{
    uint32_t i = *chain_of(a, address);

    while (i != NONE && a->asker[i].address != address) i = a->asker[i].next;
    return i;
}

static void leave_list(struct askers *a, uint32_t i)
{
    struct asker *k = &a->asker[i];

    *(k->newer == NONE ? &a->newest : &a->asker[k->newer].older) = k->older;
    *(k->older == NONE ? &a->oldest : &a->asker[k->older].newer) = k->newer;
}

static void be_newest(struct askers *a, uint32_t i)
{
    struct asker *k = &a->asker[i];

    k->newer = NONE;
    k->older = a->newest;
    *(a->newest == NONE ? &a->oldest : &a->asker[a->newest].newer) = i;
    a->newest = i;
}

static void leave_chain(struct askers *a, uint32_t i)
{
    uint32_t *at = chain_of(a, a->asker[i].address);

    while (*at != i) at = &a->asker[*at].next;
    *at = a->asker[i].next;
}

static struct asker *place_for(struct askers *a, usec now, ipv4 address)
{
    uint32_t i = index_of(a, address);

    if (i != NONE) {
        leave_list(a, i);
    } else {
        if (a->count < a->most) {
            i = a->count++;
        } else {
            i = a->oldest;
            leave_list(a, i);
            leave_chain(a, i);
        }
        uint32_t *chain = chain_of(a, address);
        a->asker[i] = (struct asker){.address = address, .first = now, .next = *chain};
        *chain = i;
    }
    be_newest(a, i);
    return &a->asker[i];
}

/* --- what a name says --- */

/* The MAC of "SIP<MAC>", "SEP<MAC>" or "ATA<MAC>" with what stands behind it. */
static bool names_device(struct bytes name, const char *prefix, const char *suffix, struct mac *mac)
{
    struct bytes tail = bytes_of(suffix);
    char device[DEVICE_NAME];

    if (name.len != DEVICE_NAME - 1 + tail.len || !bytes_equal_nocase((struct bytes){name.at, 3}, bytes_of(prefix)) ||
        !bytes_equal_nocase(bytes_from(name, DEVICE_NAME - 1), tail))
        return false;
    text_copy(device, sizeof device, (struct bytes){name.at, DEVICE_NAME - 1});
    device[1] = 'E'; /* SIP020000000001 is told apart from SEP020000000001 by its prefix alone */
    device[0] = 'S';
    device[2] = 'P';
    return device_name_parse(bytes_of(device), mac);
}

static uint8_t meaning_of(const struct asked *asked, struct mac *mac)
{
    struct bytes stem = asked->stem;

    *mac = asked->mac;
    switch (asked->kind) {
    case ASKED_OWN_XML:
    case ASKED_OWN_CNF: return ASKER_ASKED_OWN;
    case ASKED_DEFAULT_XML:
    case ASKED_DEFAULT_CNF: return ASKER_ASKED_DEFAULT;
    case ASKED_TRUST: return ASKER_ASKED_TRUST;
    case ASKED_LOADS:
    case ASKED_BIN: return 0;
    case ASKED_OTHER: break;
    }
    if (bytes_equal_nocase(stem, bytes_of("OS79XX.TXT"))) return ASKER_ASKED_OS79XX;
    if (bytes_equal_nocase(stem, bytes_of("SIPDefault.cnf"))) return ASKER_ASKED_SIP;
    if (names_device(stem, "SIP", ".cnf", mac) || names_device(stem, "SIP", ".cnf.xml", mac)) return ASKER_ASKED_SIP;
    if (names_device(stem, "SEP", ".cnf.xml.sgn", mac) || names_device(stem, "SEP", ".cnf.xml.enc.sgn", mac))
        return ASKER_ASKED_SIGNED;
    if (names_device(stem, "ATA", "", mac) || names_device(stem, "ATA", ".cnf", mac) ||
        names_device(stem, "ATA", ".cnf.xml", mac) || bytes_equal_nocase(stem, bytes_of("atadefault.cfg")))
        return ASKER_ASKED_ATA;
    return 0;
}

static void count_round(struct asker *k, usec now)
{
    k->rounds = k->rounds > 0 && now - k->round <= ASKER_ROUND ? k->rounds + 1 : 1;
    k->round = now;
}

static bool is_known(const struct askers *a, struct mac mac)
{
    return !a->devices || mac_is_none(mac) || devices_find(a->devices, mac);
}

static enum asker_verdict verdict_of(const struct askers *a, struct asker *k, usec now, uint8_t meaning, bool found)
{
    switch ((enum asker_asked)meaning) {
    case ASKER_ASKED_SIP: return ASKER_RUNS_SIP;
    case ASKER_ASKED_ATA: return found ? ASKER_PLAIN : ASKER_ATA;
    case ASKER_ASKED_OWN:
        k->took |= found;
        if (found && k->verdict == ASKER_STRANGER) return ASKER_PLAIN;
        break;
    case ASKER_ASKED_TRUST:
        if (k->took) count_round(k, now);
        k->took = false; /* CTL and ITL of one round count once */
        break;
    case ASKER_ASKED_SIGNED:
        if (!found) count_round(k, now);
        break;
    case ASKER_ASKED_DEFAULT:
        if (k->verdict == ASKER_PLAIN && !found && !is_known(a, k->mac)) return ASKER_STRANGER;
        if (k->verdict == ASKER_STRANGER && found) return ASKER_PLAIN;
        break;
    case ASKER_ASKED_OS79XX: break;
    }
    return k->verdict == ASKER_PLAIN && k->rounds >= ASKER_ROUNDS ? ASKER_OLD_TRUST : k->verdict;
}

static void tell(const struct askers *a, const struct asker *k, struct bytes name, struct outbox *out)
{
    static const uint16_t news[] = {[ASKER_RUNS_SIP] = ASKER_TOLD_SIP,
                                    [ASKER_OLD_TRUST] = ASKER_TOLD_TRUST,
                                    [ASKER_ATA] = ASKER_TOLD_ATA,
                                    [ASKER_STRANGER] = ASKER_TOLD_STRANGER};
    const struct device *near = k->verdict == ASKER_STRANGER ? devices_nearest(a->devices, k->mac) : NULL;
    char device[DEVICE_NAME];
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = news[k->verdict]});

    tell_ipv4(w, FACT_ADDRESS, k->address);
    if (!mac_is_none(k->mac)) tell_mac(w, FACT_MAC, k->mac);
    tell_text(w, FACT_FILE, name);
    tell_number(w, FACT_COUNT, k->requests);
    tell_text(w, FACT_WHY, bytes_of(asker_verdict_text(k->verdict)));
    tell_text(w, FACT_TEXT, bytes_of(asker_advice(k->verdict)));
    if (near) {
        device_name(device, near->record.mac);
        tell_text(w, FACT_NEAREST, bytes_of(device));
    }
}

void askers_asked(struct askers *a, usec now, ipv4 client, struct bytes name, bool found, struct outbox *out)
{
    struct asked asked = asked_name(name);
    struct mac mac;
    uint8_t meaning = meaning_of(&asked, &mac);

    if (client == 0) return;
    struct asker *k = place_for(a, now, client);
    if (!mac_is_none(mac) && !mac_is_none(k->mac) && !mac_equal(mac, k->mac)) { /* another phone has this address now */
        struct asker links = *k;
        *k = (struct asker){
            .address = client, .first = now, .next = links.next, .newer = links.newer, .older = links.older};
    }
    if (!mac_is_none(mac)) k->mac = mac;
    k->asked |= meaning;
    k->last = now;
    k->requests++;
    text_copy(k->name, sizeof k->name, name);
    if (!found) {
        k->missed++;
        text_copy(k->missing, sizeof k->missing, name);
    }
    enum asker_verdict before = k->verdict;
    k->verdict = verdict_of(a, k, now, meaning, found);
    if (out && k->verdict != before && k->verdict != ASKER_PLAIN) tell(a, k, bytes_of(k->name), out);
}

void askers_registered(struct askers *a, ipv4 client)
{
    uint32_t i = index_of(a, client);

    if (i == NONE) return;
    a->asker[i].verdict = ASKER_PLAIN;
    a->asker[i].rounds = 0;
    a->asker[i].took = false;
}

const struct asker *askers_next(const struct askers *a, const struct asker *after)
{
    uint32_t i = after ? after->older : a->newest;

    return i == NONE ? NULL : &a->asker[i];
}

const struct asker *askers_find(const struct askers *a, ipv4 client)
{
    uint32_t i = index_of(a, client);

    return i == NONE ? NULL : &a->asker[i];
}

const char *asker_verdict_text(enum asker_verdict v)
{
    switch (v) {
    case ASKER_RUNS_SIP: return "runs SIP";
    case ASKER_OLD_TRUST: return "probably holds an old trust list";
    case ASKER_ATA: return "is an ATA without a profile";
    case ASKER_STRANGER: return "is not known";
    case ASKER_PLAIN: break;
    }
    return NULL;
}

const char *asker_advice(enum asker_verdict v)
{
    switch (v) {
    case ASKER_RUNS_SIP: /* a 7940 or 7960 compares the first four letters: P0S3 is SIP, P003 is SCCP */
        return "put the SCCP load of its model into the folder, and a file OS79XX.TXT with one line, the name of that "
               "load (7940, 7960: P003...), without a blank behind it; then start the phone again";
    case ASKER_OLD_TRUST:
        return "delete the trust list (CTL, ITL) at the phone: Settings, Security Configuration, Trust List, **#, "
               "Erase; "
               "or by a factory reset";
    case ASKER_ATA: /* Cisco ATA Administrator's Guides: "Configuring the Cisco ATA Using a TFTP Server" */
        return "make its profile out of the text file that comes with its software, CA0orCM0 being the address of this "
               "server, by Cisco's cfgfmt, and put it into the folder under the name that was asked for (ata and its "
               "MAC, in "
               "small letters); or set it by its voice menu or web page, with UseTftp 0";
    case ASKER_STRANGER:
        return "auto-registration is off: add it by `dialtone device add`, or set the device that is it right; it asks "
               "again by itself";
    case ASKER_PLAIN: break;
    }
    return NULL;
}
