// The binding of docs/boundary.md for Node: arguments in, replies out, and the life of an environment. Nothing here
// knows what a call means.
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "completions.h"
#include "engine/client.h"
#include "engine/platform.h"
#include "engine/platform_wipe.h"
#include "generated/engine_codes.h"

namespace cryptoki {

namespace {

constexpr uint32_t kMostThreads = 512;

using ClientPointer = std::shared_ptr<Client>;

struct ModuleRef;

// What one JavaScript environment has: its way back, its clients, and the references to them that it has not collected.
struct Environment {
  std::shared_ptr<Completions> completions;
  std::set<ClientPointer> clients;
  std::vector<ModuleRef*> references;  // few
  // For callSync, of which there is never more than one at a time.
  Task task;

  void forget(ModuleRef& ref);
};

using EnvironmentPointer = std::shared_ptr<Environment>;

// What a reference of JavaScript points to. It may be collected when the environment's own data has gone already.
struct ModuleRef {
  ClientPointer client;
  EnvironmentPointer environment;
};

void Environment::forget(ModuleRef& ref) {
  references.erase(std::remove(references.begin(), references.end(), &ref), references.end());
  clients.erase(ref.client);
}

EnvironmentPointer& environmentOf(Napi::Env env) { return *env.GetInstanceData<EnvironmentPointer>(); }

// Node calls it before the environment goes, while calls may run: nothing in here may wait.
void leave(void* data) {
  auto& environment = *static_cast<Environment*>(data);
  if (environment.completions) environment.completions->close();
  for (auto& client : environment.clients) client->abandon();
  environment.clients.clear();
}

// The calls that are made again and again do without the comfort of Napi::CallbackInfo, which costs more than they do.
template <size_t most>
struct Arguments {
  napi_value at[most];  // undefined where there are fewer
  size_t count = most;
  Environment* environment;
  Arguments(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, at, nullptr, &data);
    environment = static_cast<Environment*>(data);
  }
};

Client& clientOf(napi_env env, napi_value value, const Environment& environment) {
  void* pointer = nullptr;
  if (napi_get_value_external(env, value, &pointer) == napi_ok) {
    // It may be another addon's: nothing is read through it before it is known to be one of ours.
    auto* ref = static_cast<ModuleRef*>(pointer);
    auto end = environment.references.end();
    if (std::find(environment.references.begin(), end, ref) != end) return *ref->client;
  }
  throw Napi::TypeError::New(env, "The first argument must be a reference made by module()");
}

// The bytes of a Uint8Array as they are now. A detached one is empty.
Bytes bytesOf(napi_env env, napi_value value, const char* what) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  napi_status status = napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
  if (status != napi_ok || type != napi_uint8_array) {
    throw Napi::TypeError::New(env, std::string(what) + " must be a Uint8Array");
  }
  return {static_cast<const uint8_t*>(data), data == nullptr ? 0 : length, false};
}

size_t lengthOf(napi_env env, napi_value value, const Bytes& frame) {
  double wanted = -1;
  napi_get_value_double(env, value, &wanted);
  if (!(wanted >= 0 && wanted <= static_cast<double>(frame.size))) {
    throw Napi::RangeError::New(env, "The length must be a number from 0 to the frame's size");
  }
  return static_cast<size_t>(wanted);
}

bool isUndefined(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type == napi_undefined;
}

void payloadsOf(napi_env env, napi_value value, std::vector<Bytes>& payloads) {
  if (isUndefined(env, value)) return;
  bool isArray = false;
  napi_is_array(env, value, &isArray);
  if (!isArray) {
    payloads.push_back(bytesOf(env, value, "The payload"));
    return;
  }
  // Every element is fetched before any is looked at: a getter among them could detach another.
  auto array = Napi::Value(env, value).As<Napi::Array>();
  uint32_t count = array.Length();
  std::vector<napi_value> elements;
  elements.reserve(count);
  for (uint32_t i = 0; i < count; ++i) elements.push_back(array.Get(i));
  for (napi_value element : elements) payloads.push_back(bytesOf(env, element, "Each payload"));
}

uint32_t ticketOf(napi_env env, napi_value value) {
  uint32_t ticket = 0;
  if (napi_get_value_uint32(env, value, &ticket) == napi_ok) return ticket;
  throw Napi::TypeError::New(env, "The ticket must be a number");
}

// What the engine throws is want of memory; JavaScript gets an error for it like for any other misfortune.
template <typename Body>
napi_value guarded(napi_env env, Body body) noexcept {
  try {
    return body();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr, "Out of memory");
  }
  return nullptr;
}

