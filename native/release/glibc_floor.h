// Put before every source of a release for Linux with glibc (-include): the binary is linked on a new system and runs on
// old ones. What glibc 2.34 took from libdl and libpthread into libc has a new version there, and the old one still.
#pragma once

#if defined(__x86_64__)
#define CRYPTOKI_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define CRYPTOKI_OLDEST "GLIBC_2.17"
#else
#error "The versions of this processor's first glibc are not known here"
#endif

#define CRYPTOKI_BIND(name, version) __asm__(".symver " #name "," #name "@" version)

CRYPTOKI_BIND(dladdr, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(dlclose, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(dlerror, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(dlopen, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(dlsym, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(pthread_attr_setstacksize, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(pthread_create, CRYPTOKI_OLDEST);
CRYPTOKI_BIND(pthread_mutex_trylock, CRYPTOKI_OLDEST);
#if defined(__x86_64__)
CRYPTOKI_BIND(pthread_setname_np, "GLIBC_2.12");
#else
CRYPTOKI_BIND(pthread_setname_np, CRYPTOKI_OLDEST);
#endif
// std::condition_variable::wait, which GCC 12 has given another version, for its noexcept.
CRYPTOKI_BIND(_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE, "GLIBCXX_3.4.11");

#undef CRYPTOKI_BIND
#undef CRYPTOKI_OLDEST
