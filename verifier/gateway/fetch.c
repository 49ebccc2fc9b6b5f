/*
 * fetch.c - one GET or POST over libcurl.  What comes back is bytes that nobody has
 * vouched for: bounded here, read by tar.c, believed by the verifier.
 */
#include <curl/curl.h>

#include "verifier/gateway/gateway.h"

#define CONNECT_SECONDS 5L
#define TOTAL_SECONDS 60L

struct receiving {
	struct gw_fetched *out;
	const atomic_bool *stop;
	bool too_large;
};

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct receiving *r = arg;

	if (fj_buf_put(&r->out->body, data, size * n) == FJ_OK)
		return size * n;
	r->too_large = true;
	return 0; /* ends the transfer */
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct receiving *r = arg;
	size_t len = size * n;

	if (len < 6 || strncasecmp(data, "etag:", 5) != 0)
		return len;
	for (data += 5, len -= 5; len > 0 && (*data == ' ' || *data == '\t'); data++, len--)
		;
	while (len > 0 && (data[len - 1] == '\r' || data[len - 1] == '\n' || data[len - 1] == ' '))
		len--;
	snprintf(r->out->etag, sizeof(r->out->etag), "%.*s", len < sizeof(r->out->etag) ? (int)len : 0, data);
	return size * n;
}

static int ending(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct receiving *r = arg;

	(void)a, (void)b, (void)c, (void)d;
	return r->stop != NULL && atomic_load(r->stop) ? 1 : 0;
}

static CURLcode prepare(CURL *c, const char *url, struct curl_slist *headers, struct receiving *r)
{
	CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, url);

	if (rc == CURLE_OK)
		rc = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, ending);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, r);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, TOTAL_SECONDS);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fujie-gateway");
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, ""); /* what take_body counts is the unpacked body */
	return rc;
}

static enum fj_rc transfer(CURL *c, CURLcode rc, const char *url, const struct receiving *r, long *status, struct fj_err *err)
{
	if (rc == CURLE_OK)
		rc = curl_easy_perform(c);
	if (r->too_large)
		return fj_fail(err, FJ_E_LIMIT, "gateway", "formats.md 7", "%.160s is larger than %zu octets", url, r->out->body.max);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
	return rc == CURLE_OK ? FJ_OK : fj_fail_code(err, FJ_E_UNAVAILABLE, "gateway", (long)rc, "%.160s can't be fetched: %s", url, curl_easy_strerror(rc));
}

static enum fj_rc perform(CURL *c, const char *url, struct curl_slist *headers, struct receiving *r, struct fj_err *err)
{
	long status = 0;

	FJ_TRY(transfer(c, prepare(c, url, headers, r), url, r, &status, err));
	r->out->same = status == 304;
	return status == 200 || status == 304 ? FJ_OK : fj_fail_code(err, FJ_E_UNAVAILABLE, "gateway", status, "%.160s answers %ld", url, status);
}

enum fj_rc gw_fetch(const char *url, const char *etag, const atomic_bool *stop, struct gw_fetched *out, struct fj_err *err)
{
	struct receiving r = {.out = out, .stop = stop};
	struct curl_slist *headers = NULL;
	char condition[160];
	CURL *c = curl_easy_init();

	out->same = false;
	out->etag[0] = '\0';
	fj_buf_clear(&out->body);
	snprintf(condition, sizeof(condition), "If-None-Match: %s", etag);
	if (c != NULL && etag[0] != '\0')
		headers = curl_slist_append(NULL, condition);
	enum fj_rc rc = c == NULL || (etag[0] != '\0' && headers == NULL) ? fj_no_memory(err, "gateway") : perform(c, url, headers, &r, err);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return rc;
}

enum fj_rc gw_post(const char *url, struct fj_slice body, const atomic_bool *stop, struct fj_buf *out, long *status, struct fj_err *err)
{
	struct gw_fetched got = {.body = *out};
	struct receiving r = {.out = &got, .stop = stop};
	CURL *c = curl_easy_init();
	struct curl_slist *headers = c == NULL ? NULL : curl_slist_append(NULL, "Content-Type: text/plain; charset=utf-8");

	fj_buf_clear(&got.body);
	*status = 0;
	enum fj_rc rc = headers == NULL ? fj_no_memory(err, "gateway") : FJ_OK;
	if (rc == FJ_OK) {
		CURLcode code = prepare(c, url, headers, &r);
		if (code == CURLE_OK)
			code = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		if (code == CURLE_OK)
			code = curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)body.p);
		rc = transfer(c, code, url, &r, status, err);
	}
	*out = got.body;
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return rc;
}
