/*
 * control.c - commands from the command line, over run/control.sock.
 *
 * Only the user who runs the appliance, or root, may connect: the socket lies in
 * a folder of mode 0700, and the peer's uid is asked.  That opens reading only;
 * whoever changes something signs in as an officer.  A frame is one command in
 * JSON, the answer one document; a malformed frame ends the connection.  A large
 * file comes before its command in frames of its own, as octets, and the command
 * names it by {"attached": true}: base64 in JSON would take three times the memory.
 */
#include "web/registry/registry.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/secret.h"

#define MAX_CONNECTIONS 16
#define IDLE_MS 60000
#define FILE_PART (8u << 20) /* characters of base64url, a multiple of four */
#define MAX_FILE (64u << 20)

static atomic_int connections;
struct connection {
	int fd;
	struct iss *i;
};

enum fj_rc control_listen(int *out, struct fj_err *err)
{
	FJ_AUTO(fd) run = -1;

	FJ_TRY(fj_dir_open(AT_FDCWD, "run", &run, err));
	return fj_ipc_listen(run, "control.sock", out, err);
}

static const char *type_name(enum iss_field_type t)
{
	static const char *const names[] = {"text", "integer", "bool", "list", "json", "file"};

	return names[t];
}

/* NULL: any text */
static json_t *choices(const struct iss_field *f)
{
	json_t *list = f->choices == NULL ? NULL : json_array();

	for (const char *const *v = f->choices; v != NULL && *v != NULL; v++)
		json_array_append_new(list, json_string(*v));
	return list;
}

/* the field table of a command, and a text of it for people */
static enum fj_rc help(const json_t *params, json_t **answer, struct fj_err *err)
{
	const char *name = fj_json_peek(params, "name");
	const struct iss_command_info *c = name == NULL ? NULL : iss_command_find(name);
	FJ_AUTO(json) fields = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(16384);

	if (c == NULL) {
		enum fj_rc rc = fj_fail(err, FJ_E_USAGE, "registry", NULL, "there is no command \"%.60s\"; `fujie help` lists them", name == NULL ? "" : name);
		fj_err_zh(err, "没有这个命令；请运行 fujie help");
		return rc;
	}
	enum fj_rc rc = fj_buf_printf(&text, "%s - %s\n%s\n", c->name, c->en, c->zh);
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_array_append_new(fields, json_pack("{s:s, s:s, s:b, s:I, s:s, s:s, s:o*}", "name", f->name, "type", type_name(f->type), "required", f->required,
		    "max", (json_int_t)f->max, "zh", f->zh, "en", f->en, "choices", choices(f)));
		if (rc == FJ_OK)
			rc = fj_buf_printf(&text, "  --%-14s %-8s%s %s %s", f->name, type_name(f->type), f->required ? " *" : "  ", f->en, f->zh);
		for (const char *const *v = f->choices; v != NULL && *v != NULL && rc == FJ_OK; v++)
			rc = fj_buf_printf(&text, "%s%s", v == f->choices ? ": " : " | ", *v);
		if (rc == FJ_OK)
			rc = fj_buf_puts(&text, "\n");
	}
	const struct iss_field *b = &iss_fld_behalf, *p = &iss_fld_preview;
	if (c->kind == ISS_WRITE)
		json_array_append_new(fields, json_pack("{s:s, s:s, s:b, s:I, s:s, s:s}", "name", p->name, "type", type_name(p->type), "required", p->required, "max", (json_int_t)p->max, "zh", p->zh, "en", p->en));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:b, s:I, s:s, s:s}", "name", b->name, "type", type_name(b->type), "required", b->required,
	    "max", (json_int_t)b->max, "zh", b->zh, "en", b->en));
	*answer = json_pack("{s:s, s:s, s:O, s:s}", "name", c->name, "kind", c->kind == ISS_READ ? "read" : "write", "fields", fields, "help", fj_buf_str(&text));
	return *answer != NULL ? FJ_OK : fj_no_memory(err, "registry");
}

/* by password and second factor, or by an API token */
static enum fj_rc actor_of(struct iss *i, const json_t *as, struct iss_session *out, struct fj_err *err)
{
	const char *login = fj_json_peek(as, "login"), *password = fj_json_peek(as, "password"), *totp = fj_json_peek(as, "totp"), *token = fj_json_peek(as, "token");
	struct iss_entry e;

	memset(out, 0, sizeof(*out));
	if (!json_is_object(as)) {
		out->actor = (struct iss_actor){.login = "local", .person = "local", .name = "local", .roles = ISS_LOCAL, .via = "cli"};
		return FJ_OK;
	}
	if (token != NULL) {
		FJ_TRY(iss_token_find(i, token, "", out, err));
		out->actor.via = "cli";
		return FJ_OK;
	}
	if (login == NULL || password == NULL || totp == NULL)
		return fj_fail(err, FJ_E_USAGE, "registry", NULL, "login, password and totp are texts");
	FJ_TRY(iss_authenticate(i, &(struct iss_try){.door = ISS_DOOR_LOCAL, .login = login, .password = password, .code = totp, .spki = "", .address = "", .agent = "fujie", .device = ""},
	    &e, err));
	out->actor = e.actor;
	out->actor.via = "cli";
	return FJ_OK;
}

static enum fj_rc run(struct iss *i, const json_t *request, json_t **answer, struct fj_err *err)
{
	static const char *const known[] = {"command", "params", "as", "via", NULL};
	struct iss_session s;
	const char *name;
	json_t *params;

