#ifdef _WIN32

#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <process.h>
#include <windows.h>

#include <memory>
#include <new>

#include "platform.h"

namespace cryptoki::platform {

namespace {

std::wstring widen(const std::string& text) {
  int size = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
  std::wstring wide(static_cast<size_t>(size), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), wide.data(), size);
  return wide;
}

std::string narrow(const wchar_t* text, size_t length) {
  int size = WideCharToMultiByte(CP_UTF8, 0, text, static_cast<int>(length), nullptr, 0, nullptr, nullptr);
  std::string bytes(static_cast<size_t>(size), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, static_cast<int>(length), bytes.data(), size, nullptr, nullptr);
  return bytes;
}

std::string systemMessage(DWORD code) {
  wchar_t* text = nullptr;
  DWORD length =
      FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                     nullptr, code, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  while (length > 0 && (text[length - 1] == L'\n' || text[length - 1] == L'\r' || text[length - 1] == L' ')) --length;
  std::string message = "error " + std::to_string(code);
  if (length > 0) message += ": " + narrow(text, length);
  LocalFree(text);
  return message;
}

}  // namespace

void* loadLibrary(const std::string& path, std::string& error) {
  bool absolute = path.find_first_of("\\/") != std::string::npos;
  // The altered search path lets a vendor's library find the DLLs that stand beside it; Windows defines it for absolute
  // paths only.
  HMODULE handle = LoadLibraryExW(widen(path).c_str(), nullptr, absolute ? LOAD_WITH_ALTERED_SEARCH_PATH : 0);
  if (handle == nullptr) error = systemMessage(GetLastError());
  return handle;
}

void unloadLibrary(void* handle) { FreeLibrary(static_cast<HMODULE>(handle)); }

void* findSymbol(void* handle, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle), name));
}

void* objectOf(const void* address, std::string* path) {
  HMODULE module = nullptr;
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                          static_cast<const wchar_t*>(address), &module)) {
    return nullptr;
  }
  if (path != nullptr) {
    std::wstring file(32768, L'\0');
    DWORD length = GetModuleFileNameW(module, file.data(), static_cast<DWORD>(file.size()));
    *path = narrow(file.data(), length);
  }
  return module;
}

std::string realPath(const std::string& path) {
  std::wstring file(32768, L'\0');
  DWORD length = GetFullPathNameW(widen(path).c_str(), static_cast<DWORD>(file.size()), file.data(), nullptr);
  return length == 0 || length >= file.size() ? path : narrow(file.data(), length);
}

namespace {

struct Start {
  void (*body)(void*);
  void* argument;
};

unsigned __stdcall enter(void* start) {
  Start it = *static_cast<Start*>(start);
  delete static_cast<Start*>(start);
  it.body(it.argument);
  return 0;
}

}  // namespace

bool startThread(const char*, size_t stackSize, void (*body)(void*), void* argument) noexcept {
  auto* start = new (std::nothrow) Start{body, argument};
  if (start == nullptr) return false;
  uintptr_t thread = _beginthreadex(nullptr, static_cast<unsigned>(stackSize), enter, start,
                                    STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == 0) {
    delete start;
    return false;
  }
  CloseHandle(reinterpret_cast<HANDLE>(thread));
  return true;
}

void keepLoaded() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<const wchar_t*>(&keepLoaded), &module);
}

// Windows has ended every other thread by the time a DLL hears of the exit: there is nothing left to wait for, and
// nobody left to finalise.
void atExit(bool (*)()) {}

}  // namespace cryptoki::platform

#endif
