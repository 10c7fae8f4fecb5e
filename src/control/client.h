/* The client's side of the control socket; waits for the reply. */
#ifndef GAOL_CONTROL_CLIENT_H
#define GAOL_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/buf.h"

#define CLIENT_TYPE_MAX 64

/*
 * Sends argv as one request. Returns the payload (the caller's reference), or
 * NULL with `error` filled: the server's message with *type set (errno is 0),
 * or what went wrong with the socket (type "ConnectionError"; errno as
 * connect(2) left it, ENAMETOOLONG, ETIMEDOUT, EPROTO for a reply that is
 * none, EILSEQ for an argument that is not UTF-8). `error` is foreign text:
 * escape it for a terminal. timeout in seconds, 0 for none.
 */
json_t *client_request(const char *socket, size_t argc,
    const char *const *argv, int timeout, char type[CLIENT_TYPE_MAX],
    struct buf *error);

#endif
