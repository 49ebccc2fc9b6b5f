/*
 * main.c - fujie-signer: the only process that talks to the TPM.
 *
 * It is started with four descriptors: 3 the TPM, 4 its folder, 5 and 6 the
 * listening sockets for registry and verifier service.  It opens its audit log,
 * replays it, loads its keys, gives up the right to open anything, and then
 * answers one frame after the other in a single thread: where single structures are
 * signed, which a revocation consists of, batches wait until they are through; while the TPM signs, the
 * verifier service's, which need none.  At its end it shuts a software TPM down, if
 * that is still there.  A TPM that refuses for now ends nothing: who asked is told.
 * A signer that can't start tells everybody who asks why, for as long as it was told
 * to, and then ends, to be started anew: 3.  Exit besides: 0 asked to end, 4 the TPM is
 * lost, 5 a request failed between its two records (the audit log can't be written, the
 * TPM is broken, a signature does not verify), so log and memory may differ.
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
#include "hsm/tcti.h"

#define FD_TPM 3
#define FD_DIR 4
#define FD_REGISTRY 5
#define FD_VERIFIER 6
#define MAX_CONNECTIONS 16
#define FRAME_MS 10000 /* a frame that has begun is to arrive within this */
#define GRACE_MS 10    /* for the next structure of a publication */
#define WHY_MS 5000    /* at least, so that who waits for a greeting hears it */

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

struct connection {
	int fd;
	enum hsm_socket from;
	bool gone; /* to be dropped */
	bool bulk; /* its last request had several items */
};
struct loop {
	struct hsm_signer *s;
	struct connection c[MAX_CONNECTIONS];
	size_t n;
	bool urgent; /* a single structure was just signed for the registry */
	struct fj_err why; /* of s->fatal; that it can't start */
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
	l->c[l->n++] = (struct connection){.fd = fd, .from = from};
}

static void drop(struct loop *l, size_t i, const struct fj_err *err)
{
	if (err->rc != FJ_E_UNAVAILABLE)
		fj_log_err(FJ_LOG_WARN, l->c[i].from == HSM_FROM_REGISTRY ? "registry" : "verifier", err);
	close(l->c[i].fd);
	l->c[i] = l->c[--l->n];
}

static enum fj_rc serve_frame(struct loop *l, struct connection *c, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	FJ_AUTO(buf) answer = FJ_BUF_INIT(FJ_IPC_MAX - 64);
	uint16_t kind = HSM_MSG_ERROR;

	FJ_TRY(fj_ipc_recv(c->fd, &f, FRAME_MS, err));
	l->s->items = 0;
	FJ_TRY(signer_answer(l->s, c->from, &f, &kind, &answer, err));
	if (c->from == HSM_FROM_REGISTRY) {
		c->bulk = l->s->items > 1;
		l->urgent = l->s->items == 1;
	}
	if (kind == HSM_MSG_ERROR)
		fj_log_err(FJ_LOG_WARN, "refused", err);
	if (l->s->fatal)
		l->why = *err; /* before a failing send can take its place */
	return fj_ipc_send(c->fd, kind, f.id, fj_buf_slice(&answer), err);
}

/* OCSP answers are signed in memory: those who ask for them wait for no TPM.  The request that it signs for has changed
 * memory already, so they see what it revokes. */
static void meanwhile(void *arg)
{
	struct loop *l = arg;
	struct pollfd p[1 + MAX_CONNECTIONS];
	bool fatal = l->s->fatal; /* the other request's, and how many items it has */
	uint32_t items = l->s->items;
	int64_t end = fj_boot_ms() + HSM_TPM_SILENT_MS;

	while (fj_boot_ms() < end) {
		p[0] = (struct pollfd){FD_TPM, POLLIN, 0};
		for (size_t i = 0; i < l->n; i++)
			p[1 + i] = (struct pollfd){l->c[i].from == HSM_FROM_VERIFIER && !l->c[i].gone ? l->c[i].fd : -1, POLLIN, 0};
		int ready = poll(p, 1 + l->n, 1000);
		if (ready < 0 || p[0].revents != 0)
			return;
		for (size_t i = 0; i < l->n; i++) {
			struct fj_err err = {0};
			if (p[1 + i].revents != 0 && serve_frame(l, &l->c[i], &err) != FJ_OK)
				l->c[i].gone = true; /* not while its neighbours are being served */
			l->s->fatal = l->s->fatal || fatal;
			l->s->items = items;
		}
	}
}

/* Those whose last request was a batch, or the others.  Stops at what ends the signer: a further request may not be
 * served in that state. */
