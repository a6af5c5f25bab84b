#pragma once

/// Reads everything in an HDF5 file in a child process, so that a damaged file that makes the library
/// crash or loop does so there.
///
/// Returns 0 when the file can be read to the end (with or without errors that the library reports
/// itself), 1 when the child crashed, 2 when it took more than `seconds`.
int dm_hdf5_probe(const char *path, unsigned seconds);
