/*
 * slow_tpm.c - a software TPM that signs 20 times a second, as hardware does, and falls sick when told.
 *
 * It is called like swtpm (put its folder first in PATH), starts the real one
 * (FUJIE_REAL_SWTPM) behind it with the same arguments, and passes commands and answers
 * on, an answer to TPM2_Sign no sooner than FUJIE_TPM_MS (50) after its command.  Into the
 * file FUJIE_TPM_METER it writes how long it was at work since it began, in microseconds,
 * how many signatures it made, and how many of the guest's commands were done and refused; a
 * new one goes on from there.  With FUJIE_TPM_GUEST another program shares the TPM: from the
 * first signature on it has a policy session open and another one saved, and at every 5,000th
 * it uses both.  While the file
 * FUJIE_TPM_SICK is there and says "CODE RC [N]" (hexadecimal; N decimal), commands of this
 * code (0: all), or the N-th of them alone, are answered with RC in place of what the real
 * one would say, and RC ffffffff with nothing at all.  Any malformed frame ends it: it stands
 * between two programs of ours.
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
#define START_AUTH_SESSION 0x00000176u
#define CONTEXT_SAVE 0x00000162u
#define CONTEXT_LOAD 0x00000161u
#define POLICY_RESTART 0x00000180u
#define GUEST_EVERY 5000
#define SIGN_MS 50
#define SWALLOW 0xffffffffu
#define FRAME_MAX 4096

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* one frame: tag, size of the whole, code, the rest */
static bool read_frame(int from, uint8_t b[FRAME_MAX])
{
	return fj_read_all(from, b, 10, NULL) == FJ_OK && u32(b + 2) >= 10 && u32(b + 2) <= FRAME_MAX &&
	    fj_read_all(from, b + 10, u32(b + 2) - 10, NULL) == FJ_OK;
}

static bool write_frame(int to, const uint8_t *b)
{
	return fj_write_all(to, b, u32(b + 2), NULL) == FJ_OK;
}

static void sleep_until(int64_t then)
{
	int64_t wait = then - fj_boot_ms();

	if (wait > 0)
		nanosleep(&(struct timespec){.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000}, NULL);
}

/* --- what it is told, what it tells --- */

/* what a command of this code is answered with; 0: what the real one says */
static uint32_t sick(uint32_t code)
{
	static unsigned seen;
	static char before[64];
	const char *path = getenv("FUJIE_TPM_SICK");
	FJ_AUTO(buf) text = FJ_BUF_INIT(64);
	char *at;

	if (path == NULL || fj_file_read(AT_FDCWD, path, &text, NULL) != FJ_OK) {
		before[0] = '\0';
		return 0;
	}
	if (strcmp(before, fj_buf_str(&text)) != 0)
		seen = 0;
	snprintf(before, sizeof(before), "%s", fj_buf_str(&text));
	uint32_t which = (uint32_t)strtoul(fj_buf_str(&text), &at, 16), rc = (uint32_t)strtoul(at, &at, 16);
	unsigned long nth = strtoul(at, NULL, 10);
	if (which != 0 && which != code)
		return 0;
	seen++;
	return nth == 0 || nth == seen ? rc : 0;
}

static int64_t micros(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static struct meter {
	int fd;
	long long busy, signatures, done, refused; /* the last two: of the guest */
} meter = {.fd = -1};

static void open_meter(void)
{
	const char *path = getenv("FUJIE_TPM_METER");
	char text[128] = "", *at;

	meter.fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (meter.fd < 0 || read(meter.fd, text, sizeof(text) - 1) <= 0)
		return;
	meter.busy = strtoll(text, &at, 10);
	meter.signatures = strtoll(at, &at, 10);
	meter.done = strtoll(at, &at, 10);
	meter.refused = strtoll(at, NULL, 10);
}

static void note(uint32_t code, int64_t from)
{
	char text[128];

	meter.busy += micros() - from;
	meter.signatures += code == SIGN;
	int n = snprintf(text, sizeof(text), "%020lld %020lld %020lld %020lld\n", meter.busy, meter.signatures, meter.done, meter.refused);
	if (meter.fd >= 0 && pwrite(meter.fd, text, (size_t)n, 0) != n)
		_exit(4);
}

/* --- a guest in the same TPM --- */

static struct guest {
	uint8_t open[4], context[FRAME_MAX];
	size_t context_len; /* 0: it is not there yet */
} guest;

/* a command without sessions; what it answers after its head, which must be there */
static size_t ask(int real, uint32_t code, const uint8_t *body, size_t n, uint8_t *out, size_t cap)
{
	uint8_t b[FRAME_MAX] = {0x80, 0x01};

	put32(b + 2, (uint32_t)(10 + n));
	put32(b + 6, code);
	memcpy(b + 10, body, n);
	if (!write_frame(real, b) || !read_frame(real, b))
		_exit(5);
	size_t got = u32(b + 2) - 10;
	bool ok = u32(b + 6) == 0 && got <= cap;
	*(ok ? &meter.done : &meter.refused) += 1;
	if (ok)
		memcpy(out, b + 10, got);
	return ok ? got : 0;
}

static void save(int real, const uint8_t handle[4])
{
	guest.context_len = ask(real, CONTEXT_SAVE, handle, 4, guest.context, sizeof(guest.context));
}

static void visit(int real)
{
	static const uint8_t begin[4 + 4 + 2 + 16 + 2 + 1 + 2 + 2] = {0x40, 0, 0, 7, 0x40, 0, 0, 7, 0, 16, [28] = 1, 0, 0x10, 0, 0x0b};
	uint8_t answer[FRAME_MAX];

	if (guest.context_len == 0) {
		if (ask(real, START_AUTH_SESSION, begin, sizeof(begin), answer, sizeof(answer)) > 4)
			memcpy(guest.open, answer, 4);
		if (ask(real, START_AUTH_SESSION, begin, sizeof(begin), answer, sizeof(answer)) > 4)
			save(real, answer);
		return;
	}
	ask(real, POLICY_RESTART, guest.open, 4, answer, sizeof(answer));
	if (ask(real, CONTEXT_LOAD, guest.context, guest.context_len, answer, sizeof(answer)) == 4)
		save(real, answer);
}

/* --- one command and its answer --- */

static bool serve(int mine, int real, int64_t sign_ms)
{
	uint8_t b[FRAME_MAX];

	if (!read_frame(mine, b))
		return false;
	uint32_t code = u32(b + 6), says = sick(code);
	int64_t from = micros(), begun = fj_boot_ms();
	if (says == SWALLOW)
		return true;
	if (says != 0) {
		memcpy(b, "\x80\x01", 2);
		put32(b + 2, 10);
		put32(b + 6, says);
		return write_frame(mine, b);
	}
	if (code == SIGN && meter.signatures % GUEST_EVERY == 0 && getenv("FUJIE_TPM_GUEST") != NULL)
		visit(real);
	if (!write_frame(real, b) || !read_frame(real, b))
		return false;
	if (code == SIGN)
		sleep_until(begun + sign_ms);
	note(code, from);
	return write_frame(mine, b);
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
	const char *ms = getenv("FUJIE_TPM_MS");
	int pair[2];

	(void)argc;
	int mine = fcntl(3, F_DUPFD_CLOEXEC, 10); /* 3 is to be the real one's end */
	if (mine < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || start_real(argv, pair) < 0)
		return 3;
	close(3);
	close(pair[1]);
	open_meter();
	while (serve(mine, pair[0], ms == NULL ? SIGN_MS : strtol(ms, NULL, 10)))
		;
	return 0;
}
