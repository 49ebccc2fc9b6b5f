/*
 * banned.h - included before every source of ours (-include): what it names
 * does not compile.  rand, random and system are names in headers of libraries
 * that we need; tests/lint/lint.sh looks for calls of those.
 */
#ifndef FJ_BASE_BANNED_H
#define FJ_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll gets
#pragma GCC poison gmtime localtime popen mktemp tmpnam
#pragma GCC poison strncpy strncat

#endif
