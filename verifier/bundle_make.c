/*
 * bundle_make.c - a bundle put together from a trust folder (docs/formats.md 15).
 *
 * What goes in is asked of the verdict itself: judged with the chain alone it names what it
 * lacks, that is read and added, and it is judged again until it lacks nothing that the folder
 * has.  So a bundle never holds less than its verdict needs, and nothing else.  It says nothing
 * of its own: whoever reads it verifies every part under the root.
 */
#include "base/file.h"
#include "verifier/bundle.h"
#include "verifier/internal.h"

#define PEM_MAX 65536
#define ROUNDS 4096 /* each adds something */

struct making {
	int dir;
	struct ver_input in;
	struct ver_trust *t;
	json_t *doc; /* borrowed, as its members are */
	json_t *authorisations, *certificates, *lists, *crls;
	struct ver_blocks roots, cas; /* of the hierarchy that the credential is of, as the folder has them */
};

static enum fj_rc too_large(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_LIMIT, "verify", "formats.md 15", "the bundle would be larger than 16 MiB: use the trust folder (/v1/trust.tar) instead",
	    "核验包将超过 16 MiB，请改用信任资料（/v1/trust.tar）");
}

static json_t *base64(struct fj_slice data)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_CRL_MAX);

	return fj_b64_put(&text, data) == FJ_OK ? json_string(fj_buf_str(&text)) : NULL;
}

static json_t *base64_of_pem(struct fj_slice pem)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	return ver_pem_next(&pem, "CERTIFICATE", &der, NULL) == FJ_OK ? base64(fj_buf_slice(&der)) : NULL;
}

/* once: under another root the same is wanted again */
static bool append(json_t *list, json_t *text)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_equal(v, text)) {
			json_decref(text);
			return true;
		}
	return json_array_append_new(list, text) == 0;
}

/* a part that the trust has taken, into the document */
static enum fj_rc keep(struct making *m, const struct ver_wanted *w, struct fj_slice data, struct fj_err *err)
{
	json_t *text = json_stringn((const char *)data.p, data.len);
	bool kept;

	if (w->kind == VER_CRL || w->kind == VER_CERTIFICATE) {
		json_decref(text);
		text = w->kind == VER_CRL ? base64(data) : base64_of_pem(data);
	}
	if (w->kind == VER_CRL)
		kept = append(m->crls, text);
	else if (w->kind == VER_STATUS_LIST)
		kept = append(m->lists, text);
	else
		kept = json_object_set_new(w->kind == VER_AUTHORISATION ? m->authorisations : m->certificates, w->name, text) == 0;
	return kept ? FJ_OK : fj_no_memory(err, "verify");
}

/* *more: it was there, and new */
static enum fj_rc add(struct making *m, const struct ver_wanted *w, bool past, bool *more, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_CRL_MAX);
	struct fj_err why = {.rc = FJ_OK};

	if (ver_folder_read(m->dir, w, m->in.now, past, &data) != FJ_OK)
		return FJ_OK;
	enum fj_rc rc = ver_trust_add(m->t, w->kind, w->name, fj_buf_slice(&data), &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK)
		return FJ_OK;
	*more = true;
	return keep(m, w, fj_buf_slice(&data), err);
}

/* a key that was compromised later is no good in the past either: the newest CRL says so */
static enum fj_rc add_wanted(struct making *m, const struct ver_report *r, bool *more, struct fj_err *err)
{
	for (size_t i = 0; i < r->n_wanted; i++) {
		FJ_TRY(add(m, &r->wanted[i], m->in.past, more, err));
		if (m->in.past && r->wanted[i].kind == VER_CRL)
			FJ_TRY(add(m, &r->wanted[i], false, more, err));
	}
	return FJ_OK;
}

static enum fj_rc fill(struct making *m, struct fj_err *err)
{
	bool more = true;

	for (int round = 0; more && round < ROUNDS; round++) {
		FJ_AUTO(ver_report) r = {.subject = NULL};
		more = false;
		FJ_TRY(ver_verify(m->t, &m->in, &r, err));
		FJ_TRY(add_wanted(m, &r, &more, err));
	}
	return FJ_OK;
}