	FJ_TRY(fj_json_only(request, known, err));
	FJ_TRY(fj_json_str(request, "command", 64, &name, err));
	FJ_TRY(fj_json_obj(request, "params", &params, err));
	if (strcmp(name, "help") == 0)
		return help(params, answer, err);
	FJ_TRY(actor_of(i, json_object_get(request, "as"), &s, err));
	return iss_command(i, &s.actor, name, params, answer, err);
}

/* the parameter that stands for the attached file becomes its octets */
static enum fj_rc attach(json_t *request, struct fj_buf *file, struct fj_err *err)
{
	json_t *params = json_object_get(request, "params"), *v;
	const char *key;
	void *tmp;

	json_object_foreach_safe(params, tmp, key, v)
		if (json_is_true(json_object_get(v, "attached"))) {
			if (json_object_set_new(params, key, json_stringn_nocheck((const char *)file->data, file->len)) != 0)
				return fj_fail(err, FJ_E_NOMEM, "registry", NULL, "out of memory for the attached file");
			break;
		}
	fj_buf_release(file);
	return FJ_OK;
}

static json_t *respond(struct iss *i, struct fj_slice body, struct fj_buf *file)
{
	FJ_AUTO(json) request = NULL;
	json_t *answer = NULL;
	struct fj_err err = {0};

	enum fj_rc rc = fj_json_parse(body, FJ_IPC_MAX, &request, &err);
	if (rc == FJ_OK && file->data != NULL)
		rc = attach(request, file, &err);
	if (rc == FJ_OK)
		rc = run(i, request, &answer, &err);
	if (rc == FJ_OK)
		return json_pack("{s:b, s:o}", "ok", 1, "answer", answer);
	err.rc = rc;
	return fj_err_reply(&err);
}

/* The first file in the answer goes ahead of it, in frames of kind 2: it may be larger than one. */
static enum fj_rc send_file(const struct connection *c, uint64_t id, json_t *answer, struct fj_err *err)
{
	const char *key, *text = NULL;
	json_t *file;
	size_t octets = 0;

	json_object_foreach(json_object_get(answer, "answer"), key, file)
		if ((text = fj_json_peek(file, "base64url")) != NULL)
			break;
	size_t n = text == NULL ? 0 : strlen(text);

	for (size_t at = 0; at < n; at += FILE_PART) {
		FJ_AUTO(buf) part = FJ_BUF_INIT(FILE_PART);
		FJ_TRY(fj_b64u_get(text + at, n - at < FILE_PART ? n - at : FILE_PART, &part));
		FJ_TRY(fj_ipc_send(c->fd, 2, id, fj_buf_slice(&part), err));
		octets += part.len;
	}
	if (n == 0)
		return FJ_OK;
	json_object_del(file, "base64url");
	return fj_json_set(file, "octets", json_integer((json_int_t)octets));
}

static enum fj_rc serve_one(struct connection *c, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_IPC_MAX - 64);
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE);

	FJ_TRY(fj_ipc_recv(c->fd, &f, IDLE_MS, err));
	while (f.kind == 2) {
		if (fj_buf_put(&file, f.body.data, f.body.len) != FJ_OK)
			return fj_fail(err, FJ_E_PROTO, "registry", NULL, "an attached file is too large");
		FJ_TRY(fj_ipc_recv(c->fd, &f, IDLE_MS, err));
	}
	if (f.kind != 1)
		return fj_fail(err, FJ_E_PROTO, "registry", NULL, "a frame of another kind");
	FJ_AUTO(json) answer = respond(c->i, fj_buf_slice(&f.body), &file);
	fj_wipe(f.body.data, f.body.len); /* a password may have been in it */
	FJ_TRY(send_file(c, f.id, answer, err));
	FJ_TRY(fj_json_canonical(answer, &text, err));
	return fj_ipc_send(c->fd, 1, f.id, fj_buf_slice(&text), err);
}

static void *connection_thread(void *arg)
{
	struct connection *c = arg;
	struct fj_err err;

	while (serve_one(c, &err) == FJ_OK)
		continue;
	close(c->fd);
	fj_free(c);
	atomic_fetch_sub(&connections, 1);
	return NULL;
}

static void take(int fd, struct iss *i)
{
	struct connection *c = fj_alloc(1, sizeof(*c));
	pthread_t t;
	unsigned uid;

	if (c == NULL || fj_ipc_peer_uid(fd, &uid, NULL) != FJ_OK || (uid != geteuid() && uid != 0) ||
	    atomic_load(&connections) >= MAX_CONNECTIONS) {
		close(fd);
		fj_free(c);
		return;
	}
	*c = (struct connection){fd, i};
	atomic_fetch_add(&connections, 1);
	if (pthread_create(&t, NULL, connection_thread, c) != 0) {
		close(fd);
		fj_free(c);
		atomic_fetch_sub(&connections, 1);
		return;
	}
	pthread_detach(t);
}

enum fj_rc control_serve(int listener, struct iss *i, struct line *line, const volatile int *ending, struct fj_err *err)
{
	while (!*ending) {
		struct pollfd p[] = {{.fd = listener, .events = POLLIN}, {.fd = line_fd(line), .events = POLLIN}};

		if (poll(p, FJ_ARRAY_LEN(p), 500) <= 0)
			continue;
		if (p[1].revents != 0)
			line_take(line);
		if (p[0].revents == 0)
			continue;
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			take(fd, i);
	}
	for (int k = 0; k < 50 && atomic_load(&connections) > 0; k++)
		usleep(100000); /* what is being done is finished; idle connections are not waited for long */
	(void)err;
	return FJ_OK;
}
