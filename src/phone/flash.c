#include "phone/flash.h"
#include <string.h>

enum { SLOT_HEAD = 10, SLOT_CHECK = 8 };
static const char magic[] = "DTFR";

struct place {
    size_t at, slot;
};

static struct place place_of(enum flash_record record)
{
    switch (record) {
    case FLASH_BOOT: return (struct place){0, FLASH_BOOT_SLOT};
    case FLASH_PREFERENCES: return (struct place){1024, FLASH_RECORD_SLOT};
    case FLASH_CONFIGURATION: return (struct place){5120, FLASH_RECORD_SLOT};
    }
    return (struct place){0, 0};
}

/* Reads one slot; its sequence, or 0 when it is not valid. */
static uint32_t slot_read(const struct flash *f, size_t at, size_t slot, uint8_t buffer[FLASH_RECORD_SLOT],
                          struct bytes *payload)
{
    struct fault why;

    if (!f->memory.read(f->memory.context, at, buffer, slot)) return 0;
    struct reader r = reader((struct bytes){buffer, slot}, &why);
    struct bytes begins = read_bytes(&r, 4);
    uint32_t sequence = read_be32(&r);
    *payload = read_bytes(&r, read_be16(&r));
    size_t checked = read_offset(&r);
    struct bytes check = read_bytes(&r, SLOT_CHECK);
    if (!sound(&r) || !bytes_are(begins, magic)) return 0; /* most often: never written */
    struct digest d = digest_of((struct bytes){buffer, checked});
    return bytes_equal(check, (struct bytes){d.byte, SLOT_CHECK}) ? sequence : 0;
}

/* A sequence number may roll over; 0 is that of a slot that is not valid. */
static bool newer(uint32_t a, uint32_t b)
{
    return a != 0 && (b == 0 || (int32_t)(a - b) > 0);
}

size_t flash_record_read(const struct flash *f, enum flash_record record, uint8_t *to, size_t size, uint32_t *sequence)
{
    struct place p = place_of(record);
    uint8_t buffer[FLASH_RECORD_SLOT];
    uint32_t newest = 0;
    size_t len = 0;

    for (size_t i = 0; i < 2; i++) {
        struct bytes payload;
        uint32_t s = slot_read(f, p.at + i * p.slot, p.slot, buffer, &payload);
        if (!newer(s, newest)) continue;
        newest = s;
        len = payload.len < size ? payload.len : size;
        memcpy(to, payload.at, len);
    }
    if (sequence) *sequence = newest;
    return len;
}

static void slot_encode(struct writer *w, uint32_t sequence, struct bytes payload)
{
    size_t at = w->len;

    write_text(w, magic);
    write_be32(w, sequence);
    write_be16(w, (uint16_t)payload.len);
    write_bytes(w, payload);
    struct digest d = digest_of(written_from(w, at));
    write_bytes(w, (struct bytes){d.byte, SLOT_CHECK});
}

void flash_record_write(const struct flash *f, enum flash_record record, struct bytes payload, struct outbox *out)
{
    struct place p = place_of(record);
    uint8_t buffer[FLASH_RECORD_SLOT];
    struct bytes ignored;
    uint32_t a = slot_read(f, p.at, p.slot, buffer, &ignored);
    uint32_t b = slot_read(f, p.at + p.slot, p.slot, buffer, &ignored);
    bool into_b = a != 0 && !newer(b, a); /* never over the one that counts, as flash_record_read chooses it */
    uint32_t sequence = (into_b ? a : b) + 1;

    if (payload.len > p.slot - SLOT_HEAD - SLOT_CHECK) payload.len = p.slot - SLOT_HEAD - SLOT_CHECK;
    slot_encode(put(out, (struct action){.kind = ACTION_STORE, .stream = (uint32_t)(p.at + (into_b ? p.slot : 0))}),
                sequence ? sequence : 1, payload);
}

struct bank_context {
    const struct flash *flash;
    uint8_t bank;
};

static bool bank_read(void *context, size_t at, uint8_t *to, size_t n)
{
    const struct bank_context *b = context;

    if (at > FLASH_BANK || n > FLASH_BANK - at) return false;
    return b->flash->memory.read(b->flash->memory.context, FLASH_BANK_AT + (size_t)b->bank * FLASH_BANK + at, to, n);
}

bool flash_bank_open(const struct flash *f, uint8_t bank, struct load_info *out, struct fault *why)
{
    struct bank_context context = {f, bank};
    const struct load_info *known = f->memory.known ? f->memory.known(f->memory.context, bank) : NULL;

    if (known) {
        *out = *known;
        *why = (struct fault){0};
        return true;
    }
    return load_open(out, bank_read, &context, FLASH_BANK, why);
}

