// Objects through the whole engine: templates, attributes, finding.
#include "driver.h"
#include "rows.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

// "kind value" of each attribute in an answer of C_GetAttributeValue, nested ones in brackets.
std::string attributesOf(Answer& answer) {
  std::string text;
  uint32_t count = answer.u32();
  for (uint32_t i = 0; i < count; ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(answer.u64()) + ' ';
    uint8_t kind = answer.u8();
    switch (kind) {
      case 0:
        text += "none";
        break;
      case 1:
        text += answer.u8() ? "true" : "false";
        break;
      case 2:
        text += std::to_string(answer.u64());
        break;
      case 3:
        text += '"' + answer.bytes() + '"';
        break;
      case 4:
        for (uint64_t one : answer.ulongs()) text += std::to_string(one) + ';';
        break;
      case 5:
        text += '[' + attributesOf(answer) + ']';
        break;
      default:
        CHECK(!"a kind that does not exist");
    }
  }
  return text;
}

Request read(uint64_t session, uint64_t object, std::initializer_list<std::pair<uint64_t, uint8_t>> wanted) {
  Request request(CALL_C_GetAttributeValue);
  request.u64(session).u64(object).u32(static_cast<uint32_t>(wanted.size()));
  for (auto [type, kind] : wanted) request.u64(type).u8(kind);
  return request;
}

uint64_t data(Engine& engine, uint64_t session, const std::string& label, const std::string& value) {
  Answer answer = engine.call(Request(CALL_C_CreateObject)
                                  .u64(session)
                                  .attributes(3)
                                  .ulong(CKA_CLASS, CKO_DATA)
                                  .text(CKA_LABEL, label)
                                  .text(CKA_VALUE, value));
  CHECK(answer.ok());
  return answer.ok() ? answer.u64() : 0;
}

}  // namespace

TEST(engine_attributes_of_every_kind) {
  Fault fault;
  for (uint64_t style : {0, 1, 2, 3}) {
    fault.set(&fault_words::attribute_style, style);
    Engine engine(fault.path());
    engine.start();
    uint64_t session = engine.openLoggedIn();
    uint64_t key = engine.secretKey(session, "value");
    Answer answer = engine.call(read(session, key,
                                     {{CKA_CLASS, 2},
                                      {CKA_TOKEN, 1},
                                      {CKA_LABEL, 3},
                                      {CKA_VALUE, 3},
                                      {CKA_MODULUS, 3},
                                      {CKA_VALUE_LEN, 2},
                                      {CKA_START_DATE, 3}}));
    CHECK(answer.rv == CKR_OK || answer.rv == CKR_ATTRIBUTE_TYPE_INVALID);
    std::string text = attributesOf(answer);
    CHECK(text == "0 4, 1 false, 3 \"\", 17 \"value\", 288 none, 353 5, 272 none");
    CHECK(answer.atEnd());
    std::string large(100000, 'v');
    uint64_t object = data(engine, session, std::string(3000, 'l'), large);
    Answer big = engine.call(read(session, object, {{CKA_LABEL, 3}, {CKA_VALUE, 3}}));
    CHECK(attributesOf(big) == "3 \"" + std::string(3000, 'l') + "\", 17 \"" + large + '"');
    engine.finish();
  }
  fault.checkManners();
}

TEST(engine_attributes_sensitive_or_missing) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  Answer made = engine.call(Request(CALL_C_GenerateKey)
                                .u64(session)
                                .mechanism(CKM_AES_KEY_GEN)
                                .attributes(3)
                                .ulong(CKA_VALUE_LEN, 16)
                                .flag(CKA_SENSITIVE, true)
                                .flag(CKA_EXTRACTABLE, false));
  uint64_t key = made.u64();
  Answer answer = engine.call(
      read(session, key,
           {{CKA_VALUE, 3}, {CKA_VALUE_LEN, 2}, {CKA_SENSITIVE, 1}, {0x80004711, 3}, {CKA_ALWAYS_SENSITIVE, 1}}));
  CHECK(attributesOf(answer) == "17 none, 353 16, 259 true, 2147501841 none, 357 true");
  CHECK_EQUAL(engine.call(read(session, 4711, {{CKA_VALUE, 3}})).rv, CKR_OBJECT_HANDLE_INVALID);
  Answer none = engine.call(read(session, key, {}));
  CHECK(none.ok());
  CHECK(attributesOf(none).empty());
  fault.checkManners();
}

