/*
 * request.c - one command to the register, whether the service runs or not.
 *
 * A running service is asked over run/control.sock.  Without one, the home is
 * locked and the same programs are started for the length of one command, so
 * that there is one path and one set of rules.  Two commands at the same moment
 * on a home without service wait for each other, ten seconds at most.
 */
#include <unistd.h>

#include "base/clock.h"
#include "base/ipc.h"
#include "issuer/cli/cli.h"

#define CONTROL "control.sock"
#define WAIT_MS 10000
#define ANSWER_MS 600000 /* a batch of thousands on a slow TPM takes minutes */

void cli_link_release(struct cli_link *l)
{
	fj_fd_close(&l->fd);
	fj_buf_release(&l->file);
	if (l->own)
		cli_parts_stop(&l->parts);
	cli_home_release(&l->home);
}

static enum fj_rc start_own(struct cli_link *l, bool write, struct fj_err *err)
{
	FJ_TRY(cli_parts_init(&l->parts, &l->home, err));
	l->own = true;
	l->parts.signer = write;
	if (write)
		FJ_TRY(cli_start_signer(&l->parts, err));
	FJ_TRY(cli_start_service(&l->parts, CLI_REGISTRY, err));
	return fj_ipc_connect(l->home.run, CONTROL, &l->fd, err);
}

enum fj_rc cli_link_open(struct cli_link *l, const char *dir, bool write, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + WAIT_MS;

	memset(l, 0, sizeof(*l));
	l->fd = -1;
	l->home.dir = l->home.run = l->home.lock = -1;
	FJ_TRY(cli_home_open(dir, &l->home, err));
	for (;;) {
		if (fj_ipc_connect(l->home.run, CONTROL, &l->fd, NULL) == FJ_OK)
			return FJ_OK;
		enum fj_rc rc = cli_home_lock(&l->home, err);
		if (rc == FJ_OK)
			return start_own(l, write, err);
		if (rc != FJ_E_BUSY || fj_boot_ms() > end)
			return rc;
		usleep(50000);
	}
}

static enum fj_rc refused(const json_t *reply, json_t **refusal, struct fj_err *err)
{
	*refusal = json_deep_copy(json_object_get(reply, "error"));
	return fj_err_replied(reply, err);
}

#define PIECE (8u << 20)

/* frames of kind 2 are parts of a file and come ahead of the answer */
static enum fj_rc receive(struct cli_link *l, struct fj_frame *f, struct fj_err *err)
{
	fj_buf_release(&l->file);
	fj_buf_init(&l->file, CLI_MAX_FILE);
	for (;;) {
		fj_frame_release(f);
		FJ_TRY(fj_ipc_recv(l->fd, f, ANSWER_MS, err));
		if (f->kind != 2)
			return FJ_OK;
		if (fj_buf_put(&l->file, f->body.data, f->body.len) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "the file is larger than %u MiB", CLI_MAX_FILE >> 20);
	}
}

enum fj_rc cli_request(struct cli_link *l, const json_t *request, struct fj_slice attached, json_t **answer, json_t **refusal, struct fj_err *err)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(FJ_IPC_MAX - 64);
	FJ_AUTO(frame) f = {0};
	FJ_AUTO(json) reply = NULL;

	FJ_TRY(fj_json_canonical(request, &body, err));
	for (size_t at = 0; at < attached.len; at += PIECE)
		FJ_TRY(fj_ipc_send(l->fd, 2, 1, FJ_SLICE(attached.p + at, attached.len - at < PIECE ? attached.len - at : PIECE), err));
	FJ_TRY(fj_ipc_send(l->fd, 1, 1, fj_buf_slice(&body), err));
	FJ_TRY(receive(l, &f, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&f.body), FJ_IPC_MAX, &reply, err));
	if (!json_is_true(json_object_get(reply, "ok")))
		return refused(reply, refusal, err);
	*answer = json_incref(json_object_get(reply, "answer"));
	return *answer != NULL ? FJ_OK
	    : fj_fail(err, FJ_E_PROTO, "cli", NULL, "the register answered without an answer");
}
