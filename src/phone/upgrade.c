/* Step 5, when the configuration names another load: fetch it into the bank that does not run, check it, boot it. */
#include "phone/boot.h"

enum { LIST_MOST = 8192 }; /* real lists have under 1 KiB; it must also leave with one step's STORE */

static uint8_t spare_bank(const struct phone *p)
{
    return (uint8_t)((p->bank + 1) % FLASH_BANKS);
}

/* The reasons are those that phones show and put into their alarm: "Load Rejected HC", "File Not Found" ... */
void upgrade_refused(struct phone *p, usec now, const char *why, const struct fault *fault, struct outbox *out)
{
    struct writer *w = phone_tell(p, PHONE_LOAD_REFUSED, out);

    tell_text(w, FACT_NEW, bytes_of(p->wanted_load));
    tell_text(w, FACT_LOAD, bytes_of(p->load.name));
    tell_text(w, FACT_WHY, bytes_of(why));
    if (fault) tell_fault(w, fault);
    p->load_refused = true;
    files_register(p, now, out); /* it goes on with the old image */
}

/* <load>.loads or <load>.bin; the list of a wireless phone has its suffix in capitals. */
static void first_file(const struct phone *p, char name[FILE_NAME])
{
    struct writer w = writer(name, FILE_NAME - 1);

    write_text(&w, p->wanted_load);
    write_text(&w, !p->load.asks_loads ? ".bin" : p->load.files_order == 'E' ? ".LOADS" : ".loads");
    name[w.len] = '\0';
}

static void ask_first(struct phone *p, usec now, struct outbox *out)
{
    char name[FILE_NAME];

    if (p->load.asks_loads && !p->bench) {
        p->bench = workbench_take(p->config.benches);
        if (!p->bench) { /* all in use by other phones of this process: a moment later */
            phone_do(p, DOING_LOAD_LIST, now + BENCH_WAIT);
            return;
        }
    }
    first_file(p, name);
    p->written = 0;
    phone_do(p, p->load.asks_loads ? DOING_LOAD_LIST : DOING_LOAD, NEVER);
    files_fetch(p, now, name, out);
}

void upgrade_start(struct phone *p, usec now, struct bytes load, struct outbox *out)
{
    char name[FILE_NAME];

    text_copy(p->wanted_load, sizeof p->wanted_load, load);
    first_file(p, name);
    struct writer *w = phone_tell(p, PHONE_UPGRADE, out);
    tell_text(w, FACT_OLD, bytes_of(p->load.name));
    tell_text(w, FACT_NEW, bytes_of(p->wanted_load));
    tell_text(w, FACT_FILE, bytes_of(name));
    ask_first(p, now, out);
}

/* How long the flash needs; at least until the next step, by which the driver has applied what was written. */
static void write_flash(struct phone *p, usec now)
{
    phone_do(p, DOING_FLASH, now + (usec)(p->written / 1024 + 1) * p->config.timing->flash_kib + 1);
}

/* The part of a vendor's list that stands at `part`, 0 up. */
static bool part_name(struct bytes list, uint8_t part, char name[FILE_NAME])
{
    struct bytes file;

    for (unsigned i = 0; loads_next(&list, &file); i++) {
        if (i != part) continue;
        text_copy(name, FILE_NAME, file);
        return true;
    }
    return false;
}

static size_t signed_header(struct phone *p, struct bytes *name, struct fault *why)
{
    return load_foreign((struct bytes){p->bench->bytes, p->bench->len}, name, why);
}

/* Asks for the next part of a vendor's load; after the last one the list itself, signed, is what is kept in flash. */
static void next_part(struct phone *p, usec now, struct outbox *out)
{
    struct bytes ignored, list = {p->bench->bytes, p->bench->len};
    struct fault why;
    char name[FILE_NAME];

    if (part_name(bytes_from(list, signed_header(p, &ignored, &why)), p->part, name)) {
        phone_do(p, DOING_LOAD_PART, NEVER);
        files_fetch(p, now, name, out);
    } else if (p->part == 0) {
        upgrade_refused(p, now, "File Not Found", &(struct fault){FAULT_ABSENT, list.len, "no file is in the list"},
                        out);
    } else {
        flash_bank_write(spare_bank(p), 0, list, out);
        files_give_back(p);
        write_flash(p, now);
    }
}

/* A list with a vendor's signed header: it must be the list that was asked. Whose signature it is nobody here can
 * say. */
static void foreign_list(struct phone *p, usec now, struct bytes named, struct outbox *out)
{
    if (!bytes_equal_nocase(named, bytes_of(p->tftp.name))) {
        upgrade_refused(p, now, "File auth error", &(struct fault){FAULT_VALUE, 0, "signed for another file"}, out);
    } else if (p->bench->len > LIST_MOST) {
        upgrade_refused(p, now, "Disk Full Error", &(struct fault){FAULT_LONG, LIST_MOST, "list of a load"}, out);
    } else {
        p->part = 0;
        next_part(p, now, out);
    }
}

