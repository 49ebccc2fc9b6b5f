/*
 * fujie.ini through base/conf.c, with keys of every type.
 *
 * Properties: an accepted value is within the declared bounds; an accepted file
 * with one more line that is no setting, indented or not, is refused: nothing
 * after any octet of a file goes unread.
 */
#include <stddef.h>

#include "base/conf.h"
#include "tests/fuzz/tmpdir.h"

#define NAME "fujie.ini"
#define MAX 4096

struct conf {
	char before, base[161], bind[24], after;
	int64_t port;
	bool demo;
};
static const struct fj_conf_key keys[] = {
	{"public", "base", FJ_CONF_STR, offsetof(struct conf, base), 161, 0, 160},
	{"portal", "bind", FJ_CONF_STR, offsetof(struct conf, bind), 24, 0, 23},
	{"portal", "port", FJ_CONF_INT, offsetof(struct conf, port), 0, 1, 65535},
	{"home", "demo", FJ_CONF_BOOL, offsetof(struct conf, demo), 0, 0, 0},
	{NULL, NULL, FJ_CONF_STR, 0, 0, 0, 0},
};

static enum fj_rc read_it(struct fj_slice text, struct conf *c)
{
	*c = (struct conf){.before = 'b', .after = 'a', .port = 1};
	tmp_write(NAME, text);
	return fj_conf_read(tmp_dir(NAME), NAME, keys, c, NULL);
}

static void with_line(const uint8_t *data, size_t size, const char *line)
{
	FJ_AUTO(buf) more = FJ_BUF_INIT(MAX + 64);
	struct conf c;

	HOLDS(fj_buf_put(&more, data, size) == FJ_OK && fj_buf_puts(&more, line) == FJ_OK);
	HOLDS(read_it(fj_buf_slice(&more), &c) == FJ_E_INVALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf c;

	if (size > MAX || read_it(FJ_SLICE(data, size), &c) != FJ_OK)
		return 0;
	HOLDS(c.before == 'b' && c.after == 'a' && c.port >= 1 && c.port <= 65535);
	HOLDS(fj_utf8_valid(fj_slice_str(c.base)) && fj_utf8_count(c.base) <= 160 && fj_utf8_count(c.bind) <= 23);
	with_line(data, size, "\n[public]\nbaes = x\n");
	with_line(data, size, "\n  baes = x\n");
	return 0;
}
