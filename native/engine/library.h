// One loaded Cryptoki library: its handle, the interface it offers, one widened table of functions.
#pragma once

#include <cstdint>
#include <string>

#include "../generated/cryptoki.h"

namespace cryptoki {

// Every function of the standard by its name; NULL where the library has none. A version number in a structure means
// nothing here: an entry counts when the interface that was asked for is long enough to hold it and its pointer is not
// NULL.
using FunctionTable = CK_FUNCTION_LIST_3_2;

// What an entry point of the library itself answered, instead of a list.
struct LibraryRefusal {
  CK_RV rv;
  uint16_t function;
};

struct Library {
  void* handle = nullptr;  // of the platform's loader
  std::string path;        // the real path of the file that was loaded
  CK_VERSION version{};    // of the interface in use
  CK_FLAGS interfaceFlags = 0;
  FunctionTable functions{};

  static constexpr uint32_t kFunctions = 104;
  bool has(uint32_t index) const;  // the function of that index in the list

  // Opens and negotiates: C_GetInterface 3.2, 3.0, then C_GetFunctionList. Throws EngineFailure or LibraryRefusal.
  static Library open(const std::string& path);
};

}  // namespace cryptoki
