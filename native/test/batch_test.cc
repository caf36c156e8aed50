// Batches: every item its own result, whatever becomes of the others.
#include "batch_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

constexpr uint8_t kSign = 0;
constexpr uint8_t kVerify = 1;
constexpr uint8_t kEncrypt = 2;

}  // namespace

TEST(batch_items_come_back_in_their_places) {
  for (int members : {1, 3, 12}) {
    Bench bench(members);
    BatchRequest request;
    request.items = numbered(1001);
    request.items[7].clear();
    BatchAnswer answer = bench.run(request);
    bench.checkDigests(request, answer);
    CHECK_EQUAL(answer.failed + answer.unbegun, 0u);
  }
}

TEST(batch_of_nothing_is_over_at_once) {
  Bench bench(1);
  BatchRequest request;
  CHECK_EQUAL(bench.run(request).rv, uint64_t{CKR_OK});
  CrewOf empty(bench.engine);
  CHECK_EQUAL(BatchAnswer(bench.engine.call(request.on(empty.id))).rv, uint64_t{CKR_OK});
}

TEST(batch_signs_and_verifies) {
  Bench bench(4);
  uint64_t key = bench.engine.secretKey(bench.alone, "a secret of some length");
  BatchRequest sign;
  sign.operation = kSign;
  sign.mechanism = CKM_SHA256_HMAC;
  sign.key = key;
  sign.items = numbered(300);
  BatchAnswer signatures = bench.run(sign);
  for (size_t i = 0; i < 300; i += 50) {
    CHECK(bench.engine.call(Engine::signOnce(bench.alone, key, sign.items[i])).bytes() == signatures.outputs[i]);
  }
  BatchRequest verify = sign;
  verify.operation = kVerify;
  verify.signatures = signatures.outputs;
  verify.signatures[5][0] ^= 1;
  verify.signatures[299].pop_back();
  BatchAnswer verdicts = bench.run(verify);
  CHECK_EQUAL(verdicts.failed, 2u);
  for (const BatchFailure& failure : verdicts.failures) {
    CHECK(failure.item == 5 || failure.item == 299);
    CHECK_EQUAL(failure.function, CALL_C_Verify);
  }
  CHECK_EQUAL(verdicts.status[0], 0u);
}

TEST(batch_one_bad_item_does_no_harm_to_others) {
  Bench bench(2);
  BatchRequest request;
  request.items = numbered(200);
  bench.fault.fail(CALL_C_DigestInit, CKR_DEVICE_MEMORY, 50, 3);
  BatchAnswer answer = bench.run(request);
  CHECK_EQUAL(answer.failed, 3u);
  CHECK_EQUAL(answer.unbegun, 0u);
  for (const BatchFailure& failure : answer.failures) {
    CHECK_EQUAL(failure.rv, uint64_t{CKR_DEVICE_MEMORY});
    CHECK_EQUAL(failure.function, CALL_C_DigestInit);
    CHECK(failure.session != 0);
  }
  bench.checkDigests(request, answer);
  CHECK(bench.crew->take() != 0);  // nobody was suspended
}

TEST(batch_outputs_grow_one_by_one) {
  Bench bench(2);
  BatchRequest request;
  request.capacity = 20;
  request.items = numbered(10);
  BatchAnswer answer = bench.run(request);
  for (uint32_t status : answer.status) CHECK_EQUAL(status, kLonger);
  for (size_t i = 0; i < 10; ++i) CHECK(answer.outputs[i] == bench.digestOf(request.items[i]));
  request.capacity = 0;
  CHECK(bench.run(request).outputs == answer.outputs);
  request.capacity = 100;
  CHECK(bench.run(request).outputs == answer.outputs);
}

