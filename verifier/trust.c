/*
 * trust.c - a trust folder in memory (docs/formats.md section 7).
 *
 * root.pem is what the caller trusts; all else is checked against it.  CAs,
 * CRLs, status lists and authorisation credentials are verified here, once.
 * Data asset certificates are many: their bytes are only read and hashed, and
 * whoever uses them verifies them or compares the hash with a signed one.  A
 * file that fails is left out with a note: leaving out can only turn a permit
 * into something else, since what is missing is unknown.
 */
#include "verifier/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

#define CRL_BYTES FJ_CRL_MAX
#define PEM_BYTES 65536
#define MAX_NOTES 100

struct loading {
	struct ver_trust *t;
	int dir;
	json_t *notes; /* may be NULL */
};

static void close_dir(DIR *d)
{
	closedir(d);
}

FJ_DEFINE_AUTO_PTR(dir, DIR, close_dir)

void ver_trust_free(struct ver_trust *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_crl; i++)
		ver_crl_release(&t->crl[i]);
	for (size_t i = 0; i < t->n_list; i++)
		ver_list_release(&t->list[i]);
	for (size_t i = 0; i < t->n_auth; i++) {
		fj_buf_release(&t->auth[i].compact);
		json_decref(t->auth[i].payload);
	}
	for (size_t i = 0; i < t->n_cert; i++)
		fj_buf_release(&t->cert[i].der);
	fj_free(t->crl);
	fj_free(t->list);
	fj_free(t->auth);
	fj_free(t->cert);
	ver_pool_free(t->pool);
	for (size_t i = 0; i < t->n_ca; i++)
		ver_ca_release(&t->ca[i]);
	ver_ca_release(&t->root);
	fj_free(t);
}

static void note(struct loading *l, const char *what, const struct fj_err *e)
{
	char text[512];

	if (l->notes == NULL || json_array_size(l->notes) >= MAX_NOTES)
		return;
	snprintf(text, sizeof(text), "%.100s: %.300s [%s]", what, e->en, e->cite);
	json_t *s = json_string(text);
	json_array_append_new(l->notes, s != NULL ? s : json_string("a file whose name is not UTF-8 was left out"));
}

/* --- PEM (RFC 7468), as strict as base64 is elsewhere --- */

static const uint8_t *find_text(struct fj_slice in, const char *what)
{
	return in.len == 0 ? NULL : memmem(in.p, in.len, what, strlen(what));
}

static enum fj_rc pem_body(struct fj_slice body, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_CRL_MAX);

	for (size_t i = 0, from = 0; i <= body.len; i++) {
		if (i < body.len && body.p[i] != '\n' && body.p[i] != '\r')
			continue;
		enum fj_rc rc = fj_buf_put(&text, body.p + from, i - from);
		if (rc != FJ_OK)
			return fj_fail(err, rc, "verify", "RFC 7468", "a PEM block is too large");
		from = i + 1;
	}
	if (text.len == 0 || !ver_visible(fj_buf_slice(&text)) || fj_b64_get(fj_buf_str(&text), text.len, der) != FJ_OK)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7468 3", "a PEM block is not base64, or too large");
	return FJ_OK;
}

enum fj_rc ver_pem_next(struct fj_slice *in, const char *label, struct fj_buf *der, struct fj_err *err)
{
	char begin[64], end[64];

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	const uint8_t *a = find_text(*in, begin);
	if (a == NULL)
		return fj_fail(err, FJ_E_NOTFOUND, "verify", "RFC 7468", "there is no PEM block \"%s\"", label);
	struct fj_slice rest = FJ_SLICE(a + strlen(begin), (size_t)(in->p + in->len - a) - strlen(begin));
	const uint8_t *b = find_text(rest, end);
	if (b == NULL)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7468 3", "a PEM block \"%s\" has no end", label);
	*in = FJ_SLICE(b + strlen(end), (size_t)(rest.p + rest.len - b) - strlen(end));
	return pem_body(FJ_SLICE(rest.p, (size_t)(b - rest.p)), der, err);
}

/* --- root and chain --- */

static enum fj_rc load_root(struct loading *l, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(PEM_BYTES);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(fj_file_read(l->dir, "root.pem", &pem, err));
	struct fj_slice in = fj_buf_slice(&pem);
	FJ_TRY(ver_pem_next(&in, "CERTIFICATE", &der, err));
	return ver_ca_root(fj_buf_slice(&der), &l->t->root, err);
}

