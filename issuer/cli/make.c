/*
 * make.c - `fujie init` (a real, empty home) and `fujie demo` (the sample
 * cases, on a clock that may be moved, marked DEMO everywhere).
 *
 * A demo's root is under three officers whose keys lie in its folder (officers.c).
 * Both start TPM, signer and registry in a folder beside the home's name; the
 * registry makes the register and the keys from run/init.json and ends.  The
 * home gets its name only when all of it is there.
 */
#include <unistd.h>

#include "base/file.h"
#include "issuer/cli/cli.h"

#define DEMO_PORTAL "127.0.0.1:8443"
#define DEMO_VERIFIER "127.0.0.1:8480"
#define UNIT_HOME "/var/lib/fujie/home" /* fujie.service serves it */
#define DEMO_OPERATOR "Fujie DEMO (illustrative)"

enum fj_rc cli_conf_from(const struct cli_args *a, bool demo, struct cli_conf *c, struct fj_err *err)
{
	char dflt[161];
	const char *portal = cli_opt(a, "portal", DEMO_PORTAL), *verifier = cli_opt(a, "verifier", DEMO_VERIFIER);
	const char *tpm = cli_opt(a, "tpm", demo || access("/dev/tpmrm0", R_OK | W_OK) != 0 ? "software" : "/dev/tpmrm0");

	memset(c, 0, sizeof(*c));
	c->demo = demo;
	cli_users_default(c);
	snprintf(dflt, sizeof(dflt), "http://%s", verifier);
	if (fj_strcopy(c->portal, sizeof(c->portal), portal) != FJ_OK ||
	    fj_strcopy(c->verifier, sizeof(c->verifier), verifier) != FJ_OK ||
	    fj_strcopy(c->base, sizeof(c->base), cli_opt(a, "base", dflt)) != FJ_OK ||
	    fj_strcopy(c->tpm, sizeof(c->tpm), tpm) != FJ_OK)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL,
		    "an address or --base is too long (160 octets at most)");
	if (demo && strcmp(c->tpm, "software") != 0)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "a demo home takes a software TPM only");
	return FJ_OK;
}

/* the demo's root is under officers like any other; their keys lie beside it, marked illustrative */
static enum fj_rc demo_plan(const struct cli_officers *o, const struct cli_conf *conf, json_t *in, struct fj_err *err)
{
	json_t *plan = NULL;

	FJ_TRY(cli_officers_make(o, CLI_DEMO_ARC, conf->base, DEMO_OPERATOR, &plan, err));
	return fj_json_set(in, "plan", plan) == FJ_OK && fj_json_set(in, "arc", json_string(CLI_DEMO_ARC)) == FJ_OK && fj_json_set(in, "operator", json_string(DEMO_OPERATOR)) == FJ_OK &&
	    fj_json_set(in, "sm2", json_true()) == FJ_OK ? FJ_OK : fj_no_memory(err, "cli");
}

/* the common part: init.json in, the registry's answer out */
/* a demo's officers: o; of their folder not yet */
static enum fj_rc make_home(const char *dir, const struct cli_conf *conf, const struct cli_officers *o, json_t *in, json_t **out, struct fj_err *err)
{
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	char partial[4096];

	FJ_TRY(cli_home_begin(dir, conf, partial, sizeof(partial), &h, err));
	struct cli_officers officers = *o;
	officers.home = partial;
	struct cli_follow follow = {cli_officers_step, &officers};
	enum fj_rc rc = conf->demo ? demo_plan(&officers, conf, in, err) : FJ_OK;
	if (rc == FJ_OK)
		rc = cli_init_put(&h, in, err);
	if (rc == FJ_OK) {
		FJ_AUTO(cli_parts) p = {.home = NULL};
		rc = cli_parts_init(&p, &h, err);
		p.signer = true;
		if (rc == FJ_OK)
			rc = cli_start_signer(&p, err);
		if (rc == FJ_OK)
			rc = cli_run_init(&p, conf->demo ? &follow : NULL, out, err);
		if (rc == FJ_OK && conf->demo)
			rc = cli_officers_sign(&officers, err);
	}
	if (rc == FJ_OK) {
		unlinkat(h.dir, "run/init.json", 0);
		rc = cli_home_finish(partial, dir, err);
	}
	if (rc != FJ_OK)
		cli_home_discard(partial);
	return rc;
}

