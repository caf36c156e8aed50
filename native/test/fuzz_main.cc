// Runs a fuzz target without libFuzzer: the seeds, then mutations of them, the same in every run.
//   fuzz_x                       kIterations inputs
//   fuzz_x --iterations 5000 --seed 7
//   fuzz_x file…                 replays inputs
//   fuzz_x --write-seeds folder  for libFuzzer to begin with
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "fuzz.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace {

constexpr unsigned kLongest = 30;  // seconds for one input
constexpr size_t kLargest = 16 * 1024;
std::string current;

void keep() {
  const char* path = std::getenv("CRYPTOKI_FUZZ_CRASH");
  if (path == nullptr) path = "fuzz-crash.bin";
  std::ofstream(path, std::ios::binary) << current;
  std::fprintf(stderr, "The input is kept in %s\n", path);
}

void stuck(int) {
  std::fprintf(stderr, "An input has taken more than %u seconds.\n", kLongest);
  keep();
  std::_Exit(1);
}

void run(const std::string& input) {
  current = input;
  alarm(kLongest);
  // A copy of the exact size on the heap, so that the sanitizer sees who reads beyond it.
  auto* copy = new uint8_t[input.size()];
  if (!input.empty()) std::memcpy(copy, input.data(), input.size());
  LLVMFuzzerTestOneInput(copy, input.size());
  delete[] copy;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  size_t below(size_t most) { return most == 0 ? 0 : static_cast<size_t>(next() % most); }

 private:
  uint64_t state_;
};

// The numbers at which lengths, counts and codes turn over.
constexpr uint64_t kEdges[] = {0,
                               1,
                               2,
                               3,
                               4,
                               7,
                               8,
                               15,
                               16,
                               31,
                               32,
                               64,
                               127,
                               128,
                               255,
                               256,
                               1000,
                               1001,
                               4096,
                               65535,
                               65536,
                               1000000,
                               1000001,
                               0x7fffffff,
                               0x80000000,
                               0xfffffffd,
                               0xfffffffe,
                               0xffffffff,
                               0x100000000,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               0xffffffffffffffff};

void mutate(std::string& input, const std::vector<std::string>& seeds, Random& random) {
  size_t at = random.below(input.size() + 1);
  switch (random.below(8)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << random.below(8));
      break;
    case 1:
      if (at < input.size()) input[at] = static_cast<char>(random.next());
      break;
    case 2: {
      uint64_t edge = kEdges[random.below(std::size(kEdges))];
      size_t size = size_t{1} << random.below(4);
      for (size_t i = 0; i < size && at + i < input.size(); ++i) input[at + i] = static_cast<char>(edge >> 8 * i);
      break;
    }
    case 3:
      input.erase(at, 1 + random.below(8));
      break;
    case 4:
      input.insert(at, 1 + random.below(8), static_cast<char>(random.next()));
      break;
    case 5:
      input.insert(at, input.substr(random.below(input.size() + 1), random.below(32)));
      break;
    case 6: {
      const std::string& other = seeds[random.below(seeds.size())];
      size_t from = random.below(other.size() + 1);
      input = input.substr(0, at) + other.substr(from);
      break;
    }
    default:
      input += seeds[random.below(seeds.size())];
  }
  if (input.size() > kLargest) input.resize(kLargest);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGALRM, stuck);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(keep);
#endif
  auto seeds = cryptoki::fuzz::seeds();
  unsigned iterations = cryptoki::fuzz::kIterations;
  uint64_t seed = 1;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--iterations" && i + 1 < argc) {
      iterations = static_cast<unsigned>(std::atoi(argv[++i]));
    } else if (argument == "--seed" && i + 1 < argc) {
      seed = static_cast<uint64_t>(std::atoll(argv[++i]));
    } else if (argument == "--write-seeds" && i + 1 < argc) {
      for (size_t n = 0; n < seeds.size(); ++n)
        std::ofstream(std::string(argv[i + 1]) + "/seed-" + std::to_string(n), std::ios::binary) << seeds[n];
      return 0;
    } else {
      files.push_back(argument);
    }
  }
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    run(std::string(std::istreambuf_iterator<char>(in), {}));
  }
  if (files.empty()) {
    for (const std::string& input : seeds) run(input);
    Random random(seed);
    for (unsigned i = 0; i < iterations; ++i) {
      std::string input = seeds[random.below(seeds.size())];
      for (size_t steps = 1 + random.below(6); steps > 0; --steps) mutate(input, seeds, random);
      run(input);
    }
    std::printf("%zu seeds, %u mutations\n", seeds.size(), iterations);
  }
  alarm(0);
  std::printf("1 passed, 0 failed, 0 skipped\n");
  return 0;
}
