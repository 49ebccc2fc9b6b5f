/*
 * Answers tests/integration/tamper_test.py: would the signer start on this audit log, and which
 * head of the public log does it remember?
 *
 * A line is the folder of an audit.log; the answer {"ok":true,"size","root"} or {"ok":false,"why"}.
 * The log is opened and replayed as at the signer's start (hsm/main.c), without a TPM.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "hsm/signer.h"

static enum fj_rc head_of(const char *dir, struct hsm_signer *s, struct fj_err *err)
{
	FJ_AUTO(fd) fd = -1;
	struct hsm_audit a = {.fd = -1};

	FJ_TRY(fj_dir_open(AT_FDCWD, dir, &fd, err));
	enum fj_rc rc = audit_open(&a, fd, signer_replay, s, err);
	fj_fd_close(&a.fd);
	return rc;
}

static void answer(const char *dir)
{
	struct hsm_signer s = {.fatal = false};
	struct fj_err err = {0};
	char root[2 * FJ_SHA256_LEN + 1];

	if (mem_init(&s.mem, NULL) != FJ_OK)
		exit(3);
	enum fj_rc rc = head_of(dir, &s, &err);
	fj_hex(s.mem.log_root.b, FJ_SHA256_LEN, root);
	FJ_AUTO(json) j = rc == FJ_OK ? json_pack("{s:b, s:I, s:s}", "ok", 1, "size", (json_int_t)s.mem.log_size, "root", root) : json_pack("{s:b, s:s}", "ok", 0, "why", err.en);
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	if (j == NULL || fj_json_canonical(j, &text, NULL) != FJ_OK)
		exit(3);
	puts(fj_buf_str(&text));
	fflush(stdout);
	mem_release(&s.mem);
}

int main(void)
{
	char line[4200];

	fj_sodium_init();
	fj_log_open("tamper", FJ_LOG_ERROR);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		answer(line);
	}
	return 0;
}
