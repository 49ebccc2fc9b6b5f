/*
 * main.c - fujie-gateway, executed by `fujie-verify --listen` and `fujie-verify
 * watch` with their own arguments, so that the tool itself links no HTTP code; and by
 * `fujie verifier --mirror` to fetch packages (mirror.c),
 * and by `fujie serve` to have the log's checkpoints cosigned (cosign.c),
 * and by `fujie log monitor` (monitor.c).
 *
 * It works in its cache folder and writes nowhere else.  Everything is opened and
 * bound before the sandbox; threads start after it.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "verifier/gateway/cosign.h"
#include "verifier/gateway/gateway.h"
#include "verifier/gateway/mirror.h"
#include "verifier/gateway/monitor.h"

#define THREADS 16 /* they wait for the disk together: one flush serves them all */

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

struct options {
	struct gw_conf conf;
	const char *list; /* of watch; NULL: listen */
	bool once, help, have_root;
};

static void usage(FILE *to)
{
	fputs("fujie-verify --listen unix:PATH|127.0.0.1:PORT --issuer URL --root SHA256 --dir CACHE\n"
	      "             [--root-sm2 SHA256] [--audience A] [--use k=v,k=v] [--max-age 1h] [--refresh 60s]\n"
	      "             [--x5t-header X-Fujie-X5T] [--user-header X-Fujie-User]\n"
	      "             [--proof-window 60s] [--no-nonce] [--logged]\n"
	      "fujie-verify watch LIST --issuer URL --root SHA256 --dir CACHE [--root-sm2 SHA256] [--once] [--refresh 60s]\n"
	      "\n"
	      "A gateway beside a proxy: keeps an issuer's trust fresh, judges license tokens and\n"
	      "the proofs of their holders, counts what is used.  docs/gateway.md.\n"
	      "watch tells, one JSON line each, which credentials of a list changed.\n"
	      "验证网关：自动更新信任资料，核验许可令牌与持有证明，累计用量；watch 逐行报告凭证状态变化。\n"
	      "\n"
	      "  --root      SHA-256 of the root certificate's DER (openssl x509 -fingerprint -sha256)\n"
	      "  --root-sm2  the same of its SM2 root; without it nothing of the SM2 hierarchy is believed\n"
	      "  --dir       a folder of its own, kept across restarts\n"
	      "  --audience  what a Key Binding JWT, or a named token, has to name\n"
	      "  --use       fixed part of every use; X-Fujie-Use can only add to it\n"
	      "  --logged    let in what stands in the issuer's public log: X-Fujie-Log-Proof has to prove it\n"
	      "\n"
	      "Exit: 0 ended, 2 wrong use, 3 failure; watch --once: 0 all permit, 1 not all.\n", to);
}

/* "60", "60s", "5m", "1h", "2d" */
static enum fj_rc seconds(const char *name, const char *text, int64_t min, int64_t max, int64_t *out, struct fj_err *err)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 1}};
	size_t n = strspn(text, "0123456789");

	for (size_t i = 0; n > 0 && n < 8 && i < FJ_ARRAY_LEN(units); i++)
		if (text[n] == units[i].unit && (text[n] == '\0' || text[n + 1] == '\0')) {
			*out = strtoll(text, NULL, 10) * units[i].s;
			if (*out >= min && *out <= max)
				return FJ_OK;
		}
	return fj_fail(err, FJ_E_USAGE, "gateway", NULL, "--%s is a time such as 60s, 5m or 1h, from %lld to %lld seconds", name, (long long)min, (long long)max);
}

static enum fj_rc take_option(struct options *o, int c, struct fj_err *err)
{
	struct gw_conf *conf = &o->conf;

