/*
 * verify.c - offline verdicts on one core against bare P-256 verifications.
 *
 * verify TRUST TOKEN: prints "verdicts_per_s N" (whole verdict, trust loaded
 * once) and "verifications_per_s N" (EVP_DigestVerify over the same signing input
 * with a key that is decoded once), measured in turns, in processor time.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/x509.h"
#include "verifier/verify.h"

#define TURNS 150
#define EACH 20

/* of processor: others may be at work on this machine */
static int64_t used_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum fj_rc verdicts(const struct ver_trust *t, struct fj_slice token, int64_t *us, struct fj_err *err)
{
	struct ver_input in = {.credential = token, .now = fj_now()};
	int64_t from = used_us();

	for (int i = 0; i < EACH; i++) {
		FJ_AUTO(ver_report) r = {.n = 0};
		FJ_TRY(ver_verify(t, &in, &r, err));
		if (r.verdict != VER_PERMIT)
			return fj_fail(err, FJ_E_INVALID, "bench", NULL, "the token is not permitted");
	}
	*us += used_us() - from;
	return FJ_OK;
}

struct bare {
	EVP_PKEY *key;
	struct fj_slice input;
	struct fj_buf sig;
};

static enum fj_rc bare_read(struct fj_slice token, struct bare *b, struct fj_err *err)
{
	FJ_AUTO(jws) w = {.payload = NULL};
	struct fj_x509 x;
	const uint8_t *tilde = memchr(token.p, '~', token.len);

	FJ_TRY(fj_jws_read(FJ_SLICE(token.p, (size_t)(tilde - token.p)), FJ_TOKEN_MAX, &w, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&w.x5c[0]), &x, err));
	const uint8_t *p = x.spki.p;
	b->key = d2i_PUBKEY(NULL, &p, (long)x.spki.len);
	b->input = w.input;
	fj_buf_init(&b->sig, 96);
	return fj_ecdsa_raw_to_der(w.sig, &b->sig);
}

static enum fj_rc bare_verify(const struct bare *b, int64_t *us, struct fj_err *err)
{
	int64_t from = used_us();

	for (int i = 0; i < EACH; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		bool ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, b->key) == 1 &&
		    EVP_DigestVerify(ctx, b->sig.data, b->sig.len, b->input.p, b->input.len) == 1;
		EVP_MD_CTX_free(ctx);
		if (!ok)
			return fj_fail(err, FJ_E_SIGNATURE, "bench", NULL, "the bare signature does not verify");
	}
	*us += used_us() - from;
	return FJ_OK;
}

static enum fj_rc run(const char *trust, const char *file, struct fj_err *err)
{
	FJ_AUTO(ver_trust) base = NULL;
	FJ_AUTO(ver_trust) t = NULL;
	FJ_AUTO(ver_report) first = {.n = 0};
	FJ_AUTO(fd) dir = -1;
	FJ_AUTO(buf) token = FJ_BUF_INIT(FJ_TOKEN_MAX);
	struct bare b;
	int64_t whole = 0, bare = 0;

	FJ_TRY(ver_trust_load_dir(AT_FDCWD, trust, &base, NULL, err));
	FJ_TRY(ver_trust_over(base, &t, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, trust, &dir, err));
	FJ_TRY(fj_file_read(AT_FDCWD, file, &token, err));
	while (token.len > 0 && token.data[token.len - 1] == '\n')
		token.len--;
	FJ_TRY(ver_verify_in(dir, t, &(struct ver_input){.credential = fj_buf_slice(&token), .now = fj_now()}, &first, err)); /* its parents, once */
	FJ_TRY(bare_read(fj_buf_slice(&token), &b, err));
	for (int k = 0; k < TURNS; k++) {
		FJ_TRY(verdicts(t, fj_buf_slice(&token), &whole, err));
		FJ_TRY(bare_verify(&b, &bare, err));
	}
	printf("verdicts_per_s %.0f\nverifications_per_s %.0f\n", TURNS * EACH * 1000000.0 / (double)(whole + 1), TURNS * EACH * 1000000.0 / (double)(bare + 1));
	EVP_PKEY_free(b.key);
	fj_buf_release(&b.sig);
	return FJ_OK;
}

int main(int argc, char **argv)
{
	struct fj_err err = {0};

	fj_sodium_init();
	if (argc == 3 && run(argv[1], argv[2], &err) == FJ_OK)
		return 0;
	fprintf(stderr, "verify: %s\n", err.en);
	return 3;
}
