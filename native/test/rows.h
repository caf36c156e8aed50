// A second reading of tables of attributes, by what docs/boundary.md says of rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "check.h"

namespace cryptoki::test {

class Rows {
 public:
  // `outputs` is what follows the header of a reply; the table begins at `at` in it.
  explicit Rows(std::string outputs, size_t at = 0) : outputs_(std::move(outputs)) {
    count = number(at, 4);
    stride_ = number(at + 4, 4);
    table_ = at + 8;
    CHECK(count * stride_ <= outputs_.size() - table_);
    end_ = table_ + count * stride_;
  }

  // "handle rv: type=value ...", the types being those that were asked for.
  std::string row(size_t index, const std::vector<uint64_t>& types) {
    size_t at = table_ + index * stride_;
    size_t slot = at + 16 + (types.size() + 7) / 8 * 8;
    CHECK_EQUAL(stride_, 16 + (types.size() + 7) / 8 * 8 + 8 * types.size());
    std::string out = std::to_string(number(at + 8, 8)) + " " + std::to_string(number(at, 8)) + ":";
    for (size_t i = 0; i < types.size(); ++i, slot += 8) {
      out += " " + std::to_string(types[i]) + "=" + value(number(at + 16 + i, 1), slot);
    }
    return out;
  }

  // Every value has been looked at, and they lie one after the other up to the end.
  bool whole() const { return end_ == outputs_.size(); }

  size_t count = 0;

 private:
  static constexpr size_t kHeader = 16;

  uint64_t number(size_t at, size_t size) {
    CHECK(at <= outputs_.size() && size <= outputs_.size() - at);
    uint64_t value = 0;
    for (size_t i = size; i > 0 && at + i <= outputs_.size(); --i) {
      value = value << 8 | static_cast<uint8_t>(outputs_[at + i - 1]);
    }
    return value;
  }

  std::string value(uint64_t kind, size_t slot) {
    switch (kind) {
      case 0:
        return "-";
      case 1:
        return number(slot, 8) != 0 ? "true" : "false";
      case 2:
        return "#" + std::to_string(number(slot, 8));
      default:
        break;
    }
    size_t from = number(slot, 4) - kHeader;
    size_t size = number(slot + 4, 4);
    CHECK_EQUAL(from, end_);
    CHECK(from <= outputs_.size() && size <= outputs_.size() - from);
    end_ = from + size;
    std::string bytes = outputs_.substr(from, size);
    if (kind == 3) return bytes.size() > 100 ? std::to_string(size) + bytes[0] : "'" + bytes + "'";
    std::string out;
    if (kind == 4) {
      CHECK_EQUAL(size % 8, 0u);
      for (size_t at = from; at < end_; at += 8) out += std::to_string(number(at, 8)) + ",";
      return "[" + out + "]";
    }
    CHECK_EQUAL(kind, 5u);
    size_t at = from;
    out = inner(at);
    CHECK_EQUAL(at, end_);
    return out;
  }

  std::string inner(size_t& at) {
    std::string out = "{";
    size_t entries = number(at, 4);
    at += 4;
    for (size_t i = 0; i < entries && at < outputs_.size(); ++i) {
      out += (i == 0 ? "" : " ") + std::to_string(number(at, 8)) + "=";
      uint64_t kind = number(at + 8, 1);
      at += 9;
      if (kind == 0) out += "-";
      if (kind == 1) out += number(at++, 1) != 0 ? "true" : "false";
      if (kind == 2) out += "#" + std::to_string(number(at, 8)), at += 8;
      if (kind == 3 || kind == 4) {
        size_t size = number(at, 4) * (kind == 4 ? 8 : 1);
        CHECK(size <= outputs_.size() - at - 4);
        if (kind == 3) out += "'" + outputs_.substr(at + 4, size) + "'";
        at += 4 + size;
      }
      if (kind == 5) out += inner(at);
    }
    return out + "}";
  }

  std::string outputs_;
  size_t stride_ = 0;
  size_t table_ = 0;
  size_t end_ = 0;
};

}  // namespace cryptoki::test
