#include "base/random.h"
#include "phone/world.h"

static struct world w;
static const char own[] = "SEP020000000001.cnf.xml", own_cnf[] = "SEP020000000001.cnf";

static void boots_until(uint16_t news, usec within)
{
    if (world_until(&w, news, within)) return;
    for (size_t i = 0; i < w.tells; i++)
        print_message("%8llu us: news %x\n", (unsigned long long)w.told[i].at, w.told[i].news);
    fail_msg("news %x did not come; doing %d", news, w.phone.doing);
}

static void known(const char *model, const char *load)
{
    world_init(&w, model, load, "");
    world_document(&w, own, load, 2);
}

static void registered(const char *model, const char *load)
{
    known(model, load);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
}

static bool benches_are_back(void)
{
    for (size_t i = 0; i < WORLD_BENCHES; i++)
        if (w.bench[i].taken) return false;
    return w.phone.bench == NULL;
}

static unsigned since(size_t mark, uint16_t news)
{
    unsigned n = 0;

    for (size_t i = mark; i < w.tells; i++) n += w.told[i].news == news;
    return n;
}

/* ---- the whole boot */
static void a_known_phone_goes_from_a_bare_cable_to_a_registered_line(void **state)
{
    static const uint16_t steps[] = {PHONE_POWERED, PHONE_IMAGE,         PHONE_LINK_UP,       PHONE_VLAN,
                                     PHONE_ADDRESS, PHONE_CONFIGURATION, PHONE_CM_CONNECTING, PHONE_REGISTERED};
    static const char *const names[] = {"CTLSEP020000000001.tlv", own, "RINGLIST.XML"};
    usec before = 0;

    (void)state;
    known("7960", "P0030801SR02");
    assert_int_equal(phone_step_of(&w.phone), STEP_POWER);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 5 * SECOND);
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        const struct world_told *t = world_told(&w, steps[i], 0);
        if (!t) fail_msg("news %x was not told", steps[i]);
        assert_true(t->at >= before && !world_told(&w, steps[i], 1));
        assert_int_equal(told_number((struct bytes){t->bytes, t->len}, FACT_BOOT, 9),
                         i > 0); /* power: none before it */
        before = t->at;
    }
    assert_true(world_asked(&w, names, ARRAY_LENGTH(names)));
    assert_int_equal(told_number(world_facts(&w, PHONE_POWERED), FACT_VOLTS, 0), 48000);
    assert_text(world_facts(&w, PHONE_IMAGE), FACT_LOAD, "P0030801SR02");
    struct bytes vlan = world_facts(&w, PHONE_VLAN), address = world_facts(&w, PHONE_ADDRESS);
    assert_int_equal(told_number(vlan, FACT_VLAN, 0), 100);
    assert_text(vlan, FACT_SOURCE, "cdp");
    assert_text(vlan, FACT_SWITCH, "switch");
    assert_int_equal(told_number(address, FACT_ADDRESS, 0), IPV4(10, 0, 0, 50));
    assert_text(address, FACT_TFTP_SOURCE, "option 150");
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_SOURCE, "tftp");
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_CALLMANAGERS, "10.0.0.11, 10.0.0.12");
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_FILE, own);
    assert_true(phone_registered(&w.phone) && phone_step_of(&w.phone) == STEP_REGISTRATION);
    assert_int_equal(phone_address(&w.phone), IPV4(10, 0, 0, 50));
    assert_true(benches_are_back());
}

static void every_model_that_speaks_sccp_registers(void **state)
{
    (void)state;
    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *m = model_at(i);
        const char *load = load_built_in(m, false);
        if (!m->speaks_sccp || !load) continue;
        world_init(&w, m->name, load, "");
        world_document(&w, own, load, 1);
        world_document(&w, own_cnf, load, 1);
        text_copy(w.site.version, sizeof w.site.version, bytes_of(load));
        if (strlen(load) > 16) w.site.version[0] = '\0';
        world_plug(&w);
        if (!world_until(&w, PHONE_REGISTERED, 30 * SECOND)) fail_msg("%s is stuck doing %d", m->name, w.phone.doing);
        assert_string_equal(w.phone.load.name, load);
    }
}

static void an_unknown_phone_takes_the_default_file_and_its_own_one_after_a_reset(void **state)
{
    static const char *const names[] = {"CTLSEP020000000001.tlv", own, "XMLDefault.cnf.xml", "RINGLIST.XML"};
    struct sccp_message m = {.id = SCCP_RESET};
    struct event e = {.kind = EVENT_DATA};
    uint8_t b[64];
    struct writer x = writer(b, sizeof b);

    (void)state;
    world_init(&w, "7960", "P0030801SR02", "");
    world_document(&w, "XMLDefault.cnf.xml", "P0030801SR02", 1);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_true(world_asked(&w, names, ARRAY_LENGTH(names)));
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_FILE, "XMLDefault.cnf.xml");
    assert_int_equal(told_number(world_facts(&w, PHONE_FILE_MISSING), FACT_ERROR, 0), TFTP_NOT_FOUND);
    world_document(&w, own, "P0030801SR02", 2);
    m.number = SCCP_RESET_RESET;
    sccp_message_encode(&x, &m, 11);
    e.stream = w.site.cm[0].stream;
    e.bytes = written(&x);
    world_event(&w, &e);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_FILE, own);
    assert_int_equal(told_number(world_facts(&w, PHONE_CONFIGURATION), FACT_COUNT, 0), 2);
}

