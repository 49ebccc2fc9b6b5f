/*
 * Forms and paths of requests, without a connection: the file that holds the
 * server is compiled in here, so that its own functions are the ones fed.
 *
 * The first line of the input is a path, the rest the body of a form.
 * Properties: fields and parameters are UTF-8 without U+0000, no more than fit;
 * a field that is escaped and decoded again is the same.
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

static void again(const char *s)
{
	FJ_AUTO(str) text = escape(s);
	FJ_AUTO(str) back = NULL;

	HOLDS(text != NULL);
	back = decode(text, strlen(text));
	HOLDS(back != NULL && strcmp(back, s) == 0);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct web_server server = {.conf = {.routes = routes}};
	struct web_req q = {.server = &server, .body = FJ_BUF_INIT(65536)};
	const uint8_t *line = size == 0 ? NULL : memchr(data, '\n', size);
	size_t head = line == NULL ? size : (size_t)(line - data);

	if (size > 60000)
		return 0;
	q.path = fj_strndup((const char *)data, head);
	HOLDS(q.path != NULL && (line == NULL || fj_buf_put(&q.body, line + 1, size - head - 1) == FJ_OK));
	path(&q, "GET");
	path(&q, "POST");
	read_form(&q);
	HOLDS(q.n_field <= MAX_FIELDS);
	for (size_t i = 0; i < q.n_field; i++) {
		HOLDS(fj_utf8_valid(fj_slice_str(q.field[i].name)) && fj_utf8_valid(fj_slice_str(q.field[i].value)));
		again(q.field[i].value);
	}
	free_pairs(q.field, &q.n_field);
	fj_buf_release(&q.body);
	fj_free(q.path);
	return 0;
}
