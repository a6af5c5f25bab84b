// Everything of maps.c for one instruction set.
#include "elementary_body.h"
#include "map_body.h"
#include "stress_map_body.h"
#include "training_body.h"
#include "stress_body.h"
#include "update_body.h"
#include "elementary_end.h"
#undef LANES
#undef NAME
#undef COLUMNS
#undef GROUP_COLUMNS
#undef BLOCK_COLUMNS
#undef SWEEP
