#include "net/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int net_fail(struct net_error *why, int code, const char *format, ...)
{
    va_list args;

    if (!why) return code;
    why->code = code;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return code;
}

int net_fail_errno(struct net_error *why, const char *format, ...)
{
    int error = errno;
    va_list args;

    if (!why) return -error;
    why->code = -error;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    size_t len = strlen(why->text);
    (void)snprintf(why->text + len, sizeof why->text - len, ": %s", strerror(error));
    return -error;
}
