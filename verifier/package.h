/*
 * package.h - may a package of a publication be believed? (docs/formats.md 18)
 *
 * Checked: the manifest's signature under the status signer's certificate of the
 * issuer that it names, the chain to one root, and that nothing known revokes it;
 * that a list or CRL in it is authentic and not older than the one it would replace.
 * NOT checked: that the lists are still current (whoever asks for a verdict is told),
 * and the order of packages, which is the inbox's to know.
 */
#ifndef FJ_VERIFIER_PACKAGE_H
#define FJ_VERIFIER_PACKAGE_H

#include "base/note.h"
#include "base/package.h"
#include "verifier/verify.h"

/* The trust that a package brings with it: a root (DER), the issuing CA in its manifest, under that root, and what else leads
 * to it of a chain.pem, the package's or the one at hand (may be empty). */
enum fj_rc ver_package_trust(const struct fj_package *p, struct fj_slice root, struct fj_slice chain, struct ver_trust **out, struct fj_err *err) FJ_MUST_USE;
/* a CRL that may say something about the signer; one that is not authentic says nothing */
enum fj_rc ver_package_crl(struct ver_trust *t, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_SIGNATURE or FJ_E_INVALID with the reason in both languages */
enum fj_rc ver_package_signed(const struct ver_trust *t, const struct fj_package *p, struct fj_err *err) FJ_MUST_USE;
/* A file of a package: what is no list and no CRL passes.  `before` is the file that it replaces, empty for
 * none.  FJ_E_INVALID when it is not authentic, or older. */
enum fj_rc ver_package_file(const struct ver_trust *t, const char *path, struct fj_slice data, struct fj_slice before, struct fj_err *err) FJ_MUST_USE;
/* What the root-sm2.pem that is here (before) is worth with this chain-sm2.pem: another one may take its place only if that leads to each
 * root of it (ver_roots_led_to, once it has the CRLs); nobody's fingerprint vouches for the SM2 root, so the first one that came in stays. */
enum fj_rc ver_package_trust_sm2(struct fj_slice before, struct fj_slice chain, struct ver_trust **out, struct fj_err *err) FJ_MUST_USE;
/* A checkpoint of the public log of this package's issuer: its line by a certificate of log.pem (pem), which stands under
 * the root and names the issuer, and the one by log.vkey (vkey), are true.  FJ_E_SIGNATURE. */
enum fj_rc ver_package_checkpoint(const struct ver_trust *t, const struct fj_package *p, struct fj_slice pem, struct fj_slice vkey, struct fj_slice bytes, struct fj_checkpoint *out,
    struct fj_err *err) FJ_MUST_USE;

#endif
