// Runs the registered tests, or those whose names contain the argument.
#include <cstring>

#include "check.h"

int main(int argc, char** argv) {
  using namespace cryptoki::test;
  int passed = 0;
  int failed = 0;
  for (const Test& test : tests()) {
    if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) continue;
    int before = failures();
    test.run();
    if (failures() == before) {
      ++passed;
    } else {
      ++failed;
      std::fprintf(stderr, "not ok %s\n", test.name);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
