/*
 * serve.c - the supervisor: starts the parts, starts again what ends, ends all.
 *
 * A part that ends while we serve is started again after a pause that doubles
 * from 0.2 s to 10 s, and is short again after a minute without trouble; a signer that
 * can't start spends it telling everybody why.  A part
 * that can't start at the beginning ends us: a wrong configuration is told to
 * whoever typed it, not to a log.  We are single-threaded: the children's
 * parent-death signal then ends them if we are killed.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/systemd.h"
#include "issuer/cli/cli.h"

#define DELAY_MIN 200
#define DELAY_MAX 10000
#define CALM_MS 60000
#define SIGNER_TOLD 3 /* hsm/main.c */

static enum fj_rc start_part(struct cli_parts *p, enum cli_part_id id, struct fj_err *err)
{
	return id == CLI_SIGNER ? cli_start_signer(p, err) : cli_start_service(p, id, err);
}

static void put_off(struct cli_parts *p, enum cli_part_id id)
{
	struct cli_part *part = &p->part[id];
	int64_t now = fj_boot_ms();

	if (part->delay == 0 || now - part->started > CALM_MS)
		part->delay = DELAY_MIN;
	else
		part->delay = part->delay * 2 < DELAY_MAX ? part->delay * 2 : DELAY_MAX;
	part->due = now + part->delay;
}

/* a signer that could not start has paused already, telling why: its pause grows all the same */
static void at_once(struct cli_part *part)
{
	part->due = fj_boot_ms() + DELAY_MIN;
}

/* a TPM that ends takes the signer with it; both start again as one */
static void part_ended(struct cli_parts *p, pid_t pid, int status)
{
	for (int id = 0; id < CLI_PARTS; id++) {
		if (p->part[id].pid != pid)
			continue;
		p->part[id].pid = 0;
		if (WIFSIGNALED(status))
			fj_log(FJ_LOG_WARN, "the %s was ended by signal %d", cli_part_name(id), WTERMSIG(status));
		else
			fj_log(FJ_LOG_WARN, "the %s ended with code %d", cli_part_name(id), WEXITSTATUS(status));
		if (id == CLI_TPM && p->part[CLI_SIGNER].pid != 0)
			kill(p->part[CLI_SIGNER].pid, SIGKILL);
		else if (id != CLI_TPM)
			put_off(p, id);
		if (id == CLI_SIGNER && WIFEXITED(status) && WEXITSTATUS(status) == SIGNER_TOLD)
			at_once(&p->part[id]);
	}
}

static void start_due(struct cli_parts *p)
{
	struct fj_err err = {0};

	for (int id = CLI_SIGNER; id < CLI_PARTS; id++) {
		if (p->part[id].due == 0 || p->part[id].due > fj_boot_ms())
			continue;
		if (start_part(p, id, &err) == FJ_OK) {
			fj_log(FJ_LOG_INFO, "the %s runs again", cli_part_name(id));
			continue;
		}
		fj_log_err(FJ_LOG_ERROR, cli_part_name(id), &err);
		p->part[id].pid = 0;
		put_off(p, id);
	}
}

/* milliseconds until something is due, at most one second: a child may end at
 * any moment, and SIGCHLD wakes us before that */
static struct timespec until_due(const struct cli_parts *p)
{
	int64_t wait = 1000, now = fj_boot_ms();

	for (int id = 0; id < CLI_PARTS; id++)
		if (p->part[id].due != 0 && p->part[id].due - now < wait)
			wait = p->part[id].due - now;
	if (wait < 1)
		wait = 1;
	return (struct timespec){.tv_sec = wait / 1000, .tv_nsec = (wait % 1000) * 1000000};
}

/* Three pings in the time that the manager gives us; none while a part does not answer. */
static void ping(const struct cli_parts *p, const struct fj_systemd *manager, int64_t *last)
{
	struct fj_err err = {0};
	enum cli_part_id which;

	if (manager->watchdog_ms == 0 || fj_boot_ms() - *last < manager->watchdog_ms / 3)
		return;
	*last = fj_boot_ms();
	if (cli_parts_answer(p, &which, &err))
		fj_systemd_tell(manager, "WATCHDOG=1");
	else
		fj_log(FJ_LOG_ERROR, "the %s runs and does not answer: %s", cli_part_name(which), err.en);
}

