/*
 * operation.c - what endangers the running of this appliance, in one table.
 *
 * Home page, `fujie status`, log, metrics and doctor look here, so that they never say
 * different things.  Each row says by itself how bad it is, what is wrong and what to do;
 * what only others see (the supervisor: configuration, logs; the portal: its certificate)
 * is told to us.  A fault is logged when it appears or gets worse, and when it is gone, not
 * every minute.
 */
#include "issuer/operation.h"

#include "base/log.h"
#include "issuer/recipients.h"

#define DAY 86400

const char *iss_matter_name(enum iss_matter m)
{
	static const char *const names[] = {[ISS_CONF] = "configuration", [ISS_TLS] = "tls-files", [ISS_LOGS] = "logs"};

	return names[m];
}

void iss_tell(struct iss *i, enum iss_matter m, const struct fj_err *fault)
{
	pthread_mutex_lock(&i->opn.lock);
	i->opn.told[m] = *fault;
	pthread_mutex_unlock(&i->opn.lock);
}

void iss_tell_tls(struct iss *i, fj_time until)
{
	i->opn.tls_until = until;
}

/* --- the rows --- */

static void told(struct iss *i, enum iss_matter m, enum ca_level level, struct opn_fault *f)
{
	pthread_mutex_lock(&i->opn.lock);
	f->why = i->opn.told[m];
	pthread_mutex_unlock(&i->opn.lock);
	f->level = f->why.rc == FJ_OK ? CA_FINE : level;
}

static void conf_of(struct iss *i, struct opn_fault *f)
{
	told(i, ISS_CONF, CA_URGENT, f);
}

static void tls_files_of(struct iss *i, struct opn_fault *f)
{
	told(i, ISS_TLS, CA_URGENT, f);
}

static void logs_of(struct iss *i, struct opn_fault *f)
{
	told(i, ISS_LOGS, CA_SOON, f);
}

/* by the machine's clock, as browsers judge it */
static void tls_of(struct iss *i, struct opn_fault *f)
{
	const struct ca_term *t = ca_term_of("tls");
	int64_t left = i->opn.tls_until - fj_real_ms() / 1000;
	char at[FJ_TIME_CAP];

	if (i->opn.tls_until == 0)
		return;
	f->level = ca_term_level(t, left);
	f->step = left < 0 ? 4 : left < DAY ? 3 : (int)f->level;
	if (f->level == CA_FINE)
		return;
	fj_time_utc(i->opn.tls_until, at);
	if (left < 0) {
		fj_fail(&f->why, FJ_E_STATE, "issuer", t->clause, "the portal's TLS certificate is over since %s: browsers refuse the portal; renew it, put certificate and key in place and run: fujie reload --dir D", at);
		fj_err_zh(&f->why, "门户的TLS证书已于 %s 到期，浏览器将拒绝访问；请更新证书、替换证书和私钥文件后运行 fujie reload --dir D", at);
		return;
	}
	fj_fail(&f->why, FJ_E_STATE, "issuer", t->clause, "the portal's TLS certificate ends at %s (days left: %lld); renew it, put certificate and key in place and run: fujie reload --dir D", at, (long long)(left / DAY));
	fj_err_zh(&f->why, "门户的TLS证书将于 %s 到期（剩余 %lld 天）；请更新证书、替换证书和私钥文件后运行 fujie reload --dir D", at, (long long)(left / DAY));
}

/* one that can't be told counts as none; a demo home is not asked */
static void backup_of(struct iss *i, struct opn_fault *f)
{
	int64_t days = i->conf.demo ? 0 : i->conf.backup_days;
	fj_time last = 0;
	char at[FJ_TIME_CAP];

	if (days == 0 || (bak_last(&last, NULL) == FJ_OK && last >= fj_now() - days * DAY))
		return;
	f->level = CA_SOON;
	if (last == 0) {
		fj_refuse(&f->why, FJ_E_STATE, "issuer", "formats.md 42", "no backup of this appliance was ever made; name who opens one (fujie backup recipients), then: fujie backup --dir D --out FILE, every night", "本系统从未备份；请先确定备份保管人（fujie backup recipients），再每晚执行 fujie backup --dir D --out 文件");
		return;
	}
	fj_time_china(last, at);
	fj_fail(&f->why, FJ_E_STATE, "issuer", "formats.md 42", "the last backup is of %s, older than %lld days; run: fujie backup --dir D --out FILE, and see why it is not run every night", at, (long long)days);
	fj_err_zh(&f->why, "最近一次备份为 %s，已超过 %lld 天；请执行 fujie backup --dir D --out 文件，并检查为何没有每晚执行", at, (long long)days);
}

static const struct {
	const char *what;
	void (*look)(struct iss *i, struct opn_fault *f);
} rows[OPN_ROWS] = {{"configuration", conf_of}, {"tls-files", tls_files_of}, {"tls", tls_of}, {"logs", logs_of}, {"backup", backup_of}};

/* --- all of them --- */

static void look(struct iss *i, size_t k, struct opn_fault *f)
{
	memset(f, 0, sizeof(*f));
	f->what = rows[k].what;
	rows[k].look(i, f);
	if (f->step == 0)
		f->step = (int)f->level;
}

enum fj_rc opn_faults(struct iss *i, json_t **out, struct fj_err *err)
{
	static const char *const levels[] = {[CA_FINE] = "FINE", [CA_SOON] = "SOON", [CA_URGENT] = "URGENT", [CA_OVER] = "OVER"};
	FJ_AUTO(json) items = json_array();
	struct opn_fault f;

	for (size_t k = 0; k < OPN_ROWS; k++) {
		look(i, k, &f);
		if (f.level != CA_FINE)
			json_array_append_new(items, json_pack("{s:s, s:s, s:{s:s, s:s}}", "what", f.what, "level", levels[f.level], "text", "en", f.why.en, "zh", f.why.zh));
	}
	*out = fj_move(items);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

void opn_watch(struct iss *i)
{
	struct opn_fault f;

	for (size_t k = 0; k < OPN_ROWS; k++) {
		look(i, k, &f);
		if (f.step > i->opn.step[k])
			fj_log_err(f.level == CA_SOON ? FJ_LOG_WARN : FJ_LOG_ERROR, f.what, &f.why);
		else if (f.step == 0 && i->opn.step[k] != 0)
			fj_log(FJ_LOG_INFO, "%s: mended", f.what);
		i->opn.step[k] = f.step;
	}
}
