#include "include/block_kernels.h"
