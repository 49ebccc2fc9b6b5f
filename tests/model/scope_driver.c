/*
 * scope_driver.c - what the product says about scopes, a line of JSON each on
 * standard input, a word on standard output: for tests/model/scope_test.py.
 *
 *   {"op":"grant","child":GRANT,"parent":GRANT}   within | malformed | beyond MEMBER
 *   {"op":"use","grant":GRANT,"use":USE}          permit | open | deny CHECK | wrong
 *   {"op":"chain","cert":C,"auth":A,"token":T,"use":USE}
 *       form | auth RULE | token RULE | within TOKEN AUTHORISATION (what each says of the use)
 *
 * A chain starts from the world of tests/unit/ver_pki.h, in which everything fits, and
 * takes over the members that the line gives: C is {rights, modes, from, to} in bits and
 * in seconds from NOW, A and T are members of the payloads.
 */
#include "tests/unit/ver_pki.h"
#include "verifier/internal.h"

static const char *member_of(const struct fj_err *err)
{
	static char out[32];
	const char *at = strstr(err->en, "\" in \"");

	snprintf(out, sizeof(out), "%s", at == NULL ? "?" : at + strlen("\" in \""));
	out[strcspn(out, "\"")] = '\0';
	return out;
}

static void say_grant(const json_t *line)
{
	const json_t *child = json_object_get(line, "child"), *parent = json_object_get(line, "parent");
	struct fj_err err = {.rc = FJ_OK};

	if (fj_grant_check(child, &err) != FJ_OK || fj_grant_check(parent, &err) != FJ_OK)
		puts("malformed");
	else if (fj_grant_within(child, parent, &err) == FJ_OK)
		puts("within");
	else
		printf("beyond %s\n", member_of(&err));
}

/* --- a use --- */

static const char *use_word(struct ver_job *j)
{
	static const enum ver_ck looked_at[] = {CK_SCOPE, CK_RESTRICTIONS, CK_QUOTA};
	static char out[40];
	bool open = false;

	ver_report_begin(j->r, j->in->now);
	ver_scope_grant(j);
	ver_restrictions_grant(j);
	ver_quota(j);
	for (size_t i = 0; i < FJ_ARRAY_LEN(looked_at); i++) {
		const struct ver_check *c = &j->r->check[looked_at[i]];
		open = open || c->outcome == VER_UNKNOWN;
		if (c->outcome != VER_FAIL)
			continue;
		snprintf(out, sizeof(out), "deny %s", c->name);
		return out;
	}
	return open ? "open" : "permit";
}

static struct ver_job job_of(const struct world *w, const struct ver_input *in, struct ver_report *r, json_t *payload, bool token)
{
	static const struct ver_ca unlimited;
	static const struct ver_signer signer = {.ca = &unlimited}; /* of an issuing CA without limits */

	return (struct ver_job){.t = w->trust, .in = in, .r = r, .jws = {.payload = payload}, .signer = {.s = &signer}, .token = token};
}

static void say_use(struct world *w, const json_t *line)
{
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(json) p = json_deep_copy(w->token);
	struct ver_report r;

	json_object_set(p, "grant", json_object_get(line, "grant"));
	if (ver_use_from_json(json_object_get(line, "use"), &use, NULL) != FJ_OK) {
		puts("wrong");
		return;
	}
	struct ver_input in = {.now = NOW, .use = use};
	struct ver_job j = job_of(w, &in, &r, p, true);
	puts(use_word(&j));
}

/* --- a chain --- */

static void certificate(struct world *w, const json_t *c)
{
	struct ver_cert *t = &w->trust->cert[0];

	w->asset.rights = (uint8_t)fj_json_num(c, "rights");
	w->asset.modes = (uint8_t)fj_json_num(c, "modes");
	w->dac_s.from = NOW + fj_json_num(c, "from");
	w->dac_s.to = NOW + fj_json_num(c, "to");
	X509_free(world_cert(w, &w->dac_s, w->holder_key, &w->dac));
	fj_buf_clear(&t->der);
	if (fj_buf_put(&t->der, w->dac.p, w->dac.n) != FJ_OK || ver_sha256_b64u(slice(&w->dac), t->sha256) != FJ_OK)
		exit(1);
}

