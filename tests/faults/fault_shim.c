/*
 * Makes one call to the kernel fail, or the last thing its process does.
 *
 * Loaded with LD_PRELOAD.  Calls are counted while it is armed, by the thread that is
 * first or any other; the at-th one of the armed kinds meets the fault.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPEN = 1, WRITE = 2, SYNC = 4, MOVE = 8, SOCKET = 16, CONNECT = 32,
            SEND = 64, RECEIVE = 128 };
enum mode { IDLE, COUNTING, KILL_BEFORE, KILL_AFTER, FAIL_ONCE, FAIL_FROM_NOW, TORN };
enum { LONGEST = 8192 };

static int mode = IDLE, at, error, seen, hit;
static unsigned kinds;
static unsigned char trace[LONGEST];

void fault_arm(int new_mode, int new_at, int new_error, unsigned new_kinds)
{
    mode = IDLE;
    at = new_at;
    error = new_error;
    kinds = new_kinds;
    seen = hit = 0;
    mode = new_mode;
}

/* Stop; how many calls were seen. */
int fault_disarm(void)
{
    mode = IDLE;
    return seen;
}

/* Go on where it was stopped. */
void fault_rearm(int old_mode) { mode = old_mode; }

int fault_mode(void) { return mode; }

int fault_hit(void) { return hit; }

const unsigned char *fault_trace(void) { return trace; }

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What the call has to do: 0 as always, 1 fail, 2 die afterwards, 3 half of it. */
static int turn(enum kind kind)
{
    if (mode == IDLE || !(kinds & kind))
        return 0;
    int n = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    if (n <= LONGEST)
        trace[n - 1] = kind;
    if (mode == COUNTING || n < at || (n > at && mode != FAIL_FROM_NOW))
        return 0;
    hit = 1;
    if (mode == KILL_BEFORE)
        die();
    if (mode == KILL_AFTER)
        return 2;
    return mode == TORN ? 3 : 1;
}

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* A call of a *kind*; *half* is the same call with half of its bytes. */
#define FAULTY(kind, type, on, call, half)                                        \
    int what = turn(kind);                                                        \
    if (what == 1) {                                                              \
        if ((kind) & (SEND | RECEIVE)) /* Its line is gone, for both ends. */     \
            shutdown(on, SHUT_RDWR);                                              \
        errno = error;                                                            \
        return -1;                                                                \
    }                                                                             \
    type done = what == 3 ? (half) : (call);                                      \
    if (what >= 2)                                                                \
        die();                                                                    \
    return done

#define BYTES(name, kind, parameters, whole, halved)                              \
    ssize_t name parameters                                                       \
    {                                                                             \
        static ssize_t(*f) parameters;                                            \
        if (!f)                                                                   \
            f = real(#name);                                                      \
        FAULTY(kind, ssize_t, fd, f whole, f halved);                              \
    }

#define CALL(name, kind, parameters, arguments)                                   \
    int name parameters                                                           \
    {                                                                             \
        static int(*f) parameters;                                                \
        if (!f)                                                                   \
            f = real(#name);                                                      \
        FAULTY(kind, int, -1, f arguments, f arguments);                           \
    }

BYTES(write, WRITE, (int fd, const void *b, size_t n), (fd, b, n), (fd, b, n / 2))
BYTES(pwrite, WRITE, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o),
      (fd, b, n / 2, o))
BYTES(pwrite64, WRITE, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o),
      (fd, b, n / 2, o))
BYTES(writev, WRITE, (int fd, const struct iovec *v, int n), (fd, v, n),
      (fd, v, n / 2))
BYTES(send, SEND, (int fd, const void *b, size_t n, int f_), (fd, b, n, f_),
      (fd, b, n / 2, f_))
BYTES(sendto, SEND,
      (int fd, const void *b, size_t n, int f_, const struct sockaddr *a, socklen_t l),
      (fd, b, n, f_, a, l), (fd, b, n / 2, f_, a, l))
BYTES(sendmsg, SEND, (int fd, const struct msghdr *m, int f_), (fd, m, f_),
      (fd, m, f_))
BYTES(recv, RECEIVE, (int fd, void *b, size_t n, int f_), (fd, b, n, f_),
      (fd, b, n, f_))
BYTES(recvfrom, RECEIVE,
      (int fd, void *b, size_t n, int f_, struct sockaddr *a, socklen_t *l),
      (fd, b, n, f_, a, l), (fd, b, n, f_, a, l))
BYTES(recvmsg, RECEIVE, (int fd, struct msghdr *m, int f_), (fd, m, f_), (fd, m, f_))

CALL(fsync, SYNC, (int fd), (fd))
CALL(fdatasync, SYNC, (int fd), (fd))
CALL(ftruncate, WRITE, (int fd, off_t n), (fd, n))
CALL(ftruncate64, WRITE, (int fd, off64_t n), (fd, n))
CALL(rename, MOVE, (const char *from, const char *to), (from, to))
CALL(unlink, MOVE, (const char *path), (path))
CALL(mkdir, MOVE, (const char *path, mode_t m), (path, m))
CALL(socket, SOCKET, (int d, int t, int p), (d, t, p))
CALL(connect, CONNECT, (int fd, const struct sockaddr *a, socklen_t l), (fd, a, l))

#define OPENING(name, first_parameters, first)                                    \
    int name first_parameters                                                     \
    {                                                                             \
        static int(*f) first_parameters;                                          \
        if (!f)                                                                   \
            f = real(#name);                                                      \
        mode_t m = 0;                                                             \
        if (flags & (O_CREAT | O_TMPFILE)) {                                      \
            va_list rest;                                                         \
            va_start(rest, flags);                                                \
            m = va_arg(rest, mode_t);                                             \
            va_end(rest);                                                         \
        }                                                                         \
        FAULTY(OPEN, int, -1, f first, f first);                                   \
    }

OPENING(open, (const char *path, int flags, ...), (path, flags, m))
OPENING(open64, (const char *path, int flags, ...), (path, flags, m))
OPENING(openat, (int d, const char *path, int flags, ...), (d, path, flags, m))
OPENING(openat64, (int d, const char *path, int flags, ...), (d, path, flags, m))
