/* provision/load_form.h: the bytes of our own .bin, for the file that reads it and the files that make it.
 *
 *   0  8  magic "DIALLOAD"
 *   8  2  form, 1
 *  10  2  flags, 0
 *  12  4  length of the manifest
 *  16  4  length of the payload
 *  20 32  SHA-256 of manifest and payload
 *  52 12  zeros
 *  64     manifest, payload
 */
#ifndef PROVISION_LOAD_FORM_H
#define PROVISION_LOAD_FORM_H
#include "provision/load.h"

#define LOAD_MAGIC "DIALLOAD"
enum {
    LOAD_FORM = 1,
    LOAD_AT_MANIFEST_LENGTH = 12,
    LOAD_AT_PAYLOAD_LENGTH = 16,
    LOAD_AT_DIGEST = 20,
    LOAD_AT_ZEROS = 52
};

/* Writes header and manifest; the payload is written after it by the caller; load_finish fills in lengths and digest.
 * `at`: the writer's len before load_begin. */
void load_begin(struct writer *, const struct load_manifest *);
void load_finish(struct writer *, size_t at);
#endif
