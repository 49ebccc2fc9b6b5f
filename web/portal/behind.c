/*
 * behind.c - commands that take long run behind: the page comes at once, says how far
 * it is and loads itself anew.
 *
 * A thread of its own runs the command as the officer who asked, and tells the end to
 * once.c, where its page looks.  Two at most run at a time; a third is done before its
 * answer, as always.  When the portal stops it waits for them: what an import has
 * entered stays, and the same file goes on where it was.
 */
#include <pthread.h>

#include "web/portal/internal.h"

#define MOST 2

struct work {
	struct portal *p;
	struct iss_actor actor;
	char command[64], session[ISS_SESSION_CAP], key[ONCE_KEY], draft[ISS_DRAFT_CAP];
	json_t *params;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static unsigned running;

static void *run(void *arg)
{
	struct work *w = arg;
	json_t *answer = NULL;
	struct fj_err err = {0}, why = {0};
	enum fj_rc rc = iss_command(w->p->i, &w->actor, w->command, w->params, &answer, &err);

	if (rc == FJ_OK && !portal_refused(answer, &why))
		portal_draft_done(w->p, &w->actor, w->draft);
	once_end(w->session, w->key, answer, rc == FJ_OK ? NULL : &err);
	json_decref(answer);
	json_decref(w->params);
	fj_free(w);
	pthread_mutex_lock(&lock);
	running--;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static bool take_turn(void)
{
	pthread_mutex_lock(&lock);
	bool may = running < MOST;
	running += may ? 1 : 0;
	pthread_mutex_unlock(&lock);
	return may;
}

bool behind_start(struct web_req *q, const char *command, const char *key, json_t *params)
{
	pthread_t t;
	pthread_attr_t a;

	if (!take_turn())
		return false;
	struct work *w = fj_alloc(1, sizeof(*w));
	if (w != NULL) {
		*w = (struct work){.p = portal_of(q), .actor = *portal_actor(q), .params = json_incref(params)};
		w->actor.via = "portal";
		snprintf(w->command, sizeof(w->command), "%s", command);
		snprintf(w->session, sizeof(w->session), "%s", web_csrf(q));
		snprintf(w->key, sizeof(w->key), "%s", key);
		snprintf(w->draft, sizeof(w->draft), "%s", web_field(q, "draft"));
	}
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	bool started = w != NULL && pthread_create(&t, &a, run, w) == 0;
	pthread_attr_destroy(&a);
	if (started)
		return true;
	if (w != NULL)
		json_decref(w->params);
	fj_free(w);
	pthread_mutex_lock(&lock);
	running--;
	pthread_mutex_unlock(&lock);
	return false;
}

void behind_wait(void)
{
	pthread_mutex_lock(&lock);
	while (running > 0)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
}
