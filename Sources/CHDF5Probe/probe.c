// The HDF5 library trusts the structure of files of its older formats, which have no checksums: a
// flipped byte there can make it free a wild pointer or follow a circle. No caller can guard against
// that in its own process. So such a file is first read once, whole, in a forked child.
//
// The child runs C only: after a fork in a process with threads, a language runtime may hold locks
// whose owners do not exist any more. The allocator is safe (glibc), and the caller holds the lock of
// all HDF5 calls.

#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/// Groups deeper than this are a circle of links.
static const int deepest = 64;
/// Objects looked at; a circle with branches would otherwise have no end.
static const long most_objects = 2000000;
/// Arrays up to this size are read, of larger ones only the index of chunks.
static const size_t largest_array = (size_t)1 << 28;

static void read_all(hid_t object, hid_t type, hid_t space, int is_attribute, hsize_t stored) {
  hssize_t count = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type);
  if (count <= 0 || size == 0 || (size_t)count > largest_array / size) return;
  // Deflate cannot shrink by more than this; what claims more is refused by the reader.
  if (!is_attribute && (size_t)count * size / 1100 > stored) return;
  void *data = malloc((size_t)count * size);
  if (!data) return;
  herr_t status = is_attribute ? H5Aread(object, type, data)
                               : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  if (status >= 0 && H5Tdetect_class(type, H5T_STRING) > 0 && H5Tis_variable_str(type) > 0)
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, data);
  free(data);
}

static void visit_attributes(hid_t object) {
  int count = H5Aget_num_attrs(object);
  for (int i = 0; i < count; i++) {
    hid_t attribute = H5Aopen_by_idx(
        object, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)i, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) continue;
    char name[256];
    H5Aget_name(attribute, sizeof name, name);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (type >= 0 && space >= 0) read_all(attribute, type, space, 1, 0);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    H5Aclose(attribute);
  }
}

static void visit(hid_t object, int depth, long *left) {
  if (depth > deepest || --*left < 0) return;
  visit_attributes(object);
  if (H5Iget_type(object) == H5I_DATASET) {
    hid_t type = H5Dget_type(object), space = H5Dget_space(object);
    hsize_t stored = H5Dget_storage_size(object);
    if (type >= 0 && space >= 0) read_all(object, type, space, 0, stored);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return;
  }
  H5G_info_t info;
  if (H5Iget_type(object) != H5I_GROUP || H5Gget_info(object, &info) < 0) return;
  for (hsize_t i = 0; i < info.nlinks && *left > 0; i++) {
    char name[4096];
    ssize_t length = H5Lget_name_by_idx(
        object, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    H5L_info_t link;
    if (length <= 0 || H5Lget_info(object, name, &link, H5P_DEFAULT) < 0) continue;
    H5Lexists(object, name, H5P_DEFAULT);
    if (link.type != H5L_TYPE_HARD) continue;
    hid_t child = H5Oopen(object, name, H5P_DEFAULT);
    if (child < 0) continue;
    visit(child, depth + 1, left);
    H5Oclose(child);
  }
}

static void child(const char *path, unsigned seconds) {
  const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP, SIGALRM};
  sigset_t none;
  sigemptyset(&none);
  for (unsigned i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  int quiet = open("/dev/null", O_WRONLY);
  if (quiet >= 0) {
    dup2(quiet, 1);
    dup2(quiet, 2);
  }
  alarm(seconds);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file >= 0) {
    long left = most_objects;
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root >= 0) {
      visit(root, 0, &left);
      H5Gclose(root);
    }
    H5Fclose(file);
  }
  _exit(0);
}

int dm_hdf5_probe(const char *path, unsigned seconds) {
  pid_t pid = fork();
  if (pid == 0) child(path, seconds);
  if (pid < 0) return 0;
  int status = 0;
  pid_t got;
  do got = waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  // A program that ignores its children does not learn how they ended.
  if (got < 0 || WIFEXITED(status)) return 0;
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? 2 : 1;
}
