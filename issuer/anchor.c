/*
 * anchor.c - what others check this appliance by: the root's fingerprint, the public
 * log's key and newest head, and where the keys are said to lie.
 *
 * Everything here is published elsewhere too; a page that shows it proves nothing by
 * itself, and says so.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

/* the log's head and key; nothing where nothing was given out yet */
static enum fj_rc log_part(struct iss_call *c, json_t *out, struct fj_err *err)
{
	FJ_AUTO(buf) vkey = FJ_BUF_INIT(1024);
	struct fj_checkpoint head;
	char root[65], at[FJ_TIME_CAP];

	FJ_TRY(log_given(c->iss, &head, NULL, err));
	if (head.size == 0 || fj_file_read(AT_FDCWD, "publish/trust/log.vkey", &vkey, NULL) != FJ_OK)
		return FJ_OK;
	while (vkey.len > 0 && vkey.data[vkey.len - 1] == '\n')
		vkey.len--;
	fj_hex(head.root.b, FJ_SHA256_LEN, root);
	pthread_mutex_lock(&c->iss->log.given);
	fj_time_utc(c->iss->log.signed_at, at);
	pthread_mutex_unlock(&c->iss->log.given);
	return fj_json_set(out, "log", json_pack("{s:s%, s:I, s:s, s:s}", "vkey", (const char *)vkey.data, vkey.len, "size", (json_int_t)head.size, "root", root, "signed_at", at));
}

enum fj_rc cmd_status_anchor(struct iss_call *c, struct fj_err *err)
{
	struct iss *i = c->iss;
	struct fj_hash h;
	char hex[65];

	fj_sha256(fj_buf_slice(&i->ca[FJ_ES256].root), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	c->answer = json_pack("{s:s, s:b, s:s, s:s, s:s}", "base", iss_base(i), "demo", i->conf.demo, "root_sha256", hex, "tpm", i->log.tpm[0] != '\0' ? i->log.tpm : "unknown", "attested", i->pub.attested[0] != '\0' ? i->pub.attested : "none");
	if (c->answer == NULL)
		return fj_no_memory(err, "issuer");
	if (i->conf.mirror != NULL)
		FJ_TRY(fj_json_set(c->answer, "mirror", json_string(i->conf.mirror)));
	return log_part(c, c->answer, err);
}