TEST(batch_lies_are_failures_of_their_item) {
  Bench bench(1);
  BatchRequest request;
  request.items = numbered(5);
  bench.fault.lie(CALL_C_Digest, LIE_LENGTH, 1000);
  BatchAnswer answer = bench.run(request);
  CHECK_EQUAL(answer.failures.size(), 5u);
  for (const BatchFailure& failure : answer.failures) {
    CHECK_EQUAL(failure.rv, uint64_t{ENGINE_LENGTH_LIE});
    CHECK_EQUAL(failure.function, FUNCTION_ENGINE);
  }
  for (uint64_t lie : {LIE_TOO_SMALL_KEPT, LIE_TOO_SMALL_GROWS}) {
    bench.fault.lie(CALL_C_Digest, static_cast<fault_lie>(lie));
    BatchAnswer small = bench.run(request);
    for (const BatchFailure& failure : small.failures) CHECK_EQUAL(failure.rv, uint64_t{CKR_BUFFER_TOO_SMALL});
    CHECK_EQUAL(small.failures.size(), 5u);
  }
  bench.fault.lie(CALL_C_Digest, LIE_TOO_SMALL, 1u << 30);
  for (const BatchFailure& failure : bench.run(request).failures) CHECK_EQUAL(failure.rv, uint64_t{ENGINE_TOO_LARGE});
  bench.fault.lie(CALL_C_Digest, LIE_QUIET_ONCE);
  request.capacity = 8;
  BatchAnswer quiet = bench.run(request);
  for (size_t i = 0; i < 5; ++i) CHECK(quiet.outputs[i] == bench.digestOf(request.items[i]));
}

TEST(batch_members_that_meet_certain_codes_are_suspended) {
  Bench bench(2);
  BatchRequest request;
  request.items = numbered(100);
  request.fatal = {CKR_SESSION_HANDLE_INVALID, CKR_DEVICE_REMOVED};
  bench.fault.fail(CALL_C_DigestInit, CKR_DEVICE_REMOVED, 10, 1);
  BatchAnswer answer = bench.run(request);
  CHECK_EQUAL(answer.failures.size(), 1u);
  CHECK_EQUAL(answer.unbegun, 0u);
  bench.fault.fail(CALL_C_DigestInit, CKR_DEVICE_REMOVED, 10, 1);
  // The other one is the last: nobody is left then.
  BatchAnswer second = bench.run(request);
  CHECK_EQUAL(second.failures.size(), 1u);
  CHECK_EQUAL(second.unbegun, 89u);
  CHECK(second.failures[0].session != answer.failures[0].session);
  uint32_t waits = bench.engine.submit(request.on(bench.crew->id));
  CHECK(!bench.engine.answered(waits));
  bench.crew->join(answer.failures[0].session);
  BatchAnswer third(bench.engine.wait(waits));
  CHECK_EQUAL(third.failures.size() + third.unbegun, 0u);
}

TEST(batch_waits_for_its_first_member_and_is_stopped) {
  Bench bench(0);
  BatchRequest request;
  request.items = numbered(50);
  uint32_t ticket = bench.engine.submit(request.on(bench.crew->id));
  CHECK(bench.engine.cancellation(ticket).what == Client::Cancelled::Stopped);
  CHECK_EQUAL(BatchAnswer(bench.engine.wait(ticket)).unbegun, 50u);
  CHECK(bench.engine.cancellation(ticket).what == Client::Cancelled::Unknown);
  ticket = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.hang(CALL_C_Digest);
  bench.crew->add();
  bench.fault.waitInside(CALL_C_Digest);
  CHECK(bench.engine.cancellation(ticket).what == Client::Cancelled::Stopped);
  CHECK(!bench.engine.answered(ticket));
  bench.fault.release(CALL_C_Digest);
  BatchAnswer answer(bench.engine.wait(ticket));
  CHECK_EQUAL(answer.unbegun, 49u);
  CHECK_EQUAL(answer.failed, 0u);
  CHECK_EQUAL(bench.crew->flush(), 0u);
}

TEST(batch_gives_way_to_calls) {
  // More members than threads, one of each, and calls of the crew, of a member and of others.
  for (uint32_t threads : {1u, 2u, 64u}) {
    for (int members : {1, 2, 5}) {
      Bench bench(members, threads);
      bench.fault.tell(CALL_C_Digest, &fault_function::sleep, 300);
      BatchRequest request;
      request.items = numbered(50000);
      uint32_t batch = bench.engine.submit(request.on(bench.crew->id));
      until([&] { return bench.fault.calls(CALL_C_Digest) > 3; });
      CHECK(bench.engine.call(digest(bench.crew->id, "interactive")).ok());
      CHECK(bench.engine.call(digest(bench.crew->members[0], "of a member")).ok());
      CHECK(bench.engine.call(digest(bench.alone, "of another")).ok());
      CHECK(bench.engine.call(Request(CALL_C_GetSlotInfo).u64(1)).ok());
      CHECK(!bench.engine.answered(batch));
      bench.engine.cancellation(batch);
      BatchAnswer answer(bench.engine.wait(batch));
      CHECK(answer.unbegun > 0);
      CHECK_EQUAL(answer.failed, 0u);
      for (size_t i = 0; i < 3; ++i) CHECK(answer.outputs[i] == bench.digestOf(request.items[i]));
    }
  }
}

