/*
 * held.c - files that were sent for a preview, until they are sent for good.
 *
 * A browser sends a file once: between the preview and the act it is kept here, in
 * memory, by a random key that only its session finds.  Never on disk, never in a
 * draft; bounded in number, octets and minutes, the oldest makes room:
 * of the same session first, where that has several.  What is lost
 * (a restart, a quarter of an hour) is chosen again.
 */
#include <pthread.h>

#include "base/clock.h"
#include "base/secret.h"
#include "web/portal/internal.h"

#define PLACES 24
#define OF_ONE 4 /* of a session: whoever has more loses its own oldest, not another's */
#define OCTETS (160u << 20)
#define LIFE_MS (15 * 60 * 1000)

struct place {
	char session[ISS_SESSION_CAP], key[ONCE_KEY], field[64], name[161];
	struct fj_buf bytes;
	int64_t at;
	uint64_t nth; /* in the order that they came */
};
static struct place places[PLACES];
static size_t octets;
static uint64_t held;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void clear(struct place *p)
{
	octets -= p->bytes.len;
	fj_wipe(p->bytes.data, p->bytes.len); /* it may have been a key */
	fj_buf_release(&p->bytes);
	memset(p, 0, sizeof(*p));
}

/* of this session; NULL: of all.  *n: how many there are */
static struct place *oldest(const char *session, size_t *n)
{
	struct place *best = NULL;

	*n = 0;
	for (size_t i = 0; i < PLACES; i++) {
		if (places[i].key[0] == '\0' || (session != NULL && strcmp(places[i].session, session) != 0))
			continue;
		++*n;
		if (best == NULL || places[i].at < best->at || (places[i].at == best->at && places[i].nth < best->nth))
			best = &places[i];
	}
	return best;
}

/* a place for the octets; NULL: it is too much at all */
static struct place *room_for(const char *session, size_t len)
{
	size_t n;
	int64_t now = fj_boot_ms();
	struct place *p;

	for (size_t i = 0; i < PLACES; i++)
		if (places[i].key[0] != '\0' && now - places[i].at > LIFE_MS)
			clear(&places[i]);
	if (len > OCTETS)
		return NULL;
	p = oldest(session, &n);
	if (n >= OF_ONE)
		clear(p);
	while (octets + len > OCTETS && (p = oldest(NULL, &n)) != NULL)
		clear(p);
	for (size_t i = 0; i < PLACES; i++)
		if (places[i].key[0] == '\0')
			return &places[i];
	p = oldest(NULL, &n);
	clear(p);
	return p;
}

void held_name(const char *field, char out[PORTAL_HELD_NAME])
{
	snprintf(out, PORTAL_HELD_NAME, "%.64s" PORTAL_HELD, field);
}

bool held_put(const char *session, const char *field, const char *name, struct fj_slice bytes, char key[ONCE_KEY])
{
	struct fj_buf copy = FJ_BUF_INIT(bytes.len + 1);

	if (fj_buf_put(&copy, bytes.p, bytes.len) != FJ_OK)
		return false;
	once_key(key);
	pthread_mutex_lock(&lock);
	struct place *p = room_for(session, bytes.len);
	if (p != NULL) {
		snprintf(p->session, sizeof(p->session), "%s", session);
		snprintf(p->key, sizeof(p->key), "%s", key);
		snprintf(p->field, sizeof(p->field), "%s", field);
		snprintf(p->name, sizeof(p->name), "%.160s", name);
		p->bytes = copy;
		p->at = fj_boot_ms();
		p->nth = ++held;
		octets += bytes.len;
	}
	pthread_mutex_unlock(&lock);
	if (p == NULL)
		fj_buf_release(&copy);
	return p != NULL;
}

static struct place *find(const char *session, const char *field, const char *key)
{
	int64_t now = fj_boot_ms();

	for (size_t i = 0; i < PLACES; i++)
		if (places[i].key[0] != '\0' && strcmp(places[i].key, key) == 0 && strcmp(places[i].session, session) == 0 && strcmp(places[i].field, field) == 0 &&
		    now - places[i].at <= LIFE_MS)
			return &places[i];
	return NULL;
}

json_t *held_get(const char *session, const char *field, const char *key, char name[161])
{
	json_t *out = NULL;

	pthread_mutex_lock(&lock);
	struct place *p = key[0] == '\0' ? NULL : find(session, field, key);
	if (p != NULL) {
		out = json_stringn_nocheck(p->bytes.len > 0 ? (const char *)p->bytes.data : "", p->bytes.len);
		snprintf(name, 161, "%s", p->name);
	}
	pthread_mutex_unlock(&lock);
	return out;
}

void held_drop(const char *session, const char *field, const char *key)
{
	pthread_mutex_lock(&lock);
	struct place *p = find(session, field, key);
	if (p != NULL)
		clear(p);
	pthread_mutex_unlock(&lock);
}
