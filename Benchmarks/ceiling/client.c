/* The ceiling of calling: libcurl's multi interface on one thread, posting to a sink.
 *
 *     client --url http://127.0.0.1:9100/v1/consents/events --body FILE [--count 50000] [--in-flight 32]
 *
 * Keep-alive, handles used again, the headers that the bridge sends. Prints one JSON object.
 */
#include "../load/bench.h"

#include <curl/curl.h>

static size_t received_bytes;

static size_t drop(char *bytes, size_t size, size_t count, void *unused)
{
    (void)bytes, (void)unused;
    received_bytes += size * count;
    return size * count;
}

static CURL *make_handle(const char *url, struct curl_slist *headers, const char *body, size_t length)
{
    CURL *handle = curl_easy_init();
    if (!handle) die("curl_easy_init");
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, drop);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 75000L);
    return handle;
}

int main(int count, char **values)
{
    stop_on_signals();
    size_t length;
    char *body = read_file(argument(count, values, "body", NULL), &length);
    const char *url = argument(count, values, "url", "http://127.0.0.1:9100/v1/consents/events");
    long wanted = (long)number(count, values, "count", 50000);
    long in_flight = (long)number(count, values, "in-flight", 32);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct curl_slist *headers = NULL;
    const char *const lines[] = {"Accept: application/json", "Authorization: Bearer token",
                                 "Content-Type: application/json", "User-Agent: consent-bridge", "Expect:"};
    for (size_t index = 0; index < sizeof lines / sizeof *lines; index++)
        headers = curl_slist_append(headers, lines[index]);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, in_flight);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    int64_t start = now_ns();
    long started = 0, ended = 0, failed = 0;
    for (; started < in_flight && started < wanted; started++)
        curl_multi_add_handle(multi, make_handle(url, headers, body, length));
    while (ended < wanted && !stopping) {
        int running, left, is_moving = 0;
        curl_multi_perform(multi, &running);
        CURLMsg *message;
        while ((message = curl_multi_info_read(multi, &left))) {
            long status = 0;
            CURL *handle = message->easy_handle;
            curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
            if (message->data.result != CURLE_OK || status / 100 != 2) failed++;
            ended++;
            is_moving = 1;
            curl_multi_remove_handle(multi, handle);
            if (started < wanted) {
                started++;
                curl_multi_add_handle(multi, handle);
            } else {
                curl_easy_cleanup(handle);
            }
        }
        /* What was just started is sent before waiting. */
        if (!is_moving) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    double seconds = (double)(now_ns() - start) / 1e9;
    printf("{\"requests\": %ld, \"failed\": %ld, \"seconds\": %.6f, \"rate\": %.1f}\n", ended, failed, seconds,
           (double)(ended - failed) / seconds);
    return 0;
}
