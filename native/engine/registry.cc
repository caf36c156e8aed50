#include "registry.h"

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "client.h"
#include "platform.h"

namespace cryptoki::registry {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kForRunningCalls{1};
constexpr std::chrono::seconds kForFinalising{1};

struct Registry {
  std::mutex mutex;
  std::map<void*, std::unique_ptr<SharedLibrary>> libraries;
  std::atomic<int> opening{0};
};

// Never destroyed: threads of ours may outlive main().
Registry& instance() {
  static Registry& it = *new Registry;
  return it;
}

struct Opening {
  Opening() { ++instance().opening; }
  ~Opening() { --instance().opening; }
};

std::vector<SharedLibrary*> all() {
  Registry& r = instance();
  std::lock_guard<std::mutex> lock(r.mutex);
  std::vector<SharedLibrary*> libraries;
  for (auto& [handle, library] : r.libraries) libraries.push_back(library.get());
  return libraries;
}

template <typename Condition>
bool waitFor(std::chrono::seconds atMost, Condition condition) {
  // Asked again and again: this happens once, at the end of the process, and must depend on nothing.
  for (auto end = Clock::now() + atMost; !condition();) {
    if (Clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

SharedLibrary& open(const std::string& path) {
  Opening opening;
  // Not under the registry's mutex: a vendor's constructors may take seconds, or load another library through us.
  return add(Library::open(path));
}

SharedLibrary& add(Library library) {
  Registry& r = instance();
  std::lock_guard<std::mutex> lock(r.mutex);
  auto& place = r.libraries[library.handle];
  if (!place) {
    place = std::make_unique<SharedLibrary>(std::move(library));
    platform::atExit(shutdown);
  }
  return *place;
}

bool shutdown() {
  auto libraries = all();
  for (SharedLibrary* library : libraries) {
    auto lock = library->executor.lock();
    library->exiting = true;
    auto users = library->users;
    lock.unlock();
    for (auto& user : users) user->abandon();
  }
  auto callsEnded = [&] {
    if (instance().opening > 0) return false;
    for (SharedLibrary* library : libraries) {
      auto lock = library->executor.lock();
      for (auto& user : library->users) {
        if (!user->drained()) return false;
      }
    }
    return true;
  };
  auto finalised = [&] {
    for (SharedLibrary* library : libraries) {
      auto lock = library->executor.lock();
      if (library->executor.running() > 0 || library->executor.waitThreadBusy() || !library->users.empty())
        return false;
    }
    return true;
  };
  bool left = waitFor(kForRunningCalls, callsEnded) && waitFor(kForFinalising, finalised);
  for (SharedLibrary* library : libraries) {
    auto lock = library->executor.lock();
    library->exiting = false;
  }
  return left;
}

}  // namespace cryptoki::registry
