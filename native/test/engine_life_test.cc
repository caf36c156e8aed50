// The life of a library and its sessions, through the whole engine.
#include "driver.h"

using namespace cryptoki;
using namespace cryptoki::driver;

TEST(engine_life_whole) {
  Fault fault;
  Engine engine(fault.path());
  Answer loaded = engine.load();
  CHECK_EQUAL(loaded.rv, CKR_OK);
  CHECK_EQUAL(loaded.u8(), 3);
  CHECK_EQUAL(loaded.u8(), 2);
  CHECK_EQUAL(loaded.u8(), sizeof(CK_ULONG));
  CHECK_EQUAL(loaded.u8(), CKF_INTERFACE_FORK_SAFE);
  CHECK(loaded.bytes().find("module.so") != std::string::npos);
  CHECK(loaded.bytes() == std::string(13, '\xff'));
  CHECK(loaded.atEnd());

  Answer initialized = engine.call(Engine::initialize());
  CHECK(initialized.ok());
  CHECK_EQUAL(initialized.u8(), 0);
  Answer info = engine.call(Request(CALL_C_GetInfo));
  CHECK(info.ok());
  uint64_t session = engine.openLoggedIn();
  CHECK_EQUAL(fault.get(&fault_words::sessions), 1u);
  CHECK(engine.call(Request(CALL_C_Logout).u64(session)).ok());
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(session)).ok());
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
  engine.finish();
  CHECK_EQUAL(fault.get(&fault_words::initialized), 0u);
  fault.checkManners();
}

TEST(engine_life_before_load_and_before_initialize) {
  Fault fault;
  Engine engine(fault.path());
  CHECK(engine.call(Request(CALL_C_GetInfo)).engine(ENGINE_NOT_LOADED));
  CHECK(engine.call(Engine::initialize()).engine(ENGINE_NOT_LOADED));
  CHECK(engine.sync(Request(CALL_C_GetInfo)).engine(ENGINE_NOT_LOADED));
  CHECK_EQUAL(engine.load().rv, CKR_OK);
  CHECK(engine.call(Request(CALL_C_GetInfo)).engine(ENGINE_NOT_INITIALIZED));
  CHECK(engine.call(Request(CALL_C_GetSlotList).u8(1)).engine(ENGINE_NOT_INITIALIZED));
  CHECK(engine.call(Request(CALL_C_OpenSession).u64(1).u64(4)).engine(ENGINE_NOT_INITIALIZED));
  fault.checkManners();
}

TEST(engine_life_again_after_finalize) {
  Fault fault;
  Engine engine(fault.path());
  CHECK_EQUAL(engine.load().rv, CKR_OK);
  uint64_t old = 0;
  for (int round = 0; round < 3; ++round) {
    CHECK(engine.call(Engine::initialize()).ok());
    if (old != 0) CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(old)).engine(ENGINE_SESSION_UNKNOWN));
    old = engine.open();
    engine.finish();
    CHECK(engine.call(Request(CALL_C_GetInfo)).engine(ENGINE_NOT_INITIALIZED));
  }
  CHECK_EQUAL(fault.get(&fault_words::finalizations), 3u);
  fault.checkManners();
}

TEST(engine_life_two_clients_count) {
  Fault fault;
  Engine one(fault.path());
  Engine other(fault.path());
  one.start();
  CHECK_EQUAL(other.load().rv, CKR_OK);
  Answer counted = other.call(Engine::initialize());
  CHECK(counted.ok());
  CHECK_EQUAL(counted.u8(), 1);
  CHECK_EQUAL(fault.calls(CALL_C_Initialize), 1u);
  uint64_t mine = one.open();
  uint64_t theirs = other.open();
  CHECK(one.call(Request(CALL_C_GetSessionInfo).u64(theirs)).engine(ENGINE_SESSION_UNKNOWN));
  one.finish();
  CHECK_EQUAL(fault.get(&fault_words::finalizations), 0u);
  CHECK(one.call(Request(CALL_C_GetSessionInfo).u64(mine)).engine(ENGINE_NOT_INITIALIZED));
  CHECK(other.call(Request(CALL_C_GetSessionInfo).u64(theirs)).ok());
  CHECK_EQUAL(fault.get(&fault_words::sessions), 1u);
  other.finish();
  CHECK_EQUAL(fault.get(&fault_words::finalizations), 1u);
  fault.checkManners();
}