/* LOGIN:NAME:PERSON */
static enum fj_rc officer(const char *text, const char *option, json_t *list, struct fj_err *err)
{
	const char *name = strchr(text, ':'), *person = name != NULL ? strchr(name + 1, ':') : NULL;

	if (person == NULL || strchr(person + 1, ':') != NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL,
		    "--%s takes LOGIN:NAME:PERSON, where PERSON is what the office identifies a natural person by", option);
	json_t *o = json_object();
	if (fj_json_set(o, "login", json_stringn(text, (size_t)(name - text))) != FJ_OK ||
	    fj_json_set(o, "name", json_stringn(name + 1, (size_t)(person - name - 1))) != FJ_OK ||
	    fj_json_set(o, "person", json_string(person + 1)) != FJ_OK || json_array_append_new(list, o) != 0) {
		json_decref(o);
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is not UTF-8", option);
	}
	return FJ_OK;
}

static enum fj_rc need(const struct cli_args *a, const char *key, const char *what, json_t *into, const char *member, struct fj_err *err)
{
	const char *v = cli_opt(a, key, NULL);

	if (v == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is missing: %s", key, what);
	if (fj_json_set(into, member, json_string(v)) != FJ_OK)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is not UTF-8", key);
	return FJ_OK;
}

static enum fj_rc from_plan(const struct fj_plan *p, json_t *in, struct fj_err *err)
{
	if (fj_json_set(in, "arc", json_string(p->arc)) != FJ_OK || fj_json_set(in, "base", json_string(p->base)) != FJ_OK ||
	    fj_json_set(in, "operator", json_string(p->operator_)) != FJ_OK || fj_json_set(in, "sm2", json_boolean(p->sm2)) != FJ_OK)
		return fj_no_memory(err, "cli");
	return FJ_OK;
}

static enum fj_rc from_options(const struct cli_args *a, json_t *in, struct fj_err *err)
{
	FJ_TRY(need(a, "arc", "your IANA private enterprise number, such as 1.3.6.1.4.1.N (free to get)", in, "arc", err));
	FJ_TRY(need(a, "base", "the verifier's public address, as it will stand in certificates", in, "base", err));
	return need(a, "operator", "the legal name of who runs this certificate authority", in, "operator", err);
}

enum fj_rc cli_init_request(const struct cli_args *a, const struct cli_conf *c, const struct fj_plan *plan, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) in = json_pack("{s:s, s:s, s:s, s:b, s:b, s:{s:[s, s, s]}, s:[]}", "base", c->base, "portal", c->portal,
	    "verifier", c->verifier, "demo", 0, "sm2", cli_opt(a, "sm2", NULL) != NULL, "organisation", "roles", "FINANCE", "AUDITOR", "MOF", "officers");
	json_t *org = json_object_get(in, "organisation"), *officers = json_object_get(in, "officers");

	if (in == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "addresses and --base are UTF-8");
	if (plan != NULL)
		FJ_TRY(from_plan(plan, in, err));
	else
		FJ_TRY(from_options(a, in, err));
	FJ_TRY(need(a, "org-usci", "the finance department's unified social credit code", org, "usci", err));
	FJ_TRY(need(a, "org-name", "the finance department's legal name", org, "name", err));
	FJ_TRY(need(a, "org-div6", "its administrative division, six digits (GB/T 2260)", org, "div6", err));
	FJ_TRY(need(a, "org-level", "its level: 中央, 省, 市, 县 or 乡", org, "level", err));
	if (fj_json_set(org, "kind", json_string(cli_opt(a, "org-kind", "ADMIN"))) != FJ_OK)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--org-kind is not UTF-8");
	const char *one = cli_opt(a, "officer", NULL), *two = cli_opt(a, "second-officer", NULL);
	if (one == NULL || two == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", "R22",
		    "--officer and --second-officer are needed: two officers, LOGIN:NAME:PERSON each");
	FJ_TRY(officer(one, "officer", officers, err));
	FJ_TRY(officer(two, "second-officer", officers, err));
	*out = fj_move(in);
	return FJ_OK;
}

