/*
 * log_health.c - what /healthz says of the public log: a second history, and witnesses
 * who don't cosign.
 *
 * Times are those of this machine, not of a demo's clock: witnesses have no other.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "verifier/log_policy.h"
#include "verifier/service/service.h"

#define FORK "publish/log/fork"
#define POLICY "publish/trust/log.policy"
#define COSIGNED "publish/log/cosigned"
#define LATE 3600

static void tell_fork(json_t *causes)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) j = NULL;
	char en[320], zh[480];

	if (access(FORK, F_OK) != 0)
		return;
	if (fj_file_read(AT_FDCWD, FORK, &text, NULL) != FJ_OK || fj_json_parse(fj_buf_slice(&text), 1u << 20, &j, NULL) != FJ_OK)
		j = json_object();
	long long size = (long long)fj_json_num(j, "size"), seen = (long long)fj_json_num(j, "seen");
	const char *by = fj_json_text(j, "name");
	int n = (int)fj_utf8_prefix(by, 20);
	snprintf(en, sizeof(en), "two histories of the public log: \"%.*s\" knows a tree of %lld leaves that the log here, with %lld, does not continue; stop issuing, keep both notes (publish/log/fork), see docs/verifier.md", n, by, seen, size);
	snprintf(zh, sizeof(zh), "公开日志出现两个历史：“%.*s”所见 %lld 条的树与此处 %lld 条的日志不相承接；请停止签发，保存两份检查点（publish/log/fork），处理办法见 docs/verifier.md", n, by, seen, size);
	svc_cause(causes, "log-fork", 0, en, zh);
}

static fj_time changed_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtime : 0;
}

/* since when enough witnesses have not cosigned; 0: they have, or nobody asked for any */
static fj_time without_quorum(void)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_POLICY_MAX);
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(FJ_NOTE_MAX);
	FJ_AUTO(ver_policy) p = NULL;
	struct fj_note note;
	struct ver_cosigned by;

	if (fj_file_read(AT_FDCWD, POLICY, &text, NULL) != FJ_OK || ver_policy_read(fj_buf_slice(&text), &p, NULL) != FJ_OK || p->quorum == VER_POLICY_NONE)
		return 0;
	if (fj_file_read(AT_FDCWD, COSIGNED, &bytes, NULL) == FJ_OK && fj_note_read(fj_buf_slice(&bytes), &note, NULL) == FJ_OK && ver_policy_cosigned(p, &note, &by, NULL) == FJ_OK && by.quorum)
		return changed_at(COSIGNED);
	return changed_at(POLICY);
}

static void tell_witnesses(json_t *causes)
{
	char en[320], zh[480];
	fj_time since = access("publish/outbox", F_OK) == 0 ? without_quorum() : 0; /* a mirror has no witnesses to ask */
	long long age = fj_real_ms() / 1000 - since;

	if (since == 0 || age <= LATE)
		return;
	snprintf(en, sizeof(en), "too few witnesses of the public log have cosigned it for %lld s, more than %d s: look at them, and at the log of fujie serve", age, LATE);
	snprintf(zh, sizeof(zh), "公开日志已有 %lld 秒未获足够见证方副署，超过 %d 秒；请检查各见证方及 fujie serve 的日志", age, LATE);
	svc_cause(causes, "log-witnesses", LATE - age, en, zh);
}

void svc_log_health(json_t *causes)
{
	tell_fork(causes);
	tell_witnesses(causes);
}
