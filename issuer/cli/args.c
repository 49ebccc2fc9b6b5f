/*
 * args.c - the command line: `fujie <noun> <verb> [ID] --key value ...`.
 *
 * The grammar is the same for every command; which keys a command takes, and
 * their types, the register says itself (command "help").  A key given twice, a
 * value that is missing or does not fit its type is wrong use, named by key.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/cli/cli.h"

static enum fj_rc take_option(struct cli_args *a, const char *key, const char *value, struct fj_err *err)
{
	if (strcmp(key, "dir") == 0)
		a->dir = value;
	else if (strcmp(key, "as") == 0)
		a->as = value;
	else if (strcmp(key, "out") == 0)
		a->out = value;
	else {
		/* a plan has several officers */
		bool several = a->noun != NULL && strcmp(a->noun, "ceremony") == 0 && strcmp(key, "officer") == 0;
		for (size_t i = 0; i < a->n_opt && !several; i++)
			if (strcmp(a->opt[i].key, key) == 0)
				return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is given twice", key);
		if (a->n_opt == CLI_MAX_ARGS)
			return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "more than %d options", CLI_MAX_ARGS);
		a->opt[a->n_opt].key = key;
		a->opt[a->n_opt++].value = value;
		return FJ_OK;
	}
	return value != NULL ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s needs a value", key);
}

/* these never take the next word; any other key without one is a flag if its type is yes or no */
static bool is_flag(const char *key)
{
	static const char *const flags[] = {"json", "no-serve", "dry-run", "partial", "check", "confirm", "mine", "no-cases", "sm2", "subordinate", "demo", "sealed"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(flags); i++)
		if (strcmp(key, flags[i]) == 0)
			return true;
	return false;
}

static enum fj_rc take_word(struct cli_args *a, const char *word, struct fj_err *err)
{
	if (a->noun == NULL)
		a->noun = word;
	else if (a->verb == NULL)
		a->verb = word;
	else if (a->id == NULL)
		a->id = word;
	else
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "\"%s\" is one word too many", word);
	return FJ_OK;
}

enum fj_rc cli_args_parse(int argc, char **argv, struct cli_args *a, struct fj_err *err)
{
	memset(a, 0, sizeof(*a));
	for (int i = 1; i < argc; i++) {
		const char *key = argv[i];

		if (strncmp(key, "--", 2) != 0) {
			FJ_TRY(take_word(a, key, err));
			continue;
		}
		key += 2;
		if (strcmp(key, "json") == 0)
			a->json = true;
		else if (strcmp(key, "no-serve") == 0)
			a->no_serve = true;
		else if (is_flag(key))
			FJ_TRY(take_option(a, key, NULL, err));
		else if (i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0)
			FJ_TRY(take_option(a, key, argv[++i], err));
		else
			FJ_TRY(take_option(a, key, NULL, err));
	}
	return FJ_OK;
}

const char *cli_opt(const struct cli_args *a, const char *key, const char *dflt)
{
	for (size_t i = 0; i < a->n_opt; i++)
		if (strcmp(a->opt[i].key, key) == 0)
			return a->opt[i].value != NULL ? a->opt[i].value : "";
	return dflt;
}

enum fj_rc cli_opt_only(const struct cli_args *a, const char *const *known, struct fj_err *err)
{
	for (size_t i = 0; i < a->n_opt; i++) {
		size_t k = 0;

		while (known[k] != NULL && strcmp(known[k], a->opt[i].key) != 0)
			k++;
		if (known[k] == NULL)
			return fj_fail(err, FJ_E_USAGE, "cli", NULL,
			    "--%s is not an option of this command; `fujie help` lists them", a->opt[i].key);
	}
	return FJ_OK;
}

static enum fj_rc to_int(const char *key, const char *value, json_t **out, struct fj_err *err)
{
	char *end;

