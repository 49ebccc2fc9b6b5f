/*
 * print.c - answers and refusals for people and for programs.
 *
 * With --json exactly one document goes to standard output, refusals included.
 * For people a list is a table whose columns are the scalar members of its
 * items, an object one line a member; refusals go to standard error, Chinese
 * first where there is Chinese.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/cli/cli.h"

#define MAX_COLUMNS 12
#define MAX_CELL 44
#define MAX_IN_DOCUMENT (11u << 20) /* octets of a file that stands in a document of 16 MB */

static size_t width_of(const char *s)
{
	size_t w = 0;

	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++)
		if ((*p & 0xc0) != 0x80)
			w += *p >= 0xe3 ? 2 : 1; /* CJK takes two columns */
	return w;
}

static void cell_text(const json_t *v, char *out, size_t cap)
{
	int n;

	if (json_is_string(v))
		n = snprintf(out, cap, "%s", json_string_value(v));
	else if (json_is_integer(v))
		n = snprintf(out, cap, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		n = snprintf(out, cap, "%s", json_is_true(v) ? "yes" : "no");
	else if (json_is_object(v) && fj_json_peek(v, "name") != NULL)
		n = snprintf(out, cap, "%s", fj_json_peek(v, "name"));
	else
		n = snprintf(out, cap, "%s", json_is_null(v) ? "" : "…");
	if (n > 0 && (size_t)n >= cap)
		out[fj_utf8_prefix(out, fj_utf8_count(out) > 0 ? fj_utf8_count(out) - 1 : 0)] = '\0';
}

/* a cell, never wider than MAX_CELL columns */
static void cell(const json_t *v, char out[512])
{
	cell_text(v, out, 400);
	size_t points = fj_utf8_count(out);

	if (width_of(out) <= MAX_CELL)
		return;
	while (points > 0 && width_of(out) > MAX_CELL - 1)
		out[fj_utf8_prefix(out, --points)] = '\0';
	size_t len = strlen(out);
	memcpy(out + len, "…", sizeof("…"));
}

static void pad(const char *s, size_t width)
{
	printf("%s", s);
	for (size_t w = width_of(s); w < width + 2; w++)
		putchar(' ');
}

/* what people look for first stands first */
static const char *const first[] = {"noun", "key", "number", "id", "seq", "login", "usci", "asset_no", "kind", "object", "state", "name", "asset_name"};

static bool is_first(const char *key)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(first); i++)
		if (strcmp(first[i], key) == 0)
			return true;
	return false;
}

static size_t columns_of(const json_t *items, const char *col[MAX_COLUMNS])
{
	const json_t *row = json_array_get(items, 0);
	const char *key;
	json_t *v;
	size_t n = 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(first); i++)
		if (json_object_get(row, first[i]) != NULL && n < MAX_COLUMNS)
			col[n++] = first[i];
	json_object_foreach((json_t *)(uintptr_t)row, key, v)
		if (n < MAX_COLUMNS && !json_is_array(v) && strlen(key) < 40 && !is_first(key))
			col[n++] = key;
	return n;
}

static void print_table(const json_t *items)
{
	const char *col[MAX_COLUMNS];
	size_t width[MAX_COLUMNS], n = columns_of(items, col), i;
	json_t *row;
	char text[512];

	for (size_t c = 0; c < n; c++) {
		width[c] = strlen(col[c]);
		json_array_foreach(items, i, row) {
			cell(json_object_get(row, col[c]), text);
			if (width_of(text) > width[c])
				width[c] = width_of(text);
		}
	}
	for (size_t c = 0; c < n; c++)
		pad(col[c], width[c]);
	putchar('\n');
	json_array_foreach(items, i, row) {
		for (size_t c = 0; c < n; c++) {
			cell(json_object_get(row, col[c]), text);
			pad(text, width[c]);
		}
		putchar('\n');
	}
}

