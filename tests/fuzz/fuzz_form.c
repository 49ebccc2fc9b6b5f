/*
 * Forms and paths of requests, without a connection: the file that holds the
 * server is compiled in here, so that its own functions are the ones fed.
 *
 * The first line of the input is a path, the rest the body of a form; one that begins
 * with "--" is multipart/form-data, its first line the boundary.
 * Properties: fields and parameters are UTF-8 without U+0000, no more than fit;
 * a field that is escaped and read again is the same; a file lies inside the body.
 */
#include "web/http/http.c"

#include "tests/fuzz/fuzz.h"

static char *escape(const char *s)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	for (; *s != '\0'; s++)
		HOLDS(fj_buf_printf(&b, "%%%02X", (unsigned char)*s) == FJ_OK);
	return fj_strdup(fj_buf_str(&b));
}

static void again(const char *value)
{
	FJ_AUTO(str) text = escape(value);
	struct web_form_data f = {.n = 0};
	FJ_AUTO(buf) body = FJ_BUF_INIT(1u << 20);

	HOLDS(text != NULL && fj_buf_printf(&body, "a=%s", text) == FJ_OK);
	HOLDS(web_form_urlencoded(&f, fj_buf_slice(&body), NULL) == FJ_OK && f.n == 1 && strcmp(f.pair[0].value, value) == 0);
	web_form_release(&f);
}

static void nothing(struct web_req *q, struct web_res *r)
{
	(void)q;
	(void)r;
}

static const struct web_route routes[] = {
	{WEB_GET, "/", nothing, WEB_PUBLIC, WEB_CSRF_NONE, 0, ""},
	{WEB_GET, "/v/{number}", nothing, WEB_PUBLIC, WEB_CSRF_NONE, 0, ""},
	{WEB_POST, "/certificates/{number}/revoke", nothing, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, ""},
	{WEB_POST, "/a/{b}/c/{d}/e/{f}", nothing, WEB_PUBLIC, WEB_CSRF_NONE, 16, ""},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, ""},
};

static void path(struct web_req *q, const char *method)
{
	q->method = method;
	q->route = NULL;
	q->methods = 0;
	find_route(q);
	HOLDS(q->n_param <= MAX_PARAMS && (q->route == NULL || q->methods != 0 || q->route == &icon));
	for (size_t i = 0; i < q->n_param; i++)
		HOLDS(q->param[i].value[0] != '\0' && strchr(q->param[i].value, '/') == NULL);
	free_pairs(q->param, &q->n_param);
}

static void form(struct fj_slice body)
{
	struct web_form_data f = {.n = 0};
	const uint8_t *end = body.len < 3 || memcmp(body.p, "--", 2) != 0 ? NULL : memchr(body.p, '\r', body.len < 80 ? body.len : 80);
	enum fj_rc rc;

	if (end == NULL) {
		rc = web_form_urlencoded(&f, body, NULL);
	} else {
		char type[160];
		snprintf(type, sizeof(type), "multipart/form-data; boundary=%.*s", (int)(end - body.p) - 2, (const char *)body.p + 2);
		rc = web_form_multipart(&f, body, type, NULL);
	}
	HOLDS(f.n <= WEB_MAX_FIELDS && f.n_files <= WEB_MAX_FILES);
	for (size_t i = 0; rc == FJ_OK && i < f.n; i++) {
		HOLDS(fj_utf8_valid(fj_slice_str(f.pair[i].name)) && fj_utf8_valid(fj_slice_str(f.pair[i].value)));
		again(f.pair[i].value);
	}
	for (size_t i = 0; i < f.n_files; i++)
		HOLDS(f.file[i].bytes.p >= body.p && f.file[i].bytes.p + f.file[i].bytes.len <= body.p + body.len);
	web_form_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct web_server server = {.conf = {.routes = routes}};
	struct web_req q = {.server = &server};
	const uint8_t *line = size == 0 ? NULL : memchr(data, '\n', size);
	size_t head = line == NULL ? size : (size_t)(line - data);

	if (size > 60000)
		return 0;
	q.path = fj_strndup((const char *)data, head);
	HOLDS(q.path != NULL);
	path(&q, "GET");
	path(&q, "POST");
	form(line == NULL ? FJ_SLICE(data, 0) : FJ_SLICE(line + 1, size - head - 1));
	fj_free(q.path);
	return 0;
}