	switch (c) {
	case 'l': conf->listen = optarg; return FJ_OK;
	case 'i': conf->issuer = optarg; return FJ_OK;
	case 'd': conf->dir = optarg; return FJ_OK;
	case 'a': conf->audience = optarg; return FJ_OK;
	case 'u': conf->use = optarg; return FJ_OK;
	case 'x': conf->x5t_header = optarg; return FJ_OK;
	case 'U': conf->user_header = optarg; return FJ_OK;
	case 'r': o->have_root = true; return ver_fingerprint_read(optarg, &conf->pins.root, err);
	case 's': conf->pins.has_sm2 = true; return ver_fingerprint_read(optarg, &conf->pins.sm2, err);
	case 'm': return seconds("max-age", optarg, 1, 366 * 86400, &conf->max_age, err);
	case 'f': return seconds("refresh", optarg, 1, 86400, &conf->refresh, err);
	case 'w': return seconds("proof-window", optarg, 1, 60, &conf->window, err);
	case 'n': conf->nonces = false; return FJ_OK;
	case 'L': conf->logged = true; return FJ_OK;
	case '1': o->once = true; return FJ_OK;
	default: o->help = true; return FJ_OK;
	}
}

static enum fj_rc options_read(int argc, char **argv, struct options *o, struct fj_err *err)
{
	static const struct option longs[] = {{"listen", required_argument, NULL, 'l'}, {"issuer", required_argument, NULL, 'i'},
		{"root", required_argument, NULL, 'r'}, {"root-sm2", required_argument, NULL, 's'}, {"dir", required_argument, NULL, 'd'}, {"audience", required_argument, NULL, 'a'},
		{"use", required_argument, NULL, 'u'}, {"max-age", required_argument, NULL, 'm'}, {"refresh", required_argument, NULL, 'f'},
		{"x5t-header", required_argument, NULL, 'x'}, {"user-header", required_argument, NULL, 'U'}, {"proof-window", required_argument, NULL, 'w'},
		{"no-nonce", no_argument, NULL, 'n'}, {"logged", no_argument, NULL, 'L'}, {"once", no_argument, NULL, '1'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	bool watch = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (c == ':' || c == '?')
			return fj_fail(err, FJ_E_USAGE, "gateway", NULL, c == ':' ? "\"%s\" needs a value" : "\"%s\" is not an option; see --help", argv[optind - 1]);
		FJ_TRY(take_option(o, c, err));
	}
	watch = optind < argc && strcmp(argv[optind], "watch") == 0;
	if (o->help)
		return FJ_OK;
	if (watch && argc - optind == 2)
		o->list = argv[optind + 1];
	else if (watch || optind < argc)
		return fj_fail(err, FJ_E_USAGE, "gateway", NULL, watch ? "watch takes one list" : "\"%s\" is neither an option nor watch", argv[optind]);
	return FJ_OK;
}

/* what would only fail at each request fails now */
static enum fj_rc options_check(const struct options *o, struct fj_err *err)
{
	const struct gw_conf *c = &o->conf;
	FJ_AUTO(ver_use) use = NULL;
	char text[4097];

	if (!o->have_root || c->issuer == NULL || c->dir == NULL || (o->list == NULL) == (c->listen == NULL))
		return fj_fail(err, FJ_E_USAGE, "gateway", NULL, "--issuer, --root and --dir are needed, and either --listen or watch LIST; see --help");
	if (o->list != NULL && c->logged)
		return fj_fail(err, FJ_E_USAGE, "gateway", NULL, "--logged is for the door: watch reads no proofs of tokens");
	if ((strncmp(c->issuer, "http://", 7) != 0 && strncmp(c->issuer, "https://", 8) != 0) || c->issuer[strlen(c->issuer) - 1] == '/')
		return fj_fail(err, FJ_E_USAGE, "gateway", NULL, "--issuer is the issuer's address, such as https://ca.example.cn, without a slash at its end");
	if (snprintf(text, sizeof(text), "%s%s%s%s", c->use != NULL ? c->use : "", c->use != NULL && c->audience != NULL ? "," : "",
	    c->audience != NULL ? "audience=" : "", c->audience != NULL ? c->audience : "") >= (int)sizeof(text))
		return fj_fail(err, FJ_E_USAGE, "gateway", NULL, "--use is too long");
	return text[0] == '\0' ? FJ_OK : ver_use_parse(text, &use, err);
}

/* --- running --- */

static void say_ready(const struct web_server *w, const struct gw_conf *conf)
{
	if (strncmp(conf->listen, "unix:", 5) == 0)
		printf("ready %s\n", conf->listen);
	else
		printf("ready %u\n", web_port(w));
	fflush(stdout);
}

static enum fj_rc serve(const struct gw_conf *conf, struct fj_err *err)
{
	struct gw g = {.conf = conf};
	struct web_conf web = {.routes = gw_routes, .app = &g, .threads = THREADS};
	struct web_server *w = NULL;