static void a_profile_is_asked_in_every_case_and_its_default_only_when_it_is_missing(void **state)
{
    static const char *const without[] = {own, "gk020000000001", "gkdefault.cfg", "Ringlist.xml"},
                             *const with[] = {own, "gk020000000001", "Ringlist.xml"},
                             *const none[] = {own, "XMLDefault.cnf.xml", "SEPDefault.cnf", "gk020000000001"};

    (void)state;
    registered("7912", "CP7912080004SCCP080108A");
    assert_true(world_asked(&w, without, ARRAY_LENGTH(without)));
    known("7912", "CP7912080004SCCP080108A");
    world_put(&w, "gk020000000001", bytes_of("#txt\nbinary"));
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_true(world_asked(&w, with, ARRAY_LENGTH(with)));
    world_init(&w, "7912", "CP7912080004SCCP080108A", "");
    world_put(&w, "gk020000000001", bytes_of("#txt\nbinary")); /* it is no configuration, though a bench is at hand */
    world_plug(&w);
    boots_until(PHONE_NO_CONFIGURATION, 20 * SECOND);
    assert_true(world_asked(&w, none, ARRAY_LENGTH(none)));
    assert_int_equal(world_count(&w, PHONE_BAD_DOCUMENT), 0);
}

static void a_profile_that_a_silent_server_withholds_is_done_without(void **state)
{
    (void)state;
    known("7912", "CP7912080004SCCP080108A");
    world_plug(&w);
    boots_until(PHONE_CONFIGURATION, 20 * SECOND);
    w.site.answers_tftp = false;
    w.waiting = 0;
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_SOURCE, "tftp");
    assert_int_equal(world_count(&w, PHONE_TFTP_SILENT), 1);
}

/* ---- image loads */
static void an_older_7960_fetches_the_bin_and_a_newer_one_the_list_first(void **state)
{
    static const char *const bin[] = {
        "OS79XX.TXT", "CTLSEP020000000001.tlv", own, "P0030801SR02.bin", "CTLSEP020000000001.tlv", own, "RINGLIST.XML"};

    (void)state;
    known("7960", "P00307020200");
    world_document(&w, own, "P0030801SR02", 2);
    world_load(&w, "P0030801SR02");
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_true(world_asked(&w, bin, ARRAY_LENGTH(bin)));
    assert_text(world_facts(&w, PHONE_UPGRADE), FACT_OLD, "P00307020200");
    assert_text(world_facts(&w, PHONE_UPGRADED), FACT_LOAD, "P0030801SR02");
    assert_int_equal(told_number(world_facts(&w, PHONE_IMAGE), FACT_BANK, 0), 2);
    assert_int_equal(w.site.cm[0].reg.protocol, 11); /* the load makes the phone: the old one spoke 6 */
    world_document(&w, own, "P00307020200", 2);
    world_load(&w, "P00307020200");
    world_unplug(&w);
    world_run(&w, SECOND);
    world_restart(&w);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_UPGRADE), FACT_FILE, "P00307020200.loads");
    assert_int_equal(w.site.cm[0].reg.protocol, 6);
    assert_int_equal(w.phone.bank, 0);
    assert_true(benches_are_back());
}

/* What it says about a load that is not to be had; it is registered with the old one, and asks no more for it. */
static void is_refused(const char *why)
{
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_int_equal(world_count(&w, PHONE_LOAD_REFUSED), 1);
    assert_text(world_facts(&w, PHONE_LOAD_REFUSED), FACT_WHY, why);
    assert_text(world_facts(&w, PHONE_LOAD_REFUSED), FACT_NEW, "P0030801SR02");
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "P00307020200");
    size_t mark = w.tells;
    world_run(&w, 600 * SECOND);
    assert_true(since(mark, PHONE_UPGRADE) == 0 && phone_registered(&w.phone) && benches_are_back());
}

static void to_upgrade(void)
{
    known("7960", "P00307020200");
    world_document(&w, own, "P0030801SR02", 2);
}

static void a_load_for_other_hardware_is_refused(void **state)
{
    static uint8_t image[20000], payload_bytes[9000];
    struct writer i = writer(image, sizeof image);
    struct load_manifest m;

    (void)state;
    to_upgrade();
    load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of("P0030801SR02"));
    m.models = 1;
    m.model[0] = 30006;
    load_make(&i, &m, (struct bytes){payload_bytes, sizeof payload_bytes});
    world_put(&w, "P0030801SR02.bin", written(&i));
    is_refused("Load Rejected HC");
    to_upgrade();
    i.len = 0;
    load_manifest_for(&m, model_find(bytes_of("7960")), bytes_of("P0030801SR02"));
    m.hardware_least = 2; /* this phone is of revision 1 */
    load_make(&i, &m, (struct bytes){payload_bytes, sizeof payload_bytes});
    world_put(&w, "P0030801SR02.bin", written(&i));
    is_refused("Load Rejected HC");
}

static void a_corrupt_a_cut_a_missing_and_a_wrongly_named_load_are_refused(void **state)
{
    static uint8_t image[LOAD_BUILT_IN_MOST];
    struct writer i = writer(image, sizeof image);

    (void)state;
    assert_true(load_built_in_make(&i, bytes_of("P0030801SR02")));
    to_upgrade();
    image[5000] ^= 1;
    world_put(&w, "P0030801SR02.bin", written(&i));
    is_refused("Checksum Error");
    image[5000] ^= 1;
    to_upgrade();
    world_put(&w, "P0030801SR02.bin", (struct bytes){image, i.len - 700});
    is_refused("Checksum Error");
    to_upgrade();
    is_refused("File Not Found");
    to_upgrade();
    i.len = 0;
    assert_true(load_built_in_make(&i, bytes_of("P00307020200")));
    world_put(&w, "P0030801SR02.bin", written(&i));
    is_refused("Version error");
    to_upgrade();
    world_put(&w, "P0030801SR02.bin", bytes_of(""));
    is_refused("Checksum Error");
}

static void a_load_larger_than_a_bank_is_refused(void **state)
{
    (void)state;
    to_upgrade();
    world_put(&w, "P0030801SR02.bin", bytes_of(""))->len = FLASH_BANK + 1;
    is_refused("Disk Full Error");
    to_upgrade();
    world_put(&w, "P0030801SR02.bin", bytes_of(""))->len = FLASH_BANK; /* it fits, and is none */
    is_refused("Checksum Error");
}

