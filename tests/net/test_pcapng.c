#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/pcapng.h"

static uint8_t file[1 << 20];
static size_t file_len;

static void read_back(int fd)
{
    file_len = 0;
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = read(fd, file + file_len, sizeof file - file_len)) > 0;) file_len += (size_t)n;
}

static void a_file_is_a_section_an_interface_a_port_and_a_block_a_frame(void **state)
{
    /* Interface description block: type 1, length 36, link type 1 (Ethernet), reserved, snap length 0,
     * option 2 (if_name) of 6 bytes "port 1" and 2 of padding, end of options, length again. */
    static const uint8_t interface[] = {1, 0, 0,   0,   36,  0,   0,   0,   1, 0, 0, 0, 0, 0, 0,  0, 2, 0,
                                        6, 0, 'p', 'o', 'r', 't', ' ', '1', 0, 0, 0, 0, 0, 0, 36, 0, 0, 0};
    /* Enhanced packet block: type 6, length 36, interface 0, timestamp 0x0000000100000005 (high word first), captured
     * 3, original 3, the bytes and one of padding, length again. */
    static const uint8_t packet[] = {6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0,   0,   1,   0, 0,  0, 5, 0,
                                     0, 0, 3, 0, 0,  0, 3, 0, 0, 0, 'a', 'b', 'c', 0, 36, 0, 0, 0};
    struct pcapng p;
    uint32_t port;
    int fd = memfd_create("capture", 0);
    (void)state;
    assert_int_equal(pcapng_open(&p, fd, 0x100000000), 0);
    assert_int_equal(pcapng_interface(&p, "port 1", &port), 0);
    assert_int_equal(port, 0);
    assert_int_equal(pcapng_frame(&p, port, 5, bytes_of("abc")), 0);
    assert_int_equal(pcapng_frame(&p, 1, 5, bytes_of("abc")), -EINVAL);
    assert_int_equal(pcapng_close(&p), 0);
    read_back(fd);
    close(fd);
    assert_true(file_len > sizeof interface + sizeof packet);
    size_t head = file_len - sizeof interface - sizeof packet;
    assert_memory_equal(file, "\x0a\x0d\x0d\x0a", 4);
    assert_memory_equal(file + 8, "\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    assert_int_equal(file[4] | file[5] << 8, head); /* the section header's block, with the writer's name */
    assert_int_equal(file[head - 4] | file[head - 3] << 8, head);
    assert_memory_equal(file + head, interface, sizeof interface);
    assert_memory_equal(file + head + sizeof interface, packet, sizeof packet);
}

static void frames_beyond_the_buffer_are_written_whole_and_every_block_can_be_walked(void **state)
{
    static uint8_t frame[70000];
    struct pcapng p;
    uint32_t port, frames = 0;
    int fd = memfd_create("capture", 0);
    (void)state;
    assert_int_equal(pcapng_open(&p, fd, 0), 0);
    assert_int_equal(pcapng_interface(&p, "uplink", &port), 0);
    for (size_t len = 0; len < 1500; len += 3)
        assert_int_equal(pcapng_frame(&p, port, len, (struct bytes){frame, len}), 0);
    assert_int_equal(pcapng_frame(&p, port, 1, (struct bytes){frame, 65535}), 0);
    assert_int_equal(pcapng_frame(&p, port, 1, (struct bytes){frame, 70000}), 0); /* cut, its length kept */
    assert_int_equal(pcapng_close(&p), 0);
    read_back(fd);
    close(fd);
    size_t at = 0, last = 0;
    while (at < file_len) {
        uint32_t head[2], again;
        memcpy(head, file + at, 8);
        assert_true(head[1] >= 12 && head[1] % 4 == 0 && at + head[1] <= file_len);
        memcpy(&again, file + at + head[1] - 4, 4);
        assert_int_equal(again, head[1]);
        frames += head[0] == 6;
        last = at;
        at += head[1];
    }
    assert_int_equal(frames, 502);
    uint32_t lengths[2];
    memcpy(lengths, file + last + 20, 8);
    assert_int_equal(lengths[0], 65535);
    assert_int_equal(lengths[1], 70000);
}

static void the_first_error_stays_and_is_reported(void **state)
{
    struct pcapng p;
    uint32_t port;
    int fd = open("/dev/full", O_WRONLY);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pcapng_open(&p, fd, 0), 0);
    assert_int_equal(pcapng_interface(&p, "port", &port), 0);
    assert_int_equal(pcapng_frame(&p, port, 0, bytes_of("abc")), 0); /* still in the buffer */
    assert_int_equal(pcapng_flush(&p), -ENOSPC);
    assert_int_equal(pcapng_frame(&p, port, 0, bytes_of("abc")), -ENOSPC);
    assert_int_equal(pcapng_close(&p), -ENOSPC);
    close(fd);
}

static void a_pipe_whose_reader_has_gone_is_an_error_not_a_signal(void **state)
{
    struct pcapng p;
    int pipes[2];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(pipes), 0);
    close(pipes[0]);
    assert_int_equal(pcapng_open(&p, pipes[1], 0), 0);
    assert_int_equal(pcapng_flush(&p), -EPIPE);
    assert_int_equal(pcapng_close(&p), -EPIPE);
    close(pipes[1]);
}

/* tshark is the judge of others' formats; without it the walk above must do. */
static void tshark_reads_it_with_names_and_times(void **state)
{
    static const char wanted[] =
        "1|port 1|1700000000.000001000|02:00:00:00:00:01\n2|port 2|1700000000.500000000|02:00:00:00:00:01\n";
    uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    char path[] = "/tmp/test_pcapng_XXXXXX", command[400], output[400] = "";
    struct pcapng p;
    uint32_t one, two;
    (void)state;
    if (system("command -v tshark >/dev/null 2>&1") != 0) skip();
    int fd = mkstemp(path);
    assert_int_equal(pcapng_open(&p, fd, 1700000000 * SECOND), 0);
    assert_int_equal(pcapng_interface(&p, "port 1", &one), 0);
    assert_int_equal(pcapng_interface(&p, "port 2", &two), 0);
    assert_int_equal(pcapng_frame(&p, one, 1, (struct bytes){frame, sizeof frame}), 0);
    assert_int_equal(pcapng_frame(&p, two, SECOND / 2, (struct bytes){frame, sizeof frame}), 0);
    assert_int_equal(pcapng_close(&p), 0);
    close(fd);
    snprintf(command, sizeof command,
             "tshark -r %s -T fields -E separator='|' -e frame.number -e frame.interface_name -e frame.time_epoch -e "
             "eth.src "
             "2>/dev/null",
             path);
    FILE *f = popen(command, "r");
    size_t n = fread(output, 1, sizeof output - 1, f);
    output[n] = '\0';
    pclose(f);
    unlink(path);
    assert_string_equal(output, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_a_section_an_interface_a_port_and_a_block_a_frame),
        cmocka_unit_test(frames_beyond_the_buffer_are_written_whole_and_every_block_can_be_walked),
        cmocka_unit_test(the_first_error_stays_and_is_reported),
        cmocka_unit_test(a_pipe_whose_reader_has_gone_is_an_error_not_a_signal),
        cmocka_unit_test(tshark_reads_it_with_names_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
