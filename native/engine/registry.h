// The libraries of this process: one entry for each file, however many environments use it and by whatever path.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor.h"
#include "library.h"
#include "platform_wipe.h"

namespace cryptoki {

// What C_Initialize gets. The library may read it for as long as it is initialised.
struct InitializeArguments {
  CK_C_INITIALIZE_ARGS args{};
  // NSS knows one member more than the standard and reads it.
  void* beyond = nullptr;
  std::string reserved;

  InitializeArguments() = default;
  InitializeArguments(const InitializeArguments&) = delete;
  InitializeArguments& operator=(const InitializeArguments&) = delete;
  ~InitializeArguments() { secureWipe(reserved.data(), reserved.size()); }
};

struct SharedLibrary {
  enum class State : uint8_t {
    Uninitialized,
    Ours,    // initialised by us, finalised by our last user
    Others,  // somebody else in this process had initialised it: never finalised by us
  };

  explicit SharedLibrary(Library opened) : library(std::move(opened)) {}

  const Library library;
  Executor executor;

  // Guarded by the executor's mutex.
  State state = State::Uninitialized;
  bool serial = false;  // one call at a time, whatever its lane
  bool exiting = false;
  bool exitWatched = false;
  std::unique_ptr<InitializeArguments> arguments;
  std::vector<std::shared_ptr<Client>> users;  // those for whom C_Initialize succeeded
};

namespace registry {

// Entries stay for ever: a Cryptoki library is never unloaded, too many leave threads and exit handlers behind. Throws
// EngineFailure, LibraryRefusal.
SharedLibrary& open(const std::string& path);

// A library that has been opened by other means; for tests. Its handle tells it from others.
SharedLibrary& add(Library library);

// Drops what is queued, gives running calls and the finalising that follows a bounded time each; C_Initialize is refused
// while it lasts. False when a thread of ours is still inside a library.
bool shutdown();

}  // namespace registry
}  // namespace cryptoki