static enum fj_rc init(const struct cli_args *a, json_t **answer, struct fj_err *err)
{
	static const char *const known[] = {"portal", "verifier", "base", "tpm", "arc", "operator", "org-usci",
		"org-name", "org-div6", "org-level", "org-kind", "officer", "second-officer", "sm2", NULL};
	struct cli_conf conf;
	FJ_AUTO(json) in = NULL;

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: where shall the home be?"));
	if (cli_opt(a, "subordinate", NULL) != NULL)
		return cli_init_subordinate(a, false, answer, err);
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(cli_conf_from(a, false, &conf, err));
	FJ_TRY(cli_init_request(a, &conf, NULL, &in, err));
	return make_home(a->dir, &conf, &(struct cli_officers){0}, in, answer, err);
}

void cli_print_officers(const char *dir, const json_t *answer)
{
	size_t i;
	json_t *o;

	printf("The home %s is made: keys in the TPM, an empty register.\n"
	       "Each officer sets password and second factor with a one-time code:\n\n", dir);
	json_array_foreach(json_object_get(answer, "officers"), i, o)
		printf("  fujie user enrol --dir %s --login %s --code %s\n", dir,
		    fj_json_peek(o, "login"), fj_json_peek(o, "code"));
	if (strcmp(dir, UNIT_HOME) == 0)
		printf("\nThen: systemctl start fujie-portal.socket fujie-public.socket fujie.service (or fujie serve --dir %s)\n", dir);
	else
		printf("\nThen: fujie serve --dir %s\n", dir);
}

static void print_request(const struct cli_args *a, const json_t *answer)
{
	printf("The keys are made.  Have the parent's root certify %s/%s (there: fujie ceremony certify --file …), then:\n  fujie %s --dir %s --subordinate --certificate FILE\n"
	       "密钥已生成。请上级的根认证上述申请，再执行上述命令\n", a->dir, fj_json_text(answer, "request"), a->noun, a->dir);
}

int cli_init(const struct cli_args *a)
{
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (init(a, &answer, &err) != FJ_OK)
		return cli_print_error(&err, NULL, a->json);
	if (a->json) {
		cli_print_answer(answer, true);
		return 0;
	}
	if (json_object_get(answer, "request") != NULL)
		print_request(a, answer);
	else
		cli_print_officers(a->dir, answer);
	return 0;
}

static enum fj_rc demo(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"portal", "verifier", "base", "no-cases", "sealed", "move", NULL};
	const struct cli_officers officers = {.sealed = cli_opt(a, "sealed", NULL) != NULL, .move = cli_opt(a, "move", NULL)};
	struct cli_conf conf;
	FJ_AUTO(json) answer = NULL;

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: where shall the demo be?"));
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(cli_conf_from(a, true, &conf, err));
	FJ_AUTO(json) in = json_pack("{s:s, s:s, s:s, s:b, s:b}", "base", conf.base, "portal", conf.portal,
	    "verifier", conf.verifier, "demo", 1, "cases", cli_opt(a, "no-cases", NULL) == NULL);
	if (in == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "addresses and --base are UTF-8");
	return make_home(a->dir, &conf, &officers, in, &answer, err);
}

int cli_demo(const struct cli_args *a)
{
	struct fj_err err = {0};
	FJ_AUTO(json) answer = NULL;
	bool sub = cli_opt(a, "subordinate", NULL) != NULL;

	if ((sub ? cli_init_subordinate(a, true, &answer, &err) : demo(a, &err)) != FJ_OK)
		return cli_print_error(&err, NULL, a->json);
	if (json_object_get(answer, "request") != NULL) {
		if (a->json)
			cli_print_answer(answer, true);
		else
			print_request(a, answer);
		return 0;
	}
	if (a->no_serve) {
		if (a->json)
			printf("{\"demo\":true}\n");
		else
			printf("%s is made; logins and sample credentials: %s/demo.json\n", a->dir, a->dir);
		return 0;
	}
	struct cli_args s = {.noun = "serve", .dir = a->dir, .json = a->json};
	return cli_serve(&s);
}