	enum fj_rc rc = web_bind(conf->listen, &web, &w, err);
	if (rc == FJ_OK && !web_is_loopback(w))
		rc = fj_fail(err, FJ_E_USAGE, "gateway", NULL, "a gateway believes what its proxy says, so it listens on a socket file or on 127.0.0.1 only");
	if (rc == FJ_OK)
		rc = gw_enter(conf->dir, err);
	if (rc == FJ_OK)
		rc = gw_rights(".", NULL, err);
	if (rc == FJ_OK)
		rc = gw_keep_open(conf, &g.keep, err);
	if (rc == FJ_OK)
		rc = gw_ledger_open(&g.ledger, err);
	struct gw_health h = {.oldest = 0};
	if (rc == FJ_OK)
		gw_keep_health(g.keep, &h);
	if (rc == FJ_OK && h.oldest == 0 && gw_keep_refresh(g.keep, NULL) != FJ_OK)
		fj_log(FJ_LOG_WARN, "nothing is known yet: every request is refused until the issuer answers");
	if (rc == FJ_OK)
		rc = gw_keep_start(g.keep, err);
	if (rc == FJ_OK)
		rc = web_start(w, err);
	if (rc == FJ_OK) {
		say_ready(w, conf);
		while (!ending)
			usleep(100000);
	}
	web_stop(w);
	gw_keep_close(g.keep);
	gw_ledger_close(g.ledger);
	return rc;
}

static enum fj_rc watch(const struct options *o, bool *good, struct fj_err *err)
{
	struct gw_watch *w = NULL;
	struct gw_keep *k = NULL;

	enum fj_rc rc = gw_watch_open(o->list, &w, err);
	if (rc == FJ_OK)
		rc = gw_enter(o->conf.dir, err);
	if (rc == FJ_OK)
		rc = gw_rights(".", NULL, err);
	if (rc == FJ_OK)
		rc = gw_keep_open(&o->conf, &k, err);
	while (rc == FJ_OK && !ending) {
		if (gw_keep_refresh(k, err) != FJ_OK)
			*good = false; /* the log has said why; what we have may still serve */
		rc = gw_watch_round(w, k, good, err);
		for (int64_t i = 0; rc == FJ_OK && !o->once && !ending && i < o->conf.refresh * 10; i++)
			usleep(100000);
		if (o->once)
			break;
	}
	gw_keep_close(k);
	gw_watch_close(w);
	return rc;
}

static int failed(const struct fj_err *err)
{
	fprintf(stderr, "fujie-gateway: %s%s%s\n", err->en, err->zh[0] != '\0' ? " / " : "", err->zh);
	return err->rc == FJ_E_USAGE ? 2 : 3;
}

int main(int argc, char **argv)
{
	struct options o = {.conf = {.refresh = 60, .window = 60, .nonces = true, .x5t_header = "X-Fujie-X5T", .user_header = "X-Fujie-User"}};
	struct sigaction act = {.sa_handler = on_signal};
	struct fj_err err = {.rc = FJ_OK};
	bool good = true;

	if (argc > 1 && strcmp(argv[1], "--mirror") == 0)
		return gw_mirror_main(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--cosign") == 0)
		return gw_cosign_main(argc, argv);
	if (argc > 1 && strcmp(argv[1], "monitor") == 0)
		return gw_monitor_main(argc, argv);
	fj_sodium_init();
	fj_log_open("gateway", FJ_LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
		web_print_routes(gw_routes);
		return 0;
	}
	if (options_read(argc, argv, &o, &err) != FJ_OK || (!o.help && options_check(&o, &err) != FJ_OK))
		return failed(&err);
	if (o.help) {
		usage(stdout);
		return 0;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return 3;
	gw_nonce_start();
	enum fj_rc rc = o.list != NULL ? watch(&o, &good, &err) : serve(&o.conf, &err);
	curl_global_cleanup();
	if (rc != FJ_OK)
		return failed(&err);
	return o.once && !good ? 1 : 0;
}
