// Reading attributes from tokens of every temper: exact, stingy, stopping early, lying.
#include <algorithm>
#include <map>

#include "../engine/overrun.h"
#include "codecs_attribute_support.h"
#include "rows.h"

namespace cryptoki::test {
namespace {

// A token whose objects have values by type. `style` is how it behaves where the standard leaves it room or tokens take
// it.
struct Token {
  enum Style {
    Exact,
    StopsEarly,
    StopsEarlyUnmarked,
    SaysWantedSize,
    AlwaysTooSmall,
    Lies,
    SaysUnavailableWithOk,
    Overruns,
    OverrunsBackwards,
    WantsExactRoom
  };
  Style style = Exact;
  CK_RV refusal = CKR_ATTRIBUTE_TYPE_INVALID;
  std::map<CK_ATTRIBUTE_TYPE, std::string> values;
  std::map<CK_OBJECT_HANDLE, CK_RV> objectRv;
  int calls = 0;
  int attributesAsked = 0;
} token;

CK_RV CK_CALL getAttributeValue(CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes,
                                CK_ULONG count) {
  ++token.calls;
  auto failing = token.objectRv.find(object);
  if (failing != token.objectRv.end()) return failing->second;
  CK_RV rv = CKR_OK;
  bool overruns = token.style == Token::Overruns || token.style == Token::OverrunsBackwards;
  for (CK_ULONG n = 0; n < count; ++n) {
    ++token.attributesAsked;
    CK_ATTRIBUTE& asked = attributes[token.style == Token::OverrunsBackwards ? count - 1 - n : n];
    auto found = token.values.find(asked.type);
    CK_RV own = CKR_OK;
    if (found == token.values.end()) {
      own = token.refusal;
      if (token.style != Token::StopsEarlyUnmarked) asked.ulValueLen = CK_UNAVAILABLE_INFORMATION;
    } else if (asked.pValue == nullptr) {
      asked.ulValueLen = found->second.size();
    } else if (token.style == Token::Lies) {
      asked.ulValueLen += 1;
    } else if ((asked.ulValueLen < found->second.size() && !overruns) || token.style == Token::AlwaysTooSmall ||
               (token.style == Token::WantsExactRoom && asked.ulValueLen != found->second.size())) {
      own = CKR_BUFFER_TOO_SMALL;
      asked.ulValueLen = token.style == Token::SaysWantedSize ? found->second.size() : CK_UNAVAILABLE_INFORMATION;
    } else {
      std::memcpy(asked.pValue, found->second.data(), found->second.size());
      asked.ulValueLen = found->second.size();
    }
    bool stops = token.style == Token::StopsEarly || token.style == Token::StopsEarlyUnmarked;
    if (own != CKR_OK && stops) return own;
    // Of several codes any may be returned: the meanest choice is the one that hides BUFFER_TOO_SMALL.
    if (own != CKR_OK && (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)) rv = own;
  }
  return token.style == Token::SaysUnavailableWithOk ? CKR_OK : rv;
}

Stage& fresh() {
  static Stage* stage = nullptr;
  delete stage;
  stage = new Stage();
  token = {};
  token.values = {
      {CKA_CLASS, number(CKO_CERTIFICATE)}, {CKA_TOKEN, std::string(1, '\1')},
      {CKA_LABEL, "certificate"},           {CKA_ID, std::string()},
      {CKA_VALUE, std::string(20000, 'v')}, {CKA_ALLOWED_MECHANISMS, number(CKM_AES_CBC) + number(CKM_AES_GCM)}};
  stage->functions.C_GetAttributeValue = getAttributeValue;
  return *stage;
}

// 0, 1, 3, 258 and so on, so that the expectations below can be read.
static_assert(CKA_CLASS == 0 && CKA_TOKEN == 1 && CKA_LABEL == 3 && CKA_VALUE == 0x11 && CKA_ID == 0x102 &&
              CKA_MODULUS == 0x120);

TEST(what_is_there_and_small_takes_one_call) {
  Stage& stage = fresh();
  Reply reply =
      stage.run(get({{CKA_CLASS, 2}, {CKA_TOKEN, 1}, {CKA_LABEL, 3}, {CKA_ID, 3}, {CKA_ALLOWED_MECHANISMS, 4}}));
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK_EQUAL(reply.function, CALL_C_GetAttributeValue);
  CHECK(toldBy(reply) ==
        "0=#1 1=true 3='certificate' 258='' " + std::to_string(CKA_ALLOWED_MECHANISMS) + "=[4226,4231]");
  CHECK_EQUAL(token.calls, 1);
}

TEST(what_is_not_there_takes_a_second_call) {
  Stage& stage = fresh();
  Reply reply = stage.run(get({{CKA_MODULUS, 3}, {CKA_LABEL, 3}, {CKA_SENSITIVE, 1}}));
  CHECK_EQUAL(reply.rv, CKR_ATTRIBUTE_TYPE_INVALID);
  CHECK(toldBy(reply) == "288=- 3='certificate' 259=-");
  CHECK_EQUAL(token.calls, 2);
  // Only the one that might have been too large was asked again.
  CHECK_EQUAL(token.attributesAsked, 4);
}

TEST(only_numbers_that_are_not_there_take_one_call) {
  Stage& stage = fresh();
  token.refusal = CKR_ATTRIBUTE_SENSITIVE;
  Reply reply = stage.run(get({{CKA_CLASS, 2}, {CKA_KEY_TYPE, 2}, {CKA_SENSITIVE, 1}}));
  CHECK_EQUAL(reply.rv, CKR_ATTRIBUTE_SENSITIVE);
  CHECK(toldBy(reply) == "0=#1 256=- 259=-");
  CHECK_EQUAL(token.calls, 1);
}

TEST(a_large_value_is_never_taken_for_a_missing_one) {
  Stage& stage = fresh();
  Reply reply = stage.run(get({{CKA_VALUE, 3}, {CKA_MODULUS, 3}, {CKA_LABEL, 3}}));
  CHECK_EQUAL(reply.rv, CKR_ATTRIBUTE_TYPE_INVALID);
  CHECK(toldBy(reply) == "17=20000v 288=- 3='certificate'");
  CHECK_EQUAL(token.calls, 3);

  Stage& alone = fresh();
  reply = alone.run(get({{CKA_VALUE, 3}}));
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK(toldBy(reply) == "17=20000v");
}

TEST(tokens_that_say_the_size_they_want_save_a_call) {
  Stage& stage = fresh();
  token.style = Token::SaysWantedSize;
  CHECK(toldBy(stage.run(get({{CKA_VALUE, 3}, {CKA_LABEL, 3}}))) == "17=20000v 3='certificate'");
  CHECK_EQUAL(token.calls, 2);
}

TEST(tokens_that_stop_at_the_first_bad_attribute_are_asked_one_by_one) {
  for (Token::Style style : {Token::StopsEarly, Token::StopsEarlyUnmarked}) {
    Stage& stage = fresh();
    token.style = style;
    Reply reply = stage.run(get({{CKA_LABEL, 3},
                                 {CKA_MODULUS, 3},
                                 {CKA_TOKEN, 1},
                                 {CKA_SENSITIVE, 1},
                                 {CKA_CLASS, 2},
                                 {CKA_VALUE, 3},
                                 {CKA_ID, 3}}));
    CHECK_EQUAL(reply.rv, CKR_ATTRIBUTE_TYPE_INVALID);
    CHECK(toldBy(reply) == "3='certificate' 288=- 1=true 259=- 0=#1 17=20000v 258=''");
  }
}

// As NSS 3.87 reads its session objects.
TEST(a_token_that_does_not_look_at_the_room_overwrites_nothing_that_is_told) {
  for (Token::Style style : {Token::Overruns, Token::OverrunsBackwards}) {
    Stage& stage = fresh();
    token.style = style;
    token.values[CKA_SUBJECT] = std::string(600000, 's');
    Reply reply = stage.run(get({{CKA_LABEL, 3},
                                 {CKA_VALUE, 3},
                                 {CKA_TOKEN, 1},
                                 {CKA_CLASS, 2},
                                 {CKA_SUBJECT, 3},
                                 {CKA_ID, 3},
                                 {CKA_MODULUS, 3}}));
    CHECK(toldBy(reply) == "3='certificate' 17=20000v 1=true 0=#1 257=600000s 258='' 288=-");
    CHECK_EQUAL(reply.rv, CKR_ATTRIBUTE_TYPE_INVALID);
    // Numbers too may be longer than numbers are.
    token.values[CKA_CLASS] = std::string(20, 'c');
    CHECK(toldBy(stage.run(get({{CKA_TOKEN, 1}, {CKA_CLASS, 2}, {CKA_LABEL, 3}}))) ==
          "1=true 0='" + std::string(20, 'c') + "' 3='certificate'");
  }
}

TEST(the_overrun_room_is_empty_for_the_next_call) {
  OverrunRoom* room = OverrunRoom::ofThisThread();
  CHECK(room != nullptr);
  uint8_t* memory = room->take(100);
  CHECK(room->contains(memory));
  std::memset(memory, 1, 5000);
  room->overrun(memory, 5000);
  uint8_t* next = room->take(8000);
  for (size_t i = 0; i < 8000; ++i) CHECK_EQUAL(next[i], 0);
  CHECK(room->take(OverrunRoom::kSize) == nullptr);
  room->clear();
  for (size_t i = 0; i < 5000; ++i) CHECK_EQUAL(memory[i], 0);
  uint8_t* far = room->take(1);
  far[10 * OverrunRoom::kSize] = 1;
  room->overrun(far, 10 * OverrunRoom::kSize + 1);
  room = OverrunRoom::ofThisThread();
  memory = room->take(1);
  CHECK_EQUAL(memory[10 * OverrunRoom::kSize], 0);
  room->abandon();
  CHECK(OverrunRoom::ofThisThread()->take(1) != memory);
}

TEST(unavailable_with_ok_is_unavailable) {
  Stage& stage = fresh();
  token.style = Token::SaysUnavailableWithOk;
  Reply reply = stage.run(get({{CKA_MODULUS, 3}, {CKA_CLASS, 2}}));
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK(toldBy(reply) == "288=- 0=#1");
}

TEST(too_small_for_ever_is_an_error_not_a_value) {
  Stage& stage = fresh();
  token.style = Token::AlwaysTooSmall;
  Reply reply = stage.run(get({{CKA_LABEL, 3}}));
  CHECK_EQUAL(reply.rv, CKR_BUFFER_TOO_SMALL);
  CHECK_EQUAL(reply.outputs.size(), 0u);
  CHECK(token.calls < 20);
}

TEST(a_token_that_wants_exactly_the_room_of_a_value_gets_it) {
  Stage& stage = fresh();
  token.style = Token::WantsExactRoom;
  CHECK_EQUAL(toldBy(stage.run(get({{CKA_LABEL, 3}, {CKA_TOKEN, 3}}))), "3='certificate' 1='\1'");
}

TEST(lengths_beyond_the_buffer_or_all_bounds) {
  Stage& stage = fresh();
  token.style = Token::Lies;
  CHECK_EQUAL(stage.run(get({{CKA_LABEL, 3}})).rv, ENGINE_LENGTH_LIE);
  CHECK_EQUAL(stage.run(get({{CKA_TOKEN, 1}})).rv, ENGINE_LENGTH_LIE);
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    attributes[0].ulValueLen = static_cast<CK_ULONG>(-2);
    return attributes[0].pValue == nullptr ? CKR_OK : CKR_BUFFER_TOO_SMALL;
  };
  CHECK_EQUAL(stage.run(get({{CKA_LABEL, 3}})).rv, ENGINE_TOO_LARGE);
}

TEST(numbers_of_another_width_are_widened_others_are_bytes) {
  Stage& stage = fresh();
  uint32_t narrow = 0x01020304;
  token.values = {{CKA_CLASS, std::string(reinterpret_cast<char*>(&narrow), 4)},
                  {CKA_KEY_TYPE, "\7"},
                  {CKA_MODULUS_BITS, "abc"},
                  {CKA_TOKEN, std::string()},
                  {CKA_CERTIFICATE_CATEGORY, number(CK_UNAVAILABLE_INFORMATION)},
                  {CKA_ALLOWED_MECHANISMS, "abc"}};
  Reply reply = stage.run(get({{CKA_CLASS, 2},
                               {CKA_KEY_TYPE, 2},
                               {CKA_MODULUS_BITS, 2},
                               {CKA_TOKEN, 1},
                               {CKA_CERTIFICATE_CATEGORY, 2},
                               {CKA_ALLOWED_MECHANISMS, 4}}));
  CHECK(toldBy(reply) == "0=#16909060 256=#7 289='abc' 1='' 135=#18446744073709551615 " +
                             std::to_string(CKA_ALLOWED_MECHANISMS) + "='abc'");
}

TEST(no_attributes_and_kinds_that_do_not_exist) {
  Stage& stage = fresh();
  CHECK(toldBy(stage.run(get({}))).empty());
  CHECK_EQUAL(stage.run(get({{CKA_CLASS, 0}})).rv, ENGINE_MALFORMED);
  CHECK_EQUAL(stage.run(get({{CKA_CLASS, 6}})).rv, ENGINE_MALFORMED);
}

TEST(other_failures_have_no_values) {
  Stage& stage = fresh();
  token.objectRv[1] = CKR_OBJECT_HANDLE_INVALID;
  Reply reply = stage.run(get({{CKA_LABEL, 3}}));
  CHECK_EQUAL(reply.rv, CKR_OBJECT_HANDLE_INVALID);
  CHECK_EQUAL(reply.outputs.size(), 0u);
}

Frame readMany(std::initializer_list<uint64_t> objects, std::initializer_list<Asked> list) {
  Frame frame = Frame::onSession(CALL_ReadAttributes);
  frame.u32(static_cast<uint32_t>(objects.size()));
  for (uint64_t object : objects) frame.u64(object);
  return wanted(std::move(frame), list);
}

Rows rowsOf(const Reply& reply) { return Rows(std::string(reply.outputs.begin(), reply.outputs.end())); }

TEST(many_objects_one_of_them_gone) {
  Stage& stage = fresh();
  token.objectRv[2] = CKR_OBJECT_HANDLE_INVALID;
  Reply reply = stage.run(readMany({1, 2, 3}, {{CKA_LABEL, 3}, {CKA_VALUE, 3}}));
  CHECK_EQUAL(reply.rv, CKR_OK);
  Rows rows = rowsOf(reply);
  CHECK_EQUAL(rows.count, 3u);
  CHECK(rows.row(0, {CKA_LABEL, CKA_VALUE}) == "1 0: 3='certificate' 17=20000v");
  CHECK(rows.row(1, {CKA_LABEL, CKA_VALUE}) == "2 " + std::to_string(CKR_OBJECT_HANDLE_INVALID) + ": 3=- 17=-");
  CHECK(rows.row(2, {CKA_LABEL, CKA_VALUE}) == "3 0: 3='certificate' 17=20000v");
  CHECK(rows.whole());
  // The room that the first object made serves the third.
  CHECK_EQUAL(token.calls, 3 + 1 + 1);
}

TEST(a_lost_session_ends_the_reading) {
  Stage& stage = fresh();
  token.objectRv[2] = CKR_SESSION_HANDLE_INVALID;
  Reply reply = stage.run(readMany({1, 2, 3}, {{CKA_LABEL, 3}}));
  CHECK_EQUAL(reply.rv, CKR_SESSION_HANDLE_INVALID);
  CHECK_EQUAL(reply.function, CALL_C_GetAttributeValue);
  CHECK_EQUAL(reply.outputs.size(), 0u);
  CHECK_EQUAL(token.calls, 2);
}

TEST(values_of_one_object_do_not_show_in_the_next) {
  Stage& stage = fresh();
  // The second object claims a length without writing a value.
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    attributes[0].ulValueLen = 32;
    if (object == 1) std::memset(attributes[0].pValue, 's', 32);
    return CKR_OK;
  };
  Reply reply = stage.run(readMany({1, 2}, {{CKA_VALUE, 3}}));
  Rows rows = rowsOf(reply);
  CHECK(rows.row(0, {CKA_VALUE}) == "1 0: 17='" + std::string(32, 's') + "'");
  CHECK(rows.row(1, {CKA_VALUE}).find('s') == std::string::npos);
}

