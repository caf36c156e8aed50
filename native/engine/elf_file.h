// Whether a library's file holds all that its header promises.
#pragma once

namespace cryptoki::platform {

// False for an ELF file of this machine's class that ends before one of its segments does: the loader would map what is not there, and the process would
// die of a bus error while loading. True for everything else, which the loader itself judges.
bool elfFileIsWhole(const char* path) noexcept;

}  // namespace cryptoki::platform