static bool can_run(const struct flash *f, uint8_t bank, uint32_t device_type, uint8_t hardware, struct load_info *out,
                    struct fault *why)
{
    if (!flash_bank_open(f, bank, out, why)) return false;
    if (load_fits(&out->manifest, device_type, hardware)) return true;
    *why = (struct fault){FAULT_ORDER, 0, "load does not fit this hardware"};
    return false;
}

void flash_boot(const struct flash *f, uint32_t device_type, uint8_t hardware, struct flash_boot *out)
{
    uint8_t named = 0;
    struct fault why;

    *out = (struct flash_boot){.bank = FLASH_BANKS};
    if (flash_record_read(f, FLASH_BOOT, &named, 1, NULL) == 0 || named >= FLASH_BANKS) named = 0;
    for (uint8_t i = 0; i < FLASH_BANKS; i++) {
        uint8_t bank = (uint8_t)((named + i) % FLASH_BANKS);
        if (can_run(f, bank, device_type, hardware, &out->load, &why)) {
            out->bank = bank;
            return;
        }
        if (i == 0) {
            out->refused = why;
            out->refused_bank = bank;
        }
    }
}

void flash_bank_write(uint8_t bank, size_t at, struct bytes b, struct outbox *out)
{
    if (bank >= FLASH_BANKS || at > FLASH_BANK || b.len > FLASH_BANK - at) return;
    size_t to = FLASH_BANK_AT + (size_t)bank * FLASH_BANK + at;
    write_bytes(put(out, (struct action){.kind = ACTION_STORE, .stream = (uint32_t)to}), b);
}

void flash_prefer(const struct flash *f, uint8_t bank, struct outbox *out)
{
    flash_record_write(f, FLASH_BOOT, (struct bytes){&bank, 1}, out);
}

/* static-address 10.0.0.50/24,10.0.0.1 */
static bool static_address(struct preferences *p, struct bytes value)
{
    struct bytes address = bytes_cut(&value, '/'), bits = bytes_cut(&value, ',');
    uint64_t n;

    if (!ipv4_parse(address, &p->address) || !bytes_number(bits, 30, &n) || n == 0) return false;
    p->mask = ipv4_mask((unsigned)n);
    return value.len == 0 || ipv4_parse(value, &p->router);
}

static bool small(struct bytes value, uint64_t most, uint64_t *n)
{
    return bytes_number(value, most, n) && *n > 0;
}

static bool preference(struct preferences *p, struct bytes key, struct bytes value, bool *unknown)
{
    uint64_t n = 0;

    *unknown = false;
    if (bytes_are(key, "alternate-tftp")) return ipv4_parse(value, &p->alternate_tftp);
    if (bytes_are(key, "static-address")) return static_address(p, value);
    if (bytes_are(key, "admin-vlan")) return small(value, 4094, &n) && (p->admin_vlan = (uint16_t)n) > 0;
    if (bytes_are(key, "ring")) return small(value, 255, &n) && (p->ring = (uint8_t)n) > 0;
    if (bytes_are(key, "contrast")) return small(value, 255, &n) && (p->contrast = (uint8_t)n) > 0;
    *unknown = true;
    return false;
}

bool preferences_check(struct bytes key, struct bytes value)
{
    struct preferences p = {0};
    bool unknown;

    return preference(&p, key, value, &unknown);
}

bool preferences_read(struct preferences *out, struct bytes text, struct fault *why)
{
    const uint8_t *start = text.at;

    *out = (struct preferences){0};
    *why = (struct fault){.kind = FAULT_NONE};
    while (text.len) {
        struct bytes value = bytes_cut(&text, '\n'), line = value;
        struct bytes key = bytes_cut(&value, ' ');
        bool unknown;
        if (key.len == 0 || preference(out, key, bytes_trim(value), &unknown) || unknown) continue;
        *why = (struct fault){FAULT_VALUE, (size_t)(line.at - start), "user preference"};
        return false;
    }
    return true;
}

void flash_format_records(uint8_t *memory, struct bytes preferences_text)
{
    uint8_t bank = 0;

    memset(memory, 0xff, FLASH_BANK_AT);
    struct writer w = writer(memory, FLASH_BOOT_SLOT);
    slot_encode(&w, 1, (struct bytes){&bank, 1});
    if (preferences_text.len) {
        w = writer(memory + place_of(FLASH_PREFERENCES).at, FLASH_RECORD_SLOT);
        slot_encode(&w, 1, preferences_text);
    }
}

void flash_format(uint8_t *memory, struct bytes load, struct bytes preferences_text)
{
    struct writer w = writer(memory + FLASH_BANK_AT, FLASH_BANK);

    flash_format_records(memory, preferences_text);
    memset(memory + FLASH_BANK_AT, 0xff, FLASH_SIZE - FLASH_BANK_AT);
    write_bytes(&w, load);
}
