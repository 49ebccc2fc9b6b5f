/*
 * shown.c - from signed to published, by way of the public log.
 *
 * A list or CRL that was signed is held here; its hash becomes an event, hence a leaf; when
 * the log's head has the leaf, it becomes a file.  So nobody can be shown a list that the
 * log does not have.  One that was entered and never shown, because the process ended
 * between, stays a leaf that nobody has the list of: the next one is signed anew.
 */
#include "base/file.h"
#include "issuer/publish/publish.h"

static const char *suffix_of(const struct pub_list *l)
{
	return strcmp(l->kind, "crl") == 0 ? ".crl" : ".jwt";
}

static const char *folder_of(const struct pub_list *l)
{
	return strcmp(l->kind, "crl") == 0 ? "crl" : "status";
}

enum fj_rc pub_hold(struct iss *i, struct pub_list *l, struct fj_err *err)
{
	if (i->pub.held == NULL)
		i->pub.held = fj_alloc(PUB_MAX_LISTS, sizeof(*i->pub.held));
	if (i->pub.held == NULL || i->pub.n_held == PUB_MAX_LISTS) {
		fj_buf_release(&l->bytes);
		return fj_fail(err, FJ_E_LIMIT, "publish", NULL, "more than %d lists changed at once, or memory is short", PUB_MAX_LISTS);
	}
	i->pub.held[i->pub.n_held++] = *l;
	return FJ_OK;
}

void pub_held_release(struct iss *i)
{
	while (i->pub.n_held > 0)
		fj_buf_release(&i->pub.held[--i->pub.n_held].bytes);
	fj_free(i->pub.held);
	i->pub.held = NULL;
}

static enum fj_rc enter(struct iss_call *c, const struct pub_list *l, struct fj_err *err)
{
	char uri[240], hex[65];
	struct fj_hash h;

	snprintf(uri, sizeof(uri), "%s/%s/%s%s", iss_base(c->iss), folder_of(l), l->name, strcmp(l->kind, "crl") == 0 ? ".crl" : "");
	fj_sha256(fj_buf_slice(&l->bytes), &h);
	fj_hex(h.b, sizeof(h.b), hex);
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "kind", l->kind, "sha256", hex);
	return evt_append(c, "list.published", uri, body, err);
}

static enum fj_rc enter_all(struct iss_call *c, void *publisher, struct fj_err *err)
{
	const struct iss_pub *p = publisher;

	for (size_t k = 0; k < p->n_held; k++)
		FJ_TRY(enter(c, &p->held[k], err));
	return FJ_OK;
}

static enum fj_rc show(struct iss *i, const struct pub_list *l, struct fj_err *err)
{
	char path[80], what[40];

	FJ_TRY(pub_keep(i, folder_of(l), l->name, l->from, suffix_of(l), fj_buf_slice(&l->bytes), err));
	snprintf(path, sizeof(path), "publish/trust/%s/%s%s", folder_of(l), l->name, suffix_of(l));
	FJ_TRY(pub_file(i, path, fj_buf_slice(&l->bytes), err));
	snprintf(what, sizeof(what), "%s/%s", strcmp(l->kind, "crl") == 0 ? "crl" : "list", l->name);
	return pub_noted(i, what, l->number, l->from, l->seq, err);
}

static enum fj_rc show_all(struct iss *i, struct fj_err *err)
{
	FJ_TRY(iss_write(i, enter_all, &i->pub, err));
	FJ_TRY(log_advance(i, err));
	for (size_t k = 0; k < i->pub.n_held; k++)
		FJ_TRY(show(i, &i->pub.held[k], err));
	return FJ_OK;
}

enum fj_rc pub_show_held(struct iss *i, struct fj_err *err)
{
	if (i->pub.n_held == 0)
		return FJ_OK;
	enum fj_rc rc = show_all(i, err);
	pub_held_release(i);
	return rc;
}
