#include "library.h"

#include <cstddef>
#include <cstring>

#include "../generated/engine_codes.h"
#include "platform.h"
#include "wire.h"

namespace cryptoki {

namespace {

constexpr size_t kEntriesIn240 = 68;
constexpr size_t kEntriesIn300 = 92;
// On Unix the first pointer is aligned, on Windows it follows the two bytes of the version directly: the compiler
// knows.
constexpr size_t kFirstEntry = offsetof(FunctionTable, C_Initialize);
static_assert((sizeof(FunctionTable) - kFirstEntry) / sizeof(void*) == Library::kFunctions,
              "the function list of v3.2");

size_t readableEntries(CK_VERSION version) {
  if (version.major > 3 || (version.major == 3 && version.minor >= 2)) return Library::kFunctions;
  return version.major == 3 ? kEntriesIn300 : kEntriesIn240;
}

void widen(const void* list, size_t entries, FunctionTable& table) {
  std::memcpy(&table, list, kFirstEntry + entries * sizeof(void*));
}

// A module that is linked with another one (p11-kit's proxy, say) lets its symbols be found through its own handle.
bool inSameObject(const void* a, const void* b) {
  const void* first = platform::objectOf(a);
  return first == nullptr || first == platform::objectOf(b);
}

bool negotiate(CK_C_GetInterface getInterface, Library& library) {
  // 3.1 for modules that know no other name for their list of 3.0; without a version for those that offer something
  // else yet.
  CK_VERSION versions[] = {{3, 2}, {3, 1}, {3, 0}};
  CK_UTF8CHAR name[] = "PKCS 11";
  for (size_t i = 0; i <= 3; ++i) {
    CK_INTERFACE_PTR found = nullptr;
    CK_RV rv = getInterface(name, i < 3 ? &versions[i] : nullptr, &found, 0);
    if (rv != CKR_OK || found == nullptr || found->pFunctionList == nullptr) continue;
    // What was asked for says nothing about what came: freehsm gives its list of 3.0 to whoever asks for 3.2.
    std::memcpy(&library.version, found->pFunctionList, sizeof(CK_VERSION));
    library.interfaceFlags = found->flags;
    widen(found->pFunctionList, readableEntries(library.version), library.functions);
    return true;
  }
  return false;
}

void useFunctionList(CK_C_GetFunctionList getFunctionList, Library& library) {
  CK_FUNCTION_LIST_PTR list = nullptr;
  CK_RV rv = getFunctionList(&list);
  if (rv != CKR_OK) throw LibraryRefusal{rv, CALL_C_GetFunctionList};
  if (list == nullptr) throw EngineFailure{ENGINE_LIST_INVALID, {}};
  library.version = list->version;
  // Whatever version it claims, this entry point was never defined to return a longer list.
  widen(list, kEntriesIn240, library.functions);
}

}  // namespace

bool Library::has(uint32_t index) const {
  void* entry;
  std::memcpy(&entry, reinterpret_cast<const char*>(&functions) + kFirstEntry + index * sizeof(void*), sizeof(entry));
  return entry != nullptr;
}

Library Library::open(const std::string& path) {
  Library library;
  std::string error;
  library.handle = platform::loadLibrary(path, error);
  if (library.handle == nullptr) throw EngineFailure{ENGINE_LOAD_FAILED, error};
  auto getFunctionList =
      reinterpret_cast<CK_C_GetFunctionList>(platform::findSymbol(library.handle, "C_GetFunctionList"));
  auto getInterface = reinterpret_cast<CK_C_GetInterface>(platform::findSymbol(library.handle, "C_GetInterface"));
  if (getFunctionList == nullptr && getInterface == nullptr) {
    platform::unloadLibrary(library.handle);
    throw EngineFailure{ENGINE_NO_ENTRY_POINT, {}};
  }
  const void* entry = getFunctionList != nullptr ? reinterpret_cast<const void*>(getFunctionList)
                                                 : reinterpret_cast<const void*>(getInterface);
  if (path.find('/') == std::string::npos && path.find('\\') == std::string::npos) {
    platform::objectOf(entry, &library.path);
  } else {
    library.path = path;
  }
  library.path = platform::realPath(library.path);

  bool askForInterface = getInterface != nullptr && (getFunctionList == nullptr ||
                                                     inSameObject(entry, reinterpret_cast<const void*>(getInterface)));
  if (askForInterface && negotiate(getInterface, library)) return library;
  if (getFunctionList == nullptr) throw EngineFailure{ENGINE_LIST_INVALID, {}};
  useFunctionList(getFunctionList, library);
  return library;
}

}  // namespace cryptoki