/* Our own list is plain text: the image that it names first is fetched. */
static void list_got(struct phone *p, usec now, struct outbox *out)
{
    struct bytes text = {p->bench->bytes, p->bench->len}, file = {0}, named;
    struct fault why;
    char name[FILE_NAME];

    if (signed_header(p, &named, &why)) {
        foreign_list(p, now, named, out);
        return;
    }
    if (why.kind != FAULT_NONE) {
        upgrade_refused(p, now, "File auth error", &why, out);
        return;
    }
    while (loads_next(&text, &file) && !bytes_end(file, ".bin")) file.len = 0;
    text_copy(name, sizeof name, file);
    files_give_back(p);
    if (!name[0]) {
        upgrade_refused(p, now, "File Not Found", &(struct fault){FAULT_ABSENT, 0, "no image is named in the list"},
                        out);
        return;
    }
    phone_do(p, DOING_LOAD, NEVER);
    files_fetch(p, now, name, out);
}

/* Each part of a vendor's load may begin with the same header as its list (always within the first block: 404 to 412
 * bytes). There is nothing here that could run the rest, and no room for it: it is counted, not kept. */
static void part_block(struct phone *p, usec now, struct bytes data, struct outbox *out)
{
    struct bytes named;
    struct fault why;
    bool first = p->tftp.received == data.len;

    if (first) {
        bool other = load_foreign(data, &named, &why) && !bytes_equal_nocase(named, bytes_of(p->tftp.name));
        if (other) why = (struct fault){FAULT_VALUE, 0, "signed for another file"};
        if (why.kind != FAULT_NONE) {
            tftp_client_abort(&p->tftp, &p->host, TFTP_UNDEFINED, "file authentication", out);
            upgrade_refused(p, now, "File auth error", &why, out);
            return;
        }
    }
    p->written += (uint32_t)data.len;
}

void upgrade_block(struct phone *p, usec now, struct bytes data, struct outbox *out)
{
    if (p->doing == DOING_LOAD_PART) {
        part_block(p, now, data, out);
    } else if (p->doing == DOING_LOAD_LIST) {
        if (data.len <= DOCUMENT_MOST - p->bench->len) {
            workbench_add(p->bench, data);
            return;
        }
        tftp_client_abort(&p->tftp, &p->host, TFTP_DISK_FULL, "file too long", out);
        upgrade_refused(p, now, "TFTP Size Error", &(struct fault){FAULT_LONG, DOCUMENT_MOST, "list of a load"}, out);
    } else if (data.len > FLASH_BANK - p->written) {
        tftp_client_abort(&p->tftp, &p->host, TFTP_DISK_FULL, "image does not fit into flash", out);
        upgrade_refused(p, now, "Disk Full Error", &(struct fault){FAULT_LONG, p->written, "image larger than a bank"},
                        out);
    } else {
        flash_bank_write(spare_bank(p), p->written, data, out);
        p->written += (uint32_t)data.len;
    }
}

/* A whole file is here. */
void upgrade_got(struct phone *p, usec now, struct outbox *out)
{
    if (p->doing == DOING_LOAD) {
        write_flash(p, now);
    } else if (p->doing == DOING_LOAD_LIST) {
        list_got(p, now, out);
    } else {
        p->part++;
        next_part(p, now, out);
    }
}

static void flash_written(struct phone *p, usec now, struct outbox *out)
{
    struct load_info info;
    struct fault why;

    if (!flash_bank_open(&p->config.flash, spare_bank(p), &info, &why)) {
        upgrade_refused(p, now, "Checksum Error", &why, out);
    } else if (!bytes_equal_nocase(bytes_of(info.manifest.name), bytes_of(p->wanted_load))) {
        upgrade_refused(p, now, "Version error", &(struct fault){FAULT_VALUE, 0, "the image has another name inside"},
                        out);
    } else if (!load_fits(&info.manifest, p->config.model->device_type, p->config.hardware)) {
        upgrade_refused(p, now, "Load Rejected HC", &(struct fault){FAULT_ORDER, 0, "load does not fit this hardware"},
                        out);
    } else {
        flash_prefer(&p->config.flash, spare_bank(p), out);
        struct writer *w = phone_tell(p, PHONE_UPGRADED, out);
        tell_text(w, FACT_LOAD, bytes_of(info.manifest.name));
        tell_text(w, FACT_LOAD_BEFORE, bytes_of(p->load.name));
        tell_number(w, FACT_BYTES, p->written);
        tell_number(w, FACT_BANK, (uint64_t)spare_bank(p) + 1);
        phone_reboot(p, now, LAST_RESET_RESET, out);
    }
}

void upgrade_wake(struct phone *p, usec now, struct outbox *out)
{
    if (p->doing == DOING_FLASH)
        flash_written(p, now, out);
    else /* there was no workbench */
        ask_first(p, now, out);
}
