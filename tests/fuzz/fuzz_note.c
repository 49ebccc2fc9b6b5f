/*
 * Signed notes, verifier keys, checkpoints and proofs of logging, as they come from other
 * logs, witnesses and holders (base/note.c).
 *
 * Properties: what is read lies in the input and within its maxima; a text has one
 * spelling of what was read, so that what is written again is the same octets; a name
 * that was read can be a key's; nothing verifies by a key that nobody has.
 */
#include "base/note.h"
#include "tests/fuzz/fuzz.h"

static void vkey(struct fj_slice in)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(1024);
	struct fj_vkey k;

	if (fj_vkey_read(in, &k, NULL) != FJ_OK)
		return;
	HOLDS(k.name[0] != '\0' && strpbrk(k.name, " +\n\t") == NULL && (k.type == FJ_NOTE_ED25519 || k.type == FJ_NOTE_COSIGNATURE));
	HOLDS(fj_vkey_put(&again, &k) == FJ_OK && again.len == in.len && strncasecmp(fj_buf_str(&again), (const char *)in.p, in.len) == 0); /* the id is hex of either case */
}

static void checkpoint(struct fj_slice text)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(1024);
	struct fj_checkpoint c;

	if (fj_checkpoint_read(text, &c, NULL) != FJ_OK)
		return;
	HOLDS(c.origin[0] != '\0' && c.size <= INT64_MAX);
	HOLDS(fj_checkpoint_put(&again, &c) == FJ_OK && again.len <= text.len && memcmp(again.data, text.p, again.len) == 0);
}

/* the note from its parts: all but lines that are longer than any that is known here */
static void written_again(const struct fj_note *n, struct fj_slice in)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(2 * FJ_NOTE_MAX);
	char name[FJ_NOTE_NAME + 1];

	HOLDS(fj_buf_put(&again, n->text.p, n->text.len) == FJ_OK && fj_buf_puts(&again, "\n") == FJ_OK);
	for (size_t i = 0; i < n->n; i++) {
		const struct fj_note_line *l = &n->line[i];
		if (l->sig_len == 0)
			return;
		snprintf(name, sizeof(name), "%.*s", (int)l->name.len, (const char *)l->name.p);
		HOLDS(fj_note_line_put(&again, name, l->id, FJ_SLICE(l->sig, l->sig_len)) == FJ_OK);
	}
	HOLDS(fj_slice_eq(fj_buf_slice(&again), in));
}

static void note(struct fj_slice in)
{
	static const uint8_t nobody[32] = {1};
	struct fj_note n;
	struct fj_vkey k;
	fj_time at;

	if (fj_note_read(in, &n, NULL) != FJ_OK)
		return;
	HOLDS(n.n > 0 && n.n <= FJ_NOTE_SIGS && within(n.text, in) && n.text.len > 0 && n.text.p[n.text.len - 1] == '\n' && fj_utf8_valid(n.text));
	for (size_t i = 0; i < n.n; i++) {
		const struct fj_note_line *l = &n.line[i];
		char name[FJ_NOTE_NAME + 1];
		HOLDS(within(l->name, in) && l->name.len > 0 && l->name.len <= FJ_NOTE_NAME && l->sig_len <= sizeof(l->sig));
		snprintf(name, sizeof(name), "%.*s", (int)l->name.len, (const char *)l->name.p);
		HOLDS(fj_note_line_of(&n, name, l->id) != NULL);
		for (int type = FJ_NOTE_ED25519; type <= FJ_NOTE_COSIGNATURE; type += 3) {
			HOLDS(fj_vkey_make(name, (enum fj_note_type)type, nobody, &k, NULL) == FJ_OK);
			memcpy(k.id, l->id, sizeof(k.id));
			HOLDS(fj_note_verify(&n, &k, &at, NULL) == FJ_E_SIGNATURE);
		}
	}
	written_again(&n, in);
	checkpoint(n.text);
}

static void proof(struct fj_slice in)
{
	FJ_AUTO(log_proof) p = {.index = 0};
	FJ_AUTO(buf) again = FJ_BUF_INIT(2 * FJ_LOG_PROOF_MAX);

	if (fj_log_proof_read(in, &p, NULL) != FJ_OK)
		return;
	HOLDS(p.path.n <= FJ_PATH_MAX && within(p.note, in));
	HOLDS(fj_log_proof_put(&again, &p) == FJ_OK && fj_slice_eq(fj_buf_slice(&again), in));
	note(p.note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);
	uint64_t number;
	char text[32];

	if (size > 2 * FJ_LOG_PROOF_MAX)
		return 0;
	vkey(in);
	checkpoint(in);
	note(in);
	proof(in);
	if (fj_note_number(in, &number) == FJ_OK)
		HOLDS((size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)number) == size && memcmp(text, data, size) == 0);
	return 0;
}
