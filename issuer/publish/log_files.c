/*
 * log_files.c - what a package carries of the public log: the tiles and bundles that grew
 * since the size that was packed last, what witnesses cosigned, and the checkpoint.
 *
 * The checkpoint is read once, and every tile is as wide as its tree makes it: the log goes
 * on growing while we pack, and what a mirror gets has to fit together.  A tile comes
 * after the one above it that has its hash, an entry after its tile, the checkpoint last,
 * since a package may be full in between.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/publish/publish.h"

#define ENTRIES FJ_TILE_LEVELS /* tiles from the highest level down, then these */
#define COSIGNED (ENTRIES + 1)
#define CHECKPOINT (ENTRIES + 2)
#define END (ENTRIES + 3)

static unsigned level_of(const struct pub_log_files *f)
{
	return f->step == ENTRIES ? 0 : FJ_TILE_LEVELS - 1 - f->step;
}

static void begin_step(struct pub_log_files *f)
{
	if (f->step <= ENTRIES)
		f->n = f->from >> (level_of(f) * 8) >> 8;
}

enum fj_rc pub_log_open(struct pub_log_files *f, uint64_t from, struct fj_err *err)
{
	struct fj_note note;
	struct fj_checkpoint c;

	*f = (struct pub_log_files){.from = from, .size = from, .step = END};
	fj_buf_init(&f->note, FJ_NOTE_MAX);
	fj_buf_init(&f->data, FJ_BUNDLE_MAX);
	enum fj_rc rc = fj_file_read(AT_FDCWD, LOG_FOLDER "/checkpoint", &f->note, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_note_read(fj_buf_slice(&f->note), &note, err));
	FJ_TRY(fj_checkpoint_read(note.text, &c, err));
	if (c.size <= from)
		return FJ_OK;
	f->size = c.size;
	f->step = 0;
	begin_step(f);
	return FJ_OK;
}

void pub_log_close(struct pub_log_files *f)
{
	fj_buf_release(&f->note);
	fj_buf_release(&f->data);
}

/* has anything been added in this level, and is tile f->n there? */
static bool grew(const struct pub_log_files *f)
{
	unsigned bits = level_of(f) * 8;

	return f->from >> bits < f->size >> bits && f->n * FJ_TILE_WIDTH < f->size >> bits;
}

static enum fj_rc load_tile(struct pub_log_files *f, struct fj_err *err)
{
	struct fj_tile t = fj_tile_at(level_of(f), f->n * FJ_TILE_WIDTH, f->size);
	char name[FJ_TILE_PATH];

	t.entries = f->step == ENTRIES;
	fj_tile_path(&t, name);
	snprintf(f->path, sizeof(f->path), "log/%s", name);
	return fj_tile_read(&log_folder, &t, &f->data, err);
}

/* one of a later tree waits for that; *there: it is ours */
static enum fj_rc load_cosigned(struct pub_log_files *f, bool *there)
{
	struct fj_note note;
	struct fj_checkpoint c;

	snprintf(f->path, sizeof(f->path), "log/cosigned");
	*there = fj_file_read(AT_FDCWD, LOG_FOLDER "/cosigned", &f->data, NULL) == FJ_OK && fj_note_read(fj_buf_slice(&f->data), &note, NULL) == FJ_OK &&
	    fj_checkpoint_read(note.text, &c, NULL) == FJ_OK && c.size <= f->size;
	return FJ_OK;
}

static enum fj_rc load_checkpoint(struct pub_log_files *f, bool *there, struct fj_err *err)
{
	snprintf(f->path, sizeof(f->path), "log/checkpoint");
	*there = true;
	return fj_buf_put(&f->data, f->note.data, f->note.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "publish");
}

enum fj_rc pub_log_file(struct pub_log_files *f, bool *more, struct fj_err *err)
{
	while (f->step < END && !f->loaded) {
		fj_buf_clear(&f->data);
		bool there = f->step <= ENTRIES && grew(f);
		if (there)
			FJ_TRY(load_tile(f, err));
		else if (f->step == COSIGNED)
			FJ_TRY(load_cosigned(f, &there));
		else if (f->step == CHECKPOINT)
			FJ_TRY(load_checkpoint(f, &there, err));
		f->loaded = there;
		if (!there)
			pub_log_taken(f);
	}
	*more = f->loaded;
	return FJ_OK;
}

void pub_log_taken(struct pub_log_files *f)
{
	f->n++;
	if (f->loaded && f->step <= ENTRIES) {
		f->loaded = false;
		return; /* the next tile of the level, if there is one */
	}
	f->loaded = false;
	f->step++;
	begin_step(f);
}
