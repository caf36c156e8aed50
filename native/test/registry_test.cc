// One entry for each library, and how the libraries of test/modules are opened. Those that are not compiled are left
// out; test-engine compiles them.
#include <unistd.h>

#include <cstdlib>

#include "../engine/platform.h"
#include "life_support.h"

namespace cryptoki::test {

namespace {

std::string modulePath(const std::string& name) {
  const char* folder = std::getenv("CRYPTOKI_TEST_MODULES");
  return std::string(folder != nullptr ? folder : "build/test-modules") + "/" + name + ".so";
}

// The engine code or CK_RV that opening a library fails with; 0 when it opens.
uint64_t failureOf(const std::string& path, std::string* detail = nullptr) {
  try {
    registry::open(path);
    return 0;
  } catch (const EngineFailure& failure) {
    if (detail != nullptr) *detail = failure.detail;
    return failure.code;
  } catch (const LibraryRefusal& refusal) {
    return 1000000 + refusal.rv;
  }
}

uint32_t entries(const Library& library) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < Library::kFunctions; ++i) count += library.has(i);
  return count;
}

}  // namespace

TEST(one_file_is_one_library_by_whatever_path) {
  std::string path = modulePath("fault");
  std::string link = std::string(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") +
                     "/cryptoki-link-" + std::to_string(getpid()) + ".so";
  CHECK_EQUAL(symlink(platform::realPath(path).c_str(), link.c_str()), 0);
  SharedLibrary& first = registry::open(path);
  SharedLibrary& second = registry::open(link);
  CHECK(&first == &second);
  CHECK(first.library.path == platform::realPath(path));
  unlink(link.c_str());
}

TEST(the_longest_interface_is_used) {
  const Library& library = registry::open(modulePath("fault")).library;
  CHECK_EQUAL(library.version.major, 3);
  CHECK_EQUAL(library.version.minor, 2);
  CHECK_EQUAL(entries(library), Library::kFunctions);
}

TEST(lists_are_read_no_further_than_they_go) {
  // Behind the end of these lists stands a page that cannot be read.
  const Library& lie = registry::open(modulePath("odd_version_lie")).library;
  CHECK(lie.functions.C_LoginUser == nullptr);
  CHECK(lie.functions.C_Initialize != nullptr);
  const Library& shorter = registry::open(modulePath("odd_interface_short")).library;
  CHECK_EQUAL(shorter.version.minor, 0);
  CHECK(shorter.functions.C_EncapsulateKey == nullptr);
}

TEST(an_interface_function_may_stand_alone) {
  CHECK_EQUAL(failureOf(modulePath("odd_interface_only")), uint64_t{0});
  CHECK_EQUAL(failureOf(modulePath("odd_interface_null")), uint64_t{0});
}

TEST(the_interface_function_of_another_library_is_not_asked) {
  const Library& library = registry::open(modulePath("odd_foreign")).library;
  CHECK(library.functions.C_LoginUser == nullptr);
}

TEST(what_is_no_cryptoki_library_says_why) {
  std::string detail;
  CHECK_EQUAL(failureOf("/nowhere/at/all.so", &detail), uint64_t{ENGINE_LOAD_FAILED});
  CHECK(!detail.empty());
  CHECK_EQUAL(failureOf(modulePath("odd_no_entry")), uint64_t{ENGINE_NO_ENTRY_POINT});
  CHECK_EQUAL(failureOf(modulePath("odd_list_null")), uint64_t{ENGINE_LIST_INVALID});
  CHECK(failureOf(modulePath("odd_list_error")) > 1000000);
  CHECK_EQUAL(failureOf(modulePath("odd_undefined"), &detail), uint64_t{ENGINE_LOAD_FAILED});
}

TEST(shutdown_finalises_what_is_idle_and_leaves_what_is_stuck) {
  World w;
  SharedLibrary& library = fakeLibrary();
  User user(library);
  user.initialize();
  uint64_t session = user.open();
  w.hold();
  uint32_t stuck = user.send(work(session, 1));
  uint32_t queued = user.send(work(session, 2));
  w.untilInside(1);
  CHECK(!registry::shutdown());
  CHECK_EQUAL(w.count("C_Finalize"), 0);
  CHECK_EQUAL(user.wait(queued).rv, uint64_t{ENGINE_CLOSED});
  w.letGo();
  CHECK_EQUAL(user.wait(stuck).rv, uint64_t{CKR_OK});
  CHECK(registry::shutdown());
  CHECK_EQUAL(w.count("C_Finalize"), 1);
  CHECK_EQUAL(w.violations, 0);
}

}  // namespace cryptoki::test
