#pragma once
#include <dmumps_c.h>

// MUMPS counts its controls from one, as Fortran does; so do these. Fixed-size arrays arrive in Swift
// as tuples, hence one line each.
static inline void mumps_set_icntl(DMUMPS_STRUC_C *m, int i, int value) { m->icntl[i - 1] = value; }
static inline int mumps_icntl(const DMUMPS_STRUC_C *m, int i) { return m->icntl[i - 1]; }
static inline void mumps_set_cntl(DMUMPS_STRUC_C *m, int i, double value) { m->cntl[i - 1] = value; }
static inline int mumps_infog(const DMUMPS_STRUC_C *m, int i) { return m->infog[i - 1]; }
static inline double mumps_rinfog(const DMUMPS_STRUC_C *m, int i) { return m->rinfog[i - 1]; }
