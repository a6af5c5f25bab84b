#pragma once
#include <hdf5.h>

// Swift cannot see C macros that are casts or function calls; one function for each that we use.
static inline hid_t dm_h5p_default(void) { return H5P_DEFAULT; }
static inline hid_t dm_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t dm_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t dm_h5p_link_create(void) { return H5P_LINK_CREATE; }
static inline unsigned dm_h5f_acc_rdonly(void) { return H5F_ACC_RDONLY; }
static inline unsigned dm_h5f_acc_excl(void) { return H5F_ACC_EXCL; }
static inline hid_t dm_h5e_default(void) { return H5E_DEFAULT; }
static inline hid_t dm_h5s_all(void) { return H5S_ALL; }
static inline hsize_t dm_h5s_unlimited(void) { return H5S_UNLIMITED; }
static inline size_t dm_h5t_variable(void) { return H5T_VARIABLE; }
static inline hid_t dm_h5t_c_s1(void) { return H5T_C_S1; }
static inline hid_t dm_h5t_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t dm_h5t_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t dm_h5t_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t dm_h5t_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t dm_h5t_uint8(void) { return H5T_NATIVE_UINT8; }
