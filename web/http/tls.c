/*
 * tls.c - the certificate that the server shows, exchanged while it serves.
 *
 * libmicrohttpd asks for it at each handshake (MHD_OPTION_HTTPS_CERT_CALLBACK2), from
 * any of its threads and without a word of whose server it is: so there is one, behind
 * a lock.  What a handshake is given is a copy that GnuTLS releases, because nobody
 * tells when a handshake ends; a copy costs far less than the signature that follows.
 */
#include "web/http/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>

struct web_tls {
	gnutls_x509_crt_t chain[WEB_TLS_CHAIN_MAX];
	unsigned n;
	gnutls_x509_privkey_t key;
	struct web_tls_state state;
};
static struct {
	pthread_mutex_t lock;
	struct web_tls *now;
} used = {.lock = PTHREAD_MUTEX_INITIALIZER};

void web_tls_free(struct web_tls *t)
{
	if (t == NULL)
		return;
	for (unsigned k = 0; k < t->n; k++)
		gnutls_x509_crt_deinit(t->chain[k]);
	gnutls_x509_privkey_deinit(t->key);
	fj_free(t);
}

/* --- reading --- */

static enum fj_rc unfit(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "tls", "RFC 5246 7.4.2", en, zh);
}

static enum fj_rc read_chain(struct web_tls *t, struct fj_slice pem, struct fj_err *err)
{
	gnutls_datum_t d = {.data = (unsigned char *)(uintptr_t)pem.p, .size = (unsigned)pem.len};
	unsigned max = WEB_TLS_CHAIN_MAX;

	int rc = gnutls_x509_crt_list_import(t->chain, &max, &d, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	if (rc > 0) {
		t->n = (unsigned)rc;
		return FJ_OK;
	}
	if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
		return unfit(err, "the certificate file has more than 10 certificates; keep the server's own and those above it", "证书文件中的证书多于 10 张；请只保留服务器证书及其上级证书");
	return unfit(err, "the certificate file has no certificate in PEM form (\"BEGIN CERTIFICATE\"); give the file that the authority sent", "证书文件中没有 PEM 格式的证书（BEGIN CERTIFICATE）；请使用发证机构提供的文件");
}

static enum fj_rc read_key(struct web_tls *t, struct fj_slice pem, struct fj_err *err)
{
	gnutls_datum_t d = {.data = (unsigned char *)(uintptr_t)pem.p, .size = (unsigned)pem.len};

	if (gnutls_x509_privkey_init(&t->key) != 0)
		return fj_no_memory(err, "tls");
	int rc = gnutls_x509_privkey_import2(t->key, &d, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (rc == GNUTLS_E_DECRYPTION_FAILED)
		return unfit(err, "the key file is under a passphrase, which nobody types when the service starts; take it off (openssl pkey) and keep the file to its owner",
		    "私钥文件设有口令，服务启动时无人输入；请去除口令（openssl pkey）并限定文件权限");
	if (rc != 0)
		return unfit(err, "the key file has no private key in PEM form; give the file that the certificate request was made with", "私钥文件中没有 PEM 格式的私钥；请使用申请证书时生成的私钥文件");
	return FJ_OK;
}

static bool key_is_of(const struct web_tls *t, gnutls_x509_crt_t cert)
{
	unsigned char of_cert[64], of_key[64];
	size_t n = sizeof(of_cert), m = sizeof(of_key);

	return gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, of_cert, &n) == 0 &&
	    gnutls_x509_privkey_get_key_id(t->key, GNUTLS_KEYID_USE_SHA256, of_key, &m) == 0 && n == m && memcmp(of_cert, of_key, n) == 0;
}

static void swap(struct web_tls *t, unsigned a, unsigned b)
{
	gnutls_x509_crt_t c = t->chain[a];

	t->chain[a] = t->chain[b];
	t->chain[b] = c;
}

/* The one of the key first, then each that issued the one before (RFC 5246 7.4.2); others are left out.  false: none is of the key. */
static bool put_in_order(struct web_tls *t)
{
	unsigned k = 0, n = 0;

	while (k < t->n && !key_is_of(t, t->chain[k]))
		k++;
	if (k == t->n)
		return false;
	for (swap(t, 0, k); n + 1 < t->n; n++) {
		for (k = n + 1; k < t->n && gnutls_x509_crt_check_issuer(t->chain[n], t->chain[k]) == 0; k++)
			continue;
		if (k == t->n)
			break;
		swap(t, n + 1, k);
	}
	while (t->n > n + 1)
		gnutls_x509_crt_deinit(t->chain[--t->n]);
	return true;
}

static enum fj_rc note_state(struct web_tls *t, struct fj_err *err)
{
	unsigned char digest[32];
	size_t n = sizeof(digest), room = sizeof(t->state.subject);

