/* Sends webhooks, each with an id of its own, and notes when each was due and when it was accepted.
 *
 *     load --port 8080 --path /webhooks/didomi/default --header 'Name: value' --body FILE
 *          [--connections 64] [--rate 0] [--seconds 5] [--count 0] [--first 1] [--people 0] [--per-person 1]
 *          [--journal FILE --journal-size N] [--truth FILE] [--alternate 1]
 *
 * rate 0: closed loop, every connection sends as soon as it is answered. Otherwise open loop: request k is due
 * at k/rate whatever happens, waits if no connection is free, and its latency counts from when it was due.
 *
 * The body is a template of fixed length: I x 12 becomes an id that the request's number scrambles to, as ids come
 * in no order, P x 8 the person, Q x 4 what puts people out of order, T x 24 the time now, B x 5 `true ` or
 * `false`. The journal has two 64-bit numbers for each request, in nanoseconds: when it was due, and when it was
 * accepted with a 2xx (0: not, -1: another answer). `truth` has one byte for each person, what she chose last:
 * the sink shows it as her profile.
 * Person and choice come from the number: `per-person` webhooks in a row are one person's; `alternate` 1 turns
 * everybody's choice after each round of all people, 2 with each number; 0: all are on. Prints one JSON object.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { connections_max = 1024, head_max = 1024, answer_max = 16384, in_journal = 2 };

struct connection {
    int socket;
    int is_busy;
    int64_t request; /* counted from 0 */
    int64_t due;
    char *bytes;
    size_t sent;
    char answer[answer_max];
    size_t received;
};

struct places {
    char *id, *person, *order, *choice, *times[2]; /* NULL: not in the body */
};

static struct connection connections[connections_max];
static int idle[connections_max];
static int idle_count, connection_count, poll_fd;
static char *template_bytes;
static size_t template_length;
static struct places template_places;
static int64_t first_number, people, per_person, alternate;
static int64_t *journal, journal_size;
static uint8_t *truth;
static int64_t *latencies;
static size_t latency_count, latency_max;
static int64_t sent_count, accepted_count, other_count, broken_count;
static struct sockaddr_in server;

static void fill_digits(char *place, int width, int64_t value)
{
    while (width-- > 0) {
        place[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* An id of its own for each number below 2 x 10^7; webhooks.lua and growth.py do the same. */
static int64_t scrambled(int64_t value)
{
    return (value * 387420489 + 7) % 1000000000000;
}

static void fill_time(char *place)
{
    struct timespec time;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &time);
    gmtime_r(&time.tv_sec, &parts);
    char text[96];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", parts.tm_year + 1900, parts.tm_mon + 1,
             parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time.tv_nsec / 1000000);
    memcpy(place, text, 24);
}

static char *place_of(const char *letters, size_t count, char *start)
{
    return memmem(start, template_length - (size_t)(start - template_bytes), letters, count);
}

/* The request's bytes but for what changes. */
static void make_template(int count, char **values, const char *path)
{
    size_t length = 0;
    const char *file = argument(count, values, "body", NULL);
    char *body = file ? read_file(file, &length) : "";
    const char *header = argument(count, values, "header", "X-Unused: 0");
    template_bytes = malloc(head_max + length);
    if (!template_bytes) die("malloc");
    int head = snprintf(template_bytes, head_max,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        "%s\r\nContent-Length: %zu\r\n\r\n",
                        path, header, length);
    memcpy(template_bytes + head, body, length);
    template_length = (size_t)head + length;
    char *start = template_bytes + head;
    template_places.id = place_of("IIIIIIIIIIII", 12, start);
    template_places.person = place_of("PPPPPPPP", 8, start);
    template_places.order = place_of("QQQQ", 4, start);
    template_places.choice = place_of("BBBBB", 5, start);
    for (int index = 0; index < 2; index++) {
        template_places.times[index] = place_of("TTTTTTTTTTTTTTTTTTTTTTTT", 24, start);
        if (!template_places.times[index]) break;
        start = template_places.times[index] + 24;
    }
}

static void fill(struct connection *connection, int64_t request)
{
    char *bytes = connection->bytes;
    int64_t value = first_number + request;
    int64_t turn = value / per_person;
    int64_t person = people > 0 ? turn % people : turn;
    int is_on = alternate == 1 && people > 0 ? (turn / people) % 2 == 0 : alternate == 2 ? value % 2 == 0 : 1;
    if (template_places.id) fill_digits(bytes + (template_places.id - template_bytes), 12, scrambled(value));
    if (template_places.person) fill_digits(bytes + (template_places.person - template_bytes), 8, person);
    if (template_places.order) fill_digits(bytes + (template_places.order - template_bytes), 4, person * 7919);
    if (template_places.choice)
        memcpy(bytes + (template_places.choice - template_bytes), is_on ? "true " : "false", 5);
    char *const *times = template_places.times;
    if (times[0]) fill_time(bytes + (times[0] - template_bytes));
    if (times[1]) memcpy(bytes + (times[1] - template_bytes), bytes + (times[0] - template_bytes), 24);
    if (truth) truth[person] = (uint8_t)(1 + is_on);
}

static void connect_one(int index)
{
    struct connection *connection = &connections[index];
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) die("socket");
    if (connect(connection->socket, (struct sockaddr *)&server, sizeof server)) die("connect");
    int one = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLOUT, .data.u32 = (uint32_t)index};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->socket, &event)) die("epoll_ctl");
    connection->is_busy = 0;
    idle[idle_count++] = index;
}

