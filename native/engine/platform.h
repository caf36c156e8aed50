// What differs between operating systems: loading libraries, threads, the end of the process.
#pragma once

#include <cstddef>
#include <string>

#include "platform_wipe.h"

namespace cryptoki::platform {

// The loader's handle, the same for the same file by whatever path; nullptr with what the loader said in `error`.
void* loadLibrary(const std::string& path, std::string& error);
void unloadLibrary(void* handle);
void* findSymbol(void* handle, const char* name);

// The start of the loaded object that `address` lies in, nullptr when it is in none; where not null, `path` gets the
// object's file.
void* objectOf(const void* address, std::string* path = nullptr);

// `path` without symbolic links, or as it is when that cannot be had.
std::string realPath(const std::string& path);

// Starts a thread of its own life: nobody joins it. False when the system gives none.
bool startThread(const char* name, size_t stackSize, void (*body)(void*), void* argument) noexcept;

// Keeps this very object in memory to the end of the process. Node unloads an addon with the worker_thread that loaded
// it; our threads may be running in it.
void keepLoaded();

// `handler` runs on the thread that ends the process, before the destructors of libraries loaded so far. When it
// answers false, the process ends at once, with the code it was going to end with, and no destructors run. May be asked
// several times.
void atExit(bool (*handler)());

}  // namespace cryptoki::platform
