/* app/log.h: what a daemon says: one line at a time, with a level, to the journal, to syslog or to stderr.
 *
 * Takes   a level and a format. Control characters of what a peer sent, and bytes that are no UTF-8, are shown as `?`.
 * Gives   stderr: `level: text`, or `<N>text` when the journal reads it (JOURNAL_STREAM, sd-daemon(3)); syslog:
 *         facility daemon.
 * Limits  log_limited: LOG_BURST lines of one kind in LOG_WINDOW, then none until the window ends; how many were left
 *         out is said with the next of that kind, or by log_due.
 * Errors  what cannot be written is lost: a log never stops its daemon.
 */
#ifndef APP_LOG_H
#define APP_LOG_H
#include "base/engine.h"

enum log_level { LOG_IS_ERROR, LOG_IS_WARNING, LOG_IS_INFO, LOG_IS_DEBUG };
enum { LOG_BURST = 20, LOG_KINDS = 256, LOG_TEXT = 640 };
#define LOG_WINDOW (10 * SECOND)

bool log_open(const char *level, const char *to); /* as in the configuration; false: an unknown word, nothing changes */
bool log_level_set(const char *level);
bool log_is_on(enum log_level);
void log_say(enum log_level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `kind`: what is counted together: a news number. */
void log_limited(usec now, uint32_t kind, enum log_level, const char *text);
/* Control characters, and bytes that are no UTF-8, become `?`, in place: what a peer sent may be anything, and steers
 * no terminal. Gives `text`. */
char *log_plain(char *text);
void log_due(usec now); /* says what was left out in windows that have ended */
#endif