static void reconnect(int index)
{
    close(connections[index].socket);
    if (connections[index].is_busy) broken_count++;
    connect_one(index);
}

static int write_rest(struct connection *connection)
{
    while (connection->sent < template_length) {
        ssize_t count = send(connection->socket, connection->bytes + connection->sent,
                             template_length - connection->sent, MSG_NOSIGNAL);
        if (count < 0) return errno == EAGAIN ? 0 : -1;
        connection->sent += (size_t)count;
    }
    return 0;
}

static void start_request(int64_t due)
{
    int index = idle[--idle_count];
    struct connection *connection = &connections[index];
    connection->is_busy = 1;
    connection->request = sent_count++;
    connection->due = due;
    connection->sent = connection->received = 0;
    fill(connection, connection->request);
    if (journal && connection->request < journal_size) journal[connection->request * in_journal] = due;
    if (write_rest(connection)) reconnect(index);
}

/* The bytes of a whole answer; 0: more has to come, -1: none that we understand. */
static ssize_t answer_length(struct connection *connection)
{
    char *end = memmem(connection->answer, connection->received, "\r\n\r\n", 4);
    if (!end) return connection->received == answer_max ? -1 : 0;
    size_t body = 0;
    for (char *line = connection->answer; line < end; line = strchr(line, '\n') + 1)
        if (!strncasecmp(line, "content-length:", 15)) body = (size_t)atoll(line + 15);
    size_t total = (size_t)(end + 4 - connection->answer) + body;
    if (total > answer_max) return -1;
    return connection->received >= total ? (ssize_t)total : 0;
}

static void note_answer(struct connection *connection)
{
    int64_t now = now_ns();
    int status = connection->received > 12 ? atoi(connection->answer + 9) : 0;
    int is_accepted = status >= 200 && status < 300;
    if (is_accepted)
        accepted_count++;
    else
        other_count++;
    if (journal && connection->request < journal_size)
        journal[connection->request * in_journal + 1] = is_accepted ? now : -1;
    if (is_accepted && latency_count < latency_max) latencies[latency_count++] = now - connection->due;
}

