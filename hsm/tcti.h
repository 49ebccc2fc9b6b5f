/*
 * tcti.h - a TPM Command Transmission Interface over one inherited descriptor:
 * a socket to a software TPM or a device such as /dev/tpmrm0.
 */
#ifndef FJ_HSM_TCTI_H
#define FJ_HSM_TCTI_H

#include <stdint.h>
#include <tss2/tss2_tcti.h>

#define HSM_TCTI_MAX 8192
#define HSM_TPM_SILENT_MS 30000 /* a TPM that has not answered for so long is lost: making a P-256 key takes a slow chip a few seconds */
struct hsm_tcti {
	TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first: ESAPI sees only this */
	int fd;
	int64_t sent; /* boot clock: when the last command was */
	int lost; /* the TPM has closed the stream, or answered nonsense */
	size_t got;
	unsigned char in[HSM_TCTI_MAX];
};
/* fd stays the caller's */
void hsm_tcti_init(struct hsm_tcti *t, int fd);

#endif
