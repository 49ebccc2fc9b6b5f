/*
 * What an appliance asks an officer's tool to show: a structure to be signed, as TBSCertificate and
 * as TBSCertList, for a plan whose names and addresses the corpus has.
 *
 * Properties: what is shown has no octet that a terminal would act upon, and no mark that turns
 * letters; what is refused says so in both languages or comes from the reader; what is shown as
 * one step is not shown as another.  And the payload by which another appliance's CA is approved: nobody here has
 * the keys that signed the request of the seed `certify`, so what is taken has that request.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "officer/officer.h"
#include "tests/fuzz/fuzz.h"

#define SHOWN_MAX (1u << 20)

static struct fj_plan plan_of(void)
{
	struct fj_plan p = {.demo = true, .sm2 = true, .n = 1, .root = 1, .expiration = 600, .generation = 1};

	snprintf(p.arc, sizeof(p.arc), "1.3.6.1.4.1.32473");
	snprintf(p.base, sizeof(p.base), "https://verify.example");
	snprintf(p.operator_, sizeof(p.operator_), "某市财政局");
	return p;
}

/* the point that the structure is about, so that what compares keys can be passed */
static void point_of(struct fj_slice in, uint8_t xy[64])
{
	struct fj_x509 x;

	memset(xy, 7, 64);
	if (fj_x509_read_tbs(in, &x, NULL) == FJ_OK && x.key.len == 65)
		memcpy(xy, x.key.p + 1, 64);
}

static void harmless(FILE *words)
{
	static char text[SHOWN_MAX];
	long n = ftell(words);

	HOLDS(n >= 0 && n < (long)sizeof(text));
	rewind(words);
	HOLDS(fread(text, 1, (size_t)n, words) == (size_t)n);
	HOLDS(fj_utf8_valid(FJ_SLICE(text, (size_t)n)));
	for (long i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		HOLDS(c == '\n' || (c >= 0x20 && c != 0x7f));
		HOLDS(c != 0xc2 || (unsigned char)text[i + 1] >= 0xa0);
		HOLDS(c != 0xe2 || (unsigned char)text[i + 1] != 0x80 || (unsigned char)text[i + 2] < 0xaa || (unsigned char)text[i + 2] > 0xae);
	}
}

static bool show(struct fj_slice in, enum fj_step step, enum fj_alg alg, const uint8_t xy[64])
{
	struct fj_plan p = plan_of(), with = p;
	struct fj_challenge c = {.step = step, .alg = alg, .structure = FJ_BUF_INIT(FJ_STRUCTURE_MAX), .key = FJ_BUF_INIT(FJ_ROOT_PUBLIC_LEN), .expiration = 600};
	struct ofc o = {.zh = alg == FJ_SM2, .words = tmpfile()};
	struct fj_hash policy = {{0}}, digest;
	struct fj_err err = {0};

	HOLDS(o.words != NULL);
	HOLDS(fj_buf_put(&c.structure, in.p, in.len) == FJ_OK && fj_tpm_root_public(alg, false, false, &policy, xy, &c.key) == FJ_OK);
	HOLDS(ofc_digest(alg, xy, in, &digest, &err) == FJ_OK);
	enum fj_rc rc = ofc_show_structure(&o, &p, &with, &c, &digest, &err);
	if (rc == FJ_OK)
		harmless(o.words);
	else
		HOLDS(err.en[0] != '\0' && (rc != FJ_E_REFUSED || err.zh[0] != '\0') && ftell(o.words) == 0);
	fclose(o.words);
	fj_buf_release(&c.structure);
	fj_buf_release(&c.key);
	return rc == FJ_OK;
}

#define CERTIFY "tests/fuzz/corpus/approval/certify"

static void certify(struct fj_slice in)
{
	static json_t *seed;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	FJ_AUTO(json) payload = NULL;
	FJ_AUTO(fj_ca_request) r = {0};
	struct fj_limits l;
	struct fj_err err = {0};
	struct ofc o = {.words = tmpfile()};

	if (seed == NULL)
		HOLDS(fj_file_read(AT_FDCWD, CERTIFY, &text, NULL) == FJ_OK && fj_json_parse(fj_buf_slice(&text), text.len, &seed, NULL) == FJ_OK);
	HOLDS(o.words != NULL);
	if (fj_json_parse(in, FJ_STRUCTURE_MAX, &payload, NULL) == FJ_OK && json_is_object(payload)) {
		if (ofc_certify_read(payload, &r, &l, &err) == FJ_OK) {
			HOLDS(strcmp(fj_json_text(payload, "operator"), fj_json_text(seed, "operator")) == 0 && strcmp(l.base, fj_json_text(seed, "base")) == 0 && fj_limits_within(&l, &r.limits));
			ofc_certify_show(&o, payload, &r, &l);
			harmless(o.words);
		} else {
			HOLDS(err.en[0] != '\0');
		}
	}
	fclose(o.words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);
	uint8_t xy[64], root[64];
	int shown = 0;

	if (size == 0 || size > FJ_STRUCTURE_MAX)
		return 0;
	certify(in);
	memset(root, 7, sizeof(root));
	point_of(in, xy);
	for (enum fj_alg alg = FJ_ES256; alg < FJ_ALG_END; alg++)
		shown += show(in, FJ_STEP_ROOT, alg, xy) + show(in, FJ_STEP_ISSUING, alg, root) + show(in, FJ_STEP_ROOT_CRL, alg, root) + show(in, FJ_STEP_SUBORDINATE, alg, root) + show(in, FJ_STEP_OLD_WITH_NEW, alg, root);
	HOLDS(shown <= 1);
	return 0;
}
