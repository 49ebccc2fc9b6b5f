/* The file of a list: columns that a first page names hold for all pages. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "issuer/sheet/sheet.h"
#include "tests/unit/test.h"
#include "web/portal/internal.h"

static const char *label(const char *key, bool en)
{
	(void)en;
	return strcmp(key, "of_this_test") == 0 ? "Of this test" : NULL;
}

/* two rows of two pages, the first of which is gone before the second comes */
static enum fj_rc two_pages(struct web_req *q, struct sheet_out **s, struct fj_buf *file, struct fj_err *err)
{
	struct list_columns o = {.n = 0};
	struct sheet_column heads[LIST_COLUMNS] = {{0}};
	FJ_AUTO(json) first = json_pack("{s:s, s:s}", "id", "A-1", "of_this_test", "one");

	list_columns_of(q, "nothing", first, &o);
	for (size_t i = 0; i < o.n; i++)
		heads[i].title = o.c[i].title;
	FJ_TRY(sheet_out_new(SHEET_CSV, "test", heads, o.n, s, err));
	FJ_TRY(list_row(q, &o, first, *s, err));
	json_decref(fj_move(first));
	FJ_AUTO(json) second = json_pack("{s:s, s:s}", "of_this_test", "two", "id", "A-2");
	FJ_TRY(list_row(q, &o, second, *s, err));
	return sheet_out_finish(s, file, err);
}

static void page(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(sheet_out) s = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 16);
	struct fj_err err = {0};

	if (two_pages(q, &s, &file, &err) != FJ_OK)
		web_fail(q, r, &err);
	else
		web_bytes(r, "text/csv", fj_buf_slice(&file), 0);
}

static const struct web_route routes[] = {{WEB_GET, "/", page, WEB_PUBLIC, WEB_CSRF_NONE, 0, "test"}, {.path = NULL}};

FJ_DEFINE_AUTO_PTR(server, struct web_server, web_stop)

static size_t get(const struct web_server *s, char *got, size_t cap)
{
	static const char ask[] = "GET /?lang=en HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)web_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	FJ_AUTO(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t k;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(ask) - 1)
		return 0;
	while (n + 1 < cap && (k = recv(fd, got + n, cap - n - 1, 0)) > 0)
		n += (size_t)k;
	got[n] = '\0';
	return n;
}

TEST("a column that only a row of the first page names is filled on the second")
{
	const struct web_conf conf = {.routes = routes, .threads = 1, .hooks = {.label = label}};
	FJ_AUTO(server) s = NULL;
	struct fj_err err;
	char got[4096];

	CHECK(web_bind("127.0.0.1:0", &conf, &s, &err) == FJ_OK && web_start(s, &err) == FJ_OK);
	CHECK(get(s, got, sizeof(got)) > 0 && strstr(got, ",Of this test\r\n") != NULL);
	CHECK(strstr(got, "A-1,one\r\nA-2,two\r\n") != NULL);
}

TEST_MAIN