/* --- the public log --- */

/* how much a verdict says of logging: a false proof is the least */
static int worth(enum ver_outcome o)
{
	return o == VER_PASS ? 2 : o == VER_UNKNOWN ? 1 : o == VER_FAIL ? -1 : 0;
}

static enum fj_rc judge_logged(struct making *m, const struct ver_trust *t, struct ver_check *out, struct fj_err *err)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};

	FJ_TRY(ver_verify(t, &m->in, &r, err));
	*out = r.check[CK_LOGGED];
	return FJ_OK;
}

/* the certificate that the proof's checkpoint was signed under; of several in log.pem one, without a proof the first */
static enum fj_rc add_log(struct making *m, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) best = FJ_BUF_INIT(FJ_X509_MAX);
	struct ver_check c = {.outcome = VER_FAIL};
	int most = -2;

	for (size_t i = 0; i < 2 * VER_MAX_LOGS; i++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		FJ_AUTO(ver_trust) over = NULL;
		FJ_TRY(ver_trust_over(m->t, &over, err));
		enum fj_rc rc = ver_pem_next(&pem, "CERTIFICATE", &der, NULL);
		if (rc == FJ_E_NOTFOUND)
			break;
		rc = rc == FJ_OK ? ver_trust_add_log(over, fj_buf_slice(&der), NULL) : rc;
		FJ_ENSURE(rc != FJ_E_NOMEM, fj_no_memory(err, "verify"));
		if (rc != FJ_OK)
			continue;
		FJ_TRY(judge_logged(m, over, &c, err));
		if (worth(c.outcome) <= most)
			continue;
		most = worth(c.outcome);
		fj_buf_release(&best);
		best = der;
		fj_buf_init(&der, 0);
	}
	if (best.len == 0)
		return FJ_OK;
	FJ_TRY(ver_trust_add_log(m->t, fj_buf_slice(&best), err));
	return fj_json_set(m->doc, "log", base64(fj_buf_slice(&best))) == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
}

/* a file of the folder that need not be there: out stays empty */
static enum fj_rc optional(int dir, const char *name, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = fj_file_read(dir, name, out, err);

	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* one that can't be read fails: without it a bundle would ask for less than its folder */
static enum fj_rc add_policy(struct making *m, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * PEM_MAX);

	FJ_TRY(optional(m->dir, "log.policy", &text, err));
	if (text.len == 0)
		return FJ_OK;
	FJ_TRY(ver_trust_add(m->t, VER_LOG_POLICY, "", fj_buf_slice(&text), err));
	json_t *policy = json_stringn(fj_buf_str(&text), text.len);
	if (policy == NULL)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 15", "the log's policy is not UTF-8, and does not fit into a bundle");
	return fj_json_set(m->doc, "log_policy", policy) == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
}

/* The caller's proof, or the one that is published; one that was only found, and is of another version, is none. */
static enum fj_rc find_proof(struct making *m, struct fj_buf *found, char id[41], struct fj_err *err)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct ver_check c;

	FJ_TRY(ver_verify(m->t, &m->in, &r, err));
	const char *number = fj_json_peek(r.subject, "number");
	snprintf(id, 41, "%s", number != NULL ? number : fj_json_text(r.subject, "jti"));
	if (m->in.log_proof.len > 0)
		return FJ_OK;
	enum fj_rc rc = ver_folder_proof(m->dir, &r, found, err);
	if (rc != FJ_OK || found->len == 0)
		return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
	m->in.log_proof = fj_buf_slice(found);
	m->in.log_proof_found = true;
	FJ_TRY(judge_logged(m, m->t, &c, err));
	if (c.outcome == VER_NOT_REQUESTED)
		m->in.log_proof = FJ_SLICE(NULL, 0);
	return FJ_OK;
}

static enum fj_rc keep_proof(struct making *m, const char *id, struct fj_err *err)
{
	struct fj_slice proof = m->in.log_proof;
	struct ver_check c;

