// A crew to run batches in, and somebody beside it.
#pragma once

#include "crew_support.h"

namespace cryptoki::driver {

struct Bench {
  explicit Bench(int members, uint32_t threads = 64) : engine(fault.path(), threads) {
    engine.start();
    crew = std::make_unique<CrewOf>(engine);
    alone = engine.openLoggedIn();
    for (int i = 0; i < members; ++i) crew->add();
  }
  ~Bench() { fault.checkManners(); }

  BatchAnswer run(const BatchRequest& request) { return BatchAnswer(engine.call(request.on(crew->id))); }
  std::string digestOf(const std::string& item) { return engine.call(digest(alone, item)).bytes(); }
  void checkDigests(const BatchRequest& request, const BatchAnswer& answer) {
    CHECK_EQUAL(answer.rv, uint64_t{CKR_OK});
    CHECK_EQUAL(answer.outputs.size(), request.items.size());
    for (size_t i = 0; i < answer.outputs.size(); ++i) {
      if (answer.status[i] == 32) CHECK(answer.outputs[i] == digestOf(request.items[i]));
    }
  }

  Fault fault;
  Engine engine;
  uint64_t alone;
  std::unique_ptr<CrewOf> crew;
};

}  // namespace cryptoki::driver
