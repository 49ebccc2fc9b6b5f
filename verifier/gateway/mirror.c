/*
 * mirror.c - fetches what an issuer's outbox has and the mirror has not.
 *
 * It asks URL/v1/outbox at intervals, and puts packages into inbox/new of its folder
 * (descriptor 3), where fujie-inbox judges them.  It verifies nothing and decides
 * nothing that matters: all it can write is what waits to be judged.  An issuer that is
 * away is asked again; a mirror that is too far behind, or on another line, takes the
 * newest snapshot.
 */
#include "verifier/gateway/mirror.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/package.h"
#include "base/sandbox.h"
#include "base/secret.h"

#define FD_DIR 3
#define NEW "inbox/new"
#define EVERY 5        /* seconds between two questions */
#define AT_ONCE 100    /* packages a round: they are to be judged before more come */
#define CONNECT_S 10
#define WHOLE_S 300
#define REFUSED_S 60   /* what was refused is not fetched again at once */

static volatile sig_atomic_t ending;

struct mirror {
	char url[512];
	long every;
	CURL *curl;
	char said[320]; /* what the log said last */
};
struct index {
	int64_t oldest, newest, snapshot, parts;
};
/* where this mirror stands */
struct place {
	bool any, refused;
	int64_t seq, stage_seq, stage_part;
};

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

/* --- one file over HTTP --- */

static size_t take(char *p, size_t size, size_t n, void *buf)
{
	return fj_buf_put(buf, p, size * n) == FJ_OK ? size * n : 0;
}

/* FJ_E_NOTFOUND: the issuer has none under this address */
static enum fj_rc fetch(struct mirror *m, const char *path, struct fj_buf *out, struct fj_err *err)
{
	char url[700];
	long status = 0;

	fj_buf_clear(out);
	snprintf(url, sizeof(url), "%s%s", m->url, path);
	curl_easy_setopt(m->curl, CURLOPT_URL, url);
	curl_easy_setopt(m->curl, CURLOPT_WRITEDATA, out);
	CURLcode code = curl_easy_perform(m->curl);
	if (code != CURLE_OK)
		return fj_fail_code(err, FJ_E_UNAVAILABLE, "mirror", (long)code, "%s: %s", url, curl_easy_strerror(code));
	curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 404)
		return fj_fail(err, FJ_E_NOTFOUND, "mirror", NULL, "%s: there is none", url);
	return status == 200 ? FJ_OK : fj_fail(err, FJ_E_UNAVAILABLE, "mirror", NULL, "%s answers %ld", url, status);
}

static enum fj_rc set_up(struct mirror *m, struct fj_err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (m->curl = curl_easy_init()) == NULL)
		return fj_no_memory(err, "mirror");
	if (curl_easy_setopt(m->curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK || curl_easy_setopt(m->curl, CURLOPT_WRITEFUNCTION, take) != CURLE_OK)
		return fj_fail(err, FJ_E_UNSUPPORTED, "mirror", NULL, "this libcurl can't be limited to HTTP");
	curl_easy_setopt(m->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(m->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(m->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(m->curl, CURLOPT_TIMEOUT, (long)WHOLE_S);
	curl_easy_setopt(m->curl, CURLOPT_MAXFILESIZE, (long)FJ_PACKAGE_MAX);
	curl_easy_setopt(m->curl, CURLOPT_USERAGENT, "fujie-mirror");
	return FJ_OK;
}

/* --- what there is, there and here --- */

static enum fj_rc ask_index(struct mirror *m, struct index *x, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(json) j = NULL;
	json_t *shot;

	enum fj_rc rc = fetch(m, "/v1/outbox", &text, err);
	if (rc == FJ_E_NOTFOUND)
		return fj_fail(err, FJ_E_UNAVAILABLE, "mirror", NULL, "%s has no outbox", m->url);
	FJ_TRY(rc);
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), 65536, &j, err));
	FJ_TRY(fj_json_int(j, "oldest", 0, INT64_C(9999999999), &x->oldest, err));
	FJ_TRY(fj_json_int(j, "newest", 0, INT64_C(9999999999), &x->newest, err));
	FJ_TRY(fj_json_obj(j, "snapshot", &shot, err));
	FJ_TRY(fj_json_int(shot, "seq", -1, INT64_C(9999999999), &x->snapshot, err));
	return fj_json_int(shot, "parts", 0, FJ_PACKAGE_PARTS, &x->parts, err);
}

static json_t *read_note(const char *path)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(16384);
	json_t *j = NULL;

	return fj_file_read(AT_FDCWD, path, &text, NULL) == FJ_OK && fj_json_parse(fj_buf_slice(&text), 16384, &j, NULL) == FJ_OK ? j : NULL;
}

static void look(struct place *p)
{
	FJ_AUTO(json) state = read_note("inbox/state.json");
	FJ_AUTO(json) stage = read_note("inbox/stage.json");
	struct stat st;

	p->any = state != NULL;
	p->seq = fj_json_num(state, "seq");
	p->stage_seq = stage != NULL ? fj_json_num(stage, "seq") : -1;
	p->stage_part = fj_json_num(stage, "part");
	p->refused = stat("inbox/refused.json", &st) == 0 && fj_real_ms() / 1000 - st.st_mtime < REFUSED_S;
}

/* into inbox/new, unless it waits there already; FJ_E_NOTFOUND as above */
static enum fj_rc bring(struct mirror *m, const char *path, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);
	char to[128];

	snprintf(to, sizeof(to), NEW "/%.80s", name);
	if (access(to, F_OK) == 0)
		return FJ_OK;
	FJ_TRY(fetch(m, path, &whole, err));
	return fj_file_replace(AT_FDCWD, to, fj_buf_slice(&whole), 0644, err);
}