static void serve_ready(struct loop *l, struct pollfd *p, bool bulk)
{
	for (size_t i = l->n; i-- > 0 && !l->s->fatal && !hsm_tpm_lost(l->s->tpm);) {
		struct fj_err err = {.rc = FJ_E_UNAVAILABLE};
		bool ready = p[2 + i].revents != 0 && l->c[i].bulk == bulk;
		if (ready)
			p[2 + i].revents = 0;
		if (l->c[i].gone || (ready && serve_frame(l, &l->c[i], &err) != FJ_OK)) {
			drop(l, i, &err);
			p[2 + i] = p[2 + l->n];
		}
	}
}

static int run(struct loop *l)
{
	while (!ending) {
		struct pollfd p[2 + MAX_CONNECTIONS] = {{FD_REGISTRY, POLLIN, 0}, {FD_VERIFIER, POLLIN, 0}};

		for (size_t i = 0; i < l->n; i++)
			p[2 + i] = (struct pollfd){l->urgent && l->c[i].bulk ? -1 : l->c[i].fd, POLLIN, 0};
		int ready = poll(p, 2 + l->n, l->urgent ? GRACE_MS : 1000);
		l->urgent = false;
		if (ready <= 0)
			continue;
		serve_ready(l, p, false);
		if (!l->urgent)
			serve_ready(l, p, true);
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

/* who asks hears why it does not start */
static void say_why(const struct loop *l, const struct connection *c)
{
	FJ_AUTO(frame) f = {0};
	FJ_AUTO(buf) answer = FJ_BUF_INIT(4096);

	if (fj_ipc_recv(c->fd, &f, FRAME_MS, NULL) == FJ_OK && signer_say(&l->why, &answer) == FJ_OK)
		(void)!fj_ipc_send(c->fd, HSM_MSG_ERROR, f.id, fj_buf_slice(&answer), NULL);
}

static void tell_all(struct loop *l, int64_t ms)
{
	int64_t end = fj_boot_ms() + ms;

	while (!ending && fj_boot_ms() < end) {
		struct pollfd p[2 + MAX_CONNECTIONS] = {{FD_REGISTRY, POLLIN, 0}, {FD_VERIFIER, POLLIN, 0}};
		for (size_t i = 0; i < l->n; i++)
			p[2 + i] = (struct pollfd){l->c[i].fd, POLLIN, 0};
		if (poll(p, 2 + l->n, 200) <= 0)
			continue;
		for (size_t i = l->n; i-- > 0;) {
			if (p[2 + i].revents == 0)
				continue;
			say_why(l, &l->c[i]);
			close(l->c[i].fd);
			l->c[i] = l->c[--l->n];
		}
		if (p[0].revents != 0)
			accept_one(l, FD_REGISTRY, HSM_FROM_REGISTRY);
		if (p[1].revents != 0)
			accept_one(l, FD_VERIFIER, HSM_FROM_VERIFIER);
	}
}

static enum fj_rc prepare(struct hsm_signer *s, struct fj_err *err)
{
	struct fj_sandbox box = {.role = FJ_SANDBOX_SIGNER};
	bool landlock = false;

	FJ_TRY(mem_init(&s->mem, err));
	FJ_TRY(store_open(s, FD_DIR, err));
	FJ_TRY(inherit_open(s, FD_DIR, err));
	FJ_TRY(audit_open(&s->audit, FD_DIR, signer_replay, s, err));
	inherit_look(s);
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
	if (s->mem.counter > 0 || (store_whole(&s->mem) && s->mem.ceremony != MEM_SPARE)) /* one that was cut in its first moments has none yet */
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
	struct sigaction act = {.sa_handler = on_signal};
	int64_t pause = 0;

	fj_sodium_init();
	fj_log_open("signer", FJ_LOG_INFO);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--demo-allowed") == 0)
			s.demo_allowed = true;
		else if (strcmp(argv[i], "--tpm") == 0 && i + 1 < argc)
			s.hardware = strcmp(argv[++i], "hardware") == 0;
		else if (strcmp(argv[i], "--pause") == 0 && i + 1 < argc)
			pause = strtol(argv[++i], NULL, 10);
		else {
			fprintf(stderr, "usage: fujie-signer --tpm software|hardware [--pause MS] [--demo-allowed]\n");
			return 2;
		}
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	l.s = &s;
	if (prepare(&s, &l.why) != FJ_OK) {
		fj_log_err(FJ_LOG_ERROR, "the signer can't start", &l.why);
		tell_all(&l, pause > 0 ? WHY_MS + pause : 0);
		return end(&s, 3);
	}
	s.meanwhile = meanwhile;
	s.meanwhile_arg = &l;
	return end(&s, run(&l));
}
