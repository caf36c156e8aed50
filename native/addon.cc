// The binding of docs/boundary.md for Node: arguments in, replies out, and the life of an environment. Nothing here
// knows what a call means.
#include <napi.h>

#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "completions.h"
#include "engine/client.h"
#include "engine/platform.h"
#include "generated/engine_codes.h"

namespace cryptoki {

namespace {

constexpr napi_type_tag kModuleTag = {0x6f1c2a54d0b94e1d, 0x9b7de2f3184c05a6};
constexpr uint32_t kMostThreads = 512;

using ClientPointer = std::shared_ptr<Client>;

// What one JavaScript environment has: its way back, and its clients.
struct Environment {
  std::shared_ptr<Completions> completions;
  std::set<ClientPointer> clients;
};

using EnvironmentPointer = std::shared_ptr<Environment>;

// What a ModuleRef wraps. It may be collected when the environment's own data has gone already.
struct ModuleRef {
  ClientPointer client;
  EnvironmentPointer environment;
};

EnvironmentPointer& environmentOf(Napi::Env env) { return *env.GetInstanceData<EnvironmentPointer>(); }

// Node calls it before the environment goes, while calls may run: nothing in here may wait.
void leave(void* data) {
  auto& environment = *static_cast<Environment*>(data);
  if (environment.completions) environment.completions->close();
  for (auto& client : environment.clients) client->abandon();
  environment.clients.clear();
}

Client& clientOf(const Napi::CallbackInfo& info) {
  Napi::Value value = info[0];
  bool ours = false;
  if (value.IsObject()) napi_check_object_type_tag(info.Env(), value, &kModuleTag, &ours);
  void* wrapped = nullptr;
  if (!ours || napi_unwrap(info.Env(), value, &wrapped) != napi_ok) {
    throw Napi::TypeError::New(info.Env(), "The first argument must be a reference made by module()");
  }
  return *static_cast<ModuleRef*>(wrapped)->client;
}

// The bytes of a Uint8Array as they are now. A detached one is empty.
Bytes bytesOf(Napi::Env env, napi_value value, const char* what) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  bool typed = false;
  napi_is_typedarray(env, value, &typed);
  if (typed) napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
  if (!typed || type != napi_uint8_array) throw Napi::TypeError::New(env, std::string(what) + " must be a Uint8Array");
  return {static_cast<const uint8_t*>(data), data == nullptr ? 0 : length, false};
}

Bytes frameOf(const Napi::CallbackInfo& info, size_t index) {
  Bytes frame = bytesOf(info.Env(), info[index], "The frame");
  Napi::Value length = info[index + 1];
  double wanted = length.IsNumber() ? length.As<Napi::Number>().DoubleValue() : -1;
  if (!(wanted >= 0 && wanted <= static_cast<double>(frame.size))) {
    throw Napi::RangeError::New(info.Env(), "The length must be a number from 0 to the frame's size");
  }
  frame.size = static_cast<size_t>(wanted);
  return frame;
}

void payloadsOf(const Napi::CallbackInfo& info, size_t index, std::vector<Bytes>& payloads) {
  Napi::Value value = info[index];
  if (value.IsUndefined()) return;
  if (!value.IsArray()) {
    payloads.push_back(bytesOf(info.Env(), value, "The payload"));
    return;
  }
  // Every element is fetched before any is looked at: a getter among them could detach another.
  auto array = value.As<Napi::Array>();
  uint32_t count = array.Length();
  std::vector<napi_value> elements;
  elements.reserve(count);
  for (uint32_t i = 0; i < count; ++i) elements.push_back(array.Get(i));
  for (napi_value element : elements) payloads.push_back(bytesOf(info.Env(), element, "Each payload"));
}

uint32_t ticketOf(const Napi::CallbackInfo& info) {
  if (!info[1].IsNumber()) throw Napi::TypeError::New(info.Env(), "The ticket must be a number");
  return info[1].As<Napi::Number>().Uint32Value();
}

// What the engine throws is want of memory; JavaScript gets an error for it like for any other misfortune.
template <typename Body>
auto guarded(Napi::Env env, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(env, "Out of memory");
  }
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
  return guarded(env, [&]() -> Napi::Value {
    auto client = Client::create(info[0].As<Napi::String>().Utf8Value(), static_cast<uint32_t>(threads),
                                 environment->completions);
    environment->clients.insert(client);
    auto* wrapped = new ModuleRef{client, environment};
    Napi::Object reference = Napi::Object::New(env);
    auto collected = [](napi_env, void* data, void*) {
      auto* ref = static_cast<ModuleRef*>(data);
      ref->client->abandon();
      ref->environment->clients.erase(ref->client);
      delete ref;
    };
    if (napi_wrap(env, reference, wrapped, collected, nullptr, nullptr) != napi_ok) {
      delete wrapped;
      throw Napi::Error::New(env);
    }
    napi_type_tag_object(env, reference, &kModuleTag);
    return reference;
  });
}