TEST(a_row_has_values_of_every_kind) {
  Stage& stage = fresh();
  token.values[CKA_CLASS] = number(CKO_DATA);
  token.values[CKA_TOKEN] = std::string(1, 1);
  token.values[CKA_PRIVATE] = std::string(1, 0);
  token.values[CKA_ALLOWED_MECHANISMS] = number(1) + number(CK_UNAVAILABLE_INFORMATION);
  token.values[CKA_KEY_TYPE] = "odd";
  token.values[CKA_ID] = "";
  token.values[CKA_WRAP_TEMPLATE] = "";
  std::vector<uint64_t> types = {CKA_CLASS,    CKA_TOKEN, CKA_PRIVATE,       CKA_ALLOWED_MECHANISMS,
                                 CKA_KEY_TYPE, CKA_ID,    CKA_WRAP_TEMPLATE, CKA_LABEL,
                                 CKA_SUBJECT};
  Reply reply = stage.run(readMany({7, 8}, {{CKA_CLASS, 2},
                                            {CKA_TOKEN, 1},
                                            {CKA_PRIVATE, 1},
                                            {CKA_ALLOWED_MECHANISMS, 4},
                                            {CKA_KEY_TYPE, 2},
                                            {CKA_ID, 3},
                                            {CKA_WRAP_TEMPLATE, 5},
                                            {CKA_LABEL, 3},
                                            {CKA_SUBJECT, 3}}));
  Rows rows = rowsOf(reply);
  for (size_t i : {0, 1}) {
    std::string head = std::to_string(7 + i) + " " + std::to_string(CKR_ATTRIBUTE_TYPE_INVALID) + ": ";
    CHECK(rows.row(i, types) == head + "0=#0 1=true 2=false 1073743360=[1,18446744073709551615,] 256='odd' 258='' "
                                       "1073742353={} 3='certificate' 257=-");
  }
  CHECK(rows.whole());
}