static void read_answer(int index)
{
    struct connection *connection = &connections[index];
    while (connection->is_busy) {
        ssize_t count = recv(connection->socket, connection->answer + connection->received,
                             answer_max - connection->received - 1, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return reconnect(index);
        connection->received += (size_t)count;
        connection->answer[connection->received] = 0;
        ssize_t length = answer_length(connection);
        if (length < 0) return reconnect(index);
        if (length == 0) continue;
        note_answer(connection);
        connection->is_busy = 0;
        idle[idle_count++] = index;
    }
}

static int64_t run(double rate, int64_t count_max, int64_t duration)
{
    int64_t start = now_ns(), end = start + duration, due_count = 0;
    int64_t drain_end = end + 10 * second_ns;
    struct epoll_event events[connections_max];
    while (!stopping) {
        int64_t now = now_ns();
        int is_over = now >= end || due_count >= count_max;
        if (is_over && (idle_count == connection_count || now >= drain_end || rate == 0)) break;
        int64_t next_due = end;
        while (idle_count > 0 && due_count < count_max && now < drain_end) {
            int64_t due = rate > 0 ? start + (int64_t)((double)due_count / rate * (double)second_ns) : now;
            if (due >= end) break;
            next_due = due;
            if (due > now) break;
            start_request(due);
            due_count++;
        }
        int64_t wait = idle_count > 0 && rate > 0 && !is_over ? next_due - now : second_ns / 10;
        if (wait < 0) wait = 0;
        struct timespec timeout = {wait / second_ns, wait % second_ns};
        int ready = epoll_pwait2(poll_fd, events, connections_max, &timeout, NULL);
        for (int index = 0; index < ready; index++) {
            int which = (int)events[index].data.u32;
            if (connections[which].is_busy && connections[which].sent < template_length
                && write_rest(&connections[which]))
                reconnect(which);
            read_answer(which);
        }
    }
    /* In the closed loop what is under way when the time is over still gets its answer. */
    int64_t stopped = now_ns(), last = stopped + 2 * second_ns;
    while (rate == 0 && idle_count < connection_count && now_ns() < last) {
        struct timespec timeout = {0, second_ns / 10};
        int ready = epoll_pwait2(poll_fd, events, connections_max, &timeout, NULL);
        for (int index = 0; index < ready; index++) read_answer((int)events[index].data.u32);
    }
    return stopped - start;
}

int main(int count, char **values)
{
    stop_on_signals();
    connection_count = (int)number(count, values, "connections", 64);
    if (connection_count < 1 || connection_count > connections_max) die("connections");
    double rate = number(count, values, "rate", 0);
    double seconds = number(count, values, "seconds", 5);
    double count_max = number(count, values, "count", 0);
    first_number = (int64_t)number(count, values, "first", 1);
    people = (int64_t)number(count, values, "people", 0);
    per_person = (int64_t)number(count, values, "per-person", 1);
    alternate = (int64_t)number(count, values, "alternate", 0);
    journal_size = (int64_t)number(count, values, "journal-size", 0);
    journal = map_file(argument(count, values, "journal", NULL), (size_t)journal_size * in_journal * 8);
    truth = map_file(argument(count, values, "truth", NULL), (size_t)people);
    latency_max = 20000000;
    latencies = malloc(latency_max * sizeof *latencies);
    if (!latencies) die("malloc");
    server = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)number(count, values, "port", 8080)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    make_template(count, values, argument(count, values, "path", "/"));
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int index = 0; index < connection_count; index++) {
        connections[index].bytes = malloc(template_length);
        if (!connections[index].bytes) die("malloc");
        memcpy(connections[index].bytes, template_bytes, template_length);
        connect_one(index);
    }
    int64_t took = run(rate, count_max > 0 ? (int64_t)count_max : INT64_MAX, (int64_t)(seconds * 1e9));
    qsort(latencies, latency_count, sizeof *latencies, compare_times);
    printf("{\"sent\": %ld, \"accepted\": %ld, \"other\": %ld, \"broken\": %ld, \"seconds\": %.6f, \"rate\": %.1f, "
           "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f}\n",
           sent_count, accepted_count, other_count, broken_count, (double)took / 1e9,
           (double)accepted_count / ((double)took / 1e9), quantile_us(latencies, latency_count, 0.5),
           quantile_us(latencies, latency_count, 0.9), quantile_us(latencies, latency_count, 0.99),
           quantile_us(latencies, latency_count, 0.999), quantile_us(latencies, latency_count, 1));
    return 0;
}
