/* The list <load>.loads, and the signed header that a vendor puts before it and before the parts it names. */
#include "provision/load.h"

static struct bytes next_word(struct bytes *line)
{
    size_t n = 0;

    while (n < line->len && line->at[n] != ' ' && line->at[n] != '\t') n++;
    struct bytes word = {line->at, n};
    *line = bytes_trim(bytes_from(*line, n));
    return word;
}

bool loads_next_part(struct bytes *text, struct loads_part *part)
{
    while (text->len) {
        struct bytes line = bytes_trim(bytes_cut(text, '\n'));
        bool setting = false;
        *part = (struct loads_part){.optional = line.len > 2 && line.at[0] == '#' && line.at[1] == '+'};
        if (part->optional) line = bytes_trim(bytes_from(line, 2));
        /* A comment, or a line such as LA_VERSION=PAS30831, names no file. */
        for (size_t i = 0; i < line.len; i++) setting = setting || line.at[i] == '=';
        if (line.len == 0 || line.at[0] == '#' || setting) continue;
        part->name = next_word(&line);
        if (!bytes_number(next_word(&line), UINT32_MAX, &part->size)) part->size = 0;
        part->has_md5 = md5_parse(next_word(&line), &part->md5);
        return true;
    }
    return false;
}

bool loads_next(struct bytes *text, struct bytes *file_name)
{
    struct loads_part part;

    while (loads_next_part(text, &part)) {
        if (part.optional) continue;
        *file_name = part.name;
        return true;
    }
    return false;
}

void loads_write(struct writer *w, struct bytes load)
{
    write_text(w, "# Dialtone load: one file\n");
    write_bytes(w, load);
    write_text(w, ".bin\n");
}

/* Tags of the header: a value follows each (tag u8, length u16), but for padding, which is one byte alone. */
enum {
    HEADER_VERSION = 1,
    HEADER_LENGTH = 2,
    SIGNER = 3,
    SIGNATURE_INFO = 7,
    ALGORITHM = 9,
    SIGNATURE = 12,
    PADDING = 13,
    FILE_NAME = 14,
    LAST_TAG = 15
};

/* One value of the header. Signer, signature information and algorithm hold values themselves; their own lengths say
 * so, and their contents are checked like all others. */
static void take_value(struct reader *r, struct bytes *file_name, bool *is_signed)
{
    uint8_t tag = read_u8(r);

    if (tag == PADDING) return;
    if (tag < SIGNER || tag > LAST_TAG) refuse(r, FAULT_VALUE, "tag in a load's signed header");
    size_t length = read_be16(r);
    if (length > unread(r)) refuse(r, FAULT_SHORT, "length in a load's signed header");
    if (tag == SIGNER || tag == SIGNATURE_INFO || tag == ALGORITHM) return; /* the next read is of its first value */
    struct bytes value = read_bytes(r, length);
    if (tag == SIGNATURE) *is_signed = true;
    if (tag != FILE_NAME) return;
    if (value.len == 0 || value.at[value.len - 1] != 0)
        refuse(r, FAULT_VALUE, "file name in a load's signed header");
    else
        *file_name = (struct bytes){value.at, value.len - 1};
}

size_t load_foreign(struct bytes in, struct bytes *file_name, struct fault *why)
{
    static const uint8_t begins[] = {HEADER_VERSION, 0, 2, 1};
    struct reader r = reader(in, why);
    bool is_signed = false;

    *file_name = (struct bytes){0};
    if (in.len < sizeof begins ||
        !bytes_equal((struct bytes){in.at, sizeof begins}, (struct bytes){begins, sizeof begins}))
        return 0;
    (void)read_bytes(&r, sizeof begins);
    uint8_t minor = read_u8(&r); /* 01 01 or 01 02 */
    if (minor != 1 && minor != 2) return 0;
    if (read_u8(&r) != HEADER_LENGTH || read_be16(&r) != 2) refuse(&r, FAULT_VALUE, "header length of a load");
    size_t length = read_be16(&r);
    if (length < read_offset(&r)) refuse(&r, FAULT_VALUE, "header length of a load");
    struct reader header = read_part(&r, length - read_offset(&r));
    while (unread(&header)) take_value(&header, file_name, &is_signed);
    if (sound(&header) && (!is_signed || !file_name->len))
        refuse(&header, FAULT_ABSENT, "signature or file name of a load");
    return sound(&header) ? length : 0;
}
