/* phone/flash.h: the phone's non-volatile memory: a boot record, two image banks, user preferences, the last good
 * configuration.
 *
 * Layout (offsets in bytes; every record is written twice, in turns, and is valid only with its check):
 *   0      boot record, slots A and B of FLASH_BOOT_SLOT
 *   1024   user preferences, slots A and B of FLASH_RECORD_SLOT
 *   5120   last good configuration, slots A and B of FLASH_RECORD_SLOT
 *   16384  image bank 0, then bank 1, FLASH_BANK bytes each
 * A slot: magic "DTFR", sequence be32, length be16, payload, then the first 8 bytes of the SHA-256 of all before. The
 * valid slot with the newer sequence counts (it may roll over; 0 is none). A write always goes to the other slot and
 * the boot record is written last, after the image has been read back and checked: so a write that is cut at any byte
 * leaves what was there before, or all of the new.
 *
 * Takes    reads through flash_memory.read.
 * Gives    writes as ACTION_STORE with `stream` = offset: the driver applies them in order before the next step of
 *          this phone.
 * Memory   records are read through 2 KiB of stack; nothing is allocated.
 * Garbage  flash of any content is met: what does not check is as if absent.
 */
#ifndef PHONE_FLASH_H
#define PHONE_FLASH_H
#include "base/engine.h"
#include "provision/load.h"

enum {
    FLASH_BANKS = 2,
    FLASH_BANK = 65536,
    FLASH_BANK_AT = 16384,
    FLASH_SIZE = FLASH_BANK_AT + FLASH_BANKS * FLASH_BANK,
    FLASH_BOOT_SLOT = 512,
    FLASH_RECORD_SLOT = 2048,
    FLASH_TEXT = 1024
};
enum flash_record { FLASH_BOOT, FLASH_PREFERENCES, FLASH_CONFIGURATION };

struct flash_memory {
    bool (*read)(void *context, size_t at, uint8_t *to, size_t n); /* false: beyond the end, or unreadable */
    void *context;
    /* What load_open found in just these bytes of a bank before, for a driver of thousands that hold the same; NULL
     * when it does not know. May be NULL. */
    const struct load_info *(*known)(void *context, uint8_t bank);
};

struct flash {
    struct flash_memory memory;
};

/* The user's settings; text in flash, lines `key value`. Zero or empty: not set. */
struct preferences {
    ipv4 alternate_tftp;        /* alternate-tftp 10.0.0.9 */
    uint16_t admin_vlan;        /* admin-vlan 110 */
    ipv4 address, mask, router; /* static-address 10.0.0.50/24,10.0.0.1: no DHCP then */
    uint8_t ring, contrast;     /* ring 2, contrast 7 */
};

/* What the bootstrap loader found. `bank` FLASH_BANKS: none can run. `refused` is the fault of the first bank tried
 * when it was passed over (FAULT_NONE otherwise; FAULT_ORDER "load does not fit this hardware"). */
struct flash_boot {
    uint8_t bank;
    struct load_info load;
    struct fault refused;
    uint8_t refused_bank;
};

/* Reads a record's payload into `to`; its length, or 0 when no slot is valid. *sequence (may be NULL) gets its number.
 */
size_t flash_record_read(const struct flash *, enum flash_record, uint8_t *to, size_t size, uint32_t *sequence);
void flash_record_write(const struct flash *, enum flash_record, struct bytes payload, struct outbox *);
/* The loader: the bank that the boot record names first (bank 0 without one), then the other. */
void flash_boot(const struct flash *, uint32_t device_type, uint8_t hardware, struct flash_boot *out);
bool flash_bank_open(const struct flash *, uint8_t bank, struct load_info *out, struct fault *why);
void flash_bank_write(uint8_t bank, size_t at, struct bytes, struct outbox *); /* at + len within FLASH_BANK */
void flash_prefer(const struct flash *, uint8_t bank, struct outbox *);        /* the boot record names this bank */

bool preferences_read(struct preferences *out, struct bytes text, struct fault *why); /* unknown keys are passed over */
bool preferences_check(struct bytes key, struct bytes value);                         /* would this line be obeyed? */

/* For a factory or a test: lays a fresh flash of FLASH_SIZE bytes out in memory. */
void flash_format(uint8_t *memory, struct bytes load, struct bytes preferences_text);
void flash_format_records(uint8_t *memory,
                          struct bytes preferences_text); /* all before the banks: FLASH_BANK_AT bytes */
#endif
