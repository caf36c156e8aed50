// Runs the registered tests, or those whose names contain one of the arguments.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "check.h"

namespace {

// A test that waits for something that never comes must say so, not stop the whole run.
constexpr unsigned kLongest = 120;
const char* current = "";

void stuck(int) {
  // Only what a signal handler may do.
  static const char text[] = "\nstuck: ";
  (void)!write(2, text, sizeof(text) - 1);
  (void)!write(2, current, std::strlen(current));
  (void)!write(2, "\n", 1);
  std::abort();
}

bool wanted(const char* name, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strstr(name, argv[i]) != nullptr) return true;
  }
  return argc == 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace cryptoki::test;
  int passed = 0;
  int failed = 0;
  std::signal(SIGALRM, stuck);
  for (const Test& test : tests()) {
    if (!wanted(test.name, argc, argv)) continue;
    int failuresBefore = failures();
    int skippedBefore = skippedTests();
    current = test.name;
    alarm(kLongest);
    test.run();
    if (failures() != failuresBefore) {
      ++failed;
      std::fprintf(stderr, "not ok %s\n", test.name);
    } else if (skippedTests() == skippedBefore) {
      ++passed;
    }
  }
  alarm(0);
  std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skippedTests());
  return failed == 0 ? 0 : 1;
}
