// For Linux with musl on arm64: libc++ takes arithmetic with long double from zig's own library, and with that comes a
// stack guard whose value is always the same. This one is drawn by the kernel. Empty but in such a release.
#ifdef CRYPTOKI_OWN_GUARD

#include <sys/auxv.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {

__attribute__((visibility("hidden"))) uintptr_t __stack_chk_guard = 0xff0a0d00;

[[noreturn]] __attribute__((visibility("hidden"))) void __stack_chk_fail() {
  static const char text[] = "*** stack smashing detected ***\n";
  if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) abort();
  abort();
}

}  // extern "C"

namespace {

// Before any function that keeps the old value in its frame. musl's own guard is made of the first half of these bytes.
__attribute__((constructor(101), no_stack_protector)) void draw() {
  auto random = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM));
  if (random == nullptr) return;
  uintptr_t drawn = 0;
  std::memcpy(&drawn, random + sizeof(drawn), sizeof(drawn));
  // No text that runs over a buffer can write a zero.
  __stack_chk_guard = drawn & ~uintptr_t{0xff};
}

}  // namespace

#endif