/* a terminal that goes away (the kernel says so) ends us; whoever else sends it wants files read anew */
static void watch(struct cli_home *h, struct cli_parts *p, const sigset_t *signals, const struct fj_systemd *manager)
{
	int64_t pinged = fj_boot_ms();

	for (;;) {
		struct timespec t = until_due(p);
		siginfo_t of;
		int sig = sigtimedwait(signals, &of, &t), status;
		pid_t pid;

		if (sig == SIGTERM || sig == SIGINT || (sig == SIGHUP && of.si_code == SI_KERNEL))
			return;
		if (sig == SIGHUP)
			cli_reload_now(h, p);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			part_ended(p, pid, status);
		start_due(p);
		ping(p, manager, &pinged);
	}
}

static enum fj_rc start_each(struct cli_parts *p, const struct cli_args *a, const struct fj_systemd *manager, struct fj_err *err)
{
	static const char *const told[CLI_PARTS] = {"", "STATUS=starts the signer", "STATUS=starts the registry", "STATUS=starts the verifier", "STATUS=starts the witnesses' client"};
	const struct cli_conf *c = &p->home->conf;

	p->portal = cli_opt(a, "portal", c->portal);
	p->verifier = cli_opt(a, "verifier", c->verifier);
	p->tls_fault.rc = FJ_OK;
	if (c->cert[0] != '\0' && cli_tls_read(p->home->dir, c, &p->tls, &p->tls_fault) != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "the portal is not served", &p->tls_fault); /* lists and CRLs go on */
	for (int id = CLI_SIGNER; id < CLI_PARTS; id++) {
		if (id == CLI_COSIGNER && c->log_policy[0] == '\0')
			continue;
		fj_systemd_tell(manager, told[id]);
		FJ_TRY(start_part(p, id, err));
	}
	fj_systemd_tell(manager, "READY=1\nSTATUS=serves");
	return FJ_OK;
}

/* with fujie.ini, or else with the one with which all came up last */
static enum fj_rc start_all(struct cli_home *h, struct cli_parts *p, const struct cli_args *a, const struct fj_systemd *manager, struct fj_err *err)
{
	enum fj_rc rc = start_each(p, a, manager, err);

	if (rc == FJ_OK && h->fault.rc == FJ_OK)
		return cli_conf_keep(h, err);
	if (rc != FJ_OK && cli_conf_fall_back(h, err)) {
		for (int id = CLI_PARTS - 1; id >= CLI_TPM; id--)
			cli_end(&p->part[id].pid);
		rc = start_each(p, a, manager, err);
	}
	if (rc == FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "fujie.ini is at fault; run/conf.good, with which all came up last, serves in its place", &h->fault);
	return rc;
}

/* whoever asks for a reload finds us by it */
static enum fj_rc note_process(const struct cli_home *h, struct fj_err *err)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	return fj_write_all(h->lock, text, (size_t)n, err);
}

static enum fj_rc serve(const struct cli_args *a, const char *dir, struct fj_err *err)
{
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	FJ_AUTO(cli_parts) p = {.home = NULL};
	struct fj_systemd manager;
	sigset_t signals;

	FJ_TRY(fj_systemd_read(&manager, err));
	FJ_TRY(cli_home_open(dir, &h, err));
	FJ_TRY(cli_home_lock(&h, err));
	FJ_TRY(cli_parts_init(&p, &h, err));
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP); /* one that comes meanwhile is for the service */
	sigprocmask(SIG_BLOCK, &signals, NULL);
	FJ_TRY(cli_upgrade_first(&p, &manager, err)); /* before the others wait for us: who ends us now ends it too */
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	p.signer = true;
	p.given_portal = fj_systemd_socket(&manager, "portal");
	p.given_verifier = fj_systemd_socket(&manager, "verifier");
	FJ_TRY(start_all(&h, &p, a, &manager, err));
	FJ_TRY(note_process(&h, err));
	printf("portal   %s://%s/\nverifier http://%s/\n", h.conf.cert[0] != '\0' || h.conf.https ? "https" : "http",
	    p.given_portal >= 0 ? "(the service manager's socket)" : p.portal, p.given_verifier >= 0 ? "(the service manager's socket)" : p.verifier);
	fflush(stdout);
	watch(&h, &p, &signals, &manager);
	fj_systemd_tell(&manager, "STOPPING=1");
	return FJ_OK;
}

int cli_serve(const struct cli_args *a)
{
	static const char *const known[] = {"portal", "verifier", NULL};
	struct fj_err err = {0};

	enum fj_rc rc = cli_opt_only(a, known, &err);
	if (rc == FJ_OK && a->dir == NULL)
		rc = fj_fail(&err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?");
	if (rc == FJ_OK)
		rc = serve(a, a->dir, &err);
	return rc == FJ_OK ? 0 : cli_print_error(&err, NULL, a->json);
}
