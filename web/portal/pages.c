/*
 * pages.c - the table of the portal's addresses, from web/routes.def.  The handlers
 * are in login.c, inbox.c, do.c, lists.c, show.c, verify.c, disclosure.c and web/api.
 */
#include "web/portal/internal.h"

const struct web_route portal_routes[] = {
#define ROUTE(method, path, handler, access, csrf, body, what) \
	{WEB_##method, path, handler, WEB_##access, WEB_CSRF_##csrf, body, what},
#include "web/routes.def"
#undef ROUTE
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};
