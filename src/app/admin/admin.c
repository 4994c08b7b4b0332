#include "app/admin/admin.h"
#include "app/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] =
    "Usage: dialtone device list|show|add|set|remove|import|export ...\n"
    "       dialtone line list\n"
    "       dialtone reset DEVICE | --all [--restart] [--rate N]\n"
    "       dialtone status | leases | neighbors | alarms | calls | askers [--all]\n"
    "       dialtone show-file NAME\n"
    "       dialtone export dhcp --for dnsmasq|kea|isc|ios\n"
    "Administration of a running `dialtone serve`.\n"
    "\n"
    "  device list [--match TEXT]         all devices, or those whose name, number, description or pool is like TEXT\n"
    "  device show DEVICE                 one: by its name (SEP...), MAC address or directory number\n"
    "  device add DEVICE model=7960 [number=1001] [label=...] [pool=...] [load=...] ...\n"
    "  device set DEVICE FIELD=VALUE ...  the fields of docs/changes.md; an empty value is the pool's again\n"
    "  device remove DEVICE\n"
    "  device import FILE|-               CSV (first row: names of columns) or JSON, as export writes them\n"
    "  device export [--format csv|json]\n"
    "\n"
    "      --state DIR    the daemon's folder (default /var/lib/dialtone)\n"
    "      --json         JSON on standard output, and nothing else there\n"
    "      --all          of reset: every registered phone; of askers: also those that nothing is wrong with\n"
    "      --no-reset     of a change: the phone is not reset; it sees the change when it next boots\n"
    "      --restart      a restart in place of a reset: no new boot, files and registration anew\n"
    "      --rate N       resets a second (default: as fast as it goes)\n"
    "  -h, --help\n"
    "\n"
    "Manual: dialtone-device(1).\n";

static const char *const names[] = {"device", "line",  "reset",  "status",    "leases", "neighbors",
                                    "alarms", "calls", "askers", "show-file", "export"};

bool admin_is(const char *command)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], command) == 0) return true;
    return false;
}

/* --- the socket --- */

