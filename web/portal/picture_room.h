/*
 * picture_room.h - what the two sides of the picture reader agree on.
 */
#ifndef FJ_WEB_PORTAL_PICTURE_ROOM_H
#define FJ_WEB_PORTAL_PICTURE_ROOM_H

#include "base/room.h"
#include "web/portal/picture.h"

enum picture_status { PICTURE_OK, PICTURE_BROKEN, PICTURE_LARGE };
#define PICTURE_MAX_FRAME (PICTURE_MAX_CODES * (PICTURE_MAX_TEXT + 8) + 64)
extern struct fj_room picture_room;

#endif
