/* `dialtone firmware`: make a load from a manifest and a payload, show one, list and write the built-in ones. */
#include "app/admin/firmware_admin.h"
#include "app/lab/lab.h"
#include "app/lab/options.h"
#include "provision/load.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: dialtone firmware list --state DIR | --folder DIR\n"
    "       dialtone firmware add FILE...\n"
    "       dialtone firmware check LOAD\n"
    "       dialtone firmware default MODEL LOAD [--pool NAME] [--force]\n"
    "       dialtone firmware make MANIFEST PAYLOAD FILE.bin\n"
    "       dialtone firmware show FILE.bin\n"
    "       dialtone firmware list [--built-in]\n"
    "       dialtone firmware built-in NAME FILE.bin\n"
    "Image loads: those that a running `dialtone serve` gives to phones, and those of Dialtone's own form.\n"
    "\n"
    "  list      the loads in the folder: files, bytes, kind, models that they fit, pools that use them\n"
    "  add       look at each FILE, and copy it into the folder\n"
    "  check     is every file that LOAD.loads names there, and sound? Status 1 when not\n"
    "  default   phones of this MODEL run LOAD ('': what they have); refused when a file of it is missing\n"
    "  make      a load from a manifest (text, a line `key value` each; `show` prints one) and a payload\n"
    "  show      check a load, and print its manifest\n"
    "  list, built-in  without a folder: the loads that the lab has; write one of them to a file\n"
    "\n"
    "      --state DIR    the daemon's folder (default /var/lib/dialtone)\n"
    "      --folder DIR   the loads are there: no daemon is asked\n"
    "      --pool NAME    whose phones (default: Default)\n"
    "      --force        also a load that is not whole, or is another model's\n"
    "      --json         JSON on standard output, and nothing else there\n"
    "\n"
    "Manual: dialtone-firmware(1).\n";

static uint8_t *read_whole(const char *path, size_t most, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = f ? malloc(most + 1) : NULL;

    if (bytes) *len = fread(bytes, 1, most + 1, f);
    if (!bytes || ferror(f) || *len > most) {
        (void)fprintf(stderr, "dialtone firmware: %s: %s\n", path,
                      bytes && !ferror(f) ? "larger than a load may be" : strerror(errno));
        free(bytes);
        bytes = NULL;
    }
    if (f) (void)fclose(f);
    return bytes;
}

static int write_whole(const char *path, struct bytes b)
{
    FILE *f = fopen(path, "wb");

    if (f && fwrite(b.at, 1, b.len, f) == b.len && fclose(f) == 0) return 0;
    (void)fprintf(stderr, "dialtone firmware: %s: %s\n", path, strerror(errno));
    return 1;
}

enum { LOAD_MOST = 8 * 1024 * 1024 };

static int make(char **argv)
{
    size_t text_len, payload_len;
    struct load_manifest manifest;
    struct fault why;
    uint8_t *text = read_whole(argv[0], LOAD_MANIFEST_MOST, &text_len),
            *payload = text ? read_whole(argv[1], LOAD_MOST, &payload_len) : NULL;
    int status = 1;

    if (payload && !manifest_read(&manifest, (struct bytes){text, text_len}, &why)) {
        (void)fprintf(stderr, "dialtone firmware: %s: byte %zu: %s\n", argv[0], why.at, why.what);
    } else if (payload) {
        size_t size = LOAD_HEADER + LOAD_MANIFEST_MOST + payload_len;
        uint8_t *whole = malloc(size);
        struct writer w = writer(whole, whole ? size : 0);
        load_make(&w, &manifest, (struct bytes){payload, payload_len});
        status = write_whole(argv[2], written(&w));
        free(whole);
    }
    free(text);
    free(payload);
    return status;
}

static int show(char **argv)
{
    struct load_info info;
    struct fault why;
    size_t len;
    uint8_t *bytes = read_whole(argv[0], LOAD_MOST, &len), text[LOAD_MANIFEST_MOST];
    struct writer w = writer(text, sizeof text);

    if (!bytes) return 1;
    bool good = load_open_bytes(&info, (struct bytes){bytes, len}, &why);
    free(bytes);
    if (!good) {
        (void)fprintf(stderr, "dialtone firmware: %s: byte %zu: %s\n", argv[0], why.at, why.what);
        return 1;
    }
    manifest_write(&w, &info.manifest);
    (void)printf("# %s, %zu bytes, check good\n%.*s",
                 info.foreign ? "a vendor's load; its manifest is from the model table" : "a load of Dialtone's form",
                 info.length, (int)w.len, (const char *)text);
    return 0;
}

static int list(int argc, char **argv)
{
    json_t *all = NULL;
    bool asked = false; /* for these, and not for those of a daemon */

    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && !all) all = json_array();
        if (strcmp(argv[i], "--built-in") == 0) asked = true;
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--built-in") == 0) continue;
        (void)fprintf(stderr, "dialtone firmware: list: what is %s?\nTry 'dialtone firmware --help'.\n", argv[i]);
        return EXIT_USAGE;
    }
    if (!all) (void)printf("%-16s %-26s %s\n", "MODEL", "LOAD", "OLDER LOAD");
    for (size_t i = 0; i < model_count(); i++) {
        const struct phone_model *m = model_at(i);
        const char *load = m->speaks_sccp ? load_built_in(m, false) : NULL,
                   *older = load ? load_built_in(m, true) : NULL;
        if (load && all)
            (void)json_array_append_new(all,
                                        json_pack("{s:s, s:s, s:s*}", "model", m->name, "load", load, "older", older));
        else if (load)
            (void)printf("%-16s %-26s %s\n", m->name, load, older ? older : "-");
    }
    if (!asked)
        (void)fputs(
            "dialtone firmware: these are the lab's own (--built-in); what a running `dialtone serve` gives to phones "
            "is listed with --state DIR, such as /var/lib/dialtone\n",
            stderr);
    if (!all) return fflush(stdout) != 0;
    json_t *whole = json_pack("{s:o}", "loads", all);
    (void)json_dumpf(whole, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(whole);
    return fflush(stdout) != 0;
}

static int built_in(char **argv)
{
    static uint8_t bytes[LOAD_BUILT_IN_MOST];
    struct writer w = writer(bytes, sizeof bytes);

    if (load_built_in_make(&w, bytes_of(argv[0]))) return write_whole(argv[1], written(&w));
    (void)fprintf(stderr, "dialtone firmware: no built-in load is called '%s'; see `dialtone firmware list`\n",
                  argv[0]);
    return 1;
}

int firmware_main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return fputs(help, stdout) < 0;
    if (firmware_admin_is(argc, argv)) return firmware_admin_main(argc, argv);
    if (strcmp(what, "make") == 0 && argc == 5) return make(argv + 2);
    if (strcmp(what, "show") == 0 && argc == 3) return show(argv + 2);
    if (strcmp(what, "list") == 0 && !firmware_admin_is(argc, argv)) return list(argc, argv);
    if (strcmp(what, "built-in") == 0 && argc == 4) return built_in(argv + 2);
    (void)fputs(help, stderr);
    return EXIT_USAGE;
}