	if (proof.len == 0)
		return FJ_OK;
	FJ_TRY(judge_logged(m, m->t, &c, err));
	if (c.outcome != VER_PASS && c.outcome != VER_UNKNOWN) {
		fj_fail(err, FJ_E_INVALID, "verify", c.clause, "the proof of logging does not hold: %s", c.en);
		fj_err_zh(err, "公开日志载入证明不成立：%s", c.zh);
		return err->rc;
	}
	return fj_json_set(json_object_get(m->doc, "proofs"), id, json_stringn((const char *)proof.p, proof.len)) == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
}

static enum fj_rc fill_log(struct making *m, struct fj_err *err)
{
	FJ_AUTO(buf) log = FJ_BUF_INIT(4 * PEM_MAX);
	FJ_AUTO(buf) found = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	char id[41];

	FJ_TRY(add_policy(m, err));
	FJ_TRY(find_proof(m, &found, id, err));
	FJ_TRY(optional(m->dir, "log.pem", &log, err));
	FJ_TRY(add_log(m, fj_buf_slice(&log), err));
	FJ_TRY(fill(m, err)); /* the CRL of the log's certificate */
	enum fj_rc rc = keep_proof(m, id, err);
	m->in.log_proof = FJ_SLICE(NULL, 0); /* of this frame, when it was found */
	return rc;
}

/* --- the chain --- */

/* does the credential's own chain lead to the root, and its signature hold?  *issuing: SHA-256 of its CA, hex */
static enum fj_rc fits(const struct making *m, char issuing[65], bool *yes, struct fj_err *why, struct fj_err *err)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};

	FJ_TRY(ver_verify(m->t, &m->in, &r, err));
	*yes = r.n_path > 0;
	for (enum ver_ck k = CK_FORM; k <= CK_SIGNATURE; k++) {
		if (r.check[k].outcome != VER_FAIL || k == CK_SIGNER_STATUS)
			continue;
		*yes = false;
		fj_fail(why, FJ_E_INVALID, "verify", r.check[k].clause, "there is nothing to make a bundle of: %s", r.check[k].en);
		fj_err_zh(why, "不能制作核验包：%s", r.check[k].zh);
		break;
	}
	if (*yes)
		memcpy(issuing, r.path[0].sha256, 65);
	return FJ_OK;
}

/* the folder's chain under one of its roots; what does not lead to it is passed over */
static enum fj_rc under_root(struct making *m, size_t root, struct fj_err *err)
{
	ver_trust_free(m->t);
	m->t = NULL;
	return ver_trust_under(fj_buf_slice(&m->roots.der[root]), &m->cas, ver_pass_over, NULL, &m->t, err);
}

/* A root's own certificate that is only in the chain, where another generation leads to its key: how old the key is stands there. */
static bool tells_age(const struct making *m, struct fj_slice der)
{
	struct fj_x509 x;

	for (size_t i = 0; i < m->roots.n; i++)
		if (fj_slice_eq(fj_buf_slice(&m->roots.der[i]), der))
			return false;
	return ver_self_signed(der, &x) && ver_led_to(m->t->a, &x);
}

static const struct ver_ca *ca_called(const struct ver_trust *t, const char *sha256)
{
	for (size_t i = 0; i < t->a->n_ca; i++)
		if (strcmp(t->a->ca[i].sha256, sha256) == 0)
			return &t->a->ca[i];
	return NULL;
}

/* the first of the folder's roots under which the credential holds, and its issuing CA */
static enum fj_rc find_chain(struct making *m, size_t *root, struct fj_buf *issuing, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};
	char sha256[65];
	bool yes = false;

	fj_fail(&why, FJ_E_INVALID, "verify", "formats.md 7", "the trust folder has no issuing CA under its root");
	for (*root = 0; *root < m->roots.n; ++*root) {
		FJ_TRY(under_root(m, *root, err));
		FJ_TRY(fits(m, sha256, &yes, &why, err));
		if (!yes)
			continue;
		const struct ver_ca *ca = ca_called(m->t, sha256);
		fj_buf_clear(issuing);
		return ca == NULL ? fj_fail(err, FJ_E_INVALID, "verify", "formats.md 15", "a bundle is not made of what a root signed itself")
		    : fj_buf_put(issuing, ca->der.data, ca->der.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
	}
	*err = why;
	return why.rc;
}