/* the world's payload with the line's members, naming the certificate as it is now */
static json_t *payload(const struct world *w, const json_t *base, const json_t *members, bool token)
{
	json_t *p = json_deep_copy(base), *entry = asset_entry(w);

	if (token)
		json_object_set_new(p, "asset", entry);
	else
		json_object_set_new(p, "assets", json_pack("[o]", entry));
	if (json_object_update_recursive(p, (json_t *)(uintptr_t)members) != 0)
		exit(1);
	return p;
}

static bool narrow(struct ver_job *j, const char *what)
{
	const struct ver_check *c = &j->r->check[CK_NARROWING];

	ver_report_begin(j->r, j->in->now);
	ver_narrowing(j);
	if (c->outcome == VER_PASS)
		return true;
	printf("%s %s: %s\n", what, c->clause, c->en);
	return false;
}

static void judge_chain(struct world *w, const struct ver_input *in, json_t *auth, json_t *token)
{
	struct ver_report r;
	struct ver_job a = job_of(w, in, &r, auth, false), t = job_of(w, in, &r, token, true);
	char word[40];

	if (fj_authorisation_check(auth, NULL) != FJ_OK || fj_token_check(token, NULL) != FJ_OK)
		puts("form");
	else if (narrow(&a, "auth") && narrow(&t, "token")) {
		snprintf(word, sizeof(word), "%s", use_word(&t));
		printf("within %s; %s\n", word, use_word(&a));
	}
}

static void say_chain(struct world *w, const json_t *line)
{
	FJ_AUTO(ver_use) use = NULL;
	struct ver_input in = {.now = NOW};
	struct ver_auth *kept = &w->trust->auth[0];

	certificate(w, json_object_get(line, "cert"));
	FJ_AUTO(json) auth = payload(w, w->auth, json_object_get(line, "auth"), false);
	FJ_AUTO(json) token = payload(w, w->token, json_object_get(line, "token"), true);
	if (ver_use_from_json(json_object_get(line, "use"), &use, NULL) != FJ_OK) {
		puts("wrong");
		return;
	}
	in.use = use;
	json_decref(kept->payload);
	kept->payload = json_incref(auth);
	judge_chain(w, &in, auth, token);
}

static void answer(struct world *w, const json_t *line)
{
	const char *op = fj_json_text(line, "op");

	if (strcmp(op, "grant") == 0)
		say_grant(line);
	else if (strcmp(op, "use") == 0)
		say_use(w, line);
	else if (strcmp(op, "chain") == 0)
		say_chain(w, line);
	else
		exit(2);
}

/* the trust, and the authorisation and certificate that a verdict would otherwise fetch */
static enum fj_rc load(struct world *w, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	FJ_TRY(world_load(w, err));
	pem_of("CERTIFICATE", slice(&w->dac), &pem);
	FJ_TRY(ver_trust_add(w->trust, VER_CERTIFICATE, DAC, fj_buf_slice(&pem), err));
	return ver_trust_add(w->trust, VER_AUTHORISATION, DAU, fj_buf_slice(&w->auth_jwt), err);
}

int main(void)
{
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(buf) line = FJ_BUF_INIT(1u << 20);

	if (load(w, &err) != FJ_OK) {
		fprintf(stderr, "scope_driver: %s\n", err.en);
		return 3;
	}
	for (int c; (c = getc_unlocked(stdin)) != EOF;) {
		FJ_AUTO(json) j = NULL;
		if (c != '\n') {
			if (fj_buf_put(&line, &(uint8_t){(uint8_t)c}, 1) != FJ_OK)
				return 2;
			continue;
		}
		if (fj_json_parse(fj_buf_slice(&line), 1u << 20, &j, &err) != FJ_OK)
			puts("wrong");
		else
			answer(w, j);
		fj_buf_clear(&line);
	}
	return 0;
}
