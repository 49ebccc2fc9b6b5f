/*
 * test_ver_limits.c - an issuing CA that the root has limited (docs/formats.md 27): within its limits
 * everything is as under any other; beyond each of them, though signed well, nothing permits, and the
 * reason names the limit.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"
#include "verifier/internal.h"

/* what the world does: 440300, INST, BASE */
static const struct fj_limits right = {.division = "44", .holders = 1u << 1, .base = BASE};

static const char *plain(const struct world *w, struct fj_slice s)
{
	return verdict(w, s, &(struct asked){.use = NULL});
}

/* certificate, authorisation and token under a CA with these limits; the worst of the three */
static const char *all_under(struct world *w, const struct fj_limits *l)
{
	struct fj_err err;
	static char out[96];

	w->issuing_s.limits = l;
	world_certs(w);
	world_sign(w);
	if (world_load(w, &err) != FJ_OK)
		return "no trust";
	snprintf(out, sizeof(out), "%s", plain(w, slice(&w->dac)));
	const struct fj_slice others[] = {fj_buf_slice(&w->auth_jwt), fj_buf_slice(&w->token_jwt)};
	for (size_t i = 0; i < FJ_ARRAY_LEN(others); i++) {
		const char *v = plain(w, others[i]);
		if (strcmp(v, "permit") != 0)
			snprintf(out + strlen(out), sizeof(out) - strlen(out), ", %s", v);
	}
	return out;
}

/* the reason of the check `chain` of a credential */
static const char *why(const struct world *w, struct fj_slice credential)
{
	static char out[400];
	struct fj_err err;
	FJ_AUTO(ver_report) r = {.subject = NULL};

	out[0] = '\0';
	if (judge(w, credential, &(struct asked){.use = NULL}, &r, &err) != FJ_OK)
		return "";
	for (size_t i = 0; i < r.n; i++)
		if (strcmp(r.check[i].name, "chain") == 0)
			snprintf(out, sizeof(out), "%s", r.check[i].en);
	return out;
}

static bool says(const char *text, const char *part)
{
	bool found = strstr(text, part) != NULL;

	if (!found)
		printf("# \"%s\" is not in: %s\n", part, text);
	return found;
}

TEST("within its limits a subordinate CA is as good as any")
{
	FJ_AUTO(world) w = world_make();
	struct fj_limits l = right;

	CHECK_STR(all_under(w, &l), "permit");
	snprintf(l.division, sizeof(l.division), "4403");
	CHECK_STR(all_under(w, &l), "permit");
	snprintf(l.division, sizeof(l.division), "440300");
	CHECK_STR(all_under(w, &l), "permit");
	l.holders = 63;
	CHECK_STR(all_under(w, &l), "permit");
}

TEST("another division: certificate, authorisation and token are refused, and the reason names it")
{
	FJ_AUTO(world) w = world_make();
	struct fj_limits l = right;

	snprintf(l.division, sizeof(l.division), "42");
	CHECK_STR(all_under(w, &l), "deny chain, deny chain, deny chain");
	CHECK(says(why(w, slice(&w->dac)), "begin with 42"));
	CHECK(says(why(w, fj_buf_slice(&w->token_jwt)), "begin with 42"));
	CHECK(says(why(w, fj_buf_slice(&w->auth_jwt)), "begin with 42"));
	snprintf(l.division, sizeof(l.division), "440305"); /* a district of it is not the city */
	CHECK_STR(all_under(w, &l), "deny chain, deny chain, deny chain");
}

TEST("another kind of holder: the certificate is refused, and what rests on it")
{
	FJ_AUTO(world) w = world_make();
	struct fj_limits l = right;

	l.holders = 1u | 1u << 2;
	CHECK_STR(all_under(w, &l), "deny chain, deny narrowing, deny narrowing");
	CHECK(says(why(w, slice(&w->dac)), "ADMIN,MASS"));
}

