// Attributes that are templates.
#include "codecs_attribute_support.h"

namespace cryptoki::test {
namespace {

// An object with templates inside templates, answered as the standard says: a level's types and lengths once there is
// room for its attributes.
struct Node {
  CK_ATTRIBUTE_TYPE type;
  std::string value;
  std::vector<Node> inner;
};

void fillLevel(const std::vector<Node>& nodes, CK_ATTRIBUTE_PTR to, CK_RV& rv) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    bool isTemplate = node.value.empty();
    CK_ULONG size = isTemplate ? node.inner.size() * sizeof(CK_ATTRIBUTE) : node.value.size();
    to[i].type = node.type;
    CK_ULONG room = to[i].ulValueLen;
    to[i].ulValueLen = size;
    if (to[i].pValue == nullptr) continue;
    if (room < size) {
      rv = CKR_BUFFER_TOO_SMALL;
    } else if (isTemplate) {
      fillLevel(node.inner, static_cast<CK_ATTRIBUTE_PTR>(to[i].pValue), rv);
    } else {
      std::memcpy(to[i].pValue, node.value.data(), size);
    }
  }
}

std::vector<Node> tree;
int calls = 0;

CK_RV CK_CALL getTemplates(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes, CK_ULONG count) {
  ++calls;
  CK_RV rv = CKR_OK;
  for (CK_ULONG i = 0; i < count; ++i) {
    for (const Node& node : tree) {
      if (node.type == attributes[i].type) fillLevel({node}, &attributes[i], rv);
    }
  }
  return rv;
}

TEST(templates_inside_templates) {
  Stage stage;
  stage.functions.C_GetAttributeValue = getTemplates;
  calls = 0;
  tree = {{CKA_LABEL, "wrapping key", {}},
          {CKA_WRAP_TEMPLATE,
           "",
           {{CKA_SENSITIVE, std::string(1, '\1'), {}},
            {CKA_KEY_TYPE, number(CKK_AES), {}},
            {CKA_LABEL, "inner", {}},
            {CKA_UNWRAP_TEMPLATE, "", {{CKA_ID, "deep", {}}, {CKA_DERIVE_TEMPLATE, "", {}}}}}}};
  Reply reply = stage.run(get({{CKA_WRAP_TEMPLATE, 5}, {CKA_LABEL, 3}}));
  CHECK_EQUAL(reply.rv, CKR_OK);
  std::string wrap = std::to_string(CKA_WRAP_TEMPLATE), unwrap = std::to_string(CKA_UNWRAP_TEMPLATE),
              derive = std::to_string(CKA_DERIVE_TEMPLATE);
  CHECK(toldBy(reply) ==
        wrap + "={259=true 256=#31 3='inner' " + unwrap + "={258='deep' " + derive + "={}}} 3='wrapping key'");
  CHECK_EQUAL(calls, 1 + 3);
}

TEST(templates_that_lie) {
  Stage stage;
  // Not a whole number of attributes.
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    attributes[0].ulValueLen = sizeof(CK_ATTRIBUTE) + 1;
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(get({{CKA_WRAP_TEMPLATE, 5}})).rv, ENGINE_LENGTH_LIE);
  // More attributes than there is room for.
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    attributes[0].ulValueLen = (attributes[0].pValue == nullptr ? 1 : 2) * sizeof(CK_ATTRIBUTE);
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(get({{CKA_WRAP_TEMPLATE, 5}})).rv, ENGINE_LENGTH_LIE);
  // Inner values beyond all bounds, and pointers moved into the unknown.
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    attributes[0].ulValueLen = sizeof(CK_ATTRIBUTE);
    if (attributes[0].pValue == nullptr) return CKR_OK;
    auto* inner = static_cast<CK_ATTRIBUTE_PTR>(attributes[0].pValue);
    inner->type = CKA_VALUE;
    inner->ulValueLen = static_cast<CK_ULONG>(-2);
    inner->pValue = reinterpret_cast<CK_VOID_PTR>(1);
    attributes[0].pValue = reinterpret_cast<CK_VOID_PTR>(1);
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(get({{CKA_WRAP_TEMPLATE, 5}})).rv, ENGINE_TOO_LARGE);
  // Templates in templates without end.
  stage.functions.C_GetAttributeValue = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes,
                                           CK_ULONG) -> CK_RV {
    CK_ATTRIBUTE_PTR at = attributes;
    for (;;) {
      at->type = CKA_WRAP_TEMPLATE;
      at->ulValueLen = sizeof(CK_ATTRIBUTE);
      if (at->pValue == nullptr) return CKR_OK;
      at = static_cast<CK_ATTRIBUTE_PTR>(at->pValue);
    }
  };
  CHECK_EQUAL(stage.run(get({{CKA_WRAP_TEMPLATE, 5}})).rv, ENGINE_TOO_LARGE);
}

}  // namespace
}  // namespace cryptoki::test