static void print_value(const json_t *v)
{
	if (json_is_string(v)) {
		printf("%s\n", json_string_value(v));
		return;
	}
	FJ_AUTO(buf) b = FJ_BUF_INIT(16u << 20);
	if (fj_json_canonical(v, &b, NULL) == FJ_OK)
		printf("%s\n", fj_buf_str(&b));
}

void cli_print_answer(const json_t *answer, bool json)
{
	const json_t *items = json_object_get(answer, "items");
	const char *key;
	json_t *v;

	if (json) {
		print_value(answer);
		return;
	}
	if (json_is_string(answer)) {
		printf("%s", json_string_value(answer));
		return;
	}
	if (json_is_array(items)) {
		if (json_array_size(items) == 0)
			printf("none\n");
		else
			print_table(items);
		if (fj_json_peek(answer, "next") != NULL)
			printf("more: --after %s\n", fj_json_peek(answer, "next"));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)answer, key, v) {
		printf("%s: ", key);
		print_value(v);
	}
}

static enum fj_rc save(const char *path, struct fj_slice bytes, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && access(path, F_OK) == 0)
		return fj_fail(err, FJ_E_EXISTS, "cli", NULL, "%s is there already; name another file", path);
	if (fd < 0)
		return fj_fail_errno(err, "cli", "create %s", path);
	return fj_write_all(fd, bytes.p, bytes.len, err);
}

/* the first member that has `mark`; NULL: none */
static json_t *marked(json_t *answer, const char *mark)
{
	const char *key;
	json_t *v;

	json_object_foreach(answer, key, v)
		if (json_object_get(v, mark) != NULL)
			return v;
	return NULL;
}

enum fj_rc cli_file(json_t *answer, struct fj_slice file, const struct cli_args *a, bool *printed, struct fj_err *err)
{
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(CLI_MAX_FILE);
	json_t *about = marked(answer, file.len > 0 ? "octets" : "base64url");
	const char *b64 = fj_json_peek(about, "base64url");

	if (about == NULL)
		return a->out == NULL ? FJ_OK : fj_fail(err, FJ_E_NOTFOUND, "cli", NULL, "the answer brings no file to save");
	if (a->out != NULL) {
		if (b64 != NULL)
			FJ_TRY(fj_b64u_get(b64, strlen(b64), &bytes));
		FJ_TRY(save(a->out, b64 != NULL ? fj_buf_slice(&bytes) : file, err));
		json_object_del(about, "base64url");
		return fj_json_set(about, "saved", json_string(a->out));
	}
	if (file.len == 0)
		return FJ_OK;
	*printed = !a->json && about == json_object_get(answer, "file");
	if (*printed)
		return fwrite(file.p, 1, file.len, stdout) == file.len ? FJ_OK : fj_fail_errno(err, "cli", "write to standard output");
	if (file.len > MAX_IN_DOCUMENT || fj_b64u_put(&bytes, file) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "the file has %zu octets, too many for a document; give --out FILE", file.len);
	return fj_json_set(about, "base64url", json_string(fj_buf_str(&bytes)));
}

int cli_print_error(const struct fj_err *err, const json_t *refusal, bool json)
{
	if (json) {
		FJ_AUTO(json) own = refusal == NULL ? fj_err_json(err) : NULL;
		print_value(refusal != NULL ? refusal : own);
		return fj_rc_exit(err->rc);
	}
	if (err->zh[0] != '\0')
		fprintf(stderr, "%s\n", err->zh);
	fprintf(stderr, "fujie: %s", err->en);
	const char *cite = refusal != NULL ? fj_json_peek(refusal, "rule") : err->cite;
	if (cite != NULL && cite[0] != '\0')
		fprintf(stderr, " [%s]", cite);
	const char *clause = refusal != NULL ? fj_json_peek(refusal, "clause") : NULL;
	if (clause != NULL && clause[0] != '\0')
		fprintf(stderr, " (%s)", clause);
	fputc('\n', stderr);
	return fj_rc_exit(err->rc);
}
