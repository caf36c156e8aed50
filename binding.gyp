{
  "variables": {
    "hardening": ["-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3"],
    "hardening_linux": ["-fstack-clash-protection"],
    "hardening_x64": ["-fcf-protection=full"],
    "hardening_arm64": ["-mbranch-protection=standard"],
    "hardened_linking": ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]
  },
  "targets": [
    {
      "target_name": "cryptoki",
      "sources": [
        "native/addon.cc",
        "native/completions.cc",
        "native/release/glibc_floor.cc",
        "<!@(node -p \"require('fs').readdirSync('native/engine').filter((name) => name.endsWith('.cc')).map((name) => 'native/engine/' + name).join(' ')\")"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fexceptions", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "conditions": [
        ["OS=='linux'", {
          "cflags": ["<@(hardening)", "<@(hardening_linux)"],
          "ldflags": ["<@(hardened_linking)", "-Wl,--version-script=<(module_root_dir)/native/release/exports.map"],
          "conditions": [
            ["target_arch=='x64'", { "cflags": ["<@(hardening_x64)"] }],
            ["target_arch=='arm64'", { "cflags": ["<@(hardening_arm64)"] }]
          ]
        }],
        ["OS=='mac'", {
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "CLANG_CXX_LIBRARY": "libc++",
            "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "MACOSX_DEPLOYMENT_TARGET": "11.0",
            "OTHER_CFLAGS": ["<@(hardening)"],
            "OTHER_LDFLAGS": ["-Wl,-exported_symbols_list,<(module_root_dir)/native/release/exports.txt"]
          }
        }],
        ["OS=='win'", {
          "defines": ["NOMINMAX", "WIN32_LEAN_AND_MEAN", "_HAS_EXCEPTIONS=1", "UNICODE", "_UNICODE"],
          "msvs_settings": {
            "VCCLCompilerTool": { "ExceptionHandling": 1, "AdditionalOptions": ["/std:c++17", "/utf-8", "/Zc:preprocessor", "/guard:cf", "/Brepro"] },
            "VCLinkerTool": { "AdditionalOptions": ["/guard:cf", "/CETCOMPAT", "/Brepro"] }
          }
        }]
      ]
    }
  ]
}