TEST(engine_life_initialized_by_somebody_else) {
  Fault fault;
  fault.set(&fault_words::already_initialized, 1);
  Engine engine(fault.path());
  CHECK_EQUAL(engine.load().rv, CKR_OK);
  Answer initialized = engine.call(Engine::initialize());
  CHECK(initialized.ok());
  CHECK_EQUAL(initialized.u8(), 2);
  engine.open();
  engine.finish();
  CHECK_EQUAL(fault.calls(CALL_C_Finalize), 0u);
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
  fault.checkManners();
}

TEST(engine_life_cannot_lock_then_serial) {
  Fault fault;
  fault.set(&fault_words::cant_lock, 1);
  Engine engine(fault.path());
  CHECK_EQUAL(engine.load().rv, CKR_OK);
  Answer refused = engine.call(Engine::initialize());
  CHECK_EQUAL(refused.rv, CKR_CANT_LOCK);
  CHECK_EQUAL(refused.function, CALL_C_Initialize);
  CHECK(engine.call(Engine::initialize(0, true)).ok());
  uint64_t session = engine.openLoggedIn();
  uint64_t key = engine.secretKey(session, "a key of some bytes");
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 8; ++i) sessions.push_back(engine.open());
  fault.tell(CALL_C_Sign, &fault_function::sleep, 300);
  std::vector<uint32_t> tickets;
  for (int i = 0; i < 40; ++i)
    tickets.push_back(engine.submit(Engine::signOnce(sessions[static_cast<size_t>(i) % 8], key, "data")));
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK_EQUAL(fault.get(&fault_words::most_running), 1u);
  fault.checkManners();
}

TEST(engine_life_reserved_string) {
  Fault fault;
  fault.set(&fault_words::reserved, 1);
  Engine engine(fault.path());
  CHECK_EQUAL(engine.load().rv, CKR_OK);
  CHECK_EQUAL(engine.call(Engine::initialize()).rv, CKR_ARGUMENTS_BAD);
  fault.set(&fault_words::bad_arguments, 0);
  CHECK(engine.call(Request(CALL_C_Initialize).u8(1).u64(CKF_OS_LOCKING_OK).bytes("configdir='sql:/x'").u8(0)).ok());
  engine.finish();
  fault.checkManners();
}

TEST(engine_life_initialize_fails_and_works_later) {
  Fault fault;
  fault.fail(CALL_C_Initialize, CKR_DEVICE_ERROR);
  Engine engine(fault.path());
  CHECK_EQUAL(engine.load().rv, CKR_OK);
  CHECK_EQUAL(engine.call(Engine::initialize()).rv, CKR_DEVICE_ERROR);
  CHECK(engine.call(Request(CALL_C_GetInfo)).engine(ENGINE_NOT_INITIALIZED));
  CHECK(engine.call(Engine::initialize()).ok());
  CHECK_EQUAL(engine.call(Engine::initialize()).rv, CKR_CRYPTOKI_ALREADY_INITIALIZED);
  CHECK_EQUAL(fault.calls(CALL_C_Initialize), 2u);
  fault.checkManners();
}

TEST(engine_life_sessions_are_told_apart) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t first = engine.open();
  uint64_t second = engine.open(2);
  CHECK(first != second && first != 0 && second != 0);
  CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(first + second + 1000)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(first)).ok());
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(first)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(first)).engine(ENGINE_SESSION_UNKNOWN));
  uint64_t third = engine.open();
  CHECK(third != first && third != second);
  CHECK_EQUAL(fault.get(&fault_words::unknown_sessions), 0u);
  Answer info = engine.call(Request(CALL_C_GetSessionInfo).u64(second));
  CHECK_EQUAL(info.u64(), 2u);
  CHECK_EQUAL(info.u64(), CKS_RW_PUBLIC_SESSION);
  fault.checkManners();
}

TEST(engine_life_close_that_fails_is_a_close) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.open();
  fault.fail(CALL_C_CloseSession, CKR_DEVICE_REMOVED);
  CHECK_EQUAL(engine.call(Request(CALL_C_CloseSession).u64(session)).rv, CKR_DEVICE_REMOVED);
  CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  fault.checkManners();
}

