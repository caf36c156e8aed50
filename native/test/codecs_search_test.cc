// Searches, alone and with reading what they find.
#include "codecs_support.h"
#include "rows.h"

namespace cryptoki::test {
namespace {

// A search over objects 1 … there.
struct Search {
  CK_ULONG there = 0;
  CK_ULONG most = 0;  // at a time; 0: as asked
  CK_ULONG given = 0;
  int asked = 0;
  int finals = 0;
  CK_ULONG lie = 0;
  CK_RV rv = CKR_OK;
  CK_RV finalRv = CKR_OK;
} search;

Stage& searching() {
  static Stage* kept = nullptr;
  delete kept;
  kept = new Stage();
  Stage& stage = *kept;
  search = {};
  stage.functions.C_FindObjectsInit = [](CK_SESSION_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG) -> CK_RV { return CKR_OK; };
  stage.functions.C_FindObjects = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE_PTR list, CK_ULONG most,
                                     CK_ULONG_PTR count) -> CK_RV {
    ++search.asked;
    if (search.most != 0 && most > search.most) most = search.most;
    CK_ULONG n = 0;
    while (n < most && search.given < search.there) list[n++] = ++search.given;
    *count = n + search.lie;
    return search.rv;
  };
  stage.functions.C_FindObjectsFinal = [](CK_SESSION_HANDLE) -> CK_RV {
    ++search.finals;
    return search.finalRv;
  };
  return stage;
}

Frame find(uint32_t most) { return std::move(Frame::onSession(CALL_Find).u32(0).u32(most)); }

TEST(find_goes_on_until_nothing_comes) {
  Stage& stage = searching();
  search.there = 2500;
  search.most = 7;
  Reply reply = stage.run(find(0xffffffff));
  CHECK_EQUAL(reply.rv, CKR_OK);
  Reader outputs = reply.read();
  CHECK_EQUAL(outputs.u32(), 2500u);
  for (uint64_t i = 1; i <= 2500; ++i) CHECK_EQUAL(outputs.u64(), i);
  outputs.expectEnd();
  CHECK_EQUAL(search.finals, 1);
}

TEST(find_one_asks_for_one) {
  Stage& stage = searching();
  search.there = 2500;
  Reply reply = stage.run(find(1));
  CHECK_EQUAL(reply.read().u32(), 1u);
  CHECK_EQUAL(search.asked, 1);
  CHECK_EQUAL(search.given, 1u);
  CHECK_EQUAL(search.finals, 1);
  CHECK_EQUAL(stage.run(find(0)).read().u32(), 0u);
}

TEST(find_always_ends_its_search) {
  Stage& stage = searching();
  search.rv = CKR_DEVICE_REMOVED;
  search.finalRv = CKR_GENERAL_ERROR;
  Reply reply = stage.run(find(10));
  CHECK_EQUAL(reply.rv, CKR_DEVICE_REMOVED);
  CHECK_EQUAL(reply.function, CALL_C_FindObjects);
  CHECK_EQUAL(reply.outputs.size(), 0u);
  CHECK_EQUAL(search.finals, 1);

  search.rv = CKR_OK;
  reply = stage.run(find(10));
  CHECK_EQUAL(reply.rv, CKR_GENERAL_ERROR);
  CHECK_EQUAL(reply.function, CALL_C_FindObjectsFinal);
  CHECK_EQUAL(reply.outputs.size(), 0u);

  search.finalRv = CKR_OK;
  search.there = 5;
  search.lie = 100;
  CHECK_EQUAL(stage.run(find(10)).rv, ENGINE_LENGTH_LIE);
  CHECK_EQUAL(search.finals, 3);
}

TEST(find_stops_a_token_that_never_does) {
  Stage& stage = searching();
  search.there = static_cast<CK_ULONG>(-1);
  CHECK_EQUAL(stage.run(find(0xffffffff)).rv, ENGINE_TOO_LARGE);
  CHECK_EQUAL(search.finals, 1);
  search.given = 0;
  CHECK_EQUAL(stage.run(find(1000000)).read().u32(), 1000000u);
}

TEST(find_and_read_reads_the_first_of_them_after_the_search) {
  Stage& stage = searching();
  search.there = 2500;
  search.most = 7;
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    CHECK_EQUAL(search.finals, 1);
    if (object == 3) return CKR_OBJECT_HANDLE_INVALID;
    attributes[0].ulValueLen = 1;
    *static_cast<char*>(attributes[0].pValue) = 'x';
    return CKR_OK;
  };
  auto request = [](uint32_t most, uint32_t first) {
    Frame frame = Frame::onSession(CALL_FindAndRead).u32(0).u32(most).u32(first).u32(1).u64(CKA_LABEL).u8(3);
    return frame;
  };
  for (uint32_t first : {5u, 0u, 5000u}) {
    search.given = 0;
    search.finals = 0;
    Reply reply = stage.run(request(0xffffffff, first));
    CHECK_EQUAL(reply.rv, CKR_OK);
    Reader handles = reply.read();
    CHECK_EQUAL(handles.u32(), 2500u);
    for (uint64_t i = 1; i <= 2500; ++i) CHECK_EQUAL(handles.u64(), i);
    Rows rows(std::string(reply.outputs.begin(), reply.outputs.end()), 4 + 2500 * 8);
    CHECK_EQUAL(rows.count, std::min(first, 2500u));
    for (size_t i = 0; i < rows.count; ++i) {
      std::string rest = i == 2 ? std::to_string(CKR_OBJECT_HANDLE_INVALID) + ": 3=-" : "0: 3='x'";
      CHECK(rows.row(i, {CKA_LABEL}) == std::to_string(i + 1) + " " + rest);
    }
    CHECK(rows.whole());
  }
  search.given = 0;
  search.finals = 0;
  Reply one = stage.run(request(1, 1000));
  CHECK_EQUAL(one.read().u32(), 1u);
}

TEST(find_and_read_fails_as_a_whole_where_no_object_would_fare_better) {
  Stage& stage = searching();
  search.there = 3;
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR,
                                           CK_ULONG) -> CK_RV {
    return object == 2 ? CKR_SESSION_CLOSED : CKR_OK;
  };
  Frame frame = Frame::onSession(CALL_FindAndRead).u32(0).u32(10).u32(10).u32(1).u64(CKA_LABEL).u8(3);
  Reply reply = stage.run(frame);
  CHECK_EQUAL(reply.rv, CKR_SESSION_CLOSED);
  CHECK_EQUAL(reply.function, CALL_C_GetAttributeValue);
  CHECK_EQUAL(reply.outputs.size(), 0u);
  CHECK_EQUAL(search.finals, 1);
  search.rv = CKR_DEVICE_REMOVED;
  reply = stage.run(frame);
  CHECK_EQUAL(reply.rv, CKR_DEVICE_REMOVED);
  CHECK_EQUAL(reply.function, CALL_C_FindObjects);
  stage.functions.C_GetAttributeValue = nullptr;
  CHECK_EQUAL(stage.run(frame).rv, ENGINE_FUNCTION_MISSING);
}

TEST(find_objects_alone) {
  Stage& stage = searching();
  search.there = 5;
  Reply reply = stage.run(Frame::onSession(CALL_C_FindObjects).u32(3));
  CHECK_EQUAL(reply.read().u32(), 3u);
  search.lie = 4;
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_FindObjects).u32(3)).rv, ENGINE_LENGTH_LIE);
}

}  // namespace
}  // namespace cryptoki::test
