/*
 * verdict_driver.c - the product's verdicts, a line of JSON each on standard input, a
 * line of words on standard output: for tests/model/verdict_test.py.
 *
 *   {"trust":FOLDER}      what is judged from here on rests on this trust folder
 *   {"credential":TEXT,"use":USE|null,"now":SECONDS,"nonce":TEXT|null,"x5t":TEXT|null,"past":BOOL,"shared":BOOL}
 *       VERDICT OUTCOMES [TEXT]   a letter for each check in the order of docs/formats.md 8: p(ass) f(ail)
 *       u(nknown) r(not requested) a (not applicable) -(not reached); TEXT says why the first failed
 *
 * shared: over a trust that earlier lines have added to; else over a new one.
 */
#include "base/file.h"
#include "verifier/internal.h"

#include <fcntl.h>
#include <unistd.h>

#define LINE_MAX_OCTETS (1u << 20)

struct state {
	struct ver_trust *trust, *over;
	int dir;
};

static void forget(struct state *s)
{
	ver_trust_free(s->over);
	ver_trust_free(s->trust);
	if (s->dir >= 0)
		close(s->dir);
	*s = (struct state){NULL, NULL, -1};
}

static int failed(const char *what, const struct fj_err *err)
{
	fprintf(stderr, "verdict_driver: %s: %s\n", what, err->en);
	return 3;
}

static int load(struct state *s, const char *folder)
{
	struct fj_err err = {.rc = FJ_OK};

	forget(s);
	if (fj_dir_open(AT_FDCWD, folder, &s->dir, &err) != FJ_OK || ver_trust_load_dir(AT_FDCWD, folder, &s->trust, NULL, &err) != FJ_OK ||
	    ver_trust_over(s->trust, &s->over, &err) != FJ_OK)
		return failed(folder, &err);
	puts("loaded");
	return 0;
}

static void say(const struct ver_report *r)
{
	static const char letter[] = {[VER_PASS] = 'p', [VER_FAIL] = 'f', [VER_UNKNOWN] = 'u', [VER_NOT_REQUESTED] = 'r', [VER_NOT_APPLICABLE] = 'a'};
	const char *why = "";

	printf("%s ", ver_verdict_name(r->verdict));
	for (size_t k = 0; k < r->n; k++) {
		const struct ver_check *c = &r->check[k];
		putchar(strncmp(c->en, "was not reached", 15) == 0 ? '-' : letter[c->outcome]);
		if (c->outcome == VER_FAIL && why[0] == '\0')
			why = c->en;
	}
	printf(" %s\n", why);
}

static int judge(struct state *s, const json_t *line)
{
	struct fj_err err = {.rc = FJ_OK};
	const json_t *words = json_object_get(line, "use");
	const char *text = fj_json_peek(line, "credential");
	FJ_AUTO(ver_report) r = {.n = 0};
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_trust) fresh = NULL;

	if (s->trust == NULL || text == NULL)
		return 2;
	if (!json_is_null(words) && ver_use_from_json(words, &use, &err) != FJ_OK)
		return failed("use", &err);
	if (ver_trust_over(s->trust, &fresh, &err) != FJ_OK)
		return failed("over", &err);
	struct ver_input in = {.credential = fj_slice_str(text), .use = use, .now = fj_json_num(line, "now"), .nonce = fj_json_peek(line, "nonce"),
		.x5t = fj_json_peek(line, "x5t"), .past = json_is_true(json_object_get(line, "past")), .logged = json_is_true(json_object_get(line, "logged"))};
	struct ver_trust *over = json_is_true(json_object_get(line, "shared")) ? s->over : fresh;
	if (ver_verify_in(s->dir, over, &in, &r, &err) != FJ_OK)
		return failed("verify", &err);
	say(&r);
	return 0;
}

int main(void)
{
	struct state s = {NULL, NULL, -1};
	FJ_AUTO(buf) line = FJ_BUF_INIT(LINE_MAX_OCTETS);
	int rc = 0;

	for (int c; rc == 0 && (c = getc_unlocked(stdin)) != EOF;) {
		FJ_AUTO(json) j = NULL;
		if (c != '\n') {
			if (fj_buf_put(&line, &(uint8_t){(uint8_t)c}, 1) != FJ_OK)
				return 2;
			continue;
		}
		if (fj_json_parse(fj_buf_slice(&line), LINE_MAX_OCTETS, &j, NULL) != FJ_OK)
			return 2;
		const char *folder = fj_json_peek(j, "trust");
		rc = folder != NULL ? load(&s, folder) : judge(&s, j);
		fj_buf_clear(&line);
	}
	forget(&s);
	return rc;
}
