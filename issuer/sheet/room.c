/*
 * room.c - XLSX read in a process that is thrown away afterwards.
 *
 * A program of the registry may not fork once it is sandboxed, and a fork of a
 * process with threads, the register and its keys open would hand all that to
 * the reader.  So the room is forked first, when nothing is open yet: it holds one
 * socket, may do nothing but fork, and forks one reader for each file.  A reader
 * has the file (a memfd) and a pipe; it may compute, read and write those, within
 * limits on memory, processor and wall time.  It sends frames: rows, broken rows,
 * then the end or why not.  Whoever receives them checks them like any outside
 * data.  A reader that ends without a last frame is a file that could not be read.
 */
#include "issuer/sheet/room.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sandbox.h"
#include "issuer/sheet/xlsx.h"
#include "issuer/sheet/xmltab.h"

#define MAX_MEMORY (640u << 20) /* address space of a reader */
#define MAX_CPU_S 120
#define MAX_WALL_S 1800
#define SILENCE_MS 180000
#define MAX_FRAME (2u << 20)
#define FLUSH 65536

enum { FRAME_ROW = 1, FRAME_BROKEN, FRAME_END, FRAME_FAILED };

/* --- the reader's side --- */

struct sender {
	int fd;
	struct fj_buf out;
};

static enum fj_rc flush(struct sender *s)
{
	enum fj_rc rc = fj_write_all(s->fd, s->out.data, s->out.len, NULL);

	fj_buf_clear(&s->out);
	return rc;
}

/* the length of a frame is put in front when its body is complete */
static enum fj_rc end_frame(struct sender *s, size_t begin)
{
	size_t n = s->out.len - begin - 4;

	for (int i = 0; i < 4; i++)
		s->out.data[begin + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
	return s->out.len >= FLUSH ? flush(s) : FJ_OK;
}

static enum fj_rc send_why(struct sender *s, uint8_t kind, const struct sheet_row *row, const struct fj_err *why, enum fj_rc rc)
{
	size_t begin = s->out.len;

	FJ_TRY(fj_put_u32(&s->out, 0));
	FJ_TRY(fj_put_u8(&s->out, kind));
	FJ_TRY(fj_put_u32(&s->out, row == NULL ? (uint32_t)rc : (uint32_t)row->line));
	FJ_TRY(fj_put_u32(&s->out, row == NULL ? 0 : (uint32_t)row->column));
	FJ_TRY(fj_put_str(&s->out, why->en));
	FJ_TRY(fj_put_str(&s->out, why->zh));
	return end_frame(s, begin);
}

static enum fj_rc send_row(void *arg, const struct sheet_row *row, const struct fj_err *why)
{
	struct sender *s = arg;
	size_t begin = s->out.len;

	if (why != NULL)
		return send_why(s, FRAME_BROKEN, row, why, FJ_OK);
	FJ_TRY(fj_put_u32(&s->out, 0));
	FJ_TRY(fj_put_u8(&s->out, FRAME_ROW));
	FJ_TRY(fj_put_u32(&s->out, (uint32_t)row->line));
	FJ_TRY(fj_put_u32(&s->out, (uint32_t)row->n));
	for (size_t i = 0; i < row->n; i++)
		FJ_TRY(fj_put_bytes(&s->out, FJ_SLICE(row->cell[i], strlen(row->cell[i]) + 1)));
	return end_frame(s, begin);
}

/* the sanitizers need address space and calls without measure: limits are then left out */
#if defined(__SANITIZE_ADDRESS__)
#define MEASURED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEASURED 0
#endif
#endif
#ifndef MEASURED
#define MEASURED 1
#endif

static bool limit(void)
{
	struct rlimit memory = {MAX_MEMORY, MAX_MEMORY}, cpu = {MAX_CPU_S, MAX_CPU_S}, none = {0, 0};
	struct itimerval wall = {.it_value.tv_sec = MAX_WALL_S};

	signal(SIGALRM, SIG_DFL);
	return (!MEASURED || setrlimit(RLIMIT_AS, &memory) == 0) && setrlimit(RLIMIT_CPU, &cpu) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	    setitimer(ITIMER_REAL, &wall, NULL) == 0;
}

static void read_file(int file, int to)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_WORKER};
	struct sender s = {.fd = to, .out = FJ_BUF_INIT(MAX_FRAME + 2 * FLUSH)};
	struct fj_err err = {0};
	struct stat st;
	bool landlock;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !limit() || fstat(file, &st) != 0 || st.st_size < 1 || st.st_size > SHEET_MAX_FILE)
		return;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (p == MAP_FAILED || fj_sandbox_enter(&box, &landlock, &err) != FJ_OK)
		return;
	struct fj_slice in = FJ_SLICE(p, (size_t)st.st_size);
	enum fj_rc rc = xmltab_is(in) ? xmltab_read(in, send_row, &s, &err) : xlsx_read(in, send_row, &s, &err);
	if (send_why(&s, rc == FJ_OK ? FRAME_END : FRAME_FAILED, NULL, &err, rc) == FJ_OK)
		(void)!flush(&s);
}