static void a_silent_tftp_server_in_mid_load_leaves_the_old_load(void **state)
{
    (void)state;
    to_upgrade();
    world_load(&w, "P0030801SR02");
    world_plug(&w);
    boots_until(PHONE_UPGRADE, 20 * SECOND);
    while (w.phone.written < 4096) assert_true(world_next(&w, NEVER));
    w.site.answers_tftp = false;
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_LOAD_REFUSED), FACT_WHY, "TFTP Timeout");
}

static void a_name_that_differs_in_case_only_is_the_same_load(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    world_document(&w, own, "p0030801sr02", 2);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 0);
}

static void an_empty_load_means_keep_the_one_you_have(void **state)
{
    (void)state;
    known("7960", "P00307020200");
    world_document(&w, own, "", 2);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 0);
}

static void learns_by_version(const char *load)
{
    world_init(&w, "7910", "P00403020214", "");
    world_document(&w, own_cnf, "", 1);
    text_copy(w.site.version, sizeof w.site.version, bytes_of(load));
}

static void a_cnf_phone_learns_its_load_from_version_and_unregisters_before_it_fetches_it(void **state)
{
    (void)state;
    learns_by_version("P00405000700");
    world_load(&w, "P00405000700");
    world_plug(&w);
    boots_until(PHONE_UPGRADE, 20 * SECOND);
    assert_int_equal(w.site.cm[0].heard[w.site.cm[0].count - 1], SCCP_UNREGISTER);
    assert_int_equal(w.site.cm[0].stream, 0);
    assert_int_equal(world_count(&w, PHONE_REGISTERED), 0); /* with the old load it does not come so far */
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "P00405000700");
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 1);
}

static void a_cnf_phone_whose_load_is_missing_tries_once_and_registers_with_the_old_one(void **state)
{
    (void)state;
    learns_by_version("P00405000700");
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 1);
    assert_text(world_facts(&w, PHONE_LOAD_REFUSED), FACT_WHY, "File Not Found");
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "P00403020214");
    world_run(&w, 100 * SECOND);
    assert_true(phone_registered(&w.phone) && world_count(&w, PHONE_UPGRADE) == 1);
}

static void a_phone_configured_by_xml_does_not_heed_version(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    text_copy(w.site.version, sizeof w.site.version, bytes_of("P00307020200"));
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 0);
}

/* ---- a vendor's load: a signed header (provision/load.h, load_foreign), then text or what we cannot run */
static void put_signed(const char *name, const char *named_inside, const char *content)
{
    static uint8_t b[4000];
    struct writer x = writer(b, sizeof b);

    write_bytes(&x, (struct bytes){(const uint8_t *)"\1\0\2\1\1\2\0\2\0\0", 10}); /* version 01 01, header length */
    write_u8(&x, 12);                                                             /* signature */
    write_be16(&x, 256);
    write_zeros(&x, 256);
    write_u8(&x, 14); /* file name */
    write_be16(&x, (uint16_t)(strlen(named_inside) + 1));
    write_text(&x, named_inside);
    write_u8(&x, 0);
    write_u8(&x, 13); /* padding */
    patch_be16(&x, 8, (uint16_t)x.len);
    write_text(&x, content);
    for (int i = 0; i < 20 && !bytes_end(bytes_of(name), ".loads"); i++)
        write_text(&x, " 0123456789 0123456789 0123456789 ");
    assert_false(x.full);
    world_put(&w, name, written(&x));
}

static const char foreign[] = "SCCP70.9-4-2SR3-1S";
static const char list_text[] = "# parts\r\njar70sccp.9-4-2ES26.sbn\r\ncnu70.9-4-2ES26.sbn\r\napps70.9-4-2ES26.sbn";

static void to_foreign(void)
{
    known("7970", "SCCP70.8-5-3S");
    world_document(&w, own, foreign, 2);
    put_signed("SCCP70.9-4-2SR3-1S.loads", "SCCP70.9-4-2SR3-1S.loads", list_text);
    put_signed("jar70sccp.9-4-2ES26.sbn", "jar70sccp.9-4-2ES26.sbn", "a");
    put_signed("cnu70.9-4-2ES26.sbn", "cnu70.9-4-2ES26.sbn", "b");
    world_put(&w, "apps70.9-4-2ES26.sbn", bytes_of("a part without a header"));
}

static void a_vendors_load_is_fetched_part_by_part_and_runs_with_the_manifest_of_its_name(void **state)
{
    static const char *const names[] = {"CTLSEP020000000001.tlv",
                                        own,
                                        "SCCP70.9-4-2SR3-1S.loads",
                                        "jar70sccp.9-4-2ES26.sbn",
                                        "cnu70.9-4-2ES26.sbn",
                                        "apps70.9-4-2ES26.sbn",
                                        "CTLSEP020000000001.tlv",
                                        "ITLSEP020000000001.tlv",
                                        "ITLFile.tlv",
                                        own};

    (void)state;
    to_foreign();
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_true(world_asked(&w, names, ARRAY_LENGTH(names)));
    assert_text(world_facts(&w, PHONE_UPGRADED), FACT_LOAD, foreign);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, foreign);
    assert_int_equal(w.site.cm[0].reg.protocol, 20);
    assert_true(benches_are_back());
    world_unplug(&w); /* and it is in flash */
    world_run(&w, SECOND);
    world_restart(&w);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_IMAGE), FACT_LOAD, foreign);
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 0);
}

static void refused_foreign(const char *why)
{
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_LOAD_REFUSED), FACT_WHY, why);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "SCCP70.8-5-3S");
    assert_true(benches_are_back());
}