TEST("another address: nobody signs as somebody else, and lists of its own count for nothing there")
{
	FJ_AUTO(world) w = world_make();
	struct fj_limits l = right;

	snprintf(l.base, sizeof(l.base), "http://127.0.0.1:8445");
	CHECK_STR(all_under(w, &l), "deny chain, deny chain, deny chain");
	CHECK(says(why(w, slice(&w->dac)), "http://127.0.0.1:8445"));
	CHECK(says(why(w, fj_buf_slice(&w->token_jwt)), "http://127.0.0.1:8445"));
	snprintf(l.base, sizeof(l.base), "http://127.0.0.1"); /* the beginning of an address is not the address */
	CHECK_STR(all_under(w, &l), "deny chain, deny chain, deny chain");
	snprintf(l.base, sizeof(l.base), BASE "/x");
	CHECK_STR(all_under(w, &l), "deny chain, deny chain, deny chain");
}

TEST("an address above its own is beyond it too: signers bear the address itself")
{
	FJ_AUTO(world) w = world_make();
	struct fj_limits l = right;

	w->token_s.san = "URI:" BASE "/below";
	CHECK_STR(all_under(w, &l), "permit, deny chain, deny chain");
}

TEST("a CA with another private extension, or limits of another arc or form, is none")
{
	FJ_AUTO(world) w = world_make();

	w->issuing_s.limits_oid = ARC ".1.1";
	CHECK_STR(all_under(w, &right), "no trust");
	w->issuing_s.limits_oid = "1.3.6.1.4.1.1.1.2";
	CHECK_STR(all_under(w, &right), "no trust");
	w->issuing_s.limits_oid = ARC ".1.3";
	CHECK_STR(all_under(w, &right), "no trust");
	w->issuing_s.limits_oid = NULL;
	struct fj_limits l = right;
	l.division[1] = '\0'; /* one digit */
	CHECK_STR(all_under(w, &l), "no trust");
}

TEST("a subordinate CA certifies no CA: path length 0, and none below it")
{
	FJ_AUTO(world) w = world_make();

	w->issuing_s.bc = "critical,CA:TRUE,pathlen:1";
	CHECK_STR(all_under(w, &right), "no trust");
	w->issuing_s.bc = "critical,CA:TRUE";
	CHECK_STR(all_under(w, &right), "no trust");
}

TEST("revoked by the root's list, or out of date, it is over for all that it issued")
{
	FJ_AUTO(world) w = world_make();

	w->root_crl_s.revoked = w->issuing_s.serial;
	w->root_crl_s.reason = 5;
	CHECK_STR(all_under(w, &right), "deny signer status, deny signer status, deny signer status");
	w->root_crl_s.revoked = 0;
	w->issuing_s.to = NOW - 1;
	CHECK_STR(all_under(w, &right), "deny chain, deny chain, deny chain");
}

TEST_MAIN

/* how many of 80 token signers of the world's issuing CA are kept, beside those that its trust has brought */
static size_t kept(struct world *w)
{
	struct spec s = w->token_s;
	struct fj_err err;
	size_t n = 0;

	for (int i = 0; i < 80; i++) {
		struct bytes der;
		FJ_AUTO(ver_signer) ref = {NULL, NULL};
		s.serial = (uint8_t)(100 + i);
		X509_free(world_cert(w, &s, w->token_key, &der));
		if (ver_signer_get(w->trust, slice(&der), slice(&w->issuing), &ref, &err) == FJ_OK)
			n += ref.owned == NULL;
	}
	return n;
}

TEST("a limited CA has a part of the signers that are kept for itself, and takes nobody else's")
{
	FJ_AUTO(world) w = world_make();
	struct fj_limits l = right;

	CHECK_STR(all_under(w, &l), "permit");
	size_t of_limited = kept(w);
	CHECK(of_limited > 0 && of_limited <= VER_MAX_LIMITED);
	CHECK_STR(plain(w, fj_buf_slice(&w->token_jwt)), "permit"); /* those that are not kept are judged all the same */
	CHECK_STR(all_under(w, NULL), "permit");
	size_t of_own = kept(w);
	CHECK(of_own > VER_MAX_LIMITED && of_own <= VER_MAX_SIGNERS);
}