/* --- the room --- */

/* a request is one octet with two descriptors; false: the registry has ended */
static bool receive(int sock, int fds[2])
{
	char octet, control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec iov = {&octet, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n;

	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c == NULL || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return false;
	memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
	return true;
}

static void serve(int sock)
{
	int fds[2], readers = 0;

	while (receive(sock, fds)) {
		while (readers > 0 && waitpid(-1, NULL, readers >= ROOM_READERS ? 0 : WNOHANG) > 0)
			readers--;
		pid_t child = fork();
		if (child == 0) {
			close(sock);
			read_file(fds[0], fds[1]);
			_exit(0);
		}
		readers += child > 0;
		close(fds[0]);
		close(fds[1]);
	}
}

static void become_room(int sock)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_FORKER};
	struct fj_err err;
	bool landlock;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "fujie-sheets");
	signal(SIGTERM, SIG_IGN); /* it ends when its socket does */
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(sock, 3) < 0)
		return;
	close_range(4, ~0u, 0);
	if (fj_sandbox_enter(&box, &landlock, &err) == FJ_OK)
		serve(3);
}

static pthread_mutex_t room_lock = PTHREAD_MUTEX_INITIALIZER;
static int room = -1;

static enum fj_rc start(struct fj_err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return fj_fail_errno(err, "sheet", "make a socket for the XLSX reader");
	FJ_AUTO(fd) ours = pair[0];
	FJ_AUTO(fd) theirs = pair[1];
	pid_t child = fork();
	if (child < 0)
		return fj_fail_errno(err, "sheet", "start the XLSX reader");
	if (child == 0) {
		become_room(theirs);
		_exit(0);
	}
	room = ours;
	ours = -1;
	return FJ_OK;
}

enum fj_rc room_start(struct fj_err *err)
{
	pthread_mutex_lock(&room_lock);
	enum fj_rc rc = room >= 0 ? FJ_OK : start(err);
	pthread_mutex_unlock(&room_lock);
	return rc;
}

/* --- the register's side --- */

struct room_reader {
	int fd;
	const char *standard; /* that a file is refused by */
	size_t line;        /* of the last row: they only rise */
	struct fj_buf in;   /* what came and is not yet read */
	size_t at;
	struct fj_buf row;  /* cells of the row handed out */
};

static enum fj_rc cut_short(struct fj_err *err)
{
	fj_fail(err, FJ_E_PARSE, "sheet", NULL, "the file could not be read: it is damaged, or takes more memory or time than is allowed; save it as CSV");
	fj_err_zh(err, "文件无法读取：文件已损坏，或占用的内存、时间超出限制；请另存为 CSV");
	return FJ_E_PARSE;
}

static enum fj_rc ask(int file, int pipe_end, struct fj_err *err)
{
	char octet = 1, control[CMSG_SPACE(2 * sizeof(int))] = {0};
	int fds[2] = {file, pipe_end};
	struct iovec iov = {&octet, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	return sendmsg(room, &m, MSG_NOSIGNAL) == 1 ? FJ_OK
	    : fj_fail(err, FJ_E_UNAVAILABLE, "sheet", NULL, "the XLSX reader is gone; restart the service, or save the file as CSV");
}

enum fj_rc room_open(struct fj_slice file, struct room_reader **out, struct fj_err *err)
{
	int ends[2];
	FJ_AUTO(fd) copy = memfd_create("sheet", MFD_CLOEXEC);

