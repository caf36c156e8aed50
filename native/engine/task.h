// A job with what the engine must know to place it: who asked, on which session, in which lane.
#pragma once

#include <memory>

#include "job.h"
#include "lane_queue.h"

namespace cryptoki {

struct Crew;
struct Part;

struct Task : Job {
  const CallRow* row = nullptr;
  std::shared_ptr<Client> client;
  std::shared_ptr<Session> session;
  std::shared_ptr<Crew> crew;  // addressed to it, not to a session
  Part* part = nullptr;        // a member's part of a batch: no call of JavaScript's
  Task* next = nullptr;        // in its lane
  uint32_t backlog = 0;        // calls that its crew had waiting when it ended
  bool silent =
      false;  // nobody waits for the reply; guarded by the executor's mutex while the task waits for a slot event
  bool waits = false;    // for a slot event, on the thread for that
  bool barrier = false;  // C_CloseAllSessions: waits for the lanes of the sessions that it closes

  // Tasks are used again: what they hold on to (an arena's first block, a reply's room) is most of what a call would
  // allocate.
  static std::unique_ptr<Task> take();                   // throws std::bad_alloc
  static void giveBack(std::unique_ptr<Task>) noexcept;  // clears it
  // Wipes it, for the next call.
  void clear() noexcept;
};

// Where finished calls go. `post` comes from any thread and must not block; the sink gives the task back when it has
// read its reply.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void post(std::unique_ptr<Task> task) noexcept = 0;
};

}  // namespace cryptoki
