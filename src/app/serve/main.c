/* `dialtone serve`: the command line. Each option is a key of the configuration file, by its name
 * (app/config/config.h). */
#include "app/config/config.h"
#include "app/lab/lab.h"
#include "app/log.h"
#include "app/serve/serve.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] = "Usage: dialtone serve [-c FILE] [OPTION...]\n"
                            "Brings up the phones of a network: voice VLAN announcer, DHCP, TFTP, HTTP, CallManager.\n"
                            "\n"
                            "  -c, --config FILE         read FILE first; options come over it\n"
                            "      --check               say what is wrong with file and options, and end\n"
                            "      --print-config        print the defaults, commented, ready to edit\n"
                            "  -h, --help                this text\n"
                            "\n"
                            "Keys of the file, as options:\n";

struct request {
    const char *config;
    bool check, print, help;
};

static void say_wrong(void *context, const char *file, int line, int column, const char *text)
{
    uint32_t *count = context;

    (*count)++;
    if (line)
        (void)fprintf(stderr, "%s:%d:%d: %s\n", file, line, column, text);
    else
        (void)fprintf(stderr, "dialtone serve: %s%s%s\n", file ? file : "", file && *file ? ": " : "", text);
}

static void print_help(void)
{
    (void)fputs(usage, stdout);
    for (size_t i = 0; config_option_names[i].name; i++) {
        char left[64];
        (void)snprintf(left, sizeof left, "--%s %s", config_option_names[i].name, config_option_names[i].argument);
        (void)printf("      %-28s %s\n", left, config_option_names[i].help);
    }
    (void)puts("\nManual: dialtone-serve(8), dialtone.yaml(5).");
}

/* The value of an option: after `=`, or the next argument. NULL: there is none. */
static const char *value_of(const char *argument, size_t name, int argc, char **argv, int *i)
{
    if (argument[name] == '=') return argument + name + 1;
    return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool wrong_use(const char *text, const char *what)
{
    (void)fprintf(stderr, "dialtone serve: %s%s\nTry 'dialtone serve --help'.\n", text, what);
    return false;
}

/* So that nobody looks for the value of an option that there is not. */
static bool is_option(const char *name, size_t n)
{
    if (n == strlen("config") && strncmp(name, "config", n) == 0) return true;
    for (size_t i = 0; config_option_names[i].name; i++)
        if (strlen(config_option_names[i].name) == n && strncmp(name, config_option_names[i].name, n) == 0) return true;
    return false;
}

/* One walk over the arguments: first for what is asked (`config` NULL), then for the keys. */
static bool walk(struct request *r, struct serve_config *config, int argc, char **argv)
{
    char name[64], why[256];

    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value;
        if (strncmp(a, "-c", 2) == 0 && a[2] && a[2] != '=') {
            r->config = a + 2;
            continue;
        }
        bool is_short = strcmp(a, "-c") == 0;
        if (strcmp(a, "--check") == 0) {
            r->check = true;
        } else if (strcmp(a, "--print-config") == 0) {
            r->print = true;
        } else if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0) {
            r->help = true;
        } else if (!is_short && strncmp(a, "--", 2) != 0) {
            return wrong_use("this is no option: ", a);
        } else {
            size_t n = strcspn(a, "=");
            if (!is_short && !is_option(a + 2, n - 2)) return wrong_use("there is no such option: ", a);
            if (n >= sizeof name || !(value = value_of(a, n, argc, argv, &i)))
                return wrong_use("a value is missing behind ", a);
            (void)snprintf(name, sizeof name, "%.*s", (int)n, a);
            if (is_short || strcmp(name, "--config") == 0)
                r->config = value;
            else if (config && !config_option(config, name + 2, value, why))
                return wrong_use("", why);
        }
    }
    return true;
}

bool serve_read_config(struct serve_config *c, int argc, char **argv, config_say_fn *say, void *context)
{
    struct request r = {0};

    if (!walk(&r, NULL, argc, argv)) return false;
    config_default(c);
    bool good = !r.config || config_load(c, r.config, say, context);
    if (!walk(&r, c, argc, argv)) return false;
    return config_check(c, r.config ? r.config : "", say, context) && good;
}

/* Nothing is wrong with the file: one that is not there yet is served when it comes. */
static void warn_of_interfaces(struct serve *s)
{
    struct machine_interface now;

    for (size_t i = 0; i < s->config.interfaces; i++) {
        struct face *f = &s->face[i];
        f->config = &s->config.interface[i];
        if (!serve_face_is_there(f, &now, f->why))
            (void)fprintf(stderr,
                          "dialtone serve: warning: interface %s: %s: it would not be served until that changes\n",
                          f->config->name, f->why);
    }
}

int serve_main(int argc, char **argv)
{
    static struct serve s;
    struct request r = {0};
    uint32_t wrong = 0;

    config_default(&s.config);
    if (!walk(&r, NULL, argc, argv)) return EXIT_WRONG_USE;
    if (r.help) {
        print_help();
        return fflush(stdout) != 0;
    }
    if (r.print) {
        config_print(&s.config, stdout);
        return fflush(stdout) != 0;
    }
    if (!walk(&r, &s.config, argc, argv)) return EXIT_WRONG_USE; /* wrong use is no matter of the file */
    if (!serve_read_config(&s.config, argc, argv, say_wrong, &wrong)) return EXIT_CANNOT;
    if (r.check) {
        warn_of_interfaces(&s);
        return EXIT_SERVED;
    }
    if (!s.config.interfaces) {
        (void)wrong_use("it needs an interface to serve: ", "--interface NAME, or `interfaces` in the file");
        return EXIT_WRONG_USE;
    }
    s.argc = argc;
    s.argv = argv;
    if (!log_open(s.config.log.level, s.config.log.to)) return EXIT_WRONG_USE;
    machine_raise_limits();
    (void)signal(SIGPIPE, SIG_IGN); /* who hangs up before its answer is an error of write, and not our end */
    int status = serve_run(&s);
    config_free(&s.config);
    return status;
}
