#include "sessions.h"

#include <atomic>

namespace cryptoki {

uint64_t newSessionId() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace cryptoki