static void a_vendors_load_with_a_missing_or_wrong_part_is_refused(void **state)
{
    (void)state;
    to_foreign();
    world_remove(&w, "apps70.9-4-2ES26.sbn");
    refused_foreign("File Not Found");
    to_foreign();
    put_signed("cnu70.9-4-2ES26.sbn", "dsp70.9-4-2ES26.sbn", "signed for another name");
    refused_foreign("File auth error");
    to_foreign();
    put_signed("SCCP70.9-4-2SR3-1S.loads", "SCCP70.9-4-2SR3-9S.loads", list_text);
    refused_foreign("File auth error");
    to_foreign();
    put_signed("SCCP70.9-4-2SR3-1S.loads", "SCCP70.9-4-2SR3-1S.loads", "# nothing\n");
    refused_foreign("File Not Found");
    to_foreign();
    world_put(&w, "SCCP70.9-4-2SR3-1S.loads", bytes_of("# plain, and names no image of ours\nfoo.sbn\n"));
    refused_foreign("File Not Found");
    to_foreign();
    world_put(&w, "SCCP70.9-4-2SR3-1S.loads", (struct bytes){(const uint8_t *)"\1\0\2\1\1\2\0\2\1\0garbage", 17});
    refused_foreign("File auth error");
}

static void a_vendors_load_for_other_phones_is_refused(void **state)
{
    (void)state;
    known("7970", "SCCP70.8-5-3S");
    world_document(&w, own, "SCCP41.9-4-2SR3-1S", 2);
    put_signed("SCCP41.9-4-2SR3-1S.loads", "SCCP41.9-4-2SR3-1S.loads", "jar.sbn\n");
    world_put(&w, "jar.sbn", bytes_of("x"));
    refused_foreign("Load Rejected HC");
}

/* ---- files that fail */
static void with_tftp_down_the_last_good_configuration_serves(void **state)
{
    (void)state;
    registered("7960", "P0030801SR02");
    world_unplug(&w);
    world_run(&w, SECOND);
    world_restart(&w);
    w.site.answers_tftp = false;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_SOURCE, "flash");
    assert_int_equal(told_number(world_facts(&w, PHONE_CONFIGURATION), FACT_COUNT, 0), 2);
    assert_int_equal(told_number(world_facts(&w, PHONE_TFTP_SILENT), FACT_TRIES, 0), 3);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_STAMP, "stamp-1");
    assert_about(w.now - world_told(&w, PHONE_FILE_ASKED, 0)->at, 28 * SECOND, 100 * MSEC);
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 0);
}

static void a_configuration_from_flash_does_not_bring_back_an_older_load(void **state)
{
    (void)state;
    registered("7960", "P00307020200"); /* kept with this load */
    world_load(&w, "P0030801SR02");
    world_document(&w, own, "P0030801SR02", 2);
    world_unplug(&w);
    world_run(&w, SECOND);
    world_restart(&w);
    world_plug(&w);
    boots_until(PHONE_UPGRADED, 20 * SECOND);
    w.site.answers_tftp = false;
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_SOURCE, "flash");
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "P0030801SR02");
    assert_int_equal(world_count(&w, PHONE_UPGRADE), 1);
}

static void with_tftp_down_and_nothing_in_flash_it_begins_again_with_dhcp(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.answers_tftp = false;
    world_plug(&w);
    boots_until(PHONE_NO_CONFIGURATION, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_NO_CONFIGURATION), FACT_WHY, "the TFTP server does not answer");
    boots_until(PHONE_ADDRESS, 60 * SECOND);
    w.site.answers_tftp = true;
    boots_until(PHONE_REGISTERED, 60 * SECOND);
}

static void the_second_server_of_option_150_is_asked_when_the_first_is_silent(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.answers_tftp = false;
    w.site.tftp2 = IPV4(10, 0, 0, 3);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_int_equal(told_number(world_facts(&w, PHONE_CONFIGURATION), FACT_TFTP, 0), IPV4(10, 0, 0, 3));
    assert_int_equal(world_count(&w, PHONE_TFTP_SILENT), 1);
    assert_int_equal(world_count(&w, PHONE_BAD_DOCUMENT), 0);
}

static void a_broken_own_file_does_not_lead_to_the_default_one(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    world_put(&w, own, bytes_of("<device><devicePool>"));
    world_document(&w, "XMLDefault.cnf.xml", "", 1);
    world_plug(&w);
    boots_until(PHONE_NO_CONFIGURATION, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_BAD_DOCUMENT), FACT_FILE, own);
    usec at = w.now;
    boots_until(PHONE_FILE_ASKED, 100 * SECOND);
    assert_about(w.now - at, 45 * SECOND, MSEC);
    world_document(&w, own, "", 1);
    boots_until(PHONE_REGISTERED, 100 * SECOND);
}

/* RFC 1350, 4: error 5 is of the transfer, not of the file. */
static void a_transfer_that_the_server_forgot_is_asked_for_again_and_no_other_file_instead(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    world_document(&w, "XMLDefault.cnf.xml", "", 1);
    assert_true(w.file[0].len > 512); /* two blocks: the first is acknowledged while the transfer runs */
    w.site.forgets = 2;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_CONFIGURATION), FACT_FILE, own);
    assert_int_equal(w.site.forgets, 0);
    assert_true(benches_are_back());
}

static void a_server_that_forgets_each_transfer_is_not_asked_without_end(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.forgets = 3;
    world_plug(&w);
    boots_until(PHONE_NO_CONFIGURATION, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_NO_CONFIGURATION), FACT_WHY, "the TFTP server breaks off each transfer");
    assert_true(benches_are_back());
    boots_until(PHONE_REGISTERED, 60 * SECOND); /* in the next walk, 45 s later */
}

static void a_file_without_a_callmanager_is_told(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    world_document(&w, own, "", 0);
    world_plug(&w);
    boots_until(PHONE_EMPTY_GROUP, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_NO_CONFIGURATION), FACT_WHY, "the file names no CallManager");
    assert_true(benches_are_back());
}

static void a_file_that_is_too_long_is_stopped(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    struct world_file *f = world_put(&w, own, bytes_of(""));
    f->len = DOCUMENT_MOST + 1;
    memset(f->bytes, ' ', f->len);
    world_plug(&w);
    boots_until(PHONE_NO_CONFIGURATION, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_NO_CONFIGURATION), FACT_WHY, "the file is too long");
    assert_true(benches_are_back());
    f->len = DOCUMENT_MOST; /* that one is read, and is no XML */
    boots_until(PHONE_BAD_DOCUMENT, 60 * SECOND);
}

