package dev.t2i.backend.tornado;

/**
 * Device arrays beside the {@link Room}s, since a library's functions take whole arrays and know no place within one. All calls of a session share them:
 * tasks run one after the other, and each call's operands are brought before it and its result is fetched after it.
 */
enum LibraryArray { LEFT, RIGHT, RESULT }
