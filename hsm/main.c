/*
 * main.c - fujie-signer: the only process that talks to the TPM.
 *
 * It is started with four descriptors: 3 the TPM, 4 its folder, 5 and 6 the
 * listening sockets for registry and verifier service.  It opens its audit log,
 * replays it, loads its keys, gives up the right to open anything, and then
 * answers one frame after the other in a single thread.  At its end it shuts a
 * software TPM down, if that is still there.  Exit: 0 asked to end,
 * 3 it can't start, 4 the TPM is lost, 5 a request failed between its two records
 * (the audit log can't be written, the TPM refuses, a signature does not verify),
 * so log and memory may differ.
 */
#include <openssl/ec.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "hsm/signer.h"

#define FD_TPM 3
#define FD_DIR 4
#define FD_REGISTRY 5
#define FD_VERIFIER 6
#define MAX_CONNECTIONS 16
#define FRAME_MS 10000 /* a frame that has begun is to arrive within this */

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

struct connection {
	int fd;
	enum hsm_socket from;
};
struct loop {
	struct hsm_signer *s;
	struct connection c[MAX_CONNECTIONS];
	size_t n;
	struct fj_err why; /* of s->fatal */
};

static void accept_one(struct loop *l, int listener, enum hsm_socket from)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (l->n == MAX_CONNECTIONS) {
		close(fd);
		fj_log(FJ_LOG_WARN, "too many connections; one was refused");
		return;
	}
	l->c[l->n++] = (struct connection){fd, from};
}

static void drop(struct loop *l, size_t i, const struct fj_err *err)
{
	if (err->rc != FJ_E_UNAVAILABLE)
		fj_log_err(FJ_LOG_WARN, l->c[i].from == HSM_FROM_REGISTRY ? "registry" : "verifier", err);
	close(l->c[i].fd);
	l->c[i] = l->c[--l->n];
}

static enum fj_rc serve_frame(struct loop *l, const struct connection *c, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	FJ_AUTO(buf) answer = FJ_BUF_INIT(FJ_IPC_MAX - 64);
	uint16_t kind = HSM_MSG_ERROR;

	FJ_TRY(fj_ipc_recv(c->fd, &f, FRAME_MS, err));
	FJ_TRY(signer_answer(l->s, c->from, &f, &kind, &answer, err));
	if (kind == HSM_MSG_ERROR)
		fj_log_err(FJ_LOG_WARN, "refused", err);
	if (l->s->fatal)
		l->why = *err; /* before a failing send can take its place */
	if (hsm_tpm_lost(l->s->tpm))
		return FJ_OK; /* main ends; the asker sees the connection end */
	return fj_ipc_send(c->fd, kind, f.id, fj_buf_slice(&answer), err);
}

/* stops at what ends the signer: a further request may not be served in that state */
static void serve_ready(struct loop *l, const struct pollfd *p)
{
	for (size_t i = l->n; i-- > 0 && !l->s->fatal && !hsm_tpm_lost(l->s->tpm);) {
		struct fj_err err = {0};
		if (p[2 + i].revents != 0 && serve_frame(l, &l->c[i], &err) != FJ_OK)
			drop(l, i, &err);
	}
}

static int run(struct loop *l)
{
	while (!ending) {
		struct pollfd p[2 + MAX_CONNECTIONS] = {{FD_REGISTRY, POLLIN, 0}, {FD_VERIFIER, POLLIN, 0}};

		for (size_t i = 0; i < l->n; i++)
			p[2 + i] = (struct pollfd){l->c[i].fd, POLLIN, 0};
		if (poll(p, 2 + l->n, 1000) <= 0)
			continue;
		serve_ready(l, p);
		if (!l->s->fatal && !hsm_tpm_lost(l->s->tpm))
			(void)!counter_tick(l->s, &l->why);
		if (!l->s->fatal && !hsm_tpm_lost(l->s->tpm))
			quorum_tick(l->s);
		if (hsm_tpm_lost(l->s->tpm)) {
			fj_log(FJ_LOG_ERROR, "the TPM is lost; the signer ends and is to be started anew");
			return 4;
		}
		if (l->s->fatal) {
			fj_log_err(FJ_LOG_ERROR, "the signer ends, and reads its audit log anew", &l->why);
			return 5;
		}
		if (p[0].revents != 0)
			accept_one(l, FD_REGISTRY, HSM_FROM_REGISTRY);
		if (p[1].revents != 0)
			accept_one(l, FD_VERIFIER, HSM_FROM_VERIFIER);
	}
	return 0;
}

static enum fj_rc prepare(struct hsm_signer *s, struct fj_err *err)
{
	struct fj_sandbox box = {.role = FJ_SANDBOX_SIGNER};
	bool landlock = false;

	FJ_TRY(mem_init(&s->mem, err));
	FJ_TRY(store_open(s, FD_DIR, err));
	FJ_TRY(audit_open(&s->audit, FD_DIR, signer_replay, s, err));
	FJ_TRY(hsm_tpm_open(FD_TPM, &s->tpm, err));
	if (s->mem.ceremony != MEM_NONE) {
		FJ_TRY(store_find(s, err));
		FJ_TRY(signer_load_keys(s, err));
	}
	/* what libraries load late, they load now */
	EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
	EVP_MD_free(EVP_MD_fetch(NULL, "SHA1", NULL));
	EVP_MD_free(EVP_MD_fetch(NULL, "SM3", NULL));
	EVP_PKEY_free(EVP_EC_gen("P-256"));
	EVP_PKEY_free(EVP_PKEY_Q_keygen(NULL, NULL, "SM2"));
	if (mlockall(MCL_CURRENT) != 0)
		fj_log(FJ_LOG_INFO, "memory is not locked (RLIMIT_MEMLOCK); secrets have their own locked pages");
	clock_trust(s);
	if (store_whole(&s->mem))
		FJ_TRY(counter_start(s, err));
	FJ_TRY(fj_sandbox_enter(&box, &landlock, err));
	if (!landlock)
		fj_log(FJ_LOG_INFO, "this kernel has no Landlock; seccomp alone is in force");
	return FJ_OK;
}

/* a hardware TPM is shut down by its kernel */
static int end(const struct hsm_signer *s, int code)
{
	if (s->tpm != NULL && !s->hardware)
		hsm_tpm_shutdown(s->tpm);
	return code;
}

int main(int argc, char **argv)
{
	static struct hsm_signer s;
	static struct loop l;
	struct fj_err err = {0};
	struct sigaction act = {.sa_handler = on_signal};

	fj_sodium_init();
	fj_log_open("signer", FJ_LOG_INFO);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--demo-allowed") == 0)
			s.demo_allowed = true;
		else if (strcmp(argv[i], "--tpm") == 0 && i + 1 < argc)
			s.hardware = strcmp(argv[++i], "hardware") == 0;
		else {
			fprintf(stderr, "usage: fujie-signer --tpm software|hardware [--demo-allowed]\n");
			return 2;
		}
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (prepare(&s, &err) != FJ_OK) {
		fj_log_err(FJ_LOG_ERROR, "the signer can't start", &err);
		return end(&s, s.tpm != NULL && hsm_tpm_lost(s.tpm) ? 4 : 3);
	}
	l.s = &s;
	return end(&s, run(&l));
}
