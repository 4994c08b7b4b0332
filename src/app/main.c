#include "app/lab.h"
#include "app/replay.h"
#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: dialtone COMMAND [OPTION...]\n"
    "Brings IP phones from a bare cable to dial tone.\n"
    "\n"
    "  lab        boot phones against a switch, DHCP, TFTP and CallManagers, all on this machine\n"
    "  replay     run a recording of a lab again and compare\n"
    "  firmware   make, show and list image loads\n"
    "\n"
    "`dialtone COMMAND --help` tells about each. Manual: dialtone-lab(1).\n";

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "lab") == 0) return lab_main(argc - 1, argv + 1);
    if (strcmp(command, "replay") == 0) return replay_main(argc - 1, argv + 1);
    if (strcmp(command, "firmware") == 0) return firmware_main(argc - 1, argv + 1);
    if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0) return puts("dialtone " DIALTONE_VERSION) < 0;
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0)
        return fputs(help, stdout) < 0;
    if (command[0]) (void)fprintf(stderr, "dialtone: there is no command '%s'\n", command);
    (void)fputs(help, stderr);
    return 2;
}
