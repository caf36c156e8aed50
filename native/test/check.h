// The least a test needs: TEST registers a function, CHECK and CHECK_EQUAL say where they failed and go on.
#pragma once

#include <cstdio>
#include <type_traits>
#include <vector>

namespace cryptoki::test {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> list;
  return list;
}

inline int& failures() {
  static int count = 0;
  return count;
}

inline int& skippedTests() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

inline void failed(const char* file, int line, const char* what) {
  ++failures();
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

template <typename A, typename B>
void checkEqual(const char* file, int line, const char* what, const A& a, const B& b) {
  if (a == b) return;
  failed(file, line, what);
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    std::fprintf(stderr, "  %lld, not %lld\n", static_cast<long long>(a), static_cast<long long>(b));
  }
}

}  // namespace cryptoki::test

#define TEST(name)                                                                    \
  static void test_##name();                                                          \
  static ::cryptoki::test::Registration registration_##name(#name, test_##name);      \
  static void test_##name()

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) ::cryptoki::test::failed(__FILE__, __LINE__, #condition);       \
  } while (false)

#define CHECK_EQUAL(actual, expected) \
  ::cryptoki::test::checkEqual(__FILE__, __LINE__, #actual " == " #expected, (actual), (expected))

// Ends the test, counted and with its reason.
#define SKIP(reason)                                                                  \
  do {                                                                                \
    ++::cryptoki::test::skippedTests();                                               \
    std::printf("skipped %s: %s\n", __func__ + 5, reason);                            \
    return;                                                                           \
  } while (false)
