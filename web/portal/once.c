/*
 * once.c - a form that is sent twice is done once, and its answer can be read again.
 *
 * Each form carries a random key.  The first request with it runs the command;
 * whoever comes with the same key and session later is shown how that stands.  The
 * answer is kept in memory for a few minutes, so that reloading the page and the
 * back button repeat nothing.  Places and octets are bounded: the oldest that has
 * ended makes room; what comes without a session has few places of its own.  What is
 * lost here (a restart) is only the view of an answer: what was done is in the
 * register, and the same act a second time is refused there by its state.
 */
#include <pthread.h>

#include "base/clock.h"
#include "base/secret.h"
#include "web/portal/internal.h"

#define PUBLIC 32 /* for what comes without a session */
#define PLACES (PUBLIC + 256)
#define OCTETS (128u << 20) /* of all answers */
#define LIFE_MS (15 * 60 * 1000)

struct place {
	char session[ISS_SESSION_CAP], key[ONCE_KEY];
	enum once_state state;
	char command[64], back[320];
	struct fj_buf answer; /* canonical JSON */
	struct fj_err err;
	int64_t at;
	uint64_t order; /* of ending: the clock has only milliseconds */
};
static struct place places[PLACES];
static size_t octets;
static uint64_t endings;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void once_key(char out[ONCE_KEY])
{
	uint8_t raw[11];

	fj_random(raw, sizeof(raw));
	fj_hex(raw, sizeof(raw), out);
}

enum fj_rc once_sent(struct web_req *q, const char **key, struct fj_err *err)
{
	*key = web_field(q, "once");
	if (strlen(*key) == ONCE_KEY - 2 && strspn(*key, "0123456789abcdef") == ONCE_KEY - 2)
		return FJ_OK;
	return fj_refuse(err, FJ_E_USAGE, "portal", NULL, "the form lacks its key; load it again", "表单缺少防重复标识，请重新打开表单");
}

static void clear(struct place *p)
{
	octets -= p->answer.len;
	fj_buf_release(&p->answer);
	memset(p, 0, sizeof(*p));
}

static struct place *find(const char *session, const char *key)
{
	int64_t now = fj_boot_ms();

	for (size_t i = 0; i < PLACES; i++) {
		struct place *p = &places[i];
		if (p->state > ONCE_RUNNING && now - p->at > LIFE_MS)
			clear(p);
		if (p->state != ONCE_NEW && strcmp(p->key, key) == 0 && strcmp(p->session, session) == 0)
			return p;
	}
	return NULL;
}

struct range {
	size_t from, to;
};

/* what comes without a session has the first ones to itself, and no others */
static struct range range_of(const char *session)
{
	return strcmp(session, ONCE_PUBLIC) == 0 ? (struct range){0, PUBLIC} : (struct range){PUBLIC, PLACES};
}

/* the oldest that has ended; NULL: all are running */
static struct place *oldest(const struct place *but, struct range r)
{
	struct place *best = NULL;

	for (size_t i = r.from; i < r.to; i++)
		if (&places[i] != but && places[i].state > ONCE_RUNNING && (best == NULL || places[i].order < best->order))
			best = &places[i];
	return best;
}

static struct place *take(struct range r)
{
	for (size_t i = r.from; i < r.to; i++)
		if (places[i].state == ONCE_NEW)
			return &places[i];
	struct place *p = oldest(NULL, r);
	if (p != NULL)
		clear(p);
	return p;
}

static void tell(const struct place *p, struct once *out)
{
	*out = (struct once){.state = p->state, .err = p->err};
	snprintf(out->command, sizeof(out->command), "%s", p->command);
	snprintf(out->back, sizeof(out->back), "%s", p->back);
	if (p->state == ONCE_DONE && fj_json_parse(fj_buf_slice(&p->answer), p->answer.len, &out->answer, NULL) != FJ_OK)
		out->answer = json_object();
}

void once_begin(const char *session, const char *key, const char *command, const char *back, struct once *out)
{
	pthread_mutex_lock(&lock);
	struct place *p = find(session, key);
	if (p != NULL) {
		tell(p, out);
	} else {
		*out = (struct once){.state = ONCE_NEW};
		p = take(range_of(session));
	}
	if (p != NULL && out->state == ONCE_NEW) { /* without a place it runs all the same */
		p->state = ONCE_RUNNING;
		p->at = fj_boot_ms();
		fj_buf_init(&p->answer, OCTETS);
		snprintf(p->session, sizeof(p->session), "%s", session);
		snprintf(p->key, sizeof(p->key), "%s", key);
		snprintf(p->command, sizeof(p->command), "%s", command);
		snprintf(p->back, sizeof(p->back), "%s", back);
	}
	pthread_mutex_unlock(&lock);
}

void once_end(const char *session, const char *key, const json_t *answer, const struct fj_err *refusal)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(OCTETS);

	if (refusal == NULL && fj_json_canonical(answer, &text, NULL) != FJ_OK)
		fj_buf_clear(&text);
	pthread_mutex_lock(&lock);
	struct place *p = find(session, key);
	if (p != NULL && p->state == ONCE_RUNNING) {
		for (struct place *old; octets + text.len > OCTETS && (old = oldest(p, range_of(session))) != NULL;)
			clear(old);
		p->state = refusal == NULL ? ONCE_DONE : ONCE_REFUSED;
		p->at = fj_boot_ms();
		p->order = ++endings;
		p->answer = text;
		octets += text.len;
		text = (struct fj_buf)FJ_BUF_INIT(0);
		if (refusal != NULL)
			p->err = *refusal;
	}
	pthread_mutex_unlock(&lock);
}

bool once_find(const char *session, const char *key, struct once *out)
{
	pthread_mutex_lock(&lock);
	struct place *p = find(session, key);
	if (p != NULL)
		tell(p, out);
	pthread_mutex_unlock(&lock);
	return p != NULL;
}
