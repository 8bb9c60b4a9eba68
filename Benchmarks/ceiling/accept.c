/* The ceiling of accepting: libmicrohttpd and SQLite's group commit with nothing between them.
 *
 *     accept --port 8101 --database FILE
 *
 * No authentication, no parsing, no deduplication. Each body is on the disk (WAL, synchronous=FULL) before its
 * 200: one thread commits everything that waits in one transaction, while the connections are suspended.
 */
#include "../load/bench.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sqlite3.h>

struct request {
    struct MHD_Connection *connection;
    char *body;
    size_t length, capacity;
    int is_stored;
    struct request *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static struct request *waiting, **waiting_end = &waiting;
static int is_over;
static sqlite3 *database;
static struct MHD_Response *accepted;

static void check(int code, const char *what)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
        exit(1);
    }
}

static void run_sql(const char *sql)
{
    check(sqlite3_exec(database, sql, NULL, NULL, NULL), sql);
}

static void open_database(const char *path)
{
    check(sqlite3_open(path, &database), "open");
    run_sql("PRAGMA journal_mode = WAL");
    run_sql("PRAGMA synchronous = FULL");
    run_sql("CREATE TABLE inbox (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, payload BLOB)");
}

static struct request *take_waiting(void)
{
    pthread_mutex_lock(&lock);
    while (!waiting && !is_over) pthread_cond_wait(&arrived, &lock);
    struct request *taken = waiting;
    waiting = NULL;
    waiting_end = &waiting;
    pthread_mutex_unlock(&lock);
    return taken;
}

static void *commit_all(void *unused)
{
    (void)unused;
    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(database, "INSERT INTO inbox (received_at, payload) VALUES (?, ?)", -1, &insert, NULL),
          "prepare");
    struct request *batch;
    while ((batch = take_waiting())) {
        run_sql("BEGIN IMMEDIATE");
        for (struct request *request = batch; request; request = request->next) {
            sqlite3_bind_int64(insert, 1, now_ns());
            sqlite3_bind_blob(insert, 2, request->body, (int)request->length, SQLITE_STATIC);
            check(sqlite3_step(insert), "insert");
            sqlite3_reset(insert);
        }
        run_sql("COMMIT");
        while (batch) {
            struct request *next = batch->next;
            batch->is_stored = 1;
            MHD_resume_connection(batch->connection);
            batch = next;
        }
    }
    sqlite3_finalize(insert);
    return NULL;
}

static void keep(struct request *request, const char *part, size_t bytes)
{
    if (request->length + bytes > request->capacity) {
        request->capacity = 2 * (request->length + bytes);
        request->body = realloc(request->body, request->capacity);
        if (!request->body) die("realloc");
    }
    memcpy(request->body + request->length, part, bytes);
    request->length += bytes;
}

static enum MHD_Result handle(void *owner, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *part, size_t *bytes, void **context)
{
    (void)owner, (void)url, (void)method, (void)version;
    struct request *request = *context;
    if (!request) {
        *context = request = calloc(1, sizeof *request);
        if (!request) return MHD_NO;
        request->connection = connection;
        return MHD_YES;
    }
    if (*bytes > 0) {
        keep(request, part, *bytes);
        *bytes = 0;
        return MHD_YES;
    }
    if (request->is_stored) return MHD_queue_response(connection, 200, accepted);
    MHD_suspend_connection(connection);
    pthread_mutex_lock(&lock);
    *waiting_end = request;
    waiting_end = &request->next;
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&lock);
    return MHD_YES;
}

static void complete(void *owner, struct MHD_Connection *connection, void **context,
                     enum MHD_RequestTerminationCode reason)
{
    (void)owner, (void)connection, (void)reason;
    struct request *request = *context;
    if (request) free(request->body);
    free(request);
    *context = NULL;
}

int main(int count, char **values)
{
    stop_on_signals();
    open_database(argument(count, values, "database", "ceiling.db"));
    static char text[] = "{\"status\":\"accepted\"}";
    accepted = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(accepted, "Content-Type", "application/json");
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)number(count, values, "port", 8101)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL, handle, NULL,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, complete, NULL, MHD_OPTION_CONNECTION_LIMIT,
        1024u, MHD_OPTION_END);
    if (!daemon) die("MHD_start_daemon");
    pthread_t writer;
    if (pthread_create(&writer, NULL, commit_all, NULL)) die("pthread_create");
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while (!stopping) pause();
    /* The last batch is committed and its connections resumed before the library stops. */
    pthread_mutex_lock(&lock);
    is_over = 1;
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&lock);
    pthread_join(writer, NULL);
    MHD_stop_daemon(daemon);
    sqlite3_close(database);
    return 0;
}
