int dm_kernels_present(void);
