/* Makes calls of the disk fail, in files below one folder: loaded with LD_PRELOAD, told with arm().
 *
 * arm(folder, kind, first, count, error): of the calls of a kind, `count` of them from the `first`
 * on (1 is the next one) fail with `error`. hits() is how many have failed so far.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, FSYNC, RENAME, OPEN };

static char root[PATH_MAX];
static int armed_kind = -1, armed_error;
static atomic_long calls, failed;
static long armed_first, armed_count;

void arm(const char *folder, int kind, long first, long count, int error) {
    armed_kind = -1;
    snprintf(root, sizeof root, "%s", folder);
    atomic_store(&calls, 0);
    atomic_store(&failed, 0);
    armed_first = first;
    armed_count = count;
    armed_error = error;
    armed_kind = kind;
}

long hits(void) { return atomic_load(&failed); }

static int due(int kind, const char *path) {
    if (kind != armed_kind || strncmp(path, root, strlen(root)) != 0) return 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (call < armed_first || call >= armed_first + armed_count) return 0;
    atomic_fetch_add(&failed, 1);
    errno = armed_error;
    return 1;
}

static int due_at(int kind, int folder, const char *path) {
    char whole[PATH_MAX + NAME_MAX], at[PATH_MAX], name[64];
    if (kind != armed_kind) return 0;
    if (path[0] == '/') return due(kind, path);
    if (folder == AT_FDCWD) {
        if (!getcwd(at, sizeof at)) return 0;
    } else {
        snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(name, at, sizeof at - 1);
        if (length < 0) return 0;
        at[length] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", at, path);
    return due(kind, whole);
}

static int due_open(int kind, int file) {
    char path[PATH_MAX], name[64];
    if (kind != armed_kind) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return due(kind, path);
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, #name)

#define WRITING(name, declared, given, ...) \
    ssize_t name declared { \
        REAL(ssize_t, name, __VA_ARGS__); \
        return due_open(WRITE, file) ? -1 : real given; \
    }
WRITING(write, (int file, const void *data, size_t size), (file, data, size), int, const void *, size_t)
WRITING(pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at), int, const void *, size_t, off_t)
WRITING(pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at), int, const void *, size_t, off64_t)
WRITING(writev, (int file, const struct iovec *data, int size), (file, data, size), int, const struct iovec *, int)

int fsync(int file) { REAL(int, fsync, int); return due_open(FSYNC, file) ? -1 : real(file); }
int fdatasync(int file) { REAL(int, fdatasync, int); return due_open(FSYNC, file) ? -1 : real(file); }

int rename(const char *old, const char *new) {
    REAL(int, rename, const char *, const char *);
    return due_at(RENAME, AT_FDCWD, new) ? -1 : real(old, new);
}
int renameat(int from, const char *old, int to, const char *new) {
    REAL(int, renameat, int, const char *, int, const char *);
    return due_at(RENAME, to, new) ? -1 : real(from, old, to, new);
}

#define OPENING(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return due_at(OPEN, AT_FDCWD, path) ? -1 : real(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(int, name, int, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return due_at(OPEN, folder, path) ? -1 : real(folder, path, flags, mode); \
    }
OPENING_AT(openat)
OPENING_AT(openat64)
