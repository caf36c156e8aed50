// What a fuzz target gives: inputs to begin with, and what is done with an input. The same target runs under libFuzzer
// and under fuzz_main.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace cryptoki::fuzz {

// One at least for each thing that the target can do.
std::vector<std::string> seeds();

// How many inputs `npm run test:engine` tries.
extern const unsigned kIterations;

// Takes numbers out of an input, zeros when it is used up.
class Dice {
 public:
  Dice(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  uint8_t u8() { return at_ == end_ ? 0 : *at_++; }
  uint16_t u16() {
    unsigned low = u8();
    return static_cast<uint16_t>(low | static_cast<unsigned>(u8()) << 8);
  }
  uint64_t u64() {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | u8();
    return value;
  }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  const uint8_t* at() const { return at_; }
  void skip(size_t size) { at_ += size < left() ? size : left(); }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace cryptoki::fuzz
