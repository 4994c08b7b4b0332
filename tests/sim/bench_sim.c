/* How fast the simulator is: bench_sim PHONES MINUTES, of virtual time. One line: events, seconds of this process's
 * time, and what they amount to. Called by tests/bench. */
#include "lab.h"
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    const uint32_t phones = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    const usec minutes = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    struct rusage used;

    if (phones < 1 || phones > PLAN_PHONES || minutes < 1) {
        fprintf(stderr, "usage: bench_sim PHONES MINUTES\n");
        return 2;
    }
    struct lab *lab = lab_of(phones, 1);
    double began = cpu_seconds();
    begin(lab, (struct sim_config){0});
    sim_run(&lab->sim, minutes * 60 * SECOND, NULL, NULL);
    double took = cpu_seconds() - began;
    (void)getrusage(RUSAGE_SELF, &used);
    const struct sim_counts counts = sim_counts(&lab->sim);
    printf("%u %u %llu %llu %.3f %.0f %ld\n", phones, registered_now(lab), (unsigned long long)counts.events,
           (unsigned long long)lab->sim.fleet->frames, took, (double)counts.events / took, used.ru_maxrss);
    end(lab);
    return 0;
}