	FJ_TRY(room_start(err));
	if (copy < 0)
		return fj_fail_errno(err, "sheet", "make room for the file");
	FJ_TRY(fj_write_all(copy, file.p, file.len, err));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fj_fail_errno(err, "sheet", "make a pipe to the XLSX reader");
	FJ_AUTO(fd) from = ends[0];
	FJ_AUTO(fd) to = ends[1];
	FJ_TRY(ask(copy, to, err));
	struct room_reader *r = fj_alloc(1, sizeof(*r));
	if (r == NULL)
		return fj_fail(err, FJ_E_NOMEM, "sheet", NULL, "out of memory");
	r->fd = from;
	r->standard = xmltab_is(file) ? "XML 1.0" : "ISO/IEC 29500";
	from = -1;
	fj_buf_init(&r->in, MAX_FRAME + 2 * FLUSH);
	fj_buf_init(&r->row, MAX_FRAME);
	*out = r;
	return FJ_OK;
}

void room_close(struct room_reader *r)
{
	if (r == NULL)
		return;
	fj_fd_close(&r->fd);
	fj_buf_release(&r->in);
	fj_buf_release(&r->row);
	fj_free(r);
}

/* at least n octets that are not yet read */
static enum fj_rc fill(struct room_reader *r, size_t n, struct fj_err *err)
{
	if (r->in.len - r->at >= n)
		return FJ_OK;
	memmove(r->in.data, r->in.data + r->at, r->in.len - r->at);
	r->in.len -= r->at;
	r->at = 0;
	while (r->in.len < n) {
		struct pollfd p = {.fd = r->fd, .events = POLLIN};
		uint8_t *to = fj_buf_reserve(&r->in, FLUSH);
		int ready = poll(&p, 1, SILENCE_MS);

		if (ready < 0 && errno == EINTR)
			continue;
		ssize_t got = to == NULL || ready <= 0 ? 0 : read(r->fd, to, FLUSH);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return cut_short(err);
		r->in.len += (size_t)got;
	}
	return FJ_OK;
}

static enum fj_rc frame(struct room_reader *r, struct fj_rd *body, struct fj_err *err)
{
	struct fj_rd head;
	uint32_t n = 0;

	if (r->in.data == NULL && fj_buf_put(&r->in, "", 0) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, "sheet", NULL, "out of memory");
	FJ_TRY(fill(r, 4, err));
	fj_rd_init(&head, FJ_SLICE(r->in.data + r->at, 4));
	if (fj_get_u32(&head, &n) != FJ_OK || n > MAX_FRAME)
		return cut_short(err);
	FJ_TRY(fill(r, 4 + (size_t)n, err));
	fj_rd_init(body, FJ_SLICE(r->in.data + r->at + 4, n));
	r->at += 4 + (size_t)n;
	return FJ_OK;
}

static enum fj_rc take_cells(struct room_reader *r, struct fj_rd *body, struct sheet_row *row)
{
	size_t at[SHEET_MAX_COLUMNS];
	struct fj_slice s;
	uint32_t n;

	fj_buf_clear(&r->row);
	FJ_TRY(fj_get_u32(body, &n));
	if (n < 1 || n > SHEET_MAX_COLUMNS)
		return FJ_E_PARSE;
	for (uint32_t i = 0; i < n; i++) {
		FJ_TRY(fj_get_bytes(body, SHEET_MAX_CELL + 1, &s));
		if (s.len < 1 || s.p[s.len - 1] != 0 || !fj_utf8_valid(FJ_SLICE(s.p, s.len - 1)))
			return FJ_E_PARSE;
		at[i] = r->row.len;
		FJ_TRY(fj_buf_put(&r->row, s.p, s.len));
	}
	for (uint32_t i = 0; i < n; i++)
		row->cell[i] = (const char *)r->row.data + at[i];
	row->n = n;
	return fj_rd_end(body);
}

/* a sentence of the reader's: valid text, and told as what it is */
static enum fj_rc take_why(const struct room_reader *r, struct fj_rd *body, enum fj_rc rc, struct fj_err *err)
{
	char en[sizeof(err->en)], zh[sizeof(err->zh)];

	if (fj_get_str(body, en, sizeof(en)) != FJ_OK || fj_get_str(body, zh, sizeof(zh)) != FJ_OK || fj_rd_end(body) != FJ_OK)
		return cut_short(err);
	fj_fail(err, rc, "sheet", r->standard, "%s", en);
	fj_err_zh(err, "%s", zh);
	return rc;
}

static enum fj_rc take_frame(struct room_reader *r, uint8_t kind, struct fj_rd *body, struct sheet_row *row, struct fj_err *err)
{
	uint32_t line = 0, column = 0;

	if (fj_get_u32(body, &line) != FJ_OK || ((kind == FRAME_ROW || kind == FRAME_BROKEN) && line <= r->line))
		return cut_short(err);
	row->line = r->line = line;
	if (kind == FRAME_ROW)
		return take_cells(r, body, row) == FJ_OK ? FJ_OK : cut_short(err);
	if (fj_get_u32(body, &column) != FJ_OK || (kind != FRAME_BROKEN && kind != FRAME_FAILED))
		return cut_short(err);
	row->column = column;
	return take_why(r, body, kind == FRAME_BROKEN ? FJ_E_INVALID : line == FJ_E_LIMIT ? FJ_E_LIMIT : FJ_E_PARSE, err);
}

enum fj_rc room_next(struct room_reader *r, struct sheet_row *row, bool *more, struct fj_err *err)
{
	struct fj_rd body;
	uint8_t kind = 0;

	FJ_TRY(frame(r, &body, err));
	if (fj_get_u8(&body, &kind) != FJ_OK)
		return cut_short(err);
	*more = kind != FRAME_END;
	return *more ? take_frame(r, kind, &body, row, err) : FJ_OK;
}