TEST(engine_life_session_limit_and_errors_carry_their_function) {
  Fault fault;
  fault.set(&fault_words::session_limit, 2);
  Engine engine(fault.path());
  engine.start();
  engine.open();
  engine.open();
  Answer refused = engine.call(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION));
  CHECK_EQUAL(refused.rv, CKR_SESSION_COUNT);
  CHECK_EQUAL(refused.function, CALL_C_OpenSession);
  CHECK(refused.atEnd());
  CHECK_EQUAL(engine.call(Request(CALL_C_OpenSession).u64(4).u64(CKF_SERIAL_SESSION)).rv, CKR_TOKEN_NOT_PRESENT);
  CHECK_EQUAL(engine.call(Request(CALL_C_OpenSession).u64(99).u64(CKF_SERIAL_SESSION)).rv, CKR_SLOT_ID_INVALID);
  fault.checkManners();
}

TEST(engine_life_odd_libraries) {
  struct {
    const char* name;
    uint32_t code;
  } refused[] = {{"odd_no_entry", ENGINE_NO_ENTRY_POINT},
                 {"odd_list_null", ENGINE_LIST_INVALID},
                 {"odd_undefined", ENGINE_LOAD_FAILED},
                 {"odd_missing", ENGINE_LOAD_FAILED}};
  for (auto& odd : refused) {
    Engine engine(modulePath(odd.name));
    Answer answer = engine.load();
    CHECK(answer.engine(odd.code));
    if (!answer.engine(odd.code))
      std::fprintf(stderr, "  %s: %llu %u\n", odd.name, static_cast<unsigned long long>(answer.rv), answer.function);
    CHECK(engine.call(Engine::initialize()).engine(ENGINE_NOT_LOADED));
  }
  Engine missing("/nowhere/at/all.so");
  Answer absent = missing.load();
  CHECK(absent.engine(ENGINE_LOAD_FAILED));
  CHECK(!absent.bytes().empty());
  Engine error(modulePath("odd_list_error"));
  Answer refusal = error.load();
  CHECK_EQUAL(refusal.rv, CKR_GENERAL_ERROR);
  CHECK_EQUAL(refusal.function, CALL_C_GetFunctionList);
  Engine constructor(modulePath("odd_constructor"));
  CHECK_EQUAL(constructor.load().rv, CKR_LIBRARY_LOAD_FAILED);
}

TEST(engine_life_versions_that_lie) {
  struct {
    const char* name;
    uint8_t major, minor;
  } odd[] = {{"odd_version_lie", 3, 2},     {"odd_interface_short", 3, 0}, {"odd_interface_only", 3, 0},
             {"odd_interface_null", 2, 40}, {"odd_foreign", 2, 40},        {"null", 3, 2}};
  for (auto& one : odd) {
    Engine engine(modulePath(one.name));
    Answer loaded = engine.load();
    CHECK_EQUAL(loaded.rv, CKR_OK);
    if (loaded.rv != CKR_OK) {
      std::fprintf(stderr, "  %s\n", one.name);
      continue;
    }
    CHECK_EQUAL(loaded.u8(), one.major);
    CHECK_EQUAL(loaded.u8(), one.minor);
    CHECK(engine.call(Engine::initialize()).ok());
    CHECK(engine.call(Request(CALL_C_GetInfo)).ok());
    Answer missing = engine.call(Request(CALL_C_GetSlotInfo).u64(1));
    CHECK(missing.engine(ENGINE_FUNCTION_MISSING));
    CHECK(missing.bytes() == "C_GetSlotInfo");
    CHECK(engine.call(Request(CALL_C_OpenSession).u64(1).u64(4)).engine(ENGINE_FUNCTION_MISSING));
    engine.finish();
  }
}

TEST(engine_life_interfaces_of_the_module) {
  struct {
    uint64_t which;
    uint8_t major;
    std::string present;
  } kinds[] = {{1, 2, std::string(8, '\xff') + '\x0f' + std::string(4, '\0')},
               {2, 3, std::string(11, '\xff') + '\x0f' + '\0'}};
  for (auto& kind : kinds) {
    Fault fault;
    fault.set(&fault_words::interfaces, kind.which);
    Engine engine(fault.path());
    Answer loaded = engine.load();
    CHECK_EQUAL(loaded.rv, CKR_OK);
    CHECK_EQUAL(loaded.u8(), kind.major);
    loaded.u8();
    loaded.u8();
    loaded.u8();
    loaded.bytes();
    CHECK(loaded.bytes() == kind.present);
    CHECK(engine.call(Engine::initialize()).ok());
    uint64_t session = engine.open();
    CHECK(engine.call(Request(CALL_C_GetSessionValidationFlags).u64(session).u64(1)).engine(ENGINE_FUNCTION_MISSING));
    fault.checkManners();
  }
}
