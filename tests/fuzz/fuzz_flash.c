/* Flash of any content: records and banks that are torn, foreign, or sound in form and nonsense in content (their
 * checks are put right, so that the reading behind them is reached). The loader picks a bank that can run or none and
 * says why; what is then written is read back; a phone with this flash boots or stands still, and spins in neither. */
#include <assert.h>
#include <string.h>
#include "phone/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n);

static uint8_t flash[FLASH_SIZE];
static struct action actions[PHONE_MOST];
static uint8_t bytes[PHONE_MOST_BYTES];
static struct outbox out;
static struct workbench bench;
static struct workbenches benches = {.bench = &bench, .count = 1};

static bool read_flash(void *context, size_t at, uint8_t *to, size_t size)
{
    (void)context;
    if (at > FLASH_SIZE || size > FLASH_SIZE - at) return false;
    memcpy(to, flash + at, size);
    return true;
}

static const struct flash f = {{read_flash, NULL, NULL}};

/* The slots as flash.h lays them out. */
static const struct {
    size_t at, size;
} slot[] = {{0, FLASH_BOOT_SLOT},      {FLASH_BOOT_SLOT, FLASH_BOOT_SLOT}, {1024, FLASH_RECORD_SLOT},
            {3072, FLASH_RECORD_SLOT}, {5120, FLASH_RECORD_SLOT},          {7168, FLASH_RECORD_SLOT}};

static struct bytes take(struct bytes *in, size_t n)
{
    struct bytes b = {in->at, n < in->len ? n : in->len};

    *in = bytes_from(*in, b.len);
    return b;
}

static uint8_t take_byte(struct bytes *in)
{
    struct bytes b = take(in, 1);

    return b.len ? b.at[0] : 0;
}

static void put_slot(struct bytes *in)
{
    uint8_t which = take_byte(in) % 6;
    struct bytes content = take(in, take_byte(in) * 4u);
    struct writer w = writer(flash + slot[which].at, slot[which].size);

    if (content.len > slot[which].size - 18) content.len = slot[which].size - 18;
    write_text(&w, "DTFR");
    write_be32(&w, (uint32_t)(int8_t)take_byte(in)); /* near 0 and near where it rolls over */
    write_be16(&w, (uint16_t)content.len);
    write_bytes(&w, content);
    struct digest d = digest_of(written(&w));
    write_bytes(&w, (struct bytes){d.byte, 8});
}

/* A load of our form with any text as its manifest: what load_make would write if there were such a manifest. */
static void put_load(struct bytes *in)
{
    uint8_t bank = take_byte(in) % FLASH_BANKS;
    struct bytes text = take(in, take_byte(in) * 4u), content = take(in, take_byte(in));
    struct writer w = writer(flash + FLASH_BANK_AT + bank * FLASH_BANK, FLASH_BANK);
    struct digesting sum = digest_begin();

    digest_add(&sum, text);
    digest_add(&sum, content);
    struct digest d = digest_end(&sum);
    write_text(&w, "DIALLOAD");
    write_be16(&w, 1);
    write_be16(&w, 0);
    write_be32(&w, (uint32_t)text.len);
    write_be32(&w, (uint32_t)content.len);
    write_bytes(&w, (struct bytes){d.byte, sizeof d.byte});
    write_zeros(&w, 12);
    write_bytes(&w, text);
    write_bytes(&w, content);
}

static void put_good_load(struct bytes *in)
{
    uint8_t bank = take_byte(in) % FLASH_BANKS;
    struct writer w = writer(flash + FLASH_BANK_AT + bank * FLASH_BANK, FLASH_BANK);
    struct load_manifest m;

    load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of("P0030801SR02"));
    load_make(&w, &m, take(in, take_byte(in)));
}

static void put_bytes(struct bytes *in)
{
    static const size_t near[] = {0, 1024, 5120, FLASH_BANK_AT, FLASH_BANK_AT + FLASH_BANK, FLASH_SIZE - 300};
    size_t at = near[take_byte(in) % 6] + take_byte(in);
    struct bytes b = take(in, take_byte(in));

    if (b.len > FLASH_SIZE - at) b.len = FLASH_SIZE - at;
    if (b.len) memcpy(flash + at, b.at, b.len);
}

