/*
 * subordinate.c - `fujie init --subordinate`, `fujie demo --subordinate`: a home under another appliance's root (docs/formats.md 27).
 *
 * Twice: first with who it is and --root, which makes the keys and writes D/ceremony/ca-request.json;
 * then with --certificate, what the parent's root made of it.  What was said the first time is kept in
 * D/ceremony/init.json until fujie.ini is there and D is a home.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/cli/cli.h"

#define SAID "ceremony/init.json"
#define FILE_MAX (1u << 18)

static enum fj_rc read_into(const struct cli_args *a, const char *option, json_t *into, const char *member, struct fj_err *err)
{
	const char *path = cli_opt(a, option, NULL);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FILE_MAX);

	if (path == NULL)
		return FJ_OK;
	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	return fj_json_set(into, member, json_stringn((const char *)text.data, text.len)) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s %s is no PEM file", option, path);
}

static enum fj_rc run(struct cli_home *h, const json_t *in, json_t **answer, struct fj_err *err)
{
	FJ_TRY(cli_init_put(h, in, err));
	{
		FJ_AUTO(cli_parts) p = {.home = NULL};
		FJ_TRY(cli_parts_init(&p, h, err));
		p.signer = true;
		FJ_TRY(cli_start_signer(&p, err));
		FJ_TRY(cli_run_init(&p, NULL, answer, err));
	}
	unlinkat(h->dir, "run/init.json", 0);
	return FJ_OK;
}

/* a demo has its people, and no cases: those are of the home that has its own root */
static enum fj_rc demo_request(const struct cli_args *a, const struct cli_conf *c, json_t **out, struct fj_err *err)
{
	*out = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:b}", "base", c->base, "portal", c->portal, "verifier", c->verifier, "demo", 1, "cases", 0,
	    "arc", CLI_DEMO_ARC, "operator", cli_opt(a, "operator", "Fujie DEMO subordinate (illustrative)"), "sm2", cli_opt(a, "sm2", NULL) != NULL);
	return *out != NULL ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "addresses, --base and --operator are UTF-8");
}

static enum fj_rc first(const struct cli_args *a, bool demo, json_t **answer, struct fj_err *err)
{
	static const char *const known[] = {"portal", "verifier", "base", "tpm", "arc", "no-cases", "operator", "org-usci", "org-name", "org-div6", "org-level", "org-kind", "officer", "second-officer",
		"sm2", "subordinate", "root", "root-sm2", "limit-division", "limit-holders", NULL};
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) in = NULL;
	struct cli_conf conf;
	const char *division = cli_opt(a, "limit-division", NULL), *holders = cli_opt(a, "limit-holders", NULL);

	FJ_TRY(cli_opt_only(a, known, err));
	if (division == NULL || holders == NULL || cli_opt(a, "root", NULL) == NULL)
		return fj_refuse(err, FJ_E_USAGE, "cli", "formats.md 27", "a subordinate home needs --root FILE (the parent's root.pem), --limit-division N (2, 4 or 6 digits of GB/T 2260) and --limit-holders ADMIN,INST,…",
		    "下级系统需要 --root 文件（上级的 root.pem）、--limit-division 行政区划代码前 2、4 或 6 位，以及 --limit-holders ADMIN,INST,…");
	FJ_TRY(cli_conf_from(a, demo, &conf, err));
	FJ_TRY(demo ? demo_request(a, &conf, &in, err) : cli_init_request(a, &conf, NULL, &in, err));
	FJ_AUTO(json) sub = json_pack("{s:s, s:s}", "division", division, "holders", holders);
	FJ_TRY(read_into(a, "root", sub, "root", err));
	FJ_TRY(read_into(a, "root-sm2", sub, "root_sm2", err));
	if (fj_json_set(in, "subordinate", json_incref(sub)) != FJ_OK || fj_json_set(in, "tpm", json_string(conf.tpm)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(cli_home_ceremony(a->dir, &conf, &h, err));
	FJ_TRY(run(&h, in, answer, err));
	FJ_TRY(fj_json_canonical(in, &b, err));
	return fj_file_replace(h.dir, SAID, fj_buf_slice(&b), 0600, err);
}

static enum fj_rc read_said(const struct cli_args *a, json_t **in, struct cli_conf *conf, struct fj_err *err)
{
	FJ_AUTO(fd) dir = -1;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);

	if (fj_dir_open(AT_FDCWD, a->dir, &dir, NULL) != FJ_OK || fj_file_read(dir, SAID, &text, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_NOTFOUND, "cli", "formats.md 27", "no subordinate home was begun in this folder; begin with fujie init --subordinate --root FILE …", "此目录中没有已开始的下级系统；请先执行 fujie init --subordinate --root 文件 …");
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), text.len, in, err));
	memset(conf, 0, sizeof(*conf));
	conf->demo = json_is_true(json_object_get(*in, "demo"));
	cli_users_default(conf);
	if (fj_strcopy(conf->base, sizeof(conf->base), fj_json_text(*in, "base")) != FJ_OK || fj_strcopy(conf->portal, sizeof(conf->portal), fj_json_text(*in, "portal")) != FJ_OK ||
	    fj_strcopy(conf->verifier, sizeof(conf->verifier), fj_json_text(*in, "verifier")) != FJ_OK || fj_strcopy(conf->tpm, sizeof(conf->tpm), fj_json_text(*in, "tpm")) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "cli", NULL, "%s/" SAID " was changed; begin anew in another folder", a->dir);
	return FJ_OK;
}

static enum fj_rc second(const struct cli_args *a, bool demo, json_t **answer, struct fj_err *err)
{
	static const char *const known[] = {"subordinate", "certificate", NULL};
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	FJ_AUTO(json) in = NULL;
	struct cli_conf conf;

	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(read_said(a, &in, &conf, err));
	if (conf.demo != demo)
		return fj_refuse(err, FJ_E_USAGE, "cli", "design.md 4", "fujie init --subordinate ends what it began, and fujie demo --subordinate what that one began", "请以开始时所用的命令（fujie init 或 fujie demo）继续");
	FJ_TRY(read_into(a, "certificate", in, "certificate", err));
	FJ_TRY(cli_home_ceremony(a->dir, &conf, &h, err));
	FJ_TRY(run(&h, in, answer, err));
	FJ_TRY(cli_home_done(&h, err));
	unlinkat(h.dir, SAID, 0);
	return FJ_OK;
}

enum fj_rc cli_init_subordinate(const struct cli_args *a, bool demo, json_t **answer, struct fj_err *err)
{
	return cli_opt(a, "certificate", NULL) != NULL ? second(a, demo, answer, err) : first(a, demo, answer, err);
}
