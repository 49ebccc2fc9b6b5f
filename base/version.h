/*
 * version.h - what this program is, in one place: `fujie version`, the package
 * and the register's own record of upgrades (docs/formats.md 40) have it from here.
 */
#ifndef FJ_BASE_VERSION_H
#define FJ_BASE_VERSION_H

#define FJ_PROGRAM "0.9" /* the program; digits, lower case letters and ".+~-", as a package's version is written */

/* register.db (PRAGMA user_version): the one that is written, and the oldest that is upgraded to it.  A new version is a
 * row of issuer/store/migrate.c, and a sample of the last one released is in tests/fixtures/homes. */
#define FJ_REGISTER_VERSION 13
#define FJ_REGISTER_OLDEST 12

/* public.db (PRAGMA user_version, set once it is whole): the publisher makes one of another version anew; a mirror refuses
 * it.  Its tables are issuer/publish/public.sql. */
#define FJ_PUBLIC_VERSION 5

#endif
