/*
 * client.h - the connection of a request, for client.c alone.
 */
#ifndef FJ_WEB_CLIENT_H
#define FJ_WEB_CLIENT_H

#include "web/http/http.h"

struct MHD_Connection;
struct MHD_Connection *web_connection(const struct web_req *q);

#endif