/* the folder's roots, as a trust of it takes them */
static enum fj_rc roots_of(struct making *m, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) all = {.n = 0};
	struct ver_trust *made = NULL;

	ver_blocks_release(&m->roots);
	FJ_TRY(ver_trust_new(&made, err));
	FJ_AUTO(ver_trust) t = made;
	FJ_TRY(ver_blocks_read(pem, &all, NULL, NULL, err));
	FJ_TRY(ver_anchors_add(t->a, &all, ver_pass_over, NULL, err));
	for (size_t i = 0; i < t->a->n_root; i++) {
		const struct fj_buf *der = &t->a->root[i].der;
		fj_buf_init(&m->roots.der[m->roots.n++], FJ_X509_MAX);
		if (fj_buf_put(&m->roots.der[i], der->data, der->len) != FJ_OK)
			return fj_no_memory(err, "verify");
	}
	return FJ_OK;
}

/* roots and chain of one hierarchy of the folder, and what the credential hangs on; FJ_E_NOTFOUND: it has no such */
static enum fj_rc chain_of(struct making *m, enum fj_alg alg, size_t *root, struct fj_buf *issuing, struct fj_err *err)
{
	FJ_AUTO(buf) root_pem = FJ_BUF_INIT(PEM_MAX);
	FJ_AUTO(buf) chain_pem = FJ_BUF_INIT(4 * PEM_MAX);
	char name[24];

	ver_blocks_release(&m->cas);
	snprintf(name, sizeof(name), "root%s.pem", fj_alg_suffix(alg));
	FJ_TRY(fj_file_read(m->dir, name, &root_pem, err));
	snprintf(name, sizeof(name), "chain%s.pem", fj_alg_suffix(alg));
	FJ_TRY(fj_file_read(m->dir, name, &chain_pem, err));
	FJ_TRY(roots_of(m, fj_buf_slice(&root_pem), err));
	FJ_TRY(ver_blocks_read(fj_buf_slice(&chain_pem), &m->cas, ver_pass_over, NULL, err));
	return find_chain(m, root, issuing, err);
}

/* Did a part that is in it come from this CA?  Certificates of a root's key are kept wherever there are several roots, so
 * that whoever trusts one of them can read it. */
static bool needed(const struct making *m, const struct ver_ca *ca, struct fj_slice issuing)
{
	const struct ver_trust *t = m->t;
	const struct ver_ca *of = ver_ca_in(t->a, issuing);
	bool found = ca->arc[0] == '\0' || (of != NULL && ver_same_ca(of, ca)); /* whether the key is lost is asked of all its certificates */

	for (size_t i = 0; i < t->n_crl && !found; i++)
		found = t->crl[i].ca == ca;
	for (size_t i = 0; i < t->n_list && !found; i++)
		found = t->list[i].signer->ca == ca;
	for (size_t i = 0; i < t->n_auth && !found; i++)
		found = t->auth[i].signer->ca == ca;
	for (size_t i = 0; i < t->log.n && !found; i++)
		found = t->log.signer[i]->ca == ca;
	return found;
}

/* Further CAs and roots, format 3.  A root that does not lead to all of it is nobody's to read it by, and stays away. */
static enum fj_rc add_chain(struct making *m, size_t root, struct fj_slice issuing, struct fj_err *err)
{
	FJ_AUTO(json) chain = json_array();
	const struct ver_anchors *a = m->t->a;
	size_t led = a->n_ca;