	errno = 0;
	long long v = strtoll(value, &end, 10);
	if (errno != 0 || *value == '\0' || *end != '\0')
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s takes a whole number, not \"%s\"", key, value);
	*out = json_integer(v);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

static enum fj_rc read_source(const char *path, size_t max, struct fj_buf *b, struct fj_err *err)
{
	fj_buf_init(b, max);
	if (strcmp(path, "-") == 0) {
		for (;;) {
			uint8_t chunk[4096];
			size_t n = fread(chunk, 1, sizeof(chunk), stdin);
			if (n == 0)
				return FJ_OK;
			if (fj_buf_put(b, chunk, n) != FJ_OK)
				return fj_fail(err, FJ_E_LIMIT, "cli", NULL,
				    "standard input is larger than the %zu octets allowed here", max);
		}
	}
	return fj_file_read(AT_FDCWD, path, b, err);
}

static enum fj_rc split(const char *text, const char *between, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();

	for (const char *p = text; list != NULL && *p != '\0';) {
		size_t n = strcspn(p, between);

		if (n > 0 && json_array_append_new(list, json_stringn(p, n)) != 0)
			return fj_fail(err, FJ_E_USAGE, "cli", NULL, "a list is texts in UTF-8");
		p += n;
		if (*p != '\0')
			p++;
	}
	*out = fj_move(list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

/* a,b,c; or @FILE with one a line */
static enum fj_rc to_list(const char *value, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(0);

	if (value[0] != '@')
		return split(value, ",", out, err);
	FJ_TRY(read_source(value + 1, 4u << 20, &b, err));
	if (memchr(b.data, '\0', b.len) != NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "the file \"%s\" is no list of texts", value + 1);
	return split(fj_buf_str(&b), "\r\n", out, err);
}
#define BESIDE (1u << 20) /* larger files travel beside the request */

/* bytes travel as base64url, so that a file that is not UTF-8 reaches the rule
 * that refuses it instead of failing here */
static enum fj_rc to_file(const char *value, size_t max, struct fj_buf *attached, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(0);
	FJ_AUTO(buf) text = FJ_BUF_INIT(12u << 20);

	FJ_TRY(read_source(value, max, &b, err));
	if (b.len > BESIDE && attached->data == NULL) {
		*attached = b;
		fj_buf_init(&b, 0);
		*out = json_pack("{s:b}", "attached", 1);
		return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
	}
	FJ_TRY(fj_b64u_put(&text, fj_buf_slice(&b)));
	*out = json_pack("{s:s}", "base64url", fj_buf_str(&text));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

static enum fj_rc to_json(const char *key, const char *value, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(0);

	if (value[0] == '@') {
		FJ_TRY(read_source(value + 1, 1u << 20, &b, err));
		return fj_json_parse(fj_buf_slice(&b), 1u << 20, out, err);
	}
	if (fj_json_parse(fj_slice_str(value), 1u << 20, out, err) == FJ_OK)
		return FJ_OK;
	return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s takes a JSON document, or @FILE with one", key);
}

static enum fj_rc typed(const json_t *field, const char *key, const char *value, struct fj_buf *attached, json_t **out, struct fj_err *err)
{
	const char *type = fj_json_peek(field, "type");
	json_int_t max = fj_json_num(field, "max");

	if (type != NULL && strcmp(type, "bool") == 0) {
		*out = json_boolean(value == NULL || strcmp(value, "true") == 0);
		return value == NULL || strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ? FJ_OK
		    : fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is true or false", key);
	}
	if (value == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s needs a value", key);
	if (type == NULL || strcmp(type, "text") == 0) {
		*out = json_string(value);
		return *out != NULL ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is not UTF-8", key);
	}
	if (strcmp(type, "integer") == 0)
		return to_int(key, value, out, err);
	if (strcmp(type, "list") == 0)
		return to_list(value, out, err);
	if (strcmp(type, "file") == 0)
		return to_file(value, max > 0 ? (size_t)max : 1u << 20, attached, out, err);
	return to_json(key, value, out, err);
}

static const json_t *field_find(const json_t *fields, const char *name)
{
	size_t i;
	json_t *f;

	json_array_foreach(fields, i, f)
		if (fj_json_peek(f, "name") != NULL && strcmp(fj_json_peek(f, "name"), name) == 0)
			return f;
	return NULL;
}

/* --dry-run on the command line is dry_run in the field table */
static const char *field_key(const char *option, char *out, size_t cap)
{
	size_t n = 0;

	for (; option[n] != '\0' && n + 1 < cap; n++)
		out[n] = option[n] == '-' ? '_' : option[n];
	out[n] = '\0';
	return out;
}

static enum fj_rc put_option(const json_t *fields, const char *option, const char *text, struct fj_buf *attached, json_t *params, struct fj_err *err)
{
	char name[64];
	json_t *value = NULL;
	const json_t *f = field_find(fields, field_key(option, name, sizeof(name)));

	if (f == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", NULL,
		    "--%s is not an option of this command; `fujie help NOUN VERB` lists them", option);
	FJ_TRY(typed(f, option, text, attached, &value, err));
	if (fj_json_set(params, name, value) != FJ_OK)
		return fj_no_memory(err, "cli");
	return FJ_OK;
}

/* the word behind the verb: a number, or the file of a command that needs one and takes no number;
 * a file that is there, where the command takes a credential as well */
static enum fj_rc put_id(const json_t *fields, const char *id, struct fj_buf *attached, json_t *params, struct fj_err *err)
{
	static const char *const names[] = {"id", "number", "usci", "login", "object", "q", "noun", "asset", "name", "bulk"};
	const json_t *f;
	size_t i;

	if (field_find(fields, "credential") != NULL && access(id, R_OK) == 0)
		return put_option(fields, "credential", id, attached, params, err);
	for (i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (field_find(fields, names[i]) != NULL)
			return fj_json_set(params, names[i], json_string(id)) == FJ_OK ? FJ_OK
			    : fj_fail(err, FJ_E_USAGE, "cli", NULL, "the ID is not UTF-8");
	json_array_foreach(fields, i, f)
		if (strcmp(fj_json_peek(f, "type"), "file") == 0 && json_is_true(json_object_get(f, "required")))
			return put_option(fields, fj_json_peek(f, "name"), id, attached, params, err);
	return fj_fail(err, FJ_E_USAGE, "cli", NULL, "this command takes no ID; \"%s\" is one word too many", id);
}

/* what is a password is asked for, never taken from the command line, where
 * every user of the machine could read it */
static enum fj_rc put_secret(const json_t *fields, const char *name, const char *env, const char *prompt, json_t *params, struct fj_err *err)
{
	char secret[256];

	if (field_find(fields, name) == NULL || json_object_get(params, name) != NULL)
		return FJ_OK;
	FJ_TRY(cli_ask_secret(env, prompt, secret, sizeof(secret), err));
	return fj_json_set(params, name, json_string(secret)) == FJ_OK ? FJ_OK
	    : fj_fail(err, FJ_E_USAGE, "cli", NULL, "the password is not UTF-8");
}

enum fj_rc cli_params(const struct cli_args *a, const json_t *fields, struct fj_buf *attached, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) params = json_object();

	if (params == NULL)
		return fj_no_memory(err, "cli");
	if (a->id != NULL)
		FJ_TRY(put_id(fields, a->id, attached, params, err));
	for (size_t i = 0; i < a->n_opt; i++)
		FJ_TRY(put_option(fields, a->opt[i].key, a->opt[i].value, attached, params, err));
	FJ_TRY(put_secret(fields, "current", "FUJIE_PASSWORD", "Present password", params, err));
	FJ_TRY(put_secret(fields, "password", "FUJIE_NEW_PASSWORD", "New password", params, err));
	*out = fj_move(params);
	return FJ_OK;
}
