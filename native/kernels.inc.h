/* Everything that a t2i_path consists of; see vectors.inc.h for what to define before. */
#include "vectors.inc.h"

#include "pack.inc.h"
#include "tile.inc.h"
#if DOT
#include "dot.inc.h"
#endif
#include "block.inc.h"
