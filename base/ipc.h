/*
 * ipc.h - frames between our own processes over Unix stream sockets.
 *
 * Frame: u32 length of the rest, u16 kind, u16 zero, u64 id, body.  Lengths
 * over FJ_IPC_MAX, an unknown shape or a short read is FJ_E_PROTO: the reader
 * treats it as fatal for that connection (a sibling that is broken or conquered).
 * Sockets live in a directory that may have any path length: bind and connect
 * go through /proc/self/fd/<dirfd>/<name>.
 */
#ifndef FJ_BASE_IPC_H
#define FJ_BASE_IPC_H

#include "base/buf.h"

#define FJ_IPC_MAX (16u << 20) /* octets of one frame */

struct fj_frame {
	uint16_t kind;
	uint64_t id;
	struct fj_buf body; /* owned */
};
void fj_frame_release(struct fj_frame *f);
FJ_DEFINE_AUTO(frame, struct fj_frame, fj_frame_release)

enum fj_rc fj_ipc_send(int fd, uint16_t kind, uint64_t id, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_UNAVAILABLE when the peer has closed before a frame began; timeout_ms < 0:
 * for ever, else FJ_E_TIMEOUT. */
enum fj_rc fj_ipc_recv(int fd, struct fj_frame *f, int timeout_ms, struct fj_err *err) FJ_MUST_USE;
/* listening socket dirfd/name, mode 0600, stale file removed; backlog 64 */
enum fj_rc fj_ipc_listen(int dirfd, const char *name, int *out, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_UNAVAILABLE when nobody listens */
enum fj_rc fj_ipc_connect(int dirfd, const char *name, int *out, struct fj_err *err) FJ_MUST_USE;
/* uid of the peer (SO_PEERCRED) */
enum fj_rc fj_ipc_peer_uid(int fd, unsigned *uid, struct fj_err *err) FJ_MUST_USE;

#endif