TEST(engine_attributes_nested) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  Answer made = engine.call(Request(CALL_C_CreateObject)
                                .u64(session)
                                .attributes(5)
                                .ulong(CKA_CLASS, CKO_SECRET_KEY)
                                .ulong(CKA_KEY_TYPE, CKK_AES)
                                .text(CKA_VALUE, "0123456789abcdef")
                                .u64(CKA_WRAP_TEMPLATE)
                                .u8(5)
                                .attributes(3)
                                .flag(CKA_TOKEN, true)
                                .text(CKA_LABEL, "inner")
                                .u64(CKA_DERIVE_TEMPLATE)
                                .u8(5)
                                .attributes(1)
                                .ulong(CKA_KEY_TYPE, CKK_RSA)
                                .u64(CKA_ALLOWED_MECHANISMS)
                                .u8(4)
                                .u32(2)
                                .u64(CKM_AES_CBC)
                                .u64(CKM_AES_GCM));
  CHECK(made.ok());
  if (!made.ok()) return;
  uint64_t key = made.u64();
  Answer answer = engine.call(
      read(session, key,
           {{CKA_WRAP_TEMPLATE, 5}, {CKA_ALLOWED_MECHANISMS, 4}, {CKA_UNWRAP_TEMPLATE, 5}, {CKA_KEY_TYPE, 2}}));
  std::string text = attributesOf(answer);
  std::string wrap = std::to_string(CKA_WRAP_TEMPLATE), derive = std::to_string(CKA_DERIVE_TEMPLATE);
  CHECK(text == wrap + " [1 true, 3 \"inner\", " + derive + " [256 0]], " + std::to_string(CKA_ALLOWED_MECHANISMS) +
                    ' ' + std::to_string(CKM_AES_CBC) + ';' + std::to_string(CKM_AES_GCM) + ";, " +
                    std::to_string(CKA_UNWRAP_TEMPLATE) + " none, 256 31");
  if (text.find("256 31") == std::string::npos) std::fprintf(stderr, "  %s\n", text.c_str());
  fault.checkManners();
}

TEST(engine_set_copy_destroy) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t object = data(engine, session, "first", "value");
  CHECK(engine.call(Request(CALL_C_SetAttributeValue).u64(session).u64(object).attributes(1).text(CKA_LABEL, "second"))
            .ok());
  CHECK_EQUAL(
      engine.call(Request(CALL_C_SetAttributeValue).u64(session).u64(object).attributes(1).ulong(CKA_CLASS, 1)).rv,
      CKR_ATTRIBUTE_READ_ONLY);
  Answer copied = engine.call(Request(CALL_C_CopyObject).u64(session).u64(object).attributes(1).flag(CKA_TOKEN, true));
  CHECK(copied.ok());
  uint64_t copy = copied.u64();
  Answer answer = engine.call(read(session, copy, {{CKA_LABEL, 3}, {CKA_TOKEN, 1}}));
  CHECK(attributesOf(answer) == "3 \"second\", 1 true");
  CHECK(engine.call(Request(CALL_C_GetObjectSize).u64(session).u64(copy)).u64() > 0);
  CHECK(engine.call(Request(CALL_C_DestroyObject).u64(session).u64(object)).ok());
  CHECK_EQUAL(engine.call(Request(CALL_C_DestroyObject).u64(session).u64(object)).rv, CKR_OBJECT_HANDLE_INVALID);
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(session)).ok());
  CHECK_EQUAL(fault.get(&fault_words::objects), 1u);
  fault.checkManners();
}

