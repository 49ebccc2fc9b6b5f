/*
 * room.h - outside data handled in processes that are thrown away.
 *
 * A sandboxed process may not fork, and a fork of one with threads and secrets
 * would hand those on.  So a room is forked first, when nothing is open yet: it
 * holds one socket, may do little but fork, and forks one process for each job.
 * What such a process sends back is checked by whoever asked, like any outside data.
 */
#ifndef FJ_BASE_ROOM_H
#define FJ_BASE_ROOM_H

#include <pthread.h>

#include "base/buf.h"
#include "base/sandbox.h"

struct fj_room {
	const char *name;             /* of the room's process; 15 octets at most */
	const char *what;             /* for people, in errors: "the XLSX reader" */
	const struct fj_sandbox *box; /* what the room gives up; its jobs inherit that */
	/* in the job's own process: `in` is a file with what was asked, `out` a pipe.  It limits
	 * itself (fj_room_limit), gives up what it does not need, and returns. */
	void (*work)(int in, int out);
	int jobs;                     /* at once; who asks for another waits until one has ended */
	int sock;                     /* -1: not started */
	pthread_mutex_t lock;
};
#define FJ_ROOM(name, what, box, work, jobs) {name, what, box, work, jobs, -1, PTHREAD_MUTEX_INITIALIZER}

/* Forks the room, once; later calls do nothing.  Before a sandbox and before threads. */
enum fj_rc fj_room_start(struct fj_room *r, struct fj_err *err) FJ_MUST_USE;
/* A copy of `in` goes to a fresh process; *from is the pipe that its answer comes out of, the
 * caller's.  FJ_E_UNAVAILABLE when the room has ended. */
enum fj_rc fj_room_ask(struct fj_room *r, struct fj_slice in, int *from, struct fj_err *err) FJ_MUST_USE;
/* What came is appended, up to 64 KiB at a time; *more false at the end.
 * FJ_E_TIMEOUT when nothing came for silence_ms; FJ_E_LIMIT past the maximum of out. */
enum fj_rc fj_room_read(int from, int silence_ms, struct fj_buf *out, bool *more, struct fj_err *err) FJ_MUST_USE;

/* For `work`: address space in octets, processor and wall time in seconds; no core file, and the
 * end of the room is the end of the job.  Sanitizers need address space without measure: no limit
 * on it then. */
struct fj_room_bounds {
	size_t memory;
	unsigned cpu_s, wall_s;
};
bool fj_room_limit(const struct fj_room_bounds *b);
/* the file of a job, mapped for as long as the process lives; false when empty or larger than max */
bool fj_room_map(int in, size_t max, struct fj_slice *out);

#endif