Napi::Value submit(const Napi::CallbackInfo& info) {
  Client& client = clientOf(info);
  uint32_t ticket = ticketOf(info);
  std::vector<Bytes> payloads;
  payloadsOf(info, 4, payloads);
  // Last, for the same reason for which payloads are fetched first.
  Bytes frame = frameOf(info, 2);
  Completions& completions = *environmentOf(info.Env())->completions;
  bool held = info[5].IsBoolean() && info[5].As<Napi::Boolean>().Value();
  guarded(info.Env(), [&] { client.submit(ticket, frame.data, frame.size, payloads, held); });
  completions.expect();
  return info.Env().Undefined();
}

Napi::Value wake(const Napi::CallbackInfo& info) {
  clientOf(info).wake();
  return info.Env().Undefined();
}

Napi::Value callSync(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Client& client = clientOf(info);
  std::vector<Bytes> payloads;
  payloadsOf(info, 3, payloads);
  Bytes frame = frameOf(info, 1);
  auto task = guarded(env, [&] { return client.callSync(frame.data, frame.size, payloads); });
  Napi::Uint8Array reply = Napi::Uint8Array::New(env, task->reply.size());
  std::memcpy(reply.Data(), task->reply.data(), task->reply.size());
  Task::giveBack(std::move(task));
  return reply;
}

Napi::Value cancel(const Napi::CallbackInfo& info) {
  uint32_t ticket = ticketOf(info);
  bool taken = guarded(info.Env(), [&] {
    bool queued = clientOf(info).cancel(ticket);
    // JavaScript rejects a call at once that it could not take back, so nobody waits for it any more.
    if (!queued) environmentOf(info.Env())->completions->forget(ticket);
    return queued;
  });
  return Napi::Boolean::New(info.Env(), taken);
}

Napi::Value unref(const Napi::CallbackInfo& info) {
  clientOf(info);
  uint32_t ticket = ticketOf(info);
  guarded(info.Env(), [&] { environmentOf(info.Env())->completions->forget(ticket); });
  return info.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  platform::keepLoaded();
  env.SetInstanceData(new EnvironmentPointer(std::make_shared<Environment>()));
  exports["specHash"] = Napi::String::New(env, SPEC_HASH);
  exports["start"] = Napi::Function::New(env, start, "start");
  exports["module"] = Napi::Function::New(env, module, "module");
  exports["submit"] = Napi::Function::New(env, submit, "submit");
  exports["wake"] = Napi::Function::New(env, wake, "wake");
  exports["callSync"] = Napi::Function::New(env, callSync, "callSync");
  exports["cancel"] = Napi::Function::New(env, cancel, "cancel");
  exports["unref"] = Napi::Function::New(env, unref, "unref");
  return exports;
}

}  // namespace

NODE_API_MODULE(cryptoki, init)

}  // namespace cryptoki
