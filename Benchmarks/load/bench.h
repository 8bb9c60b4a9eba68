/* What the programs of the benchmarks share: time, ends, arguments, mapped journals. Our own code. */
#ifndef BENCH_H
#define BENCH_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000;

/* Nanoseconds of the clock that every process of the machine shares. */
static inline int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second_ns + time.tv_nsec;
}

__attribute__((noreturn)) static inline void die(const char *what)
{
    perror(what);
    exit(1);
}

/* The value after `--name`, or the default. */
static inline const char *argument(int count, char **values, const char *name, const char *fallback)
{
    for (int index = 1; index + 1 < count; index++)
        if (!strncmp(values[index], "--", 2) && !strcmp(values[index] + 2, name)) return values[index + 1];
    return fallback;
}

static inline double number(int count, char **values, const char *name, double fallback)
{
    const char *text = argument(count, values, name, NULL);
    return text ? atof(text) : fallback;
}

/* A file of zeros in memory, which other processes see; NULL without a path. */
static inline void *map_file(const char *path, size_t bytes)
{
    if (!path || bytes == 0) return NULL;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)bytes)) die(path);
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) die(path);
    close(file);
    return mapped;
}

static inline char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*bytes + 1);
    if (!text || fread(text, 1, *bytes, file) != *bytes) die(path);
    text[*bytes] = 0;
    fclose(file);
    return text;
}

static volatile sig_atomic_t stopping = 0;

static inline void note_stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

static inline void stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = note_stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static inline int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Microseconds of a share of sorted durations. */
static inline double quantile_us(const int64_t *sorted, size_t count, double share)
{
    if (count == 0) return 0;
    size_t index = (size_t)(share * (double)(count - 1) + 0.5);
    return (double)sorted[index] / 1000.0;
}

#endif
