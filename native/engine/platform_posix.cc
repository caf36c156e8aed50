#ifndef _WIN32

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <memory>

#include "elf_file.h"
#include "platform.h"

namespace cryptoki::platform {

void* loadLibrary(const std::string& path, std::string& error) {
  // A name without a folder is looked for by the loader in its own places.
  if (path.find('/') != std::string::npos && !elfFileIsWhole(path.c_str())) {
    error = path + ": file too short";
    return nullptr;
  }
  dlerror();
  // RTLD_LOCAL: two vendors' libraries export the same names. RTLD_NOW: a missing symbol is a load failure, not a crash
  // in some later call.
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* said = dlerror();
    error = said != nullptr ? said : "";
  }
  return handle;
}

void unloadLibrary(void* handle) { dlclose(handle); }

void* findSymbol(void* handle, const char* name) { return dlsym(handle, name); }

void* objectOf(const void* address, std::string* path) {
  Dl_info info{};
  if (dladdr(const_cast<void*>(address), &info) == 0) return nullptr;
  if (path != nullptr && info.dli_fname != nullptr) *path = info.dli_fname;
  return info.dli_fbase;
}

std::string realPath(const std::string& path) {
  std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
  return resolved ? resolved.get() : path;
}

namespace {

struct Start {
  void (*body)(void*);
  void* argument;
  const char* name;
};

void* enter(void* start) {
  Start it = *static_cast<Start*>(start);
  delete static_cast<Start*>(start);
#if defined(__APPLE__)
  pthread_setname_np(it.name);
#elif defined(__linux__)
  pthread_setname_np(pthread_self(), it.name);
#endif
  it.body(it.argument);
  return nullptr;
}

}  // namespace

bool startThread(const char* name, size_t stackSize, void (*body)(void*), void* argument) noexcept {
  auto* start = new (std::nothrow) Start{body, argument, name};
  if (start == nullptr) return false;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // musl gives 128 KiB where nobody asks, glibc 8 MiB of address space times 512 threads.
  pthread_attr_setstacksize(&attributes, stackSize);
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, enter, start) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) delete start;
  return started;
}

void keepLoaded() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&keepLoaded), &info) != 0 && info.dli_fname != nullptr) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
  }
}

#ifdef __GLIBC__

void atExit(bool (*handler)()) {
  // on_exit, not atexit: it is told the exit code, which _exit needs.
  on_exit(
      [](int status, void* argument) {
        if (!reinterpret_cast<bool (*)()>(argument)()) _exit(status);
      },
      reinterpret_cast<void*>(handler));
}

#else

namespace {
bool (*exitHandler)();
}

void atExit(bool (*handler)()) {
  exitHandler = handler;
  std::atexit([] { exitHandler(); });
}

#endif

}  // namespace cryptoki::platform

#endif
