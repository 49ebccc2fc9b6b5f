/* The file of a list: columns that a first page names hold for all pages. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/test.h"
#include "web/portal/internal.h"

static const char *label(const char *key, bool en)
{
	(void)en;
	return strcmp(key, "of_this_test") == 0 ? "Of this test" : NULL;
}

/* two rows of two pages, the first of which is gone before the second comes */
static enum fj_rc two_pages(struct web_req *q, enum sheet_format f, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(sheet_out) s = NULL;
	struct list_columns o = {.n = 0};
	FJ_AUTO(json) first = json_pack("{s:s, s:s, s:i}", "id", "-12.00", "of_this_test", "one", "net_fen", -1250);

	FJ_TRY(list_begin(q, "nothing", f, first, &o, &s, err));
	FJ_TRY(list_row(q, &o, first, s, err));
	json_decref(fj_move(first));
	FJ_AUTO(json) second = json_pack("{s:s, s:i, s:s}", "of_this_test", "two", "net_fen", 300, "id", "A-2");
	FJ_TRY(list_row(q, &o, second, s, err));
	return sheet_out_finish(&s, file, err);
}

static enum fj_rc read_again(struct fj_slice file, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	struct sheet_row row;
	bool more;

	FJ_TRY(sheet_open(file, &s, err));
	for (;;) {
		FJ_TRY(sheet_next(s, &row, &more, err));
		if (!more)
			return FJ_OK;
		for (size_t i = 0; i < row.n; i++)
			FJ_TRY(fj_buf_printf(out, "%s%s", row.cell[i], i + 1 < row.n ? "|" : ";"));
	}
}

/* the cells of the file, as both formats are read */
static void page(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	struct fj_err err = {0};
	enum sheet_format f = web_field(q, "xlsx")[0] == '\0' ? SHEET_CSV : SHEET_XLSX;

	if (two_pages(q, f, &file, &err) != FJ_OK || read_again(fj_buf_slice(&file), &r->body, &err) != FJ_OK)
		web_fail(q, r, &err);
}

static const struct web_route routes[] = {{WEB_GET, "/", page, WEB_PUBLIC, WEB_CSRF_NONE, 0, "test"}, {.path = NULL}};

FJ_DEFINE_AUTO_PTR(server, struct web_server, web_stop)

static bool says(const struct web_server *s, const char *query, const char *what)
{
	char got[4096], ask[200];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)web_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	FJ_AUTO(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t k;

	snprintf(ask, sizeof(ask), "GET /?lang=en%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", query);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || send(fd, ask, strlen(ask), MSG_NOSIGNAL) != (ssize_t)strlen(ask))
		return false;
	while (n + 1 < sizeof(got) && (k = recv(fd, got + n, sizeof(got) - n - 1, 0)) > 0)
		n += (size_t)k;
	got[n] = '\0';
	if (strstr(got, what) == NULL)
		fprintf(stderr, "%s\n", got);
	return strstr(got, what) != NULL;
}

TEST("a column that only a row of the first page names is filled on the second; amounts are numbers in a workbook")
{
	const struct web_conf conf = {.routes = routes, .threads = 1, .hooks = {.label = label}};
	FJ_AUTO(server) s = NULL;
	struct fj_err err;

	CHECK(web_bind("127.0.0.1:0", &conf, &s, &err) == FJ_OK && web_start(s, &err) == FJ_OK);
	CHECK(says(s, "", "|Of this test;-12.00|-12.50|one;A-2|3.00|two;"));
	CHECK(says(s, "&xlsx=1", "|Of this test;-12.00|-12.5|one;A-2|3|two;")); /* numbers come back as the workbook keeps them */
}

TEST("one file at a time for a person, and four in all")
{
	static const char *const people[] = {"ada", "ben", "cai", "dou"};
	struct fj_err err;

	for (size_t i = 0; i < FJ_ARRAY_LEN(people); i++) {
		CHECK_OK(list_file_begin(people[i], &err));
		CHECK_RC(list_file_begin(people[i], &err), FJ_E_BUSY);
	}
	CHECK_RC(list_file_begin("eve", &err), FJ_E_BUSY);
	list_file_end("eve");
	CHECK_RC(list_file_begin("eve", &err), FJ_E_BUSY);
	list_file_end("cai");
	CHECK_OK(list_file_begin("eve", &err));
	CHECK_RC(list_file_begin("cai", &err), FJ_E_BUSY);
	for (size_t i = 0; i < FJ_ARRAY_LEN(people); i++)
		list_file_end(people[i]);
	list_file_end("eve");
	for (size_t i = 0; i < FJ_ARRAY_LEN(people); i++) {
		CHECK_OK(list_file_begin(people[i], &err));
		list_file_end(people[i]);
	}
}

TEST_MAIN