static enum fj_rc bring_snapshot(struct mirror *m, const struct index *x, const struct place *p, struct fj_err *err)
{
	char path[80], name[80];
	int64_t from = p->stage_seq == x->snapshot ? p->stage_part + 1 : 1;

	for (int64_t k = from; !ending && k <= x->parts && k < from + AT_ONCE; k++) {
		snprintf(path, sizeof(path), "/v1/outbox/%lld/%lld", (long long)x->snapshot, (long long)k);
		snprintf(name, sizeof(name), "s-%010lld-%05lld.pkg", (long long)x->snapshot, (long long)k);
		FJ_TRY(bring(m, path, name, err));
	}
	return FJ_OK;
}

/* a number that the issuer never released is passed over; *none: there was nothing but those */
static enum fj_rc bring_changes(struct mirror *m, const struct index *x, const struct place *p, bool *none, struct fj_err *err)
{
	char path[80], name[80];

	*none = x->newest > p->seq;
	for (int64_t n = p->seq + 1; !ending && n <= x->newest && n <= p->seq + AT_ONCE; n++) {
		snprintf(path, sizeof(path), "/v1/outbox/%lld", (long long)n);
		snprintf(name, sizeof(name), "c-%010lld.pkg", (long long)n);
		enum fj_rc rc = bring(m, path, name, err);
		if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
			return rc;
		*none = *none && rc == FJ_E_NOTFOUND;
	}
	return FJ_OK;
}

static enum fj_rc round_of(struct mirror *m, struct fj_err *err)
{
	struct index x;
	struct place p;
	bool none;

	FJ_TRY(ask_index(m, &x, err));
	look(&p);
	bool behind = !p.any || p.seq + 1 < x.oldest || p.refused;
	if (x.snapshot >= 0 && behind && (!p.any || x.snapshot > p.seq))
		return bring_snapshot(m, &x, &p, err);
	if (!p.any)
		return fj_fail(err, FJ_E_UNAVAILABLE, "mirror", NULL, "%s has no snapshot yet", m->url);
	if (p.refused)
		return FJ_OK;
	FJ_TRY(bring_changes(m, &x, &p, &none, err));
	return none && x.snapshot > p.seq ? bring_snapshot(m, &x, &p, err) : FJ_OK; /* over a gap that is too wide */
}

static void say(struct mirror *m, enum fj_rc rc, const struct fj_err *err)
{
	if (rc == FJ_OK && m->said[0] != '\0')
		fj_log(FJ_LOG_INFO, "%s answers again", m->url);
	else if (rc != FJ_OK && strcmp(m->said, err->en) != 0)
		fj_log_err(FJ_LOG_WARN, "nothing was fetched", err);
	snprintf(m->said, sizeof(m->said), "%s", rc == FJ_OK ? "" : err->en);
}

static enum fj_rc run(struct mirror *m, struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_REGISTRY, .rw = {NEW, NULL},
		.ro = {"inbox", "/usr", "/lib", "/etc", "/run/systemd/resolve", "/dev/urandom", "/proc/self", "/sys/devices/system/cpu", NULL}};
	bool landlock = false;

	if (fchdir(FD_DIR) != 0)
		return fj_fail_errno(err, "mirror", "enter the mirror's folder");
	FJ_TRY(set_up(m, err));
	FJ_TRY(fj_sandbox_enter(&box, &landlock, err));
	fj_file_sweep(AT_FDCWD, NEW); /* what a process before this one had not fetched whole */
	printf("ready\n");
	fflush(stdout);
	while (!ending) {
		struct fj_err why = {0};
		say(m, round_of(m, &why), &why);
		for (long t = 0; t < m->every * 10 && !ending; t++)
			usleep(100000);
	}
	curl_easy_cleanup(m->curl);
	curl_global_cleanup();
	return FJ_OK;
}

static enum fj_rc args_read(int argc, char **argv, struct mirror *m, struct fj_err *err)
{
	m->every = EVERY;
	if (argc != 3 && !(argc == 5 && strcmp(argv[3], "--every") == 0 && (m->every = strtol(argv[4], NULL, 10)) >= 1 && m->every <= 3600))
		return fj_fail(err, FJ_E_USAGE, "mirror", NULL, "fujie-gateway --mirror URL [--every SECONDS]");
	if ((strncmp(argv[2], "http://", 7) != 0 && strncmp(argv[2], "https://", 8) != 0) || fj_strcopy(m->url, sizeof(m->url), argv[2]) != FJ_OK)
		return fj_refuse(err, FJ_E_USAGE, "mirror", NULL, "--mirror takes the address of a public verifier, http:// or https://", "--mirror 应为公开核验服务的地址（http:// 或 https://）");
	size_t n = strlen(m->url);
	if (m->url[n - 1] == '/')
		m->url[n - 1] = '\0';
	return FJ_OK;
}

int gw_mirror_main(int argc, char **argv)
{
	struct mirror m = {.every = 0};
	struct fj_err err = {0};
	struct sigaction act = {.sa_handler = on_signal};

	fj_sodium_init();
	fj_log_open("mirror", FJ_LOG_INFO);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	enum fj_rc rc = args_read(argc, argv, &m, &err);
	if (rc == FJ_OK)
		rc = run(&m, &err);
	if (rc == FJ_OK)
		return 0;
	fj_err_tell(&err);
	return fj_rc_exit(rc);
}
