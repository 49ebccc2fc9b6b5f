/*
 * tcti.c - the transport under ESAPI: whole commands out, whole responses in.
 *
 * The stock transport opens a socket for each command and loads a library by
 * name; this one owns nothing and opens nothing, so the signer can give up both
 * rights.  A response ends where its header says (TPM 2.0 Part 1, 18.2).  A
 * stream that ends is remembered as lost: the process then ends.  So is a TPM that
 * says nothing for longer than any command takes: it hangs, and waiting for it
 * would hang us with it, for ever.
 */
#include "hsm/tcti.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define MAGIC 0x46554a4945544343ULL

static struct hsm_tcti *self(TSS2_TCTI_CONTEXT *c)
{
	return (struct hsm_tcti *)c;
}

static TSS2_RC lost(struct hsm_tcti *t)
{
	t->lost = 1;
	return TSS2_TCTI_RC_NO_CONNECTION;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *c, size_t n, const uint8_t *p)
{
	struct hsm_tcti *t = self(c);

	t->got = 0;
	t->sent = fj_boot_ms();
	while (n > 0) {
		ssize_t w = write(t->fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return lost(t);
		p += w;
		n -= (size_t)w;
	}
	return TSS2_RC_SUCCESS;
}

/* whole size of the response at t->in, 0 while its header is not there */
static size_t wanted(const struct hsm_tcti *t)
{
	if (t->got < 10)
		return 0;
	return (size_t)t->in[2] << 24 | (size_t)t->in[3] << 16 | (size_t)t->in[4] << 8 | t->in[5];
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *c, size_t *n, uint8_t *out, int32_t timeout)
{
	struct hsm_tcti *t = self(c);

	while (wanted(t) == 0 || t->got < wanted(t)) {
		struct pollfd p = {.fd = t->fd, .events = POLLIN};
		int64_t left = t->sent + HSM_TPM_SILENT_MS - fj_boot_ms();
		int ready = poll(&p, 1, timeout >= 0 ? timeout : left > 0 ? (int)left : 0);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return timeout < 0 ? lost(t) : TSS2_TCTI_RC_TRY_AGAIN;
		ssize_t r = read(t->fd, t->in + t->got, sizeof(t->in) - t->got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return lost(t);
		t->got += (size_t)r;
		if (wanted(t) > sizeof(t->in))
			return lost(t);
	}
	if (out == NULL) { /* ESAPI asks for the size first */
		*n = wanted(t);
		return TSS2_RC_SUCCESS;
	}
	if (*n < wanted(t))
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	*n = wanted(t);
	memcpy(out, t->in, *n);
	t->got = 0;
	return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *c)
{
	(void)c;
}

static TSS2_RC unsupported(TSS2_TCTI_CONTEXT *c)
{
	(void)c;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC handles(TSS2_TCTI_CONTEXT *c, TSS2_TCTI_POLL_HANDLE *h, size_t *n)
{
	(void)c;
	(void)h;
	*n = 0;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC locality(TSS2_TCTI_CONTEXT *c, uint8_t l)
{
	(void)c;
	(void)l;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

void hsm_tcti_init(struct hsm_tcti *t, int fd)
{
	memset(t, 0, sizeof(*t));
	t->fd = fd;
	TSS2_TCTI_MAGIC(&t->common) = MAGIC;
	TSS2_TCTI_VERSION(&t->common) = 1;
	TSS2_TCTI_TRANSMIT(&t->common) = transmit;
	TSS2_TCTI_RECEIVE(&t->common) = receive;
	TSS2_TCTI_FINALIZE(&t->common) = finalize;
	TSS2_TCTI_CANCEL(&t->common) = unsupported;
	TSS2_TCTI_GET_POLL_HANDLES(&t->common) = handles;
	TSS2_TCTI_SET_LOCALITY(&t->common) = locality;
}