static enum fj_rc load_chain(struct loading *l, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(PEM_BYTES * 4);
	struct ver_trust *t = l->t;

	FJ_TRY(fj_file_read(l->dir, "chain.pem", &pem, err));
	struct fj_slice in = fj_buf_slice(&pem);
	for (int i = 0; i < 2 * VER_MAX_CA; i++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		struct fj_err why;
		enum fj_rc rc = ver_pem_next(&in, "CERTIFICATE", &der, &why);
		if (rc == FJ_E_NOTFOUND)
			break;
		if (rc == FJ_OK && fj_slice_eq(fj_buf_slice(&der), fj_buf_slice(&t->root.der)))
			continue;
		if (rc == FJ_OK && t->n_ca == VER_MAX_CA)
			rc = fj_fail(&why, FJ_E_LIMIT, "verify", NULL, "there are more than %d issuing CAs", VER_MAX_CA);
		else if (rc == FJ_OK)
			rc = ver_ca_issuing(fj_buf_slice(&der), &t->root, &t->ca[t->n_ca], &why);
		if (rc == FJ_OK) {
			t->n_ca++;
			continue;
		}
		if (t->n_ca < VER_MAX_CA)
			ver_ca_release(&t->ca[t->n_ca]);
		FJ_ENSURE(rc != FJ_E_NOMEM, fj_fail(err, rc, "verify", NULL, "out of memory"));
		note(l, "chain.pem", &why);
	}
	return t->n_ca > 0 ? FJ_OK
	    : fj_fail(err, FJ_E_INVALID, "verify", "formats.md 7", "chain.pem holds no issuing CA under the root; get the trust folder anew");
}

/* --- folders of files --- */

/* one more of `size` octets at *v; FJ_E_LIMIT past max */
static enum fj_rc grow(void **v, size_t n, size_t *cap, size_t size, size_t max)
{
	if (n >= max)
		return FJ_E_LIMIT;
	if (n < *cap)
		return FJ_OK;
	size_t want = *cap == 0 ? 16 : *cap * 2;
	void *p = fj_realloc(*v, want, size);
	if (p == NULL)
		return FJ_E_NOMEM;
	*v = p;
	*cap = want;
	return FJ_OK;
}

static enum fj_rc no_room(struct fj_err *err, enum fj_rc rc)
{
	return fj_fail(err, rc, "verify", "formats.md 7", "%s", rc == FJ_E_LIMIT ? "the trust folder holds more files than can be kept" : "out of memory");
}

typedef enum fj_rc (*file_fn)(struct loading *l, const char *stem, struct fj_slice data, struct fj_err *err);
struct folder {
	const char *name, *suffix;
	size_t max;
	file_fn fn;
};

static enum fj_rc load_crl(struct loading *l, const char *stem, struct fj_slice data, struct fj_err *err)
{
	struct ver_trust *t = l->t;
	struct ver_crl c;
	void *v = t->crl;

	(void)stem;
	FJ_TRY(ver_crl_read(t, data, &c, err));
	for (size_t i = 0; i < t->n_crl; i++) { /* of two with one address the higher number counts */
		if (t->crl[i].ca != c.ca || strcmp(t->crl[i].uri, c.uri) != 0)
			continue;
		struct ver_crl old = t->crl[i].number < c.number ? t->crl[i] : c;
		if (t->crl[i].number < c.number)
			t->crl[i] = c;
		ver_crl_release(&old);
		return FJ_OK;
	}
	enum fj_rc rc = grow(&v, t->n_crl, &t->cap_crl, sizeof(c), VER_MAX_CRLS);
	t->crl = v;
	if (rc == FJ_OK)
		t->crl[t->n_crl++] = c;
	else
		ver_crl_release(&c);
	return rc == FJ_OK ? FJ_OK : no_room(err, rc);
}

static enum fj_rc load_list(struct loading *l, const char *stem, struct fj_slice data, struct fj_err *err)
{
	struct ver_trust *t = l->t;
	struct ver_list list;
	void *v = t->list;

	(void)stem;
	FJ_TRY(ver_list_read(t, data, &list, err));
	enum fj_rc rc = grow(&v, t->n_list, &t->cap_list, sizeof(list), VER_MAX_LISTS);
	t->list = v;
	if (rc == FJ_OK)
		t->list[t->n_list++] = list;
	else
		ver_list_release(&list);
	return rc == FJ_OK ? FJ_OK : no_room(err, rc);
}

