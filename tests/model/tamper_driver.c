/*
 * Answers tests/integration/tamper_test.py: one line asks, one line answers.
 *
 *   log DIR     is the public log in DIR true by its keys (fujie log verify)
 *   audit DIR [SEQ:HASH]   is the whole record (fujie audit verify [--kept], of a home that is not served)
 *
 * An answer is {"ok":true} or {"ok":false,"at":the place,"why":in English}.  The functions are
 * those that the commands run; a process for each of ten thousand tamperings would take hours.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "issuer/iss.h"
#include "verifier/log/log.h"

static void answer(enum fj_rc rc, const char *at, const struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) j = rc == FJ_OK ? json_pack("{s:b}", "ok", 1) : json_pack("{s:b, s:s, s:s, s:s, s:i}", "ok", 0, "at", at, "why", err->en, "zh", err->zh, "exit", fj_rc_exit(rc));

	if (j == NULL || fj_json_canonical(j, &text, NULL) != FJ_OK)
		exit(3);
	puts(fj_buf_str(&text));
	fflush(stdout);
}

static void log_of(const char *dir)
{
	FJ_AUTO(vlg) l = {.dir = -1};
	struct vlg_seen seen;
	struct vlg_fault f = {.leaf = -1, .octet = -1};
	struct fj_err err = {0};
	char at[128] = "";

	enum fj_rc rc = vlg_open(&l, dir, &err);
	if (rc == FJ_OK)
		rc = vlg_keys(&l, NULL, NULL, &err);
	if (rc == FJ_OK)
		rc = vlg_verify(&l, NULL, NULL, &seen, &f, &err);
	if (f.what != NULL)
		snprintf(at, sizeof(at), "%s %.64s %lld %lld", f.what, f.file, (long long)f.leaf, (long long)f.octet);
	answer(rc, at, &err);
}

static enum fj_rc audit_here(const char *kept, struct fj_err *err)
{
	FJ_AUTO(json) params = kept == NULL ? json_object() : json_pack("{s:s}", "kept", kept);
	static struct iss i;
	struct iss_actor nobody = {.login = "local", .roles = ISS_LOCAL, .via = "cli"};
	struct iss_call c = {.iss = &i, .actor = &nobody, .params = params, .now = fj_now()};
	struct sto *db = NULL;

	FJ_TRY(sto_open("register.db", false, &db, err));
	c.db = db;
	enum fj_rc rc = cmd_audit_verify(&c, err);
	json_decref(c.answer);
	sto_close(db);
	return rc;
}

static void audit_of(char *dir)
{
	struct fj_err err = {0};
	char *kept = strchr(dir, ' ');

	if (kept != NULL)
		*kept++ = '\0';
	enum fj_rc rc = chdir(dir) == 0 ? audit_here(kept, &err) : fj_fail_errno(&err, "test", "enter %s", dir);
	answer(rc, err.en, &err);
}

int main(void)
{
	char line[4200], here[4096];

	fj_sodium_init();
	fj_log_open("tamper", FJ_LOG_ERROR);
	if (getcwd(here, sizeof(here)) == NULL)
		return 3;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "log ", 4) == 0)
			log_of(line + 4);
		else if (strncmp(line, "audit ", 6) == 0)
			audit_of(line + 6);
		else
			return 2;
		if (chdir(here) != 0)
			return 3;
	}
	return 0;
}
