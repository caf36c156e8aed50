// One-shot recipes: Init, a context-specific login where the key wants one, and the operation, in one crossing and
// without another call between.
#include "by_hand.h"
#include "roles.h"

namespace cryptoki {

namespace {

template <typename Function>
struct Named {
  Function function;
  const char* name;
  uint16_t id;
};

#define NAMED(context, function) \
  Named<CK_##function> { (context).functions.function, #function, CALL_##function }

// What the operation was given, and how it ends.
struct Once {
  Once(CallContext& context, uint16_t initFunction, CK_FLAGS cancelFlag)
      : call(context), init(initFunction), flag(cancelFlag) {}

  Call call;
  uint16_t init;  // the Init function
  CK_FLAGS flag;  // for C_SessionCancel
  CK_SESSION_HANDLE session = 0;
  CK_MECHANISM_PTR mechanism = nullptr;
  CK_OBJECT_HANDLE key = 0;
  bool login = false;
  role::InBytes pin;
  role::InBytes data;

  void readSession() {
    call.reader.u64();
    session = call.session();
  }

  void readPin() {
    login = call.reader.u8() != 0;
    if (login) pin.read(call);
  }

  // Between Init and the operation. Answers false when it failed and the reply is written.
  bool logIn() {
    if (!login) return true;
    CK_RV rv = call.context.functions.C_Login(session, CKU_CONTEXT_SPECIFIC, pin.data, pin.size);
    if (rv == CKR_OK) return true;
    endOperation();
    writeFailure(call, rv, CALL_C_Login);
    return false;
  }

  // Leaves nothing active where the standard can end an operation. Where it cannot, or the token will not, the token
  // may still write into the mechanism.
  void endOperation() {
    auto cancel = call.context.functions.C_SessionCancel;
    if (cancel != nullptr && cancel(session, flag) == CKR_OK) return;
    keepMechanism(call.context, init);
  }

  void finish(CK_RV rv, uint16_t operation) {
    if (rv != CKR_OK) return writeFailure(call, rv, operation);
    forgetMechanism(call.context, init);
    writeReply(call.context.job.reply, rv, operation, &call.context.job.writeBack);
  }
};

// Init and login; false when the reply is written.
template <typename Init, typename... Key>
bool begin(Once& once, const Named<Init>& init, Key... key) {
  if (once.login) present(once.call.context.functions.C_Login, "C_Login");
  expectMechanism(once.call.context, init.id);
  CK_RV rv = init.function(once.session, once.mechanism, key...);
  if (rv != CKR_OK) {
    writeFailure(once.call, rv, init.id);
    return false;
  }
  return once.logIn();
}

// The operation, into a buffer that grows.
template <typename Operation>
void perform(Once& once, const Named<Operation>& operation, role::OutBytes& output) {
  CK_RV rv;
  try {
    do {
      rv = std::apply(operation.function,
                      std::tuple_cat(std::make_tuple(once.session), once.data.arguments(), output.arguments()));
    } while (output.again(once.call, rv));
  } catch (...) {
    // A length beyond all bounds or no memory for it: the operation waits for a larger buffer. After a lie it is over,
    // and cancelling it does no harm.
    once.endOperation();
    throw;
  }
  // The token wants a larger buffer, but does not say how large.
  if (rv == CKR_BUFFER_TOO_SMALL) once.endOperation();
  once.finish(rv, operation.id);
  if (rv == CKR_OK) output.write(once.call.context.job.reply);
}

// All that have a key and an output are alike.
template <typename Init, typename Operation>
void withKey(CallContext& context, const Named<Init>& init, const Named<Operation>& operation, CK_FLAGS flag) {
  Once once(context, init.id, flag);
  role::OutBytes output;
  once.readSession();
  once.mechanism = once.call.decoder.mechanism();
  once.key = once.call.reader.ulong();
  once.readPin();
  once.data.read(once.call);
  output.read(once.call);
  once.call.reader.expectEnd();
  present(init.function, init.name);
  present(operation.function, operation.name);
  if (begin(once, init, once.key)) perform(once, operation, output);
}

}  // namespace

namespace byHand {

void SignOnce(CallContext& context) { withKey(context, NAMED(context, C_SignInit), NAMED(context, C_Sign), CKF_SIGN); }
void EncryptOnce(CallContext& context) {
  withKey(context, NAMED(context, C_EncryptInit), NAMED(context, C_Encrypt), CKF_ENCRYPT);
}
void DecryptOnce(CallContext& context) {
  withKey(context, NAMED(context, C_DecryptInit), NAMED(context, C_Decrypt), CKF_DECRYPT);
}

void SignRecoverOnce(CallContext& context) {
  withKey(context, NAMED(context, C_SignRecoverInit), NAMED(context, C_SignRecover), CKF_SIGN_RECOVER);
}

void VerifyRecoverOnce(CallContext& context) {
  withKey(context, NAMED(context, C_VerifyRecoverInit), NAMED(context, C_VerifyRecover), CKF_VERIFY_RECOVER);
}

void VerifyOnce(CallContext& context) {
  auto init = NAMED(context, C_VerifyInit);
  auto operation = NAMED(context, C_Verify);
  Once once(context, init.id, CKF_VERIFY);
  role::InBytes signature;
  once.readSession();
  once.mechanism = once.call.decoder.mechanism();
  once.key = once.call.reader.ulong();
  once.readPin();
  once.data.read(once.call);
  signature.read(once.call);
  once.call.reader.expectEnd();
  present(init.function, init.name);
  present(operation.function, operation.name);
  if (!begin(once, init, once.key)) return;
  CK_RV rv = operation.function(once.session, once.data.data, once.data.size, signature.data, signature.size);
  once.finish(rv, operation.id);
}

void DigestOnce(CallContext& context) {
  auto init = NAMED(context, C_DigestInit);
  auto operation = NAMED(context, C_Digest);
  Once once(context, init.id, CKF_DIGEST);
  role::OutBytes output;
  once.readSession();
  once.mechanism = once.call.decoder.mechanism();
  once.data.read(once.call);
  output.read(once.call);
  once.call.reader.expectEnd();
  present(init.function, init.name);
  present(operation.function, operation.name);
  if (begin(once, init)) perform(once, operation, output);
}

}  // namespace byHand
}  // namespace cryptoki
