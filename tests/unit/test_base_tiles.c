/* Tiles in a folder: read as they are, or cut from a wider one, and nothing else. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tiles.h"

struct place {
	char name[40];
	struct fj_tile_folder f;
};

static struct place place_make(void)
{
	static const char *const folders[] = {"log", "log/tile", "log/tile/0", "log/tile/0/000.p", "log/tile/entries", "log/tile/entries/000.p"};
	struct place p = {.name = "/tmp/fujie-tiles-XXXXXX", .f = {-1, "log"}};

	if (mkdtemp(p.name) == NULL || fj_dir_open(AT_FDCWD, p.name, &p.f.dir, NULL) != FJ_OK)
		abort();
	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++)
		if (mkdirat(p.f.dir, folders[i], 0755) != 0)
			abort();
	return p;
}

static void place_remove(struct place *p)
{
	static const char *const all[] = {"log/tile/0/000", "log/tile/0/000.p/5", "log/tile/0/000.p/9", "log/tile/0/000.p/x", "log/tile/entries/000.p/2", "log/tile/0/000.p", "log/tile/0",
		"log/tile/entries/000.p", "log/tile/entries", "log/tile", "log"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++)
		if (unlinkat(p->f.dir, all[i], 0) != 0)
			unlinkat(p->f.dir, all[i], AT_REMOVEDIR);
	fj_fd_close(&p->f.dir);
	rmdir(p->name);
}
FJ_DEFINE_AUTO(place, struct place, place_remove)

/* n hashes whose octets are their numbers */
static void put(const struct place *p, const char *path, size_t n)
{
	uint8_t data[FJ_TILE_OCTETS];

	for (size_t i = 0; i < n * FJ_SHA256_LEN; i++)
		data[i] = (uint8_t)(i / FJ_SHA256_LEN);
	if (fj_file_replace(p->f.dir, path, FJ_SLICE(data, n * FJ_SHA256_LEN), 0644, NULL) != FJ_OK)
		abort();
}

/* hashes that are read; -1: not found, -2: refused */
static int width(struct place *p, unsigned want)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(FJ_TILE_OCTETS);
	struct fj_tile t = {.width = want};

	enum fj_rc rc = fj_tile_read(&p->f, &t, &out, NULL);
	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? -1 : -2;
	return out.len == want * FJ_SHA256_LEN && out.data[out.len - 1] == want - 1 ? (int)want : -3;
}

TEST("a tile is its file, or the beginning of the narrowest that is wider, or of the full one")
{
	FJ_AUTO(place) p = place_make();

	CHECK(width(&p, 3) == -1 && width(&p, 256) == -1);
	put(&p, "log/tile/0/000.p/9", 9);
	put(&p, "log/tile/0/000.p/5", 5);
	put(&p, "log/tile/0/000.p/x", 200);
	CHECK(width(&p, 9) == 9 && width(&p, 5) == 5 && width(&p, 3) == 3 && width(&p, 7) == 7);
	CHECK(width(&p, 10) == -1 && width(&p, 256) == -1);
	put(&p, "log/tile/0/000", 256);
	CHECK(width(&p, 10) == 10 && width(&p, 255) == 255 && width(&p, 256) == 256);
}

TEST("a file that is not as wide as its name says is refused")
{
	FJ_AUTO(place) p = place_make();

	put(&p, "log/tile/0/000.p/9", 8);
	CHECK(width(&p, 9) == -2 && width(&p, 5) == -2);
	put(&p, "log/tile/0/000.p/9", 10);
	CHECK(width(&p, 9) == -2);
	put(&p, "log/tile/0/000", 255);
	CHECK(width(&p, 256) == -2 && width(&p, 12) == -2);
}

TEST("a bundle is cut between two entries")
{
	static const uint8_t three[] = {0, 1, 'a', 0, 0, 0, 2, 'b', 'c'};
	struct fj_slice in = FJ_SLICE(three, sizeof(three)), out;

	CHECK_RC(fj_tile_cut(true, 3, true, in, &out), FJ_OK);
	CHECK(out.len == 9);
	CHECK_RC(fj_tile_cut(true, 2, false, in, &out), FJ_OK);
	CHECK(out.p == three && out.len == 5);
	CHECK_RC(fj_tile_cut(true, 2, true, in, &out), FJ_E_PARSE);
	CHECK_RC(fj_tile_cut(true, 4, false, in, &out), FJ_E_PARSE);
	CHECK_RC(fj_tile_cut(true, 3, false, FJ_SLICE(three, 8), &out), FJ_E_PARSE);
}

TEST_MAIN
