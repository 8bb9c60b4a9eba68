/* What one durable commit of a batch costs: SQLite in WAL with synchronous=FULL, nothing else running.
 *
 *     commit --database FILE --bytes 1680 --batch 32 [--commits 400]
 *
 * Prints one JSON object with microseconds.
 */
#include "../load/bench.h"

#include <sqlite3.h>

static void check(int code, sqlite3 *database)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(database));
    exit(1);
}

int main(int count, char **values)
{
    int batch = (int)number(count, values, "batch", 32);
    int commits = (int)number(count, values, "commits", 400);
    int bytes = (int)number(count, values, "bytes", 1680);
    char *body = malloc((size_t)bytes);
    int64_t *times = calloc((size_t)commits, sizeof *times);
    if (!body || !times || commits < 1) die("arguments");
    memset(body, 'x', (size_t)bytes);
    sqlite3 *database;
    check(sqlite3_open(argument(count, values, "database", "commit.db"), &database), database);
    check(sqlite3_exec(database,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "CREATE TABLE inbox (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, payload BLOB)",
                       NULL, NULL, NULL),
          database);
    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(database, "INSERT INTO inbox (received_at, payload) VALUES (?, ?)", -1, &insert, NULL),
          database);
    for (int commit = 0; commit < commits; commit++) {
        int64_t start = now_ns();
        check(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), database);
        for (int row = 0; row < batch; row++) {
            sqlite3_bind_int64(insert, 1, start);
            sqlite3_bind_blob(insert, 2, body, bytes, SQLITE_STATIC);
            check(sqlite3_step(insert), database);
            sqlite3_reset(insert);
        }
        check(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), database);
        times[commit] = now_ns() - start;
    }
    qsort(times, (size_t)commits, sizeof *times, compare_times);
    printf("{\"batch\": %d, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n", batch,
           quantile_us(times, (size_t)commits, 0.5), quantile_us(times, (size_t)commits, 0.99),
           quantile_us(times, (size_t)commits, 1));
    sqlite3_finalize(insert);
    sqlite3_close(database);
    return 0;
}
