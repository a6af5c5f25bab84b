#pragma once
#include <dmumps_c.h>
