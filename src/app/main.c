#include "app/admin/admin.h"
#include "app/lab/lab.h"
#include "app/serve/serve.h"
#include "app/lab/replay.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: dialtone COMMAND [OPTION...]\n"
    "Brings IP phones from a bare cable to dial tone.\n"
    "\n"
    "  lab        boot phones against a switch, DHCP, TFTP and CallManagers, all on this machine\n"
    "  replay     run a recording of a lab again and compare\n"
    "  serve      bring up the real phones of a network: voice VLAN, DHCP, TFTP, CallManager\n"
    "  device, line, reset, status, leases, neighbors, alarms, calls, askers, show-file, export\n"
    "             administration of a running `dialtone serve`\n"
    "  firmware   image loads: those that serve gives to phones, and how to make one\n"
    "\n"
    "`dialtone COMMAND --help` tells about each. Manual: dialtone(1).\n";

/* A descriptor below 3 that is closed would be the next file that is opened, and what we print would go there. */
static void hold_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(3); /* using it fails, as it should */
}

/* Status 3 when it could not be written, as everywhere. */
static int say(const char *text)
{
    return fputs(text, stdout) < 0 || fflush(stdout) == EOF ? 3 : 0;
}

int main(int argc, char **argv)
{
    hold_descriptors();
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "lab") == 0) return lab_main(argc - 1, argv + 1);
    if (strcmp(command, "replay") == 0) return replay_main(argc - 1, argv + 1);
    if (strcmp(command, "serve") == 0) return serve_main(argc - 1, argv + 1);
    if (admin_is(command)) return admin_main(argc - 1, argv + 1);
    if (strcmp(command, "firmware") == 0) return firmware_main(argc - 1, argv + 1);
    if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0) return say("dialtone " DIALTONE_VERSION "\n");
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) return say(help);
    if (command[0]) (void)fprintf(stderr, "dialtone: there is no command '%s'\n", command);
    (void)fputs(help, stderr);
    return 2;
}