static void without_a_tftp_server_it_says_so_and_asks_dhcp_again(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.tftp1 = 0;
    world_plug(&w);
    boots_until(PHONE_NO_TFTP_SERVER, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_NO_CONFIGURATION), FACT_WHY, "no TFTP server is known");
    w.site.tftp1 = WORLD_TFTP;
    boots_until(PHONE_REGISTERED, 60 * SECOND);
}

static void a_name_in_option_66_is_asked_of_dns(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.tftp1 = 0;
    w.site.tftp_name = "tftp.example.com";
    w.site.dns_address = WORLD_TFTP;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_text(world_facts(&w, PHONE_ADDRESS), FACT_TFTP_SOURCE, "option 66");
    assert_int_equal((ipv4)told_number(world_facts(&w, PHONE_ADDRESS), FACT_TFTP, 0), WORLD_TFTP);
    assert_int_equal(w.questions, 1);
    world_run(&w, 4000 * SECOND); /* a renewal, which says no more of the server than before */
    assert_int_equal(w.phone.dhcp.lease.tftp[0], WORLD_TFTP);
    assert_int_equal(w.questions, 1);
}

static void a_name_that_dns_has_no_address_for_is_told(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        known("7960", "P0030801SR02");
        w.site.tftp1 = 0;
        w.site.tftp_name = "tftp.example.com";
        w.site.answers_dns = !silent;
        w.site.dns_code = DNS_NO_SUCH_NAME;
        world_plug(&w);
        boots_until(PHONE_NO_TFTP_SERVER, 40 * SECOND);
        assert_text(world_facts(&w, PHONE_NO_TFTP_SERVER), FACT_WHY, silent ? "DNS timeout" : "DNS unknown host");
        assert_text(world_facts(&w, PHONE_NO_TFTP_SERVER), FACT_TEXT, "tftp.example.com");
        assert_int_equal(w.questions, silent ? RESOLVER_TRIES : 1);
    }
}

static void option_150_needs_no_dns(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.tftp_name = "tftp.example.com";
    w.site.answers_dns = false;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 60 * SECOND);
    assert_int_equal(w.questions, 0);
}

static void it_waits_for_a_workbench_that_others_use(void **state)
{
    (void)state;
    known("7970", "SCCP70.8-5-3S");
    world_document(&w, own, "SCCP70.9-4-2SR3-1S", 2);
    world_load(&w, "SCCP70.9-4-2SR3-1S");
    w.bench[0].taken = w.bench[1].taken = true;
    world_plug(&w);
    assert_false(world_until(&w, PHONE_CONFIGURATION, 5 * SECOND));
    w.bench[1].taken = false;
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_false(w.bench[1].taken);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "SCCP70.9-4-2SR3-1S");
    w.bench[1].taken = true; /* and for the list of a load */
    world_load(&w, "SCCP70.8-5-3S");
    outbox_clear(&w.out);
    station_stop(&w.phone.station, &w.out);
    upgrade_start(&w.phone, w.now, bytes_of("SCCP70.8-5-3S"), &w.out);
    world_event(&w, &(struct event){.kind = EVENT_CLOCK});
    unsigned asked = world_count(&w, PHONE_FILE_ASKED);
    world_run(&w, 5 * SECOND);
    assert_int_equal(world_count(&w, PHONE_FILE_ASKED), asked);
    w.bench[1].taken = false;
    boots_until(PHONE_UPGRADED, 20 * SECOND);
    w.bench[0].taken = false;
    assert_true(benches_are_back());
}

/* ---- power, link, VLAN */
static void loses_power_after(const char *load, const char *wanted, unsigned steps)
{
    known("7960", load);
    world_document(&w, own, wanted, 2);
    world_load(&w, "P0030801SR02");
    world_plug(&w);
    for (unsigned i = 0; i < steps; i++) assert_true(world_next(&w, NEVER));
    unsigned closed = w.closed, vanished = w.vanished, frames = w.frames;
    world_unplug(&w);
    assert_true(world_next(&w, NEVER));
    assert_int_equal(w.opened, w.closed);
    assert_int_equal(w.closed - closed, w.vanished - vanished); /* by loss of power: all silently */
    assert_true(benches_are_back());
    assert_int_equal(phone_address(&w.phone), 0);
    assert_int_equal(phone_step_of(&w.phone), STEP_POWER);
    world_run(&w, 100 * SECOND);
    assert_true(w.frames == frames && w.due == NEVER); /* nothing is left that would do anything */
    world_plug(&w);
    size_t mark = w.tells;
    boots_until(PHONE_REGISTERED, 30 * SECOND);
    assert_true(since(mark, PHONE_IMAGE) >= 1);
    assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, wanted);
}

static unsigned steps_until_registered(const char *load, const char *wanted)
{
    unsigned n = 0;

    known("7960", load);
    world_document(&w, own, wanted, 2);
    world_load(&w, "P0030801SR02");
    world_plug(&w);
    while (world_count(&w, PHONE_REGISTERED) == 0 && world_next(&w, 60 * SECOND)) n++;
    return n;
}

static void power_may_go_at_every_moment_of_the_boot(void **state)
{
    (void)state;
    unsigned n = steps_until_registered("P0030801SR02", "P0030801SR02");
    assert_in_range(n, 20, 300);
    for (unsigned i = 1; i < n + 5; i++) loses_power_after("P0030801SR02", "P0030801SR02", i);
}

static void power_may_go_at_every_moment_of_an_upgrade(void **state)
{
    (void)state;
    unsigned n = steps_until_registered("P00307020200", "P0030801SR02");
    assert_in_range(n, 60, 900);
    for (unsigned i = 1; i < n + 5; i++) loses_power_after("P00307020200", "P0030801SR02", i);
}