static int connect_to(const struct admin *a)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (snprintf(to.sun_path, sizeof to.sun_path, "%s/control", a->state) >= (int)sizeof to.sun_path) {
        (void)fprintf(stderr, "dialtone %s: --state %s: this path is too long for a socket\n", a->command, a->state);
    } else if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) < 0) {
        int error = errno;
        (void)fprintf(stderr, "dialtone %s: %s: %s%s\n", a->command, to.sun_path, strerror(error),
                      error == ENOENT || error == ECONNREFUSED ? ": is `dialtone serve` running with this --state?"
                      : error == EACCES ? ": only the daemon's user and group, and root, may ask it"
                                        : "");
    } else {
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

static bool write_all(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void show_progress(const json_t *p)
{
    if (isatty(2))
        (void)fprintf(stderr, "\r%lld of %lld", (long long)json_integer_value(json_object_get(p, "done")),
                      (long long)json_integer_value(json_object_get(p, "of")));
}

/* Lines until the one with "ok". */
static json_t *read_answer(FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    json_t *j = NULL;
    bool progress = false;
    ssize_t n;

    while ((n = getline(&line, &room, in)) > 0) {
        j = json_loadb(line, (size_t)n, 0, NULL);
        if (!j || json_object_get(j, "ok")) break;
        show_progress(json_object_get(j, "progress"));
        progress = true;
        json_decref(j);
        j = NULL;
    }
    if (progress && isatty(2)) (void)fprintf(stderr, "\r\x1b[K");
    free(line);
    return j;
}

json_t *admin_ask(const struct admin *a, json_t *request, int *status)
{
    char *text = json_dumps(request, JSON_COMPACT), said[512];
    int fd = text ? connect_to(a) : -1;
    FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
    json_t *j = NULL;

    json_decref(request);
    *status = ADMIN_NOBODY;
    if (in && write_all(fd, text, strlen(text)) && write_all(fd, "\n", 1)) {
        j = read_answer(in);
        if (!j)
            (void)fprintf(stderr, "dialtone %s: the daemon closed the connection without an answer; see its log\n",
                          a->command);
    }
    if (in)
        (void)fclose(in);
    else if (fd >= 0)
        close(fd);
    free(text);
    if (j && !json_is_true(json_object_get(j, "ok"))) {
        const char *error = json_string_value(json_object_get(j, "error"));
        (void)snprintf(said, sizeof said, "%s", error ? error : "refused");
        (void)fprintf(stderr, "dialtone %s: %s\n", a->command, log_plain(said));
        json_decref(j);
        *status = ADMIN_REFUSED;
        return NULL;
    }
    const char *warning = json_string_value(json_object_get(j, "warning"));
    if (warning) {
        (void)snprintf(said, sizeof said, "%s", warning);
        (void)fprintf(stderr, "dialtone %s: warning: %s\n", a->command, log_plain(said));
    }
    if (j) *status = ADMIN_DONE;
    return j;
}

/* --- the lists --- */

static const struct list {
    const char *name, *key;
    size_t columns;
    const char *keys[9], *titles[9];
} lists[] = {
    {"leases",
     "leases",
     6,
     {"address", "mac", "host_name", "state", "seconds_left", "device"},
     {"ADDRESS", "MAC", "HOST", "STATE", "LEFT s", "DEVICE"}},
    {"neighbors",
     "neighbors",
     8,
     {"interface", "protocol", "device", "model", "load", "port", "milliwatts", "heard_s_ago"},
     {"INTERFACE", "BY", "DEVICE", "MODEL", "LOAD", "PORT", "mW", "HEARD s AGO"}},
    {"alarms", "alarms", 4, {"time", "device", "severity", "text"}, {"TIME", "DEVICE", "SEVERITY", "ALARM"}},
    {"calls",
     "calls",
     6,
     {"from", "to", "state", "seconds", "codec", "callmanager"},
     {"FROM", "TO", "STATE", "SECONDS", "CODEC", "CALLMANAGER"}},
    {"askers",
     "askers",
     5,
     {"address", "file", "missing", "what", "advice"},
     {"ADDRESS", "LAST FILE", "MISSING", "WHAT", "WHAT TO DO"}},
};

static int show_list(const struct admin *a, const struct list *l)
{
    int status;
    json_t *j = admin_ask(a, json_pack("{s:s, s:b}", "do", l->name, "all", a->all), &status);

    if (!j) return status;
    if (a->json) return admin_print_json(j);
    admin_table(json_object_get(j, l->key), l->keys, l->titles, l->columns);
    json_decref(j);
    return ADMIN_DONE;
}

static int show_status(const struct admin *a)
{
    int status;
    json_t *j = admin_ask(a, json_pack("{s:s}", "do", "status"), &status), *one;
    char why[256]; /* a switch's name among it */
    size_t i;

    if (!j) return status;
    if (a->json) return admin_print_json(j);
    json_int_t up = json_integer_value(json_object_get(j, "uptime_s"));
    (void)printf("dialtone %s, up %lld:%02lld:%02lld, %s, state in %s\n", admin_text(j, "version"),
                 (long long)up / 3600, (long long)up / 60 % 60, (long long)up % 60,
                 json_is_true(json_object_get(j, "ready")) ? "ready" : "not ready yet", admin_text(j, "state"));
    json_array_foreach (json_object_get(j, "interfaces"), i, one) {
        json_int_t vlan = json_integer_value(json_object_get(one, "voice_vlan"));
        bool served = !json_is_false(json_object_get(one, "served"));
        (void)printf("interface    %s %s%s", admin_text(one, "interface"), admin_text(one, "address"),
                     served ? "" : "not served");
        if (vlan && served)
            (void)printf(", voice VLAN %lld %s, %s", (long long)vlan, admin_text(one, "voice_address"),
                         json_is_true(json_object_get(one, "announces")) ? "announced" : "not announced");
        (void)snprintf(why, sizeof why, "%s", admin_text(one, "why"));
        (void)printf("%s%s\n", why[0] ? ": " : "", log_plain(why));
    }
    const json_t *dhcp = json_object_get(j, "dhcp"), *devices = json_object_get(j, "devices");
    (void)printf("DHCP         %s%s\n",
                 json_is_true(json_object_get(dhcp, "on")) ? "on" : "off: ", admin_text(dhcp, "why"));
    (void)printf("TFTP         %s, files from %s\n",
                 json_is_true(json_object_get(json_object_get(j, "tftp"), "on")) ? "on" : "off",
                 admin_text(json_object_get(j, "tftp"), "folder"));
    json_array_foreach (json_object_get(j, "callmanagers"), i, one)
        (void)printf("CallManager  %s:%lld, %lld registered, %lld connections\n", admin_text(one, "address"),
                     (long long)json_integer_value(json_object_get(one, "port")),
                     (long long)json_integer_value(json_object_get(one, "registered")),
                     (long long)json_integer_value(json_object_get(one, "connections")));
    (void)printf("devices      %lld known, %lld registered\n",
                 (long long)json_integer_value(json_object_get(devices, "known")),
                 (long long)json_integer_value(json_object_get(devices, "registered")));
    json_decref(j);
    return ADMIN_DONE;
}

static int show_file(const struct admin *a)
{
    int status, byte;

    if (a->words != 1) {
        (void)fprintf(stderr, "dialtone show-file: which file? Give the name that a phone asks for\n");
        return ADMIN_USAGE;
    }
    json_t *j = admin_ask(a, json_pack("{s:s, s:s}", "do", "show-file", "name", a->word[0]), &status);
    if (!j) return status;
    for (const char *hex = admin_text(j, "hex"); hex[0] && hex[1] && sscanf(hex, "%2x", (unsigned *)&byte) == 1;
         hex += 2)
        (void)putchar(byte);
    json_decref(j);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_NOBODY;
}

/* --- the command line --- */

bool admin_value(const char **to, const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);

    if (strncmp(argv[*i], name, n) != 0) return false;
    if (argv[*i][n] == '=') {
        *to = argv[*i] + n + 1;
        return true;
    }
    if (argv[*i][n] || *i + 1 >= argc) return false;
    *to = argv[++*i];
    return true;
}

/* Words that a command takes; one more would be left undone without a word. */
static size_t words_most(const struct admin *a)
{
    const char *verb = a->words ? a->word[0] : "";

    if (strcmp(a->command, "device") == 0) {
        if (strcmp(verb, "add") == 0 || strcmp(verb, "set") == 0) return ARRAY_LENGTH(a->word);
        return strcmp(verb, "list") == 0 || strcmp(verb, "export") == 0 ? 1 : 2;
    }
    if (strcmp(a->command, "reset") == 0) return a->all ? 0 : 1;
    return strcmp(a->command, "line") == 0 || strcmp(a->command, "export") == 0 || strcmp(a->command, "show-file") == 0;
}

static bool read_arguments(struct admin *a, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (admin_value(&a->state, "--state", argc, argv, &i) || admin_value(&a->match, "--match", argc, argv, &i) ||
            admin_value(&a->rate, "--rate", argc, argv, &i) || admin_value(&a->format, "--format", argc, argv, &i) ||
            admin_value(&a->target, "--for", argc, argv, &i))
            continue;
        bool *flag = strcmp(argv[i], "--json") == 0       ? &a->json
                     : strcmp(argv[i], "--all") == 0      ? &a->all
                     : strcmp(argv[i], "--restart") == 0  ? &a->restart
                     : strcmp(argv[i], "--no-reset") == 0 ? &a->no_reset
                                                          : NULL;
        if (flag) {
            *flag = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            (void)fprintf(stderr, "dialtone %s: %s: no such option, or a value is missing\nTry 'dialtone %s --help'.\n",
                          a->command, argv[i], a->command);
            return false;
        } else if (a->words < sizeof a->word / sizeof *a->word) {
            a->word[a->words++] = argv[i];
        } else {
            (void)fprintf(stderr, "dialtone %s: too many words\n", a->command);
            return false;
        }
    }
    if (a->words <= words_most(a)) return true;
    (void)fprintf(stderr, "dialtone %s: '%s' is one word too many\nTry 'dialtone %s --help'.\n", a->command,
                  a->word[words_most(a)], a->command);
    return false;
}

int admin_main(int argc, char **argv)
{
    struct admin a = {.command = argv[0], .state = "/var/lib/dialtone"};

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return fputs(usage, stdout) < 0;
    if (!read_arguments(&a, argc, argv)) return ADMIN_USAGE;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(a.command, lists[i].name) == 0) return show_list(&a, &lists[i]);
    if (strcmp(a.command, "status") == 0) return show_status(&a);
    if (strcmp(a.command, "show-file") == 0) return show_file(&a);
    if (strcmp(a.command, "device") == 0) return admin_device(&a);
    if (strcmp(a.command, "line") == 0) return admin_line(&a);
    if (strcmp(a.command, "reset") == 0) return admin_reset(&a);
    return admin_export(&a);
}