static void records(void)
{
    uint8_t before[FLASH_TEXT], after[FLASH_TEXT];
    struct preferences p;
    struct good_configuration g;
    struct fault why;
    uint32_t sequence, next;

    for (enum flash_record r = FLASH_BOOT; r <= FLASH_CONFIGURATION; r++) {
        size_t n = flash_record_read(&f, r, before, sizeof before, &sequence);
        assert(n <= sizeof before && (sequence || n == 0));
        if (preferences_read(&p, (struct bytes){before, n}, &why)) assert(why.kind == FAULT_NONE);
        if (n && good_decode(&g, (struct bytes){before, n}, &why)) assert(g.callmanagers <= DOCUMENT_CALLMANAGERS);
        outbox_init(&out, actions, PHONE_MOST, bytes, sizeof bytes);
        flash_record_write(&f, r, bytes_of("new"), &out);
        assert(out.count == 1 && !out.bytes.full);
        struct bytes b = payload(&out, 0);
        uint8_t *to = flash + actions[0].stream;
        /* Never the slot that counts: it could as well be erased first. (Else a script finds a slot that comes to life
         * when half of it is written over, which no phone leaves behind.) */
        memset(to, 0xff, r == FLASH_BOOT ? FLASH_BOOT_SLOT : FLASH_RECORD_SLOT);
        for (size_t cut = 0; cut < b.len; to[cut] = b.at[cut], cut++) {
            /* Byte by byte: the old record stands, or by chance all of the new one. */
            size_t is = flash_record_read(&f, r, after, sizeof after, &next);
            bool old = is == n && next == sequence && memcmp(before, after, n) == 0;
            assert(old || (is == 3 && memcmp(after, "new", 3) == 0));
        }
        assert(flash_record_read(&f, r, after, sizeof after, &next) == 3 && memcmp(after, "new", 3) == 0 &&
               next != sequence);
    }
}

static void boots(void)
{
    static struct phone p;
    uint8_t line[LINE_SIZE];
    struct writer w = writer(line, sizeof line);
    struct line l = LINE_IDLE;
    usec now = 0;

    l.millivolts = -48000;
    line_encode(&w, &l);
    bench.taken = false;
    outbox_init(&out, actions, PHONE_MOST, bytes, sizeof bytes);
    phone_init(&p, &(struct phone_config){.mac = {{2, 0, 0, 0, 0, 1}},
                                          .model = model_find(bytes_of("7960")),
                                          .timing = &PHONE_SHORTENED,
                                          .flash = f,
                                          .benches = &benches});
    usec due = phone_step(&p, now, &(struct event){.kind = EVENT_LINE, .bytes = written(&w)}, &out);
    for (unsigned i = 0; i < 20 && due != NEVER; i++) {
        if (due > now) now = due;
        outbox_clear(&out);
        due = phone_step(&p, now, &(struct event){.kind = EVENT_WAKE}, &out);
        assert(!out.bytes.full && out.count <= PHONE_MOST && (due > now || out.count));
    }
    assert(p.doing == DOING_LINK || p.doing == DOING_DEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    struct bytes script = {in, n};
    struct flash_boot boot;

    memset(flash, 0xff, sizeof flash);
    while (script.len) {
        switch (take_byte(&script) % 4) {
        case 0: put_slot(&script); break;
        case 1: put_load(&script); break;
        case 2: put_good_load(&script); break;
        default: put_bytes(&script); break;
        }
    }
    flash_boot(&f, 7, 1, &boot);
    assert(boot.bank <= FLASH_BANKS);
    if (boot.bank < FLASH_BANKS)
        assert(load_fits(&boot.load.manifest, 7, 1));
    else
        assert(boot.refused.kind != FAULT_NONE && boot.refused.what);
    boots();
    records();
    return 0;
}
