#include "provision/phone_lists.h"

static struct bytes first(struct bytes b, size_t n)
{
    return (struct bytes){b.at, n < b.len ? n : b.len};
}

static bool begins(struct bytes b, const char *text)
{
    return bytes_equal_nocase(first(b, bytes_of(text).len), bytes_of(text));
}

static bool ends(struct bytes b, const char *text)
{
    size_t n = bytes_of(text).len;

    return b.len > n && bytes_equal_nocase(bytes_from(b, b.len - n), bytes_of(text));
}

static bool slash(uint8_t c)
{
    return c == '/' || c == '\\';
}

/* Where the last folder ends; 0: in none. */
static size_t folder_end(struct bytes name)
{
    size_t n = name.len;

    while (n > 0 && !slash(name.at[n - 1])) n--;
    return n;
}

enum phone_list phone_list_of(struct bytes name, struct bytes *folder)
{
    size_t end = folder_end(name);

    *folder = (struct bytes){0};
    if (bytes_equal_nocase(name, bytes_of("Ringlist.xml")) ||
        bytes_equal_nocase(name, bytes_of("DistinctiveRinglist.xml")))
        return LIST_RINGS;
    if (end == 0 || !bytes_equal_nocase(bytes_from(name, end), bytes_of("List.xml"))) return LIST_NONE;
    struct bytes in = first(name, end - 1);
    if (!begins(in, "Desktops") || in.len < 10 || !slash(in.at[8])) return LIST_NONE;
    *folder = in;
    return LIST_BACKGROUNDS;
}

static bool printable(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] < ' ' || name.at[i] > '~') return false;
    return name.len > 0;
}

/* As the catalogue has it, and as it was asked. */
static bool same_folder(struct bytes a, struct bytes b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (!(slash(a.at[i]) && slash(b.at[i])) &&
            !bytes_equal_nocase(first(bytes_from(a, i), 1), first(bytes_from(b, i), 1)))
            return false;
    return true;
}

bool phone_list_takes(enum phone_list list, struct bytes folder, struct bytes file, struct bytes *small,
                      char room[PHONE_LIST_PATH])
{
    size_t end = folder_end(file);
    struct bytes name = bytes_from(file, end);

    *small = (struct bytes){0};
    if (!printable(file)) return false;
    if (list == LIST_RINGS)
        return end == 0 && name.len <= PHONE_LIST_NAME && (ends(name, ".raw") || ends(name, ".pcm"));
    if (list != LIST_BACKGROUNDS || end == 0 || !same_folder(first(file, end - 1), folder)) return false;
    if (!ends(name, ".png") || begins(name, "TN-") || file.len + 3 >= PHONE_LIST_PATH) return false;
    struct writer w = writer(room, PHONE_LIST_PATH);
    write_bytes(&w, first(file, end));
    write_text(&w, "TN-");
    write_bytes(&w, name);
    *small = written(&w);
    return true;
}

static void escaped(struct writer *w, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) switch (text.at[i]) {
        case '&': write_text(w, "&amp;"); break;
        case '<': write_text(w, "&lt;"); break;
        case '>': write_text(w, "&gt;"); break;
        case '"': write_text(w, "&quot;"); break;
        default: write_u8(w, text.at[i]);
        }
}

void phone_list_begin(struct writer *w, enum phone_list list)
{
    write_text(w, list == LIST_RINGS ? "<CiscoIPPhoneRingList>\n" : "<CiscoIPPhoneImageList>\n");
}

void phone_list_add(struct writer *w, enum phone_list list, struct bytes file, struct bytes small)
{
    if (list == LIST_RINGS) {
        write_text(w, "  <Ring>\n    <DisplayName>");
        escaped(w, first(file, file.len - 4));
        write_text(w, "</DisplayName>\n    <FileName>");
        escaped(w, file);
        write_text(w, "</FileName>\n  </Ring>\n");
    } else {
        write_text(w, "  <ImageItem Image=\"TFTP:");
        escaped(w, small);
        write_text(w, "\" URL=\"TFTP:");
        escaped(w, file);
        write_text(w, "\"/>\n");
    }
}

void phone_list_end(struct writer *w, enum phone_list list)
{
    write_text(w, list == LIST_RINGS ? "</CiscoIPPhoneRingList>\n" : "</CiscoIPPhoneImageList>\n");
}