/* signature, signer and payload of a published authorisation credential */
static enum fj_rc check_auth(struct loading *l, struct fj_slice data, struct ver_auth *a, struct fj_err *err)
{
	FJ_AUTO(jws) jws = {.payload = NULL};
	FJ_AUTO(ver_signer) ref = {NULL, NULL};
	struct fj_err chain = {.rc = FJ_OK};

	if (data.len == 0 || data.p[data.len - 1] != '~')
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 9901 4", "an authorisation credential does not end in ~");
	FJ_TRY(ver_jws_read(l->t, FJ_SLICE(data.p, data.len - 1), FJ_TOKEN_MAX, &jws, &ref, &chain, err));
	FJ_TRY(fj_authorisation_check(jws.payload, err));
	if (ref.s == NULL)
		return fj_fail(err, chain.rc, "verify", chain.cite, "%s", chain.en);
	if (strcmp(jws.typ, FJ_TYP_TOKEN) != 0 || strcmp(fj_json_peek(jws.payload, "vct"), FJ_VCT_AUTHORISATION) != 0 || !ver_signer_is(ref.s, ".2.3") ||
	    strcmp(ref.s->iss, fj_json_peek(jws.payload, "iss")) != 0 || strcmp(ref.s->kid, jws.kid) != 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 5.2", "type, signer or issuer of an authorisation credential are not right");
	if (!ver_jws_verify(l->t, &jws, &ref))
		return fj_fail(err, FJ_E_SIGNATURE, "verify", "RFC 7515 5.2", "an authorisation credential's signature does not verify");
	if (ref.owned != NULL)
		return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 7", "the trust has more signers than can be kept");
	a->signer = ref.s;
	a->payload = fj_move(jws.payload);
	return FJ_OK;
}

static enum fj_rc keep_bytes(struct fj_slice data, size_t max, struct fj_buf *out, char sha256[44], struct fj_err *err)
{
	fj_buf_init(out, max);
	enum fj_rc rc = fj_buf_put(out, data.p, data.len);
	if (rc == FJ_OK)
		rc = ver_sha256_b64u(data, sha256);
	return rc == FJ_OK ? FJ_OK : no_room(err, rc);
}

static enum fj_rc load_auth(struct loading *l, const char *stem, struct fj_slice data, struct fj_err *err)
{
	struct ver_trust *t = l->t;
	struct ver_auth a = {.payload = NULL};
	void *v = t->auth;

	enum fj_rc rc = grow(&v, t->n_auth, &t->cap_auth, sizeof(a), VER_MAX_AUTHORISATIONS);
	t->auth = v;
	if (rc != FJ_OK)
		return no_room(err, rc);
	FJ_TRY(check_auth(l, data, &a, err));
	rc = keep_bytes(data, FJ_TOKEN_MAX, &a.compact, a.sha256, err);
	if (rc == FJ_OK && (strcmp(stem, fj_json_peek(a.payload, "jti")) != 0 || fj_strcopy(a.number, sizeof(a.number), stem) != FJ_OK))
		rc = fj_fail(err, FJ_E_INVALID, "verify", "formats.md 7", "an authorisation credential's file bears another number");
	if (rc == FJ_OK) {
		t->auth[t->n_auth++] = a;
		return FJ_OK;
	}
	fj_buf_release(&a.compact);
	json_decref(a.payload);
	return rc;
}

static enum fj_rc load_cert(struct loading *l, const char *stem, struct fj_slice data, struct fj_err *err)
{
	struct ver_trust *t = l->t;
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	void *v = t->cert;

