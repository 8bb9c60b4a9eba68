/* Both platforms as far as the bridge calls them: fast, with a settable latency, without a rate limit.
 *
 *     sink --port 9100 [--latency-ms 0] [--people N --journal FILE] [--truth FILE]
 *
 * One thread, epoll, HTTP/1.1 with keep-alive. The person is the number after `person` in the path or the
 * body. The journal has two 64-bit numbers for each person: when her last write was answered (nanoseconds),
 * and how many writes she got (low half) and reads (high half). `truth` has one byte for each person:
 * 0 nothing, 1 off, 2 on; it is what a profile shows, unless the bridge wrote later.
 * GET /counters tells how often each route was called.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { connections_max = 4096, request_max = 65536, answer_max = 4096, in_journal = 2 };

enum route { to_token, to_table, to_patch, to_put, to_profile, to_session, to_event, to_events, to_other, to_counters };
static const char *const route_names[] = {"token",   "table", "patch",  "put",  "profile",
                                          "session", "event", "events", "other"};
enum { counted_routes = 9 };

struct connection {
    int is_open;
    uint32_t generation;
    size_t received;
    char *request;
};

struct pending {
    int socket;
    uint32_t generation;
    int64_t due;
    enum route route;
    int64_t person;
};

static struct connection connections[connections_max];
static struct pending *queue;
static size_t queue_first, queue_count;
static int64_t calls[counted_routes], people, latency;
static int64_t *journal;
static uint8_t *truth;
static int poll_fd;

static const char table[] =
    "{\"id\":\"16\",\"name\":\"Profiles\",\"attributes\":["
    "{\"type\":\"CUSTOM\",\"name\":\"profileId\",\"unique\":true,\"mandatory\":true,\"valueType\":\"INTEGER\"},"
    "{\"type\":\"EMAIL_ADDRESS\",\"name\":\"emailAddress\",\"unique\":true,\"mandatory\":true},"
    "{\"type\":\"CUSTOM\",\"name\":\"customer_tier\",\"unique\":false,\"mandatory\":false,\"valueType\":\"STRING\"}],"
    "\"subscriptions\":[{\"name\":\"Newsletter\"},{\"name\":\"EmailOptin\"}]}";

static enum route route_of(const char *request)
{
    if (!strncmp(request, "PATCH ", 6)) return to_patch;
    if (!strncmp(request, "PUT ", 4)) return to_put;
    if (!strncmp(request, "POST /v1/sessions", 17)) return to_session;
    if (!strncmp(request, "POST /v1/consents/events", 24)) return to_event;
    if (!strncmp(request, "GET /v1/consents/", 17)) return to_events;
    if (!strncmp(request, "GET /auth/token", 15)) return to_token;
    if (!strncmp(request, "GET /profile-table-structure/", 29)) return to_table;
    if (!strncmp(request, "GET /profiles/", 14)) return to_profile;
    if (!strncmp(request, "GET /counters", 13)) return to_counters;
    return to_other;
}

static int64_t person_in(const char *request, size_t length)
{
    const char *found = memmem(request, length, "person", 6);
    return found && (size_t)(found - request) + 14 <= length ? atoll(found + 6) : -1;
}

/* The body and its status; the route decides. */
static int body_of(const struct pending *call, char *body)
{
    switch (call->route) {
    case to_token: return sprintf(body, "{\"accessToken\":\"token\",\"expiresIn\":\"86400s\"}"), 200;
    case to_session: return sprintf(body, "{\"access_token\":\"token\"}"), 201;
    case to_table: return memcpy(body, table, sizeof table), 200;
    case to_patch:
    case to_put: return body[0] = 0, 204;
    case to_event: return sprintf(body, "{}"), 201;
    case to_events: return sprintf(body, "{\"data\":[]}"), 200;
    case to_profile: {
        int is_on = truth && call->person >= 0 && call->person < people && truth[call->person] == 2;
        sprintf(body,
                "{\"attributes\":{\"profileId\":%ld,\"emailAddress\":\"%04ld.person%08ld@example.com\"},"
                "\"subscriptions\":{\"Newsletter\":%s}}",
                call->person + 1, call->person * 7919 % 10000, call->person, is_on ? "true" : "false");
        return 200;
    }
    case to_counters: {
        char *end = body + sprintf(body, "{");
        for (int route = 0; route < counted_routes; route++)
            end += sprintf(end, "%s\"%s\": %ld", route ? ", " : "", route_names[route], calls[route]);
        sprintf(end, "}");
        return 200;
    }
    case to_other: break;
    }
    return sprintf(body, "{}"), 404;
}

