/*
 * slow_tpm.c - a software TPM that signs 20 times a second, as hardware does.
 *
 * It is called like swtpm (put its folder first in PATH), starts the real one
 * behind it with the same arguments, and passes commands and answers on, an
 * answer to TPM2_Sign no sooner than 50 ms after its command.  Any malformed
 * frame ends it: it stands between two programs of ours.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define SIGN 0x0000015du /* TPM_CC_Sign, TPM 2.0 part 2, 6.5.2 */
#define SIGN_MS 50
#define FRAME_MAX 4096

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* one frame: tag, size of the whole, code, the rest */
static bool pass(int from, int to, uint32_t *code, int64_t not_before)
{
	uint8_t b[FRAME_MAX];

	if (fj_read_all(from, b, 10, NULL) != FJ_OK || u32(b + 2) < 10 || u32(b + 2) > sizeof(b) ||
	    fj_read_all(from, b + 10, u32(b + 2) - 10, NULL) != FJ_OK)
		return false;
	*code = u32(b + 6);
	int64_t wait = not_before - fj_boot_ms();
	if (wait > 0)
		nanosleep(&(struct timespec){.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000}, NULL);
	return fj_write_all(to, b, u32(b + 2), NULL) == FJ_OK;
}

static pid_t start_real(char **argv, int pair[2])
{
	const char *path = getenv("FUJIE_REAL_SWTPM");
	pid_t pid = path == NULL ? -1 : fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pair[1], 3);
		execv(path, argv);
		_exit(127);
	}
	return pid;
}

int main(int argc, char **argv)
{
	int pair[2];
	uint32_t code = 0, answer;

	(void)argc;
	int mine = fcntl(3, F_DUPFD_CLOEXEC, 10); /* 3 is to be the real one's end */
	if (mine < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || start_real(argv, pair) < 0)
		return 3;
	close(3);
	close(pair[1]);
	while (pass(mine, pair[0], &code, 0))
		if (!pass(pair[0], mine, &answer, code == SIGN ? fj_boot_ms() + SIGN_MS : 0))
			break;
	return 0;
}