	for (size_t i = 0; chain != NULL && i < a->n_ca; i++)
		if (!fj_slice_eq(fj_buf_slice(&a->ca[i].der), issuing) && needed(m, &a->ca[i], issuing) && json_array_append_new(chain, base64(fj_buf_slice(&a->ca[i].der))) != 0)
			return fj_no_memory(err, "verify");
	for (size_t i = 0; chain != NULL && i < m->cas.n; i++)
		if (tells_age(m, fj_buf_slice(&m->cas.der[i])) && json_array_append_new(chain, base64(fj_buf_slice(&m->cas.der[i]))) != 0)
			return fj_no_memory(err, "verify");
	for (size_t i = 0; i < m->roots.n; i++) {
		if (i == root)
			continue;
		FJ_TRY(under_root(m, i, err));
		if (m->t->a->n_ca != led)
			continue;
		FJ_TRY(fill(m, err)); /* what is wanted under this one */
		if (json_array_append_new(chain, base64(fj_buf_slice(&m->roots.der[i]))) != 0)
			return fj_no_memory(err, "verify");
	}
	if (chain == NULL)
		return fj_no_memory(err, "verify");
	if (json_array_size(chain) == 0)
		return FJ_OK;
	return json_object_set(m->doc, "chain", chain) == 0 && json_object_set_new(m->doc, "format", json_string(VER_FORMAT_BUNDLE_3)) == 0 ? FJ_OK : fj_no_memory(err, "verify");
}

static enum fj_rc make(struct making *m, struct fj_err *err)
{
	FJ_AUTO(buf) issuing = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_err why = {.rc = FJ_OK};
	size_t root;

	bool sm2 = chain_of(m, FJ_ES256, &root, &issuing, err) != FJ_OK;
	if (sm2 && (fj_rc_exit(err->rc) == 3 || chain_of(m, FJ_SM2, &root, &issuing, &why) != FJ_OK)) {
		if (why.rc != FJ_OK && why.rc != FJ_E_NOTFOUND && fj_rc_exit(why.rc) == 3)
			*err = why;
		return err->rc;
	}
	if (json_object_set_new(m->doc, "root", base64(fj_buf_slice(&m->roots.der[root]))) != 0 || json_object_set_new(m->doc, "issuing", base64(fj_buf_slice(&issuing))) != 0)
		return fj_no_memory(err, "verify");
	FJ_TRY(fill(m, err));
	if (!sm2) /* the log is signed under P-256 alone: under this root nothing of it could be verified */
		FJ_TRY(fill_log(m, err));
	return add_chain(m, root, fj_buf_slice(&issuing), err);
}

/* text without white space around it; DER as PEM */
static enum fj_rc text_of(struct fj_slice credential, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * FJ_X509_MAX);
	enum fj_rc rc;

	while (credential.len > 0 && credential.p[0] != FJ_DER_SEQ && credential.p[credential.len - 1] <= ' ')
		credential.len--;
	if (credential.len == 0 || credential.p[0] != FJ_DER_SEQ)
		rc = fj_buf_put(out, credential.p, credential.len);
	else if ((rc = fj_b64_put(&b64, credential)) == FJ_OK)
		rc = fj_buf_printf(out, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", fj_buf_str(&b64));
	if (rc == FJ_OK && fj_utf8_valid(fj_buf_slice(out)))
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "verify", "formats.md 15", "a bundle is made of a license token, an authorisation credential or a certificate; this is none",
	    "核验包只能由许可令牌、授权凭证或数据资产证书制作");
}

enum fj_rc ver_bundle_make(int dir, struct fj_slice credential, struct fj_slice proof, fj_time at, bool past, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * FJ_X509_MAX);
	FJ_AUTO(json) doc = NULL;

	FJ_TRY(text_of(credential, &text, err));
	doc = json_pack("{s:s, s:s, s:{}, s:{}, s:[], s:[], s:n, s:n, s:{}}", "format", VER_FORMAT_BUNDLE, "credential", fj_buf_str(&text), "authorisations", "certificates", "lists", "crls",
	    "log", "log_policy", "proofs");
	if (doc == NULL)
		return fj_no_memory(err, "verify");
	struct making m = {.dir = dir, .in = {.credential = fj_buf_slice(&text), .now = at, .past = past, .log_proof = proof}, .doc = doc,
		.authorisations = json_object_get(doc, "authorisations"), .certificates = json_object_get(doc, "certificates"),
		.lists = json_object_get(doc, "lists"), .crls = json_object_get(doc, "crls")};
	enum fj_rc rc = make(&m, err);
	ver_trust_free(m.t);
	ver_blocks_release(&m.roots);
	ver_blocks_release(&m.cas);
	FJ_TRY(rc);
	rc = fj_json_canonical(doc, out, err);
	return rc == FJ_E_LIMIT ? too_large(err) : rc;
}