TEST(engine_finds_more_than_a_thousand) {
  Fault fault;
  fault.set(&fault_words::preload, 2500);
  for (uint64_t batch : {0, 1000, 7}) {
    fault.set(&fault_words::find_batch, batch);
    Engine engine(fault.path());
    engine.start();
    uint64_t session = engine.open();
    Answer all = engine.call(Request(CALL_Find).u64(session).attributes(1).ulong(CKA_CLASS, CKO_DATA).u32(0xffffffff));
    CHECK(all.ok());
    std::vector<uint64_t> handles = all.ulongs();
    CHECK_EQUAL(handles.size(), 2500u);
    CHECK_EQUAL(engine.call(Request(CALL_Find).u64(session).attributes(0).u32(10)).ulongs().size(), 10u);
    CHECK_EQUAL(
        engine.call(Request(CALL_Find).u64(session).attributes(1).text(CKA_LABEL, "object 77").u32(2)).ulongs().size(),
        1u);
    CHECK_EQUAL(
        engine.call(Request(CALL_Find).u64(session).attributes(1).text(CKA_LABEL, "none").u32(2)).ulongs().size(), 0u);
    // By the plain functions too.
    CHECK(engine.call(Request(CALL_C_FindObjectsInit).u64(session).attributes(0)).ok());
    size_t found = 0;
    for (;;) {
      Answer some = engine.call(Request(CALL_C_FindObjects).u64(session).u32(999));
      CHECK(some.ok());
      size_t count = some.ulongs().size();
      if (count == 0) break;
      found += count;
    }
    CHECK_EQUAL(found, 2500u);
    CHECK(engine.call(Request(CALL_C_FindObjectsFinal).u64(session)).ok());

    Request request(CALL_ReadAttributes);
    request.u64(session).u32(static_cast<uint32_t>(handles.size()));
    for (uint64_t handle : handles) request.u64(handle);
    request.u32(4).u64(CKA_CLASS).u8(2).u64(CKA_LABEL).u8(3).u64(CKA_VALUE).u8(3).u64(CKA_TOKEN).u8(1);
    Answer rows = engine.call(request);
    CHECK(rows.ok());
    test::Rows table(rows.rest());
    CHECK_EQUAL(table.count, handles.size());
    std::vector<uint64_t> types = {CKA_CLASS, CKA_LABEL, CKA_VALUE, CKA_TOKEN};
    std::vector<std::string> texts;
    for (size_t i = 0; i < table.count; ++i) texts.push_back(table.row(i, types));
    CHECK(texts[5].find(std::to_string(handles[5]) + " 0: 0=#0 3='object 5' 17='") == 0);
    CHECK(table.whole());
    // The same in one crossing.
    Request both(CALL_FindAndRead);
    both.u64(session).attributes(1).ulong(CKA_CLASS, CKO_DATA).u32(0xffffffff).u32(2500);
    both.u32(4).u64(CKA_CLASS).u8(2).u64(CKA_LABEL).u8(3).u64(CKA_VALUE).u8(3).u64(CKA_TOKEN).u8(1);
    Answer together = engine.call(both);
    CHECK(together.ok());
    std::string outputs = together.rest();
    CHECK(together.ulongs() == handles);
    test::Rows same(outputs, outputs.size() - together.rest().size());
    for (size_t i = 0; i < same.count; ++i) CHECK(same.row(i, types) == texts[i]);
    engine.finish();
  }
  fault.checkManners();
}

TEST(engine_reads_on_when_an_object_is_gone) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t first = data(engine, session, "first", "1");
  uint64_t second = data(engine, session, "second", "2");
  Answer rows = engine.call(
      Request(CALL_ReadAttributes).u64(session).u32(3).u64(first).u64(4711).u64(second).u32(1).u64(CKA_LABEL).u8(3));
  CHECK(rows.ok());
  test::Rows table(rows.rest());
  CHECK(table.row(0, {CKA_LABEL}) == std::to_string(first) + " 0: 3='first'");
  CHECK(table.row(1, {CKA_LABEL}) == "4711 " + std::to_string(CKR_OBJECT_HANDLE_INVALID) + ": 3=-");
  CHECK(table.row(2, {CKA_LABEL}) == std::to_string(second) + " 0: 3='second'");
  fault.checkManners();
}
