/*
 * Answers tests/conformance/fido2_test.py: what the signer's own reading of a passkey's answer
 * says (hsm/officers.c, base/webauthn.c), and what libfido2's fido_assert_verify says of the same.
 *
 * A line is {"rp","origin","digest","xy","auth","client","sig"}, the last five hexadecimal; digest:
 * what the challenge has to be.  The answer is {"ours":bool,"cite","why","theirs":bool}.
 */
#include <fido.h>
#include <fido/es256.h>
#include <stdlib.h>

#include "base/secret.h"
#include "hsm/signer.h"

#define MAX_LINE 65536
#define PARTS 5

struct asked {
	const char *rp, *origin;
	struct fj_buf part[PARTS]; /* digest, xy, auth, client, sig */
};

static bool unhex(const json_t *j, const char *key, struct fj_buf *out)
{
	const char *hex = fj_json_text(j, key);
	size_t n = strlen(hex) / 2;

	fj_buf_init(out, MAX_LINE);
	uint8_t *p = fj_buf_reserve(out, n + 1);
	out->len = n;
	return p != NULL && (n == 0 || fj_unhex(hex, 2 * n, p) == FJ_OK);
}

static bool ours(const struct asked *a, struct fj_err *err)
{
	static const struct hsm_whose department = {.department = true, .persons = 1};
	struct hsm_memory m = {.n_officers = 1, .officer = {{.login = "o", .person = "o", .passkey = true}}};
	struct hsm_said q = {.n = 1};
	struct mem_officer *o = &m.officer[0];
	unsigned who;
	bool self;

	snprintf(o->rp, sizeof(o->rp), "%s", a->rp);
	snprintf(o->origin, sizeof(o->origin), "%s", a->origin);
	memcpy(q.digest.b, a->part[0].data, FJ_SHA256_LEN);
	memcpy(o->xy, a->part[1].data, 64);
	q.s[0] = (struct hsm_signature){FJ_SLICE(o->id.b, FJ_SHA256_LEN), fj_buf_slice(&a->part[4]), fj_buf_slice(&a->part[2]), fj_buf_slice(&a->part[3])};
	return officers_signed(&m, &q, &department, NULL, &who, &self, err) == FJ_OK && who == 1;
}

/* as libfido2's own examples verify an assertion: presence and verification asked for, no extension */
static bool theirs(const struct asked *a)
{
	const struct fj_buf *p = a->part;
	fido_assert_t *t = fido_assert_new();
	es256_pk_t *k = es256_pk_new();
	bool ok = t != NULL && k != NULL && es256_pk_from_ptr(k, p[1].data, p[1].len) == FIDO_OK && fido_assert_set_clientdata(t, p[3].data, p[3].len) == FIDO_OK &&
	    fido_assert_set_rp(t, a->rp) == FIDO_OK && fido_assert_set_count(t, 1) == FIDO_OK && fido_assert_set_authdata_raw(t, 0, p[2].data, p[2].len) == FIDO_OK &&
	    fido_assert_set_sig(t, 0, p[4].data, p[4].len) == FIDO_OK && fido_assert_set_up(t, FIDO_OPT_TRUE) == FIDO_OK && fido_assert_set_uv(t, FIDO_OPT_TRUE) == FIDO_OK &&
	    fido_assert_set_extensions(t, 0) == FIDO_OK && fido_assert_verify(t, 0, COSE_ES256, k) == FIDO_OK;

	fido_assert_free(&t);
	es256_pk_free(&k);
	return ok;
}

static int answer(const char *line)
{
	static const char *const keys[PARTS] = {"digest", "xy", "auth", "client", "sig"};
	FJ_AUTO(json) j = NULL;
	struct asked a = {.rp = NULL};
	struct fj_err err = {0};
	bool read = fj_json_parse(fj_slice_str(line), MAX_LINE, &j, NULL) == FJ_OK;

	a.rp = fj_json_text(j, "rp");
	a.origin = fj_json_text(j, "origin");
	for (int i = 0; i < PARTS; i++)
		read = unhex(j, keys[i], &a.part[i]) && read;
	if (!read || a.part[0].len != FJ_SHA256_LEN || a.part[1].len != 64)
		return 1;
	bool own = ours(&a, &err);
	FJ_AUTO(json) out = json_pack("{s:b, s:s, s:s, s:b}", "ours", own, "cite", err.cite, "why", err.en, "theirs", theirs(&a));
	for (int i = 0; i < PARTS; i++)
		fj_buf_release(&a.part[i]);
	if (out == NULL || json_dumpf(out, stdout, JSON_COMPACT) != 0)
		return 1;
	puts("");
	return fflush(stdout);
}

int main(void)
{
	char *line = malloc(MAX_LINE);
	int rc = line == NULL;

	fj_sodium_init();
	fido_init(0);
	while (rc == 0 && fgets(line, MAX_LINE, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		rc = answer(line);
	}
	free(line);
	return rc;
}