static void the_link_may_go_at_every_moment_of_the_boot(void **state)
{
    (void)state;
    unsigned n = steps_until_registered("P0030801SR02", "P0030801SR02");
    for (unsigned i = 1; i < n + 5; i++) {
        known("7960", "P0030801SR02");
        world_plug(&w);
        for (unsigned k = 0; k < i; k++) assert_true(world_next(&w, NEVER));
        unsigned closed = w.closed, vanished = w.vanished;
        w.waiting = 0;
        w.plugged = false;
        world_line(&w, -48000, false); /* powered, but the switch is silent */
        world_run(&w, 20 * SECOND);
        assert_true(w.opened == w.closed && w.closed - closed == w.vanished - vanished && benches_are_back());
        assert_int_equal(phone_step_of(&w.phone), STEP_VLAN);
        unsigned frames = w.frames;
        world_run(&w, 100 * SECOND);
        assert_int_equal(w.frames, frames);
        w.plugged = true;
        world_line(&w, -48000, true);
        size_t mark = w.tells;
        boots_until(PHONE_REGISTERED, 30 * SECOND);
        assert_true(since(mark, PHONE_LINK_UP) == 1 && since(mark, PHONE_IMAGE) == 0);
    }
}

static void a_switch_whose_carrier_was_there_first_is_heard_too(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    world_line(&w, -48000, true); /* and no LINE follows when the phone's comes up */
    boots_until(PHONE_LINK_UP, SECOND);
}