Napi::Value start(const Napi::CallbackInfo& info) {
  Environment& environment = *environmentOf(info.Env());
  if (environment.completions) throw Napi::Error::New(info.Env(), "start() has been called in this environment");
  if (!info[0].IsFunction() || !info[1].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "Both arguments must be functions");
  }
  environment.completions =
      Completions::start(info.Env(), info[0].As<Napi::Function>(), info[1].As<Napi::Function>());
  // After the thread-safe function's own: hooks run in reverse, and ours must find it alive.
  napi_add_env_cleanup_hook(info.Env(), leave, &environment);
  return info.Env().Undefined();
}

Napi::Value module(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  EnvironmentPointer& environment = environmentOf(env);
  if (!environment->completions) throw Napi::Error::New(env, "start() comes first");
  if (!info[0].IsString()) throw Napi::TypeError::New(env, "The path must be a string");
  double threads = 0;
  if (info[1].IsObject()) {
    Napi::Value given = info[1].As<Napi::Object>().Get("threads");
    if (given.IsNumber()) threads = given.As<Napi::Number>().DoubleValue();
  }
  if (!(threads >= 1 && threads <= kMostThreads))
    throw Napi::RangeError::New(env, "threads must be a number from 1 to 512");
  try {
    auto client = Client::create(info[0].As<Napi::String>().Utf8Value(), static_cast<uint32_t>(threads),
                                 environment->completions);
    auto ref = std::make_unique<ModuleRef>(ModuleRef{client, environment});
    environment->references.push_back(ref.get());
    environment->clients.insert(client);
    auto collected = [](napi_env, void* data, void*) {
      std::unique_ptr<ModuleRef> gone(static_cast<ModuleRef*>(data));
      gone->client->abandon();
      gone->environment->forget(*gone);
    };
    napi_value reference = nullptr;
    if (napi_create_external(env, ref.get(), collected, nullptr, &reference) != napi_ok) {
      environment->forget(*ref);
      throw Napi::Error::New(env);
    }
    ref.release();
    return Napi::Value(env, reference);
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(env, "Out of memory");
  }
}

napi_value submit(napi_env env, napi_callback_info info) noexcept {
  Arguments<6> given(env, info);
  return guarded(env, [&]() -> napi_value {
    Client& client = clientOf(env, given.at[0], *given.environment);
    uint32_t ticket = ticketOf(env, given.at[1]);
    std::vector<Bytes> payloads;
    if (given.count > 4) payloadsOf(env, given.at[4], payloads);
    // Last, for the same reason for which payloads are fetched first.
    Bytes frame = bytesOf(env, given.at[2], "The frame");
    size_t length = lengthOf(env, given.at[3], frame);
    bool held = false;
    if (given.count > 5) napi_get_value_bool(env, given.at[5], &held);
    client.submit(ticket, frame.data, length, payloads, held);
    given.environment->completions->expect();
    return nullptr;
  });
}

napi_value wake(napi_env env, napi_callback_info info) noexcept {
  Arguments<1> given(env, info);
  return guarded(env, [&]() -> napi_value {
    clientOf(env, given.at[0], *given.environment).wake();
    return nullptr;
  });
}

napi_value collect(napi_env env, napi_callback_info info) noexcept {
  Arguments<1> given(env, info);
  return guarded(env, [&]() -> napi_value {
    bool more = false;
    napi_get_value_bool(env, given.at[0], &more);
    if (given.environment->completions) given.environment->completions->collect(more);
    return nullptr;
  });
}

// The reply as an array of its own. To make one takes longer than a short call.
napi_value replyOf(napi_env env, const Task& task) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value reply = nullptr;
  if (napi_create_arraybuffer(env, task.reply.size(), &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_uint8_array, task.reply.size(), buffer, 0, &reply) != napi_ok) {
    throw Napi::Error::New(env);
  }
  std::memcpy(data, task.reply.data(), task.reply.size());
  return reply;
}

napi_value callSync(napi_env env, napi_callback_info info) noexcept {
  Arguments<4> given(env, info);
  Task& task = given.environment->task;
  napi_value answer = guarded(env, [&]() -> napi_value {
    Client& client = clientOf(env, given.at[0], *given.environment);
    std::vector<Bytes> payloads;
    if (given.count > 3) payloadsOf(env, given.at[3], payloads);
    Bytes frame = bytesOf(env, given.at[1], "The frame");
    size_t length = lengthOf(env, given.at[2], frame);
    client.callSync(task, frame.data, length, payloads);
    // Behind the request, which stays what it is, for the next call.
    size_t start = (length + 7) & ~size_t{7};
    if (task.reply.size() + start > frame.size) return replyOf(env, task);
    std::memcpy(const_cast<uint8_t*>(frame.data) + start, task.reply.data(), task.reply.size());
    napi_value size = nullptr;
    napi_create_uint32(env, static_cast<uint32_t>(task.reply.size()), &size);
    return size;
  });
  task.clear();
  return answer;
}

