int dm_kernels_present(void) { return 1; }