static void voice_without_a_vlan_and_no_voice_vlan_are_told_apart(void **state)
{
    static const struct {
        uint16_t vlan;
        const char *why;
    } said[] = {{4095, "the switch wants voice without a VLAN"}, {0, "the switch announces no voice VLAN"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(said); i++) {
        known("7960", "P0030801SR02");
        w.site.voice_vlan = said[i].vlan;
        world_plug(&w);
        boots_until(PHONE_VLAN, 30 * SECOND);
        assert_text(world_facts(&w, PHONE_VLAN), FACT_SOURCE, "cdp");
        assert_text(world_facts(&w, PHONE_VLAN), FACT_WHY, said[i].why);
    }
}

static void a_voice_vlan_that_changes_later_moves_the_phone(void **state)
{
    (void)state;
    registered("7960", "P0030801SR02");
    world_run(&w, SECOND);
    unsigned vanished = w.vanished;
    w.site.voice_vlan = 200;
    boots_until(PHONE_VLAN_CHANGED, 70 * SECOND); /* with the next CDP */
    assert_int_equal(told_number(world_facts(&w, PHONE_VLAN_CHANGED), FACT_VLAN, 0), 200);
    assert_int_equal(phone_address(&w.phone), 0); /* the address is given up */
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(w.phone.host.vlan, 200);
    assert_true(w.vanished == vanished && w.opened - w.closed <= 2);
    w.site.voice_vlan = 0; /* none any more: untagged */
    boots_until(PHONE_VLAN_CHANGED, 70 * SECOND);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(w.phone.host.vlan, VLAN_UNTAGGED);
}

static void without_an_answer_it_goes_on_untagged_after_ten_seconds_and_follows_a_later_vlan(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.answers_cdp = false;
    world_plug(&w);
    boots_until(PHONE_VLAN, 30 * SECOND);
    assert_int_equal(w.now - world_told(&w, PHONE_LINK_UP, 0)->at, 10 * SECOND);
    assert_text(world_facts(&w, PHONE_VLAN), FACT_SOURCE, "none");
    assert_text(world_facts(&w, PHONE_VLAN), FACT_WHY, "no CDP or LLDP came");
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    w.site.answers_cdp = true;
    boots_until(PHONE_VLAN_CHANGED, 70 * SECOND);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(w.phone.host.vlan, 100);
}

static void more_power_is_drawn_once_it_is_granted_and_low_power_again_after_a_loss(void **state)
{
    (void)state;
    known("7970", "SCCP70.9-4-2SR3-1S");
    w.site.grants = 15400;
    world_plug(&w);
    boots_until(PHONE_POWER_GRANTED, 20 * SECOND);
    assert_int_equal(told_number(world_facts(&w, PHONE_POWER_GRANTED), FACT_WATTS, 0), 10250);
    assert_int_equal(w.line.microamperes, 213541);
    unsigned cdps = w.cdps;
    world_run(&w, 10 * MSEC); /* its need changed: told at once */
    assert_int_equal(w.cdps, cdps + 1);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    world_unplug(&w);
    world_run(&w, SECOND);
    w.site.grants = 6300;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_int_equal(w.line.microamperes, 131250);
    assert_int_equal(world_count(&w, PHONE_POWER_GRANTED), 1);
}

static void a_lost_lease_takes_the_registration_with_it(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    w.site.lease = 600;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    w.site.answers_dhcp = false;
    boots_until(PHONE_LEASE_LOST, 700 * SECOND);
    assert_int_equal(phone_address(&w.phone), 0);
    assert_int_equal(w.opened, w.closed);
    boots_until(PHONE_DHCP_SILENT, 20 * SECOND);
    w.site.answers_dhcp = true;
    boots_until(PHONE_REGISTERED, 100 * SECOND);
    size_t mark = w.tells;
    world_run(&w, 3000 * SECOND); /* renewed again and again, nobody notices */
    assert_true(phone_registered(&w.phone) && since(mark, PHONE_CM_DOWN) == 0 && since(mark, PHONE_LEASE_LOST) == 0);
}

/* ---- preferences */
static void the_users_preferences_are_obeyed_and_survive_an_upgrade(void **state)
{
    (void)state;
    world_init(&w, "7960", "P00307020200",
               "alternate-tftp 10.0.0.3\nadmin-vlan 300\nstatic-address 10.0.0.77/24,10.0.0.1\nring 4\n");
    world_document(&w, own, "P0030801SR02", 2);
    world_load(&w, "P0030801SR02");
    w.site.tftp2 = IPV4(10, 0, 0, 3);
    w.site.answers_tftp = w.site.answers_dhcp = false; /* neither is asked */
    for (int i = 0; i < 2; i++) {
        world_plug(&w);
        boots_until(PHONE_REGISTERED, 20 * SECOND);
        assert_int_equal(w.phone.host.vlan, 300);
        assert_int_equal(phone_address(&w.phone), IPV4(10, 0, 0, 77));
        assert_text(world_facts(&w, PHONE_VLAN), FACT_SOURCE, "preference");
        assert_text(world_facts(&w, PHONE_ADDRESS), FACT_SOURCE, "preference");
        assert_text(world_facts(&w, PHONE_ADDRESS), FACT_TFTP_SOURCE, "preference");
        assert_int_equal(told_number(world_facts(&w, PHONE_CONFIGURATION), FACT_TFTP, 0), IPV4(10, 0, 0, 3));
        assert_text(world_facts(&w, PHONE_REGISTERED), FACT_LOAD, "P0030801SR02");
        assert_int_equal(w.phone.preferences.ring, 4);
        assert_int_equal(world_count(&w, PHONE_UPGRADED), i == 0);
        world_unplug(&w);
        world_run(&w, SECOND);
        world_restart(&w);
    }
}

static void the_alternate_tftp_server_outlives_a_renewal(void **state)
{
    (void)state;
    world_init(&w, "7960", "P0030801SR02", "alternate-tftp 10.0.0.3\n");
    world_document(&w, own, "", 2);
    w.site.tftp2 = IPV4(10, 0, 0, 3);
    w.site.answers_tftp = false;
    w.site.lease = 600;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    world_run(&w, 400 * SECOND);
    assert_int_equal(w.phone.dhcp.lease.tftp[0], IPV4(10, 0, 0, 3));
    assert_int_equal(w.phone.dhcp.lease.tftp[1], 0);
}

static void preferences_that_make_no_sense_are_told_and_passed_over(void **state)
{
    (void)state;
    world_init(&w, "7960", "P0030801SR02", "admin-vlan 5000\n");
    world_document(&w, own, "", 1);
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    assert_text(world_facts(&w, PHONE_MALFORMED), FACT_ROLE, "preferences");
    assert_int_equal(w.phone.host.vlan, 100);
}

/* ---- image and garbage */
static void a_phone_without_a_load_says_so_and_waits_for_power_to_come_anew(void **state)
{
    (void)state;
    world_init(&w, "7960", NULL, "");
    world_plug(&w);
    boots_until(PHONE_NO_IMAGE, SECOND);
    world_run(&w, 100 * SECOND);
    assert_int_equal(w.due, NEVER);
    assert_int_equal(phone_step_of(&w.phone), STEP_IMAGE);
    assert_int_equal(w.frames, 0);
}

static void the_other_bank_boots_when_one_is_corrupt_and_why_is_told(void **state)
{
    (void)state;
    known("7960", "P0030801SR02");
    memcpy(w.flash + FLASH_BANK_AT + FLASH_BANK, w.flash + FLASH_BANK_AT, FLASH_BANK);
    w.flash[FLASH_BANK_AT + 3000] ^= 4;
    world_plug(&w);
    boots_until(PHONE_REGISTERED, 20 * SECOND);
    struct bytes image = world_facts(&w, PHONE_IMAGE);
    assert_int_equal(told_number(image, FACT_BANK, 0), 2);
    assert_text(image, FACT_WHAT, "digest of a load");
    assert_int_equal(told_number(image, FACT_ERROR, 0), 1);
}

static void tcp_for_the_phone_is_the_drivers_and_only_in_its_vlan(void **state)
{
    uint8_t b[200];
    struct writer x = writer(b, sizeof b);
    struct ethernet e = {.to = WORLD_PHONE, .from = WORLD_SERVER, .tagged = true, .vlan = 100, .type = TYPE_IPV4};
    struct ipv4_packet p = {.from = WORLD_CM(0), .to = IPV4(10, 0, 0, 50), .protocol = PROTOCOL_TCP};
    struct bytes packet;

    (void)state;
    registered("7960", "P0030801SR02");
    for (int i = 0; i < 5; i++) {
        x.len = 0;
        struct ethernet f = e;
        struct ipv4_packet q = p;
        if (i == 1) f.vlan = 1;
        if (i == 2) f.to = WORLD_SERVER;
        if (i == 3) q.to++;
        if (i == 4) q.protocol = PROTOCOL_UDP;
        size_t begun = ethernet_begin(&x, &f), ip = ipv4_begin(&x, &q);
        write_text(&x, "segment");
        ipv4_end(&x, ip);
        ethernet_end(&x, begun);
        assert_int_equal(phone_takes_tcp(&w.phone, written(&x), &packet), i == 0);
        if (i == 0) assert_true(packet.len == 27 && packet.at[0] == 0x45); /* without the frame's padding */
    }
    x.len = 0;
    size_t begun = ethernet_begin(&x, &e), ip = ipv4_begin(&x, &p);
    ipv4_end(&x, ip);
    ethernet_end(&x, begun);
    world_unplug(&w);
    world_run(&w, SECOND);
    assert_false(phone_takes_tcp(&w.phone, written(&x), &packet));
    assert_false(phone_path(&w.phone, WORLD_CM(0), &(struct phone_path){0}));
}

/* Any event at any time: never too much, never a spin (world_event asserts both), and in the end it registers. */
static void ten_thousand_random_events_are_survived(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 8; seed++) {
        struct random r = random_from(seed + 100);
        uint8_t b[600];
        known(seed & 1 ? "7970" : "7960", seed & 1 ? "SCCP70.8-5-3S" : "P00307020200");
        world_document(&w, own, seed & 1 ? "SCCP70.9-4-2SR3-1S" : "P0030801SR02", 3);
        world_load(&w, seed & 1 ? "SCCP70.9-4-2SR3-1S" : "P0030801SR02");
        world_plug(&w);
        for (int i = 0; i < 10000; i++) {
            static const enum event_kind kinds[] = {EVENT_WAKE,     EVENT_LINE, EVENT_FRAME, EVENT_UP,
                                                    EVENT_DATA,     EVENT_DOWN, EVENT_CLOCK, EVENT_DATAGRAM,
                                                    EVENT_UNSTORED, EVENT_USER};
            if (w.tells > WORLD_TOLD - 200) w.tells = 0;
            for (size_t k = 0; k < 3; k++)
                if (w.site.cm[k].count > 100) w.site.cm[k].count = 0;
            if (random_below(&r, 3)) {
                (void)world_next(&w, w.now + random_below(&r, 40) * SECOND);
                continue;
            }
            size_t n = random_below(&r, sizeof b);
            for (size_t k = 0; k < n; k++) b[k] = (uint8_t)random_u32(&r);
            struct event e = {.kind = kinds[random_below(&r, ARRAY_LENGTH(kinds))],
                              .stream = random_below(&r, 6),
                              .why = (uint8_t)random_below(&r, 9),
                              .bytes = {b, n}};
            if (e.kind == EVENT_LINE && random_below(&r, 20)) continue; /* else it never comes far */
            if (e.kind == EVENT_LINE && random_below(&r, 2)) {
                struct line l = LINE_IDLE;
                struct writer x = writer(b, sizeof b);
                l.millivolts = random_below(&r, 2) ? -48000 : 0;
                l.carrier = random_below(&r, 2);
                line_encode(&x, &l);
                e.bytes = written(&x);
            }
            world_event(&w, &e);
        }
        w.tells = 0;
        for (size_t k = 0; k < 3; k++) w.site.cm[k].count = 0;
        world_unplug(&w);
        world_run(&w, SECOND);
        world_plug(&w);
        boots_until(PHONE_REGISTERED, 60 * SECOND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_phone_goes_from_a_bare_cable_to_a_registered_line),
        cmocka_unit_test(every_model_that_speaks_sccp_registers),
        cmocka_unit_test(an_unknown_phone_takes_the_default_file_and_its_own_one_after_a_reset),
        cmocka_unit_test(a_profile_is_asked_in_every_case_and_its_default_only_when_it_is_missing),
        cmocka_unit_test(a_profile_that_a_silent_server_withholds_is_done_without),
        cmocka_unit_test(an_older_7960_fetches_the_bin_and_a_newer_one_the_list_first),
        cmocka_unit_test(a_load_for_other_hardware_is_refused),
        cmocka_unit_test(a_corrupt_a_cut_a_missing_and_a_wrongly_named_load_are_refused),
        cmocka_unit_test(a_load_larger_than_a_bank_is_refused),
        cmocka_unit_test(a_silent_tftp_server_in_mid_load_leaves_the_old_load),
        cmocka_unit_test(a_name_that_differs_in_case_only_is_the_same_load),
        cmocka_unit_test(an_empty_load_means_keep_the_one_you_have),
        cmocka_unit_test(a_cnf_phone_learns_its_load_from_version_and_unregisters_before_it_fetches_it),
        cmocka_unit_test(a_cnf_phone_whose_load_is_missing_tries_once_and_registers_with_the_old_one),
        cmocka_unit_test(a_phone_configured_by_xml_does_not_heed_version),
        cmocka_unit_test(a_vendors_load_is_fetched_part_by_part_and_runs_with_the_manifest_of_its_name),
        cmocka_unit_test(a_vendors_load_with_a_missing_or_wrong_part_is_refused),
        cmocka_unit_test(a_vendors_load_for_other_phones_is_refused),
        cmocka_unit_test(with_tftp_down_the_last_good_configuration_serves),
        cmocka_unit_test(a_configuration_from_flash_does_not_bring_back_an_older_load),
        cmocka_unit_test(with_tftp_down_and_nothing_in_flash_it_begins_again_with_dhcp),
        cmocka_unit_test(the_second_server_of_option_150_is_asked_when_the_first_is_silent),
        cmocka_unit_test(a_broken_own_file_does_not_lead_to_the_default_one),
        cmocka_unit_test(a_transfer_that_the_server_forgot_is_asked_for_again_and_no_other_file_instead),
        cmocka_unit_test(a_server_that_forgets_each_transfer_is_not_asked_without_end),
        cmocka_unit_test(a_file_without_a_callmanager_is_told),
        cmocka_unit_test(a_file_that_is_too_long_is_stopped),
        cmocka_unit_test(without_a_tftp_server_it_says_so_and_asks_dhcp_again),
        cmocka_unit_test(a_name_in_option_66_is_asked_of_dns),
        cmocka_unit_test(a_name_that_dns_has_no_address_for_is_told),
        cmocka_unit_test(option_150_needs_no_dns),
        cmocka_unit_test(it_waits_for_a_workbench_that_others_use),
        cmocka_unit_test(power_may_go_at_every_moment_of_the_boot),
        cmocka_unit_test(power_may_go_at_every_moment_of_an_upgrade),
        cmocka_unit_test(the_link_may_go_at_every_moment_of_the_boot),
        cmocka_unit_test(a_switch_whose_carrier_was_there_first_is_heard_too),
        cmocka_unit_test(voice_without_a_vlan_and_no_voice_vlan_are_told_apart),
        cmocka_unit_test(a_voice_vlan_that_changes_later_moves_the_phone),
        cmocka_unit_test(without_an_answer_it_goes_on_untagged_after_ten_seconds_and_follows_a_later_vlan),
        cmocka_unit_test(more_power_is_drawn_once_it_is_granted_and_low_power_again_after_a_loss),
        cmocka_unit_test(a_lost_lease_takes_the_registration_with_it),
        cmocka_unit_test(the_users_preferences_are_obeyed_and_survive_an_upgrade),
        cmocka_unit_test(the_alternate_tftp_server_outlives_a_renewal),
        cmocka_unit_test(preferences_that_make_no_sense_are_told_and_passed_over),
        cmocka_unit_test(a_phone_without_a_load_says_so_and_waits_for_power_to_come_anew),
        cmocka_unit_test(the_other_bank_boots_when_one_is_corrupt_and_why_is_told),
        cmocka_unit_test(tcp_for_the_phone_is_the_drivers_and_only_in_its_vlan),
        cmocka_unit_test(ten_thousand_random_events_are_survived),
    };

    return cmocka_run_group_tests_name("phone/phone", tests, NULL, NULL);
}