// Calls whose requests all stand in one array, which JavaScript gives to nobody else: it is looked at once.
struct Direct {
  ClientPointer client;
  EnvironmentPointer environment;
  uint8_t* frame;
  size_t size;
  napi_ref array;
};

// Before the request: its length, and then that of the reply, in the order of the processor.
constexpr size_t kDirectHeader = 8;

// Neither arguments nor, nearly always, a result: what Node-API takes for each is a good part of what the call takes.
napi_value callDirect(napi_env env, napi_callback_info info) noexcept {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto& direct = *static_cast<Direct*>(data);
  Task& task = direct.environment->task;
  napi_value answer = guarded(env, [&]() -> napi_value {
    uint32_t length = 0;
    std::memcpy(&length, direct.frame, sizeof(length));
    if (length > direct.size - kDirectHeader) {
      throw Napi::RangeError::New(env, "The length must be a number from 0 to the frame's size");
    }
    static const std::vector<Bytes> none;
    uint8_t* request = direct.frame + kDirectHeader;
    direct.client->callSync(task, request, length, none);
    secureWipe(request, length);
    size_t start = (kDirectHeader + length + 7) & ~size_t{7};
    if (task.reply.size() + start > direct.size) return replyOf(env, task);
    auto size = static_cast<uint32_t>(task.reply.size());
    std::memcpy(direct.frame, &size, sizeof(size));
    std::memcpy(direct.frame + start, task.reply.data(), size);
    return nullptr;
  });
  task.clear();
  return answer;
}

napi_value direct(napi_env env, napi_callback_info info) noexcept {
  Arguments<2> given(env, info);
  return guarded(env, [&]() -> napi_value {
    Client& client = clientOf(env, given.at[0], *given.environment);
    Bytes frame = bytesOf(env, given.at[1], "The frame");
    if (frame.size <= kDirectHeader) throw Napi::RangeError::New(env, "The frame is too small");
    auto made = std::make_unique<Direct>();
    made->client = client.shared_from_this();
    made->environment = environmentOf(env);
    made->frame = const_cast<uint8_t*>(frame.data);
    made->size = frame.size;
    napi_value function = nullptr;
    auto collected = [](napi_env inEnv, void* data, void*) {
      std::unique_ptr<Direct> gone(static_cast<Direct*>(data));
      napi_delete_reference(inEnv, gone->array);
    };
    if (napi_create_reference(env, given.at[1], 1, &made->array) != napi_ok) throw Napi::Error::New(env);
    if (napi_create_function(env, "callDirect", NAPI_AUTO_LENGTH, callDirect, made.get(), &function) != napi_ok ||
        napi_add_finalizer(env, function, made.get(), collected, nullptr, nullptr) != napi_ok) {
      napi_delete_reference(env, made->array);
      throw Napi::Error::New(env);
    }
    made.release();
    return function;
  });
}

napi_value cancel(napi_env env, napi_callback_info info) noexcept {
  Arguments<2> given(env, info);
  return guarded(env, [&]() -> napi_value {
    uint32_t ticket = ticketOf(env, given.at[1]);
    Client::Cancellation done = clientOf(env, given.at[0], *given.environment).cancel(ticket);
    // JavaScript rejects a call at once that it could not take back, so nobody waits for it any more. What a stopped
    // batch has done by now is waited for.
    bool queued = done.what == Client::Cancelled::Queued;
    if (!queued && done.what != Client::Cancelled::Stopped) given.environment->completions->forget(ticket);
    return Napi::Number::New(env, queued ? -1 : static_cast<double>(done.session));
  });
}

napi_value unref(napi_env env, napi_callback_info info) noexcept {
  Arguments<2> given(env, info);
  return guarded(env, [&]() -> napi_value {
    clientOf(env, given.at[0], *given.environment);
    given.environment->completions->forget(ticketOf(env, given.at[1]));
    return nullptr;
  });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  platform::keepLoaded();
  env.SetInstanceData(new EnvironmentPointer(std::make_shared<Environment>()));
  exports["specHash"] = Napi::String::New(env, SPEC_HASH);
  exports["start"] = Napi::Function::New(env, start, "start");
  exports["module"] = Napi::Function::New(env, module, "module");
  // The environment outlives every function in it.
  auto add = [&](const char* name, napi_callback function) {
    napi_value made = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, environmentOf(env).get(), &made);
    exports[name] = Napi::Value(env, made);
  };
  add("submit", submit);
  add("wake", wake);
  add("collect", collect);
  add("callSync", callSync);
  add("direct", direct);
  add("cancel", cancel);
  add("unref", unref);
  return exports;
}

}  // namespace

NODE_API_MODULE(cryptoki, init)

}  // namespace cryptoki
