// Batches: what becomes of them when members go, do not come back, or the library is closed.
#include "batch_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

TEST(batch_goes_on_without_a_member_that_is_written_off) {
  Bench bench(1, 1);
  BatchRequest request;
  request.items = numbered(40);
  bench.fault.tell(CALL_C_Digest, &fault_function::skip, 0);
  bench.fault.tell(CALL_C_Digest, &fault_function::stay, 1);
  uint32_t ticket = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.waitInside(CALL_C_Digest);
  uint64_t stuck = bench.crew->members[0];
  until([&] { return bench.crew->stuck(3) == std::vector<uint64_t>{stuck}; });
  CHECK(bench.crew->writeOff(stuck));
  // Nobody is left.
  BatchAnswer alone(bench.engine.wait(ticket));
  CHECK_EQUAL(alone.unbegun, 39u);
  CHECK_EQUAL(alone.failures.size(), 1u);
  CHECK_EQUAL(alone.failures[0].rv, uint64_t{ENGINE_ABANDONED});
  CHECK_EQUAL(alone.failures[0].session, stuck);
  // With others, and a thread in the stead of the one that is gone.
  for (int i = 0; i < 3; ++i) bench.crew->add();
  BatchAnswer more = bench.run(request);
  CHECK_EQUAL(more.unbegun + more.failed, 0u);
  bench.fault.tell(CALL_C_Digest, &fault_function::stay, 1);
  ticket = bench.engine.submit(request.on(bench.crew->id));
  std::vector<uint64_t> seen;
  until([&] { return !(seen = bench.crew->stuck(200)).empty(); });
  CHECK(bench.crew->writeOff(seen[0]));
  BatchAnswer answer(bench.engine.wait(ticket));
  CHECK_EQUAL(answer.unbegun, 0u);
  CHECK_EQUAL(answer.failures.size(), 1u);
  bench.checkDigests(request, answer);
  // Both come back late, and work on.
  bench.fault.set(&fault_words::freed, 1);
  CHECK(bench.engine.call(digest(stuck, "x")).ok());
  CHECK(bench.engine.call(digest(seen[0], "x")).ok());
  bench.crew->join(stuck);
  CHECK_EQUAL(bench.run(request).failed, 0u);
}

TEST(batch_members_leave_and_are_closed_in_the_midst) {
  Bench bench(3);
  bench.fault.tell(CALL_C_Digest, &fault_function::sleep, 500);
  BatchRequest request;
  request.items = numbered(120);
  uint32_t ticket = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.waitInside(CALL_C_Digest, 2);
  auto& members = bench.crew->members;
  bench.crew->leave(members[0]);
  CHECK(bench.engine.call(Request(CALL_C_CloseSession).u64(members[1])).ok());
  CHECK(bench.engine.call(digest(members[0], "x")).ok());
  CHECK_EQUAL(bench.engine.wait(bench.crew->reserve()).u64(), members[2]);
  // The last has left: what is not begun stays so.
  BatchAnswer answer(bench.engine.wait(ticket));
  CHECK_EQUAL(answer.failed, 0u);
  CHECK(answer.unbegun > 0);
  bench.checkDigests(request, answer);
  bench.crew->join(members[2]);
  ticket = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.waitInside(CALL_C_Digest, 1);
  CHECK(bench.engine.call(Request(CALL_C_CloseAllSessions).u64(1)).ok());
  CHECK(BatchAnswer(bench.engine.wait(ticket)).unbegun > 0);
}

TEST(batch_goes_on_with_what_a_member_gives_back_late) {
  Bench bench(2);
  BatchRequest request;
  request.items = numbered(100);
  bench.fault.tell(CALL_C_Digest, &fault_function::stay, 1);
  uint32_t ticket = bench.engine.submit(request.on(bench.crew->id));
  // One is in the midst of its range, the other has done all the rest and lies idle.
  uint64_t idle = 0;
  until([&] { return (idle = bench.crew->take()) != 0; });
  bench.crew->join(idle);
  bench.crew->leave(bench.crew->members[0] == idle ? bench.crew->members[1] : bench.crew->members[0]);
  bench.fault.set(&fault_words::freed, 1);
  BatchAnswer answer(bench.engine.wait(ticket));
  CHECK_EQUAL(answer.unbegun + answer.failed, 0u);
  bench.checkDigests(request, answer);
}

TEST(batch_is_stopped_when_the_library_is_closed) {
  Bench bench(2);
  bench.fault.tell(CALL_C_Digest, &fault_function::sleep, 500);
  BatchRequest request;
  request.items = numbered(10000);
  uint32_t ticket = bench.engine.submit(request.on(bench.crew->id));
  bench.fault.waitInside(CALL_C_Digest, 2);
  uint32_t finalize = bench.engine.submit(Request(CALL_C_Finalize));
  BatchAnswer answer(bench.engine.wait(ticket));
  CHECK(answer.unbegun > 9000);
  CHECK(bench.engine.wait(finalize).ok());
  CHECK(bench.engine.call(request.on(bench.crew->id)).engine(ENGINE_NOT_INITIALIZED));
}

TEST(batch_of_somebody_who_leaves_ends_soon) {
  Fault fault;
  {
    Engine engine(fault.path());
    engine.start();
    CrewOf crew(engine);
    crew.add();
    crew.add();
    fault.tell(CALL_C_Digest, &fault_function::sleep, 500);
    BatchRequest request;
    request.items = numbered(100000);
    engine.submit(request.on(crew.id));
    fault.waitInside(CALL_C_Digest, 2);
    engine.abandon();
    until([&] { return fault.get(&fault_words::initialized) == 0; });
  }
  fault.checkManners();
  CHECK(fault.calls(CALL_C_Digest) < 1000);
}
