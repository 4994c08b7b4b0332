#include "app/log.h"
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static const char *const level_name[] = {"error", "warning", "info", "debug"};
static const int level_syslog[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

enum { TO_STDERR, TO_JOURNAL, TO_SYSLOG };

static struct {
    enum log_level most;
    int to;
    struct {
        uint32_t kind, said, left_out;
        usec begun;
        bool used;
        enum log_level level;
    } window[LOG_KINDS];
} log_state = {.most = LOG_IS_INFO, .to = TO_STDERR};

/* JOURNAL_STREAM is DEVICE:INODE of the stream that systemd gave us (systemd.exec(5)): true when it is our stderr. */
static bool journal_reads(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(2, &st) == 0 &&
           st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
}

bool log_level_set(const char *level)
{
    for (size_t i = 0; i < ARRAY_LENGTH(level_name); i++) {
        if (strcmp(level, level_name[i]) != 0) continue;
        log_state.most = (enum log_level)i;
        return true;
    }
    return false;
}

bool log_open(const char *level, const char *to)
{
    enum log_level before = log_state.most;

    if (!log_level_set(level)) return false;
    if (strcmp(to, "syslog") == 0) {
        openlog("dialtone", LOG_PID, LOG_DAEMON);
        log_state.to = TO_SYSLOG;
    } else if (strcmp(to, "stderr") == 0) {
        log_state.to = TO_STDERR;
    } else if (strcmp(to, "auto") == 0) {
        log_state.to = journal_reads() ? TO_JOURNAL : TO_STDERR;
    } else {
        log_state.most = before;
        return false;
    }
    return true;
}

bool log_is_on(enum log_level level)
{
    return level <= log_state.most;
}

/* Bytes of the letter in UTF-8 (RFC 3629, 4) that stands here; 0: it is none. */
static size_t letter(const unsigned char *c)
{
    size_t more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : 1;

    if (*c < 0x80) return 1;
    if (*c < 0xc2 || *c > 0xf4) return 0;
    for (size_t i = 1; i <= more; i++)
        if ((c[i] & 0xc0) != 0x80) return 0; /* the NUL at the end too */
    bool too_long = (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90);
    bool no_letter = (*c == 0xed && c[1] >= 0xa0) || (*c == 0xf4 && c[1] >= 0x90);
    return too_long || no_letter ? 0 : 1 + more;
}

/* C0, DEL and C1 (ECMA-48, 5.2 and 5.3): terminals take U+009B for CSI also where it comes as UTF-8, and as a bare byte
 * where they do not read UTF-8. What is no UTF-8 would make the journal take the whole line for a blob. */
char *log_plain(char *text)
{
    unsigned char *c = (unsigned char *)text;

    while (*c) {
        size_t n = letter(c);
        bool control = *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0);
        size_t shown = n ? n : 1;
        if (n == 0 || control) memset(c, '?', shown);
        c += shown;
    }
    return text;
}

static void write_line(enum log_level level, char *text)
{
    char line[LOG_TEXT + 16];

    (void)log_plain(text);
    if (log_state.to == TO_SYSLOG) {
        syslog(level_syslog[level], "%s", text);
        return;
    }
    int n = log_state.to == TO_JOURNAL ? snprintf(line, sizeof line, "<%d>%s\n", level_syslog[level], text)
                                       : snprintf(line, sizeof line, "%s: %s\n", level_name[level], text);
    struct pollfd room = {.fd = 2,
                          .events = POLLOUT}; /* a pipe that nobody empties stops nobody: a line fits, or is lost */
    if (n > 0 && poll(&room, 1, 0) == 1 && room.revents & POLLOUT)
        (void)!write(2, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void log_say(enum log_level level, const char *format, ...)
{
    char text[LOG_TEXT];
    va_list list;

    if (!log_is_on(level)) return;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    write_line(level, text);
}

static void say_left_out(size_t i)
{
    if (log_state.window[i].left_out)
        log_say(log_state.window[i].level, "%u more lines of this kind were left out", log_state.window[i].left_out);
    log_state.window[i].left_out = 0;
}

void log_limited(usec now, uint32_t kind, enum log_level level, const char *text)
{
    size_t i = kind % LOG_KINDS;

    if (!log_is_on(level)) return;
    if (!log_state.window[i].used || log_state.window[i].kind != kind ||
        now - log_state.window[i].begun >= LOG_WINDOW) {
        say_left_out(i);
        log_state.window[i].kind = kind;
        log_state.window[i].begun = now;
        log_state.window[i].said = 0;
        log_state.window[i].used = true;
        log_state.window[i].level = level;
    }
    if (log_state.window[i].said < LOG_BURST) {
        log_state.window[i].said++;
        log_say(level, "%s", text);
    } else {
        log_state.window[i].left_out++;
    }
}

void log_due(usec now)
{
    for (size_t i = 0; i < LOG_KINDS; i++)
        if (log_state.window[i].left_out && now - log_state.window[i].begun >= LOG_WINDOW) say_left_out(i);
}