	t->state.from = gnutls_x509_crt_get_activation_time(t->chain[0]);
	t->state.until = gnutls_x509_crt_get_expiration_time(t->chain[0]);
	if (gnutls_x509_crt_get_dn(t->chain[0], t->state.subject, &room) != 0)
		t->state.subject[0] = '\0';
	if (gnutls_x509_crt_get_fingerprint(t->chain[0], GNUTLS_DIG_SHA256, digest, &n) != 0 || n != sizeof(digest) || t->state.from < 0 || t->state.until < 0)
		return unfit(err, "the server's certificate can't be read; have it issued anew", "服务器证书无法读取；请重新申请证书");
	fj_hex(digest, sizeof(digest), t->state.sha256);
	t->state.there = true;
	return FJ_OK;
}

enum fj_rc web_tls_fits(const struct web_tls *t, const char *host, struct fj_err *err)
{
	fj_time now = fj_real_ms() / 1000;
	char at[FJ_TIME_CAP];

	fj_time_utc(now < t->state.from ? t->state.from : t->state.until, at);
	if (now > t->state.until) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "tls", "RFC 5280 4.1.2.5", "the certificate is over since %s; have it renewed, put the new files in place and run: fujie reload --dir D", at);
		fj_err_zh(err, "该证书已于 %s 到期；请更新证书、替换文件后运行 fujie reload --dir D", at);
		return rc;
	}
	if (now < t->state.from) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "tls", "RFC 5280 4.1.2.5", "the certificate is not valid before %s; wait until then, or set this machine's clock right", at);
		fj_err_zh(err, "该证书自 %s 起才有效；请届时再更换，或校正本机时钟", at);
		return rc;
	}
	if (host[0] == '\0' || gnutls_x509_crt_check_hostname(t->chain[0], host) != 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "tls", "RFC 6125 6", "the certificate is not for %.120s, by which browsers come ([portal] base); have one issued for that name", host);
	fj_err_zh(err, "该证书不适用于浏览器访问的名称 %.120s（配置项 [portal] base）；请申请该名称的证书", host);
	return rc;
}

enum fj_rc web_tls_read(struct fj_slice cert, struct fj_slice key, struct web_tls **out, struct fj_err *err)
{
	FJ_AUTO(web_tls) t = fj_alloc(1, sizeof(*t));

	if (t == NULL)
		return fj_no_memory(err, "tls");
	FJ_TRY(read_chain(t, cert, err));
	FJ_TRY(read_key(t, key, err));
	if (!put_in_order(t))
		return unfit(err, "the key is not that of the certificate; give the key that the certificate request was made with", "私钥与证书不匹配；请使用申请该证书时生成的私钥");
	if (gnutls_x509_crt_check_key_purpose(t->chain[0], GNUTLS_KP_TLS_WWW_SERVER, 0) == 0)
		return unfit(err, "the certificate is not for servers (extended key usage serverAuth); have one issued that is", "该证书不能用于服务器（扩展密钥用法 serverAuth）；请申请服务器证书");
	FJ_TRY(note_state(t, err));
	*out = fj_move(t);
	return FJ_OK;
}

/* --- showing --- */

void web_tls_use(struct web_tls **t)
{
	pthread_mutex_lock(&used.lock);
	struct web_tls *old = used.now;
	used.now = *t;
	pthread_mutex_unlock(&used.lock);
	*t = NULL;
	web_tls_free(old); /* handshakes have copies */
}

void web_tls_state(const struct web_tls *t, struct web_tls_state *out)
{
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&used.lock);
	t = t != NULL ? t : used.now;
	if (t != NULL)
		*out = t->state;
	pthread_mutex_unlock(&used.lock);
}

/* n of them are made; the rest is the caller's to make, or nobody's */
static void drop(gnutls_pcert_st *list, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		gnutls_pcert_deinit(&list[k]);
	gnutls_free(list);
}

static int copy_key(const struct web_tls *t, gnutls_privkey_t *out)
{
	int rc = gnutls_privkey_init(out);

	if (rc == 0)
		rc = gnutls_privkey_import_x509(*out, t->key, GNUTLS_PRIVKEY_IMPORT_COPY);
	return rc;
}

static int copy_of(const struct web_tls *t, gnutls_pcert_st **certs, unsigned *n, gnutls_privkey_t *key)
{
	gnutls_pcert_st *list = t == NULL ? NULL : gnutls_calloc(t->n, sizeof(*list));

	if (list == NULL)
		return -1;
	for (unsigned k = 0; k < t->n; k++)
		if (gnutls_pcert_import_x509(&list[k], t->chain[k], 0) != 0) {
			drop(list, k);
			return -1;
		}
	if (copy_key(t, key) != 0) {
		gnutls_privkey_deinit(*key);
		drop(list, t->n);
		return -1;
	}
	*certs = list;
	*n = t->n;
	return 0;
}

/* gnutls_certificate_retrieve_function3; what is given out is GnuTLS's to release */
static int show(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **certs, unsigned *n,
    gnutls_ocsp_data_st **ocsp, unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags)
{
	(void)session;
	(void)info;
	*ocsp = NULL;
	*n_ocsp = 0;
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	*key = NULL;
	pthread_mutex_lock(&used.lock);
	int rc = copy_of(used.now, certs, n, key);
	pthread_mutex_unlock(&used.lock);
	return rc;
}

void *web_tls_callback(void)
{
	return (void *)show;
}