TEST(batch_takes_no_more_members_than_it_may) {
  Bench bench(6);
  bench.fault.hang(CALL_C_Digest);
  BatchRequest request;
  request.most = 2;
  request.items = numbered(20);
  uint32_t first = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.waitInside(CALL_C_Digest, 2);
  request.most = 3;
  uint32_t second = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.waitInside(CALL_C_Digest, 5);
  CHECK(bench.crew->take() != 0);
  CHECK_EQUAL(bench.crew->take(), 0u);
  bench.fault.release(CALL_C_Digest);
  CHECK_EQUAL(BatchAnswer(bench.engine.wait(first)).unbegun, 0u);
  CHECK_EQUAL(BatchAnswer(bench.engine.wait(second)).unbegun, 0u);
  CHECK(bench.fault.get(&fault_words::most_running) <= 5);
}

TEST(batch_runs_on_a_serial_library) {
  Fault fault;
  Engine engine(fault.path());
  engine.load();
  CHECK(engine.call(Engine::initialize(CKF_OS_LOCKING_OK, true)).ok());
  CrewOf crew(engine);
  for (int i = 0; i < 3; ++i) crew.add();
  fault.tell(CALL_C_Digest, &fault_function::sleep, 100);
  BatchRequest request;
  request.items = numbered(300);
  uint32_t first = engine.submit(request.on(crew.id));
  uint32_t second = engine.submit(request.on(crew.id));
  for (int i = 0; i < 10; ++i) CHECK(engine.call(digest(crew.id, "x")).ok());
  CHECK(!engine.answered(first));
  CHECK_EQUAL(BatchAnswer(engine.wait(first)).unbegun, 0u);
  CHECK_EQUAL(BatchAnswer(engine.wait(second)).unbegun, 0u);
  CHECK_EQUAL(fault.get(&fault_words::most_running), 1u);
  fault.checkManners();
}

TEST(batch_items_have_mechanisms_of_their_own) {
  Bench bench(2);
  Answer made = bench.engine.call(Request(CALL_C_GenerateKey)
                                      .u64(bench.alone)
                                      .mechanism(CKM_AES_KEY_GEN)
                                      .attributes(1)
                                      .ulong(CKA_VALUE_LEN, 16));
  BatchRequest request;
  request.operation = kEncrypt;
  request.key = made.u64();
  request.capacity = 16;
  request.items.assign(40, "0123456789abcdef");
  for (char i = 0; i < 40; ++i) request.mechanisms.push_back(Request(0).mechanism(CKM_AES_CBC, std::string(16, i)));
  BatchAnswer answer = bench.run(request);
  CHECK_EQUAL(answer.failed + answer.unbegun, 0u);
  for (size_t i : {size_t{0}, size_t{17}, size_t{39}}) {
    Answer once = bench.engine.call(Request(CALL_EncryptOnce)
                                        .u64(bench.alone)
                                        .mechanism(CKM_AES_CBC, std::string(16, static_cast<char>(i)))
                                        .u64(request.key)
                                        .noPin()
                                        .bytes(request.items[i])
                                        .u32(16));
    CHECK(once.ok() && once.bytes() == answer.outputs[i]);
  }
}

TEST(batch_requests_that_are_none_are_refused) {
  Bench bench(1);
  BatchRequest request;
  request.items = numbered(3);
  Request good = request.on(bench.crew->id);
  for (size_t size = 8; size < good.data.size(); ++size) {
    Request cut(0);
    cut.data.assign(good.data.begin(), good.data.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(bench.engine.call(cut).engine(ENGINE_MALFORMED));
  }
  Request longer = good;
  longer.u8(0);
  CHECK(bench.engine.call(longer).engine(ENGINE_MALFORMED));
  CHECK(bench.engine.call(request.on(bench.alone)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(bench.engine.sync(good).engine(ENGINE_NOT_ALLOWED));
  BatchRequest huge = request;
  huge.capacity = 0xffffffff;
  CHECK(bench.engine.call(huge.on(bench.crew->id)).engine(ENGINE_TOO_LARGE));
  BatchRequest nobody = request;
  nobody.most = 0;
  CHECK(bench.engine.call(nobody.on(bench.crew->id)).engine(ENGINE_MALFORMED));
}