	enum fj_rc rc = grow(&v, t->n_cert, &t->cap_cert, sizeof(*t->cert), VER_MAX_CERTIFICATES);
	t->cert = v;
	if (rc != FJ_OK)
		return no_room(err, rc);
	struct ver_cert *c = &t->cert[t->n_cert];
	memset(c, 0, sizeof(*c));
	FJ_TRY(ver_pem_next(&data, "CERTIFICATE", &der, err));
	if (fj_strcopy(c->number, sizeof(c->number), stem) != FJ_OK)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 7", "a certificate's file name is no number");
	rc = keep_bytes(fj_buf_slice(&der), FJ_X509_MAX, &c->der, c->sha256, err);
	if (rc != FJ_OK)
		fj_buf_release(&c->der);
	else
		t->n_cert++;
	return rc;
}

/* "name.suffix" into stem; others (temporary files) are not ours */
static bool stem_of(const char *name, const char *suffix, char stem[64])
{
	size_t n = strlen(name), m = strlen(suffix);

	if (name[0] == '.' || n <= m || n - m >= 64 || strcmp(name + n - m, suffix) != 0)
		return false;
	memcpy(stem, name, n - m);
	stem[n - m] = '\0';
	return true;
}

static enum fj_rc load_file(struct loading *l, int dirfd, const char *name, const struct folder *f, struct fj_buf *data, struct fj_err *err)
{
	char stem[64], path[400];
	struct fj_err why;

	if (!stem_of(name, f->suffix, stem))
		return FJ_OK;
	fj_buf_clear(data);
	enum fj_rc rc = fj_file_read(dirfd, name, data, &why);
	if (rc == FJ_OK)
		rc = f->fn(l, stem, fj_buf_slice(data), &why);
	if (rc == FJ_OK)
		return FJ_OK;
	FJ_ENSURE(rc != FJ_E_NOMEM, fj_fail(err, rc, "verify", NULL, "out of memory"));
	snprintf(path, sizeof(path), "%s/%s", f->name, name);
	note(l, path, &why);
	return FJ_OK;
}

static enum fj_rc load_folder(struct loading *l, const struct folder *f, struct fj_err *err)
{
	struct fj_err why;
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(buf) data = FJ_BUF_INIT(f->max);
	const struct dirent *e;

	if (fj_dir_open(l->dir, f->name, &fd, &why) != FJ_OK) {
		note(l, f->name, &why);
		return FJ_OK;
	}
	FJ_AUTO(dir) d = fdopendir(fd);
	if (d == NULL)
		return fj_fail_errno(err, "verify", "list %s", f->name);
	fd = -1; /* d owns it now */
	errno = 0;
	while ((e = readdir(d)) != NULL) {
		FJ_TRY(load_file(l, dirfd(d), e->d_name, f, &data, err));
		errno = 0;
	}
	return errno == 0 ? FJ_OK : fj_fail_errno(err, "verify", "list %s", f->name);
}

/* --- lookup --- */

static int list_order(const void *a, const void *b)
{
	const struct ver_list *x = a, *y = b;
	int c = strcmp(x->uri, y->uri);

	return c != 0 ? c : x->from > y->from ? -1 : x->from < y->from;
}

/* of two lists with one address the later one counts */
static void settle_lists(struct ver_trust *t)
{
	size_t n = 0;

	if (t->n_list == 0)
		return;
	qsort(t->list, t->n_list, sizeof(*t->list), list_order);
	for (size_t i = 0; i < t->n_list; i++) {
		if (n > 0 && strcmp(t->list[i].uri, t->list[n - 1].uri) == 0)
			ver_list_release(&t->list[i]);
		else
			t->list[n++] = t->list[i];
	}
	t->n_list = n;
}

static int auth_order(const void *a, const void *b)
{
	return strcmp(((const struct ver_auth *)a)->number, ((const struct ver_auth *)b)->number);
}

static int cert_order(const void *a, const void *b)
{
	return strcmp(((const struct ver_cert *)a)->number, ((const struct ver_cert *)b)->number);
}

static int auth_match(const void *key, const void *item)
{
	return strcmp(key, ((const struct ver_auth *)item)->number);
}

static int cert_match(const void *key, const void *item)
{
	return strcmp(key, ((const struct ver_cert *)item)->number);
}

const struct ver_auth *ver_trust_auth(const struct ver_trust *t, const char *number)
{
	return t->n_auth == 0 ? NULL : bsearch(number, t->auth, t->n_auth, sizeof(*t->auth), auth_match);
}

const struct ver_cert *ver_trust_cert(const struct ver_trust *t, const char *number)
{
	return t->n_cert == 0 ? NULL : bsearch(number, t->cert, t->n_cert, sizeof(*t->cert), cert_match);
}

enum fj_rc ver_trust_find(const struct ver_trust *t, const char *number, struct fj_slice *out, struct fj_err *err)
{
	const struct ver_auth *a = ver_trust_auth(t, number);
	const struct ver_cert *c = a != NULL ? NULL : ver_trust_cert(t, number);