static void note(const struct pending *call)
{
    if (call->route != to_counters) calls[call->route]++;
    if (!journal || call->person < 0 || call->person >= people) return;
    int64_t *entry = journal + call->person * in_journal;
    if (call->route == to_patch || call->route == to_put || call->route == to_event) {
        entry[0] = now_ns();
        entry[1] += 1;
    } else if (call->route == to_profile || call->route == to_events) {
        entry[1] += (int64_t)1 << 32;
    }
}

static void close_connection(int socket)
{
    connections[socket].is_open = 0;
    connections[socket].generation++;
    close(socket);
}

static void answer(const struct pending *call)
{
    struct connection *connection = &connections[call->socket];
    if (!connection->is_open || connection->generation != call->generation) return;
    char body[answer_max], bytes[answer_max + 256];
    int status = body_of(call, body);
    int length = sprintf(bytes, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n", status);
    if (status != 204) length += sprintf(bytes + length, "Content-Length: %zu\r\n", strlen(body));
    length += sprintf(bytes + length, "\r\n%s", body);
    note(call);
    /* Answers are short, so the socket's buffer takes them whole. */
    if (send(call->socket, bytes, (size_t)length, MSG_NOSIGNAL) != length) close_connection(call->socket);
}

/* The length of a whole request at the beginning of the bytes; 0: more has to come. */
static size_t request_length(const char *bytes, size_t received)
{
    const char *end = memmem(bytes, received, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t body = 0;
    for (const char *line = bytes; line < end;) {
        if (!strncasecmp(line, "content-length:", 15)) body = (size_t)atoll(line + 15);
        const char *next = memchr(line, '\n', (size_t)(end + 4 - line));
        line = next ? next + 1 : end;
    }
    size_t total = (size_t)(end + 4 - bytes) + body;
    return received >= total ? total : 0;
}

static void take(int socket, size_t length)
{
    struct connection *connection = &connections[socket];
    struct pending call = {.socket = socket,
                           .generation = connection->generation,
                           .due = latency ? now_ns() + latency : 0,
                           .route = route_of(connection->request),
                           .person = person_in(connection->request, length)};
    if (latency == 0 || call.route == to_counters) return answer(&call);
    if (queue_count == connections_max) return close_connection(socket);
    queue[(queue_first + queue_count++) % connections_max] = call;
}

static void receive(int socket)
{
    struct connection *connection = &connections[socket];
    while (connection->is_open) {
        ssize_t count = recv(socket, connection->request + connection->received,
                             request_max - connection->received, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return close_connection(socket);
        connection->received += (size_t)count;
        size_t length;
        while (connection->is_open
               && (length = request_length(connection->request, connection->received)) > 0) {
            take(socket, length);
            connection->received -= length;
            memmove(connection->request, connection->request + length, connection->received);
        }
        if (connection->received == request_max) return close_connection(socket);
    }
}

static void accept_all(int door)
{
    int socket;
    while ((socket = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (socket >= connections_max) {
            close(socket);
            continue;
        }
        int one = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *connection = &connections[socket];
        if (!connection->request) connection->request = malloc(request_max);
        if (!connection->request) die("malloc");
        connection->is_open = 1;
        connection->received = 0;
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = socket};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, socket, &event)) die("epoll_ctl");
        receive(socket);
    }
}

static int open_door(int port)
{
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(door, (struct sockaddr *)&address, sizeof address) || listen(door, 1024)) die("bind");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = door};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, door, &event)) die("epoll_ctl");
    return door;
}

int main(int count, char **values)
{
    stop_on_signals();
    people = (int64_t)number(count, values, "people", 0);
    latency = (int64_t)(number(count, values, "latency-ms", 0) * 1e6);
    journal = map_file(argument(count, values, "journal", NULL), (size_t)people * in_journal * 8);
    truth = map_file(argument(count, values, "truth", NULL), (size_t)people);
    queue = calloc(connections_max, sizeof *queue);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!queue || poll_fd < 0) die("start");
    int port = (int)number(count, values, "port", 9100);
    int door = open_door(port);
    printf("listening on http://127.0.0.1:%d\n", port);
    fflush(stdout);
    struct epoll_event events[256];
    while (!stopping) {
        int64_t wait = queue_count ? queue[queue_first].due - now_ns() : second_ns;
        if (wait < 0) wait = 0;
        struct timespec timeout = {wait / second_ns, wait % second_ns};
        int ready = epoll_pwait2(poll_fd, events, 256, &timeout, NULL);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == door)
                accept_all(door);
            else
                receive(events[index].data.fd);
        }
        while (queue_count && queue[queue_first].due <= now_ns()) {
            struct pending call = queue[queue_first];
            queue_first = (queue_first + 1) % connections_max;
            queue_count--;
            answer(&call);
        }
    }
    return 0;
}
