/*
 * roles.c - what the key of each role is: its algorithm, where it lives, whom it stands in for.
 *
 * Keys that sign all day stand in the TPM; those of the ceremony are loaded for one use; those that
 * must sign more often than a TPM can are sealed by it and sign in our memory.  The SM2 hierarchy does
 * what the P-256 one does: a request for one of its keys goes by the row of the key it stands in for.
 */
#include "hsm/signer.h"

static const struct hsm_role_row roles[HSM_ROLE_END] = {
	[HSM_ROOT] = {"root", FJ_ES256, HSM_LOADED, HSM_ROOT, true},
	[HSM_ISSUING] = {"issuing", FJ_ES256, HSM_PERSISTENT, HSM_ISSUING, true},
	[HSM_TOKEN] = {"token", FJ_ES256, HSM_PERSISTENT, HSM_TOKEN, true},
	[HSM_OCSP] = {"ocsp", FJ_ES256, HSM_SEALED, HSM_OCSP, true},
	[HSM_LOG] = {"log", FJ_ES256, HSM_PERSISTENT, HSM_LOG, true},
	[HSM_NOTE] = {"note", 0, HSM_SEALED, HSM_NOTE, false},
	[HSM_ROOT_SM2] = {"root-sm2", FJ_SM2, HSM_LOADED, HSM_ROOT, true},
	[HSM_ISSUING_SM2] = {"issuing-sm2", FJ_SM2, HSM_PERSISTENT, HSM_ISSUING, true},
	[HSM_TOKEN_SM2] = {"token-sm2", FJ_SM2, HSM_PERSISTENT, HSM_TOKEN, true},
	[HSM_OCSP_SM2] = {"ocsp-sm2", FJ_SM2, HSM_SEALED, HSM_OCSP, true},
	[HSM_AK] = {"ak", FJ_ES256, HSM_LOADED, HSM_AK, false},
	[HSM_SEAL] = {"seal", 0, HSM_OFFICERS, HSM_SEAL, false},
};

const struct hsm_role_row *hsm_role(unsigned key)
{
	return &roles[key % HSM_ROLE_END];
}

enum hsm_role hsm_role_of(enum hsm_role as, enum fj_alg alg)
{
	for (int r = HSM_ROOT; r < HSM_ROLE_END; r++)
		if (roles[r].as == as && roles[r].alg == alg)
			return (enum hsm_role)r;
	return 0;
}
