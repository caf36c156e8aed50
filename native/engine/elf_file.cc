#include "elf_file.h"

#ifdef __linux__

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace cryptoki::platform {

namespace {

constexpr unsigned char kThisClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

bool readAll(int file, void* to, size_t size, uint64_t offset) {
  return pread(file, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

bool isWhole(int file) {
  // Not fstat: under that name only glibc 2.33 and later have it. What has no end, such as a pipe, answers -1 or 0.
  const off_t end = lseek(file, 0, SEEK_END);
  ElfW(Ehdr) header{};
  if (end <= 0 || !readAll(file, &header, sizeof(header), 0)) return true;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != kThisClass) return true;
  if (header.e_phentsize != sizeof(ElfW(Phdr))) return true;
  const auto size = static_cast<uint64_t>(end);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    uint64_t at = static_cast<uint64_t>(header.e_phoff) + i * sizeof(segment);
    if (at < header.e_phoff || !readAll(file, &segment, sizeof(segment), at)) return false;
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_filesz > size || segment.p_offset > size - segment.p_filesz) return false;
  }
  return true;
}

}  // namespace

bool elfFileIsWhole(const char* path) noexcept {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return true;
  bool whole = isWhole(file);
  close(file);
  return whole;
}

}  // namespace cryptoki::platform

#else

namespace cryptoki::platform {

bool elfFileIsWhole(const char*) noexcept { return true; }

}  // namespace cryptoki::platform

#endif