	if (a == NULL && c == NULL) {
		enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "verify", "formats.md 7", "no published credential bears the number \"%.60s\"", number);
		fj_err_zh(err, "没有编号为“%.60s”的已公开凭证", number);
		return rc;
	}
	*out = fj_buf_slice(a != NULL ? &a->compact : &c->der);
	return FJ_OK;
}

/* --- all of it --- */

static enum fj_rc load_all(struct loading *l, struct fj_err *err)
{
	static const struct folder folders[] = {
		{"crl", ".crl", CRL_BYTES, load_crl}, {"status", ".jwt", FJ_STATUS_JWT_MAX, load_list},
		{"authorisations", ".jwt", FJ_TOKEN_MAX, load_auth}, {"certificates", ".pem", PEM_BYTES, load_cert},
	};
	struct ver_trust *t = l->t;

	FJ_TRY(load_root(l, err));
	FJ_TRY(load_chain(l, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++)
		FJ_TRY(load_folder(l, &folders[i], err));
	settle_lists(t);
	if (t->n_auth > 0)
		qsort(t->auth, t->n_auth, sizeof(*t->auth), auth_order);
	if (t->n_cert > 0)
		qsort(t->cert, t->n_cert, sizeof(*t->cert), cert_order);
	return FJ_OK;
}

static enum fj_rc no_trust(const char *dir, const char *what, struct fj_err *err)
{
	char why[96];
	int e = errno;

	enum fj_rc rc = fj_fail(err, e == ENOENT ? FJ_E_NOTFOUND : FJ_E_IO, "verify", "formats.md 7",
	    "%.160s is no trust folder: %s: %s; give D/trust of an appliance, or its trust.tar unpacked", dir, what, strerror_r(e, why, sizeof(why)));
	fj_err_zh(err, "%.160s 不是信任资料目录；请指定系统的 D/trust，或解压后的 trust.tar", dir);
	return rc;
}

enum fj_rc ver_trust_crl(struct ver_trust *t, struct fj_slice der, struct fj_err *err)
{
	struct loading l = {.t = t, .dir = -1};
	struct fj_err why = {.rc = FJ_OK};

	return load_crl(&l, "", der, &why) == FJ_E_NOMEM ? fj_no_memory(err, "verify") : FJ_OK;
}

enum fj_rc ver_root_read(struct fj_slice pem, struct fj_buf *der, struct fj_err *err)
{
	struct ver_ca root;

	FJ_TRY(ver_pem_next(&pem, "CERTIFICATE", der, err));
	enum fj_rc rc = ver_ca_root(fj_buf_slice(der), &root, err);
	ver_ca_release(&root);
	return rc;
}

enum fj_rc ver_trust_of(struct fj_slice root, struct fj_slice issuing, struct ver_trust **out, struct fj_err *err)
{
	FJ_AUTO(ver_trust) t = fj_alloc(1, sizeof(*t));

	if (t == NULL || ver_pool_new(&t->pool) != FJ_OK)
		return fj_no_memory(err, "verify");
	FJ_TRY(ver_ca_root(root, &t->root, err));
	t->n_ca = 1; /* released with the rest, whatever becomes of it */
	FJ_TRY(ver_ca_issuing(issuing, &t->root, &t->ca[0], err));
	*out = fj_move(t);
	return FJ_OK;
}

bool ver_trust_demo(const struct ver_trust *t)
{
	for (size_t i = 0; i < t->n_ca; i++)
		if (!t->ca[i].demo)
			return false;
	return t->n_ca > 0;
}

enum fj_rc ver_trust_load_dir(int dirfd, const char *dir, struct ver_trust **out, json_t **notes, struct fj_err *err)
{
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(ver_trust) t = fj_alloc(1, sizeof(*t));

	if (t == NULL || list == NULL || ver_pool_new(&t->pool) != FJ_OK)
		return fj_no_memory(err, "verify");
	if (fj_dir_open(dirfd, dir, &fd, err) != FJ_OK)
		return no_trust(dir, "the folder", err);
	if (faccessat(fd, "root.pem", R_OK, 0) != 0)
		return no_trust(dir, "root.pem", err);
	struct loading l = {.t = t, .dir = fd, .notes = list};
	FJ_TRY(load_all(&l, err));
	if (notes != NULL)
		*notes = fj_move(list);
	*out = fj_move(t);
	return FJ_OK;
}
