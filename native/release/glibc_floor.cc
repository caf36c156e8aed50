// What the headers of a new glibc and libstdc++ call for and old ones do not have, defined here: nobody else sees these
// definitions, exports.map keeps them inside. Empty but in a release for Linux with glibc.
#ifdef CRYPTOKI_GLIBC_FLOOR

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include <new>

namespace {

using ClockWait = int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);

constexpr long kSecond = 1000000000;

}  // namespace

extern "C" {

// Since glibc 2.32: that this process has one thread only, so that counting references needs no atomic instructions.
// "No" is always right.
char __libc_single_threaded = 0;

// Since glibc 2.30. An older one waits by the wall clock, which may be set meanwhile: it is never trusted for more than a
// second. Whoever waits by std::condition_variable looks at the steady clock again after each return.
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  static const auto system = reinterpret_cast<ClockWait>(dlsym(RTLD_DEFAULT, "pthread_cond_clockwait"));
  if (system != nullptr) return system(condition, mutex, clock, until);
  timespec now{};
  timespec wall{};
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  long seconds = until->tv_sec - now.tv_sec;
  long rest = until->tv_nsec - now.tv_nsec;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  if (seconds >= 1) {
    seconds = 1;
    rest = 0;
  } else if (seconds < 0) {
    seconds = rest = 0;
  }
  wall.tv_sec += seconds;
  wall.tv_nsec += rest;
  if (wall.tv_nsec >= kSecond) {
    wall.tv_nsec -= kSecond;
    ++wall.tv_sec;
  }
  return pthread_cond_timedwait(condition, mutex, &wall);
}

}  // extern "C"

// Since libstdc++ 11; headers of 12 call it wherever something is allocated.
namespace std {
void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std

#endif
