/* dialtone.yaml: any bytes. What is taken without a word prints as a file that is taken again, and prints the same. */
#include "app/config/config.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void count(void *context, const char *file, int line, int column, const char *text)
{
    unsigned *n = context;

    (void)file;
    assert(line >= 0 && column >= 0 && (line > 0) == (column > 0) && text[0] && !strchr(text, '\n'));
    (*n)++;
}

static char *printed(const struct serve_config *c, size_t *length)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, length);

    assert(f);
    config_print(c, f);
    assert(fclose(f) == 0);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serve_config c, again;
    unsigned said = 0, checked = 0;
    bool fine = config_read(&c, (struct bytes){data, size}, "f", count, &said);
    size_t length, second_length;

    assert(fine == (said == 0) && said <= 101);
    bool sound = config_check(&c, "f", count, &checked);
    assert(sound || checked);
    assert(c.interfaces <= CONFIG_INTERFACES && c.callmanager.nodes <= CONFIG_NODES && c.group && c.pool);
    assert(!fine || (c.groups && c.pools));
    char *text = printed(&c, &length);
    if (fine) {
        unsigned none = 0;
        assert(config_read(&again, (struct bytes){(const uint8_t *)text, length}, "f", count, &none));
        char *second = printed(&again, &second_length);
        assert(length == second_length && memcmp(text, second, length) == 0);
        assert(config_check(&again, "f", count, &none) == sound);
        free(second);
        config_free(&again);
    }
    free(text);
    config_free(&c);
    return 0;
}
