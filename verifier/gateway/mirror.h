/*
 * mirror.h - `fujie-gateway --mirror`: fetches packages of a publication.
 */
#ifndef FJ_GATEWAY_MIRROR_H
#define FJ_GATEWAY_MIRROR_H

/* The whole program of `fujie-gateway --mirror URL [--every SECONDS]`; descriptor 3 is the mirror's folder.
 * Returns the exit code. */
int gw_mirror_main(int argc, char **argv);

#endif
