// Windows: what the addon imports from "node.exe" comes from the program that runs, whatever its name is: Electron's and
// others' have another. node-gyp puts a hook of its own into what Visual C++ compiles; this one is for MinGW.
#if defined(_WIN32) && defined(__MINGW32__)

#include <windows.h>
//
#include <delayimp.h>
#include <string.h>

namespace {

FARPROC WINAPI hostInsteadOfNode(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

}  // namespace

extern "C" {
PfnDliHook __pfnDliNotifyHook2 = hostInsteadOfNode;
}

#endif