TEST(an_object_that_has_all_costs_one_call_and_keeps_none_of_the_last) {
  Stage& stage = fresh();
  token.values.clear();
  token.values[CKA_LABEL] = "a label that is longer than eight bytes";
  token.values[CKA_CLASS] = number(CKO_SECRET_KEY);
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                           CK_ATTRIBUTE_PTR attributes, CK_ULONG count) -> CK_RV {
    // Every other object has a short label, and a token that may change the list it is given.
    if (object % 2 == 0) token.values[CKA_LABEL] = "short";
    CK_RV rv = getAttributeValue(session, object, attributes, count);
    for (CK_ULONG i = 0; i < count; ++i) attributes[i].pValue = nullptr, attributes[i].type = 4711;
    return rv;
  };
  Reply reply = stage.run(readMany({1, 2, 3}, {{CKA_LABEL, 3}, {CKA_CLASS, 2}}));
  Rows rows = rowsOf(reply);
  CHECK(rows.row(0, {CKA_LABEL, CKA_CLASS}) == "1 0: 3='a label that is longer than eight bytes' 0=#4");
  CHECK(rows.row(1, {CKA_LABEL, CKA_CLASS}) == "2 0: 3='short' 0=#4");
  CHECK(rows.row(2, {CKA_LABEL, CKA_CLASS}) == "3 0: 3='short' 0=#4");
  CHECK(rows.whole());
  CHECK_EQUAL(token.calls, 3);
}

TEST(an_empty_template_and_one_that_is_not_there) {
  Stage& stage = fresh();
  token.values[CKA_WRAP_TEMPLATE] = "";
  Reply reply = stage.run(get({{CKA_WRAP_TEMPLATE, 5}, {CKA_DERIVE_TEMPLATE, 5}}));
  CHECK_EQUAL(reply.rv, CKR_ATTRIBUTE_TYPE_INVALID);
  CHECK(toldBy(reply) == std::to_string(CKA_WRAP_TEMPLATE) + "={} " + std::to_string(CKA_DERIVE_TEMPLATE) + "=-");
}

}  // namespace
}  // namespace cryptoki::test
