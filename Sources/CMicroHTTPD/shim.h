#include <microhttpd.h>
#include <stdint.h>
#include <sys/eventfd.h>

// The variadic functions of libmicrohttpd, which Swift cannot call. No logic here.

/// What the server gives to `MHD_start_daemon`; each callback gets `owner` as its first argument.
struct cmhd_settings {
    unsigned int flags;
    unsigned int connections_max;
    unsigned int connections_per_address_max;
    int strictness;
    size_t connection_memory_bytes;
    MHD_AccessHandlerCallback handler;
    MHD_LogCallback logger;
    void *(*request_line)(void *owner, const char *uri, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    void *owner;
    /// PEM, and NULL without TLS; the library copies what it needs before it returns.
    const char *certificate;
    const char *private_key;
    const char *priorities;
};

static inline struct MHD_Daemon *cmhd_start(const struct cmhd_settings *s) {
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)s->logger, s->owner},
        {MHD_OPTION_STRICT_FOR_CLIENT, s->strictness, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, s->connections_max, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->connections_per_address_max, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)s->connection_memory_bytes, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)s->request_line, s->owner},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)s->completed, s->owner},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)s->connection, s->owner},
        // The array ends here without TLS.
        {s->certificate ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0, (void *)s->priorities},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)s->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)s->private_key},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(s->flags, 0, NULL, NULL, s->handler, s->owner,
                            MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static inline const union MHD_ConnectionInfo *cmhd_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType type) {
    return MHD_get_connection_info(connection, type);
}
