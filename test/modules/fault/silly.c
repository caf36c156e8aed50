/* Silly but exact cryptography: a test computes the same with SHA-256 and HMAC. */
#include "fault.h"

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void compress(uint32_t* hash, const uint8_t* block) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] =
        w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[i - 7] + (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
  }
  memcpy(v, hash, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t one = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) +
                   ((v[4] & v[5]) ^ (~v[4] & v[6])) + round_constants[i] + w[i];
    uint32_t two =
        (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; i++) hash[i] += v[i];
}

void sha256_init(struct sha256* hash) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memset(hash, 0, sizeof *hash);
  memcpy(hash->state, start, sizeof start);
}

void sha256_update(struct sha256* hash, const void* data, size_t size) {
  const uint8_t* from = data;
  while (size != 0) {
    size_t at = hash->length % 64, take = 64 - at < size ? 64 - at : size;
    memcpy(hash->block + at, from, take);
    hash->length += take;
    from += take;
    size -= take;
    if (hash->length % 64 == 0) compress(hash->state, hash->block);
  }
}

void sha256_final(struct sha256* hash, uint8_t out[32]) {
  uint64_t bits = hash->length * 8;
  uint8_t tail[72] = {0x80};
  size_t padding = (hash->length % 64 < 56 ? 56 : 120) - hash->length % 64;
  for (int i = 0; i < 8; i++) tail[padding + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_update(hash, tail, padding + 8);
  for (int i = 0; i < 32; i++) out[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void hmac_init(struct hmac* mac, const uint8_t* key, size_t size) {
  uint8_t block[64] = {0}, pad[64];
  if (size > 64) {
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, key, size);
    sha256_final(&hash, block);
  } else if (size != 0) {
    memcpy(block, key, size);
  }
  for (int i = 0; i < 64; i++) pad[i] = block[i] ^ 0x36;
  sha256_init(&mac->inner);
  sha256_update(&mac->inner, pad, 64);
  for (int i = 0; i < 64; i++) pad[i] = block[i] ^ 0x5c;
  sha256_init(&mac->outer);
  sha256_update(&mac->outer, pad, 64);
}

void hmac_update(struct hmac* mac, const void* data, size_t size) { sha256_update(&mac->inner, data, size); }

void hmac_final(struct hmac* mac, uint8_t out[32]) {
  sha256_final(&mac->inner, out);
  sha256_update(&mac->outer, out, 32);
  sha256_final(&mac->outer, out);
}

void little_endian(uint8_t out[8], uint64_t value) {
  for (int i = 0; i < 8; i++) out[i] = (uint8_t)(value >> 8 * i);
}

void key_stream(const uint8_t seed[SEED_SIZE], const uint8_t* iv, size_t iv_size, uint64_t position,
                const uint8_t* from, uint8_t* to, size_t size) {
  uint8_t block[32], number[8];
  for (size_t i = 0; i < size; i++, position++) {
    if (i == 0 || position % 32 == 0) {
      struct sha256 hash;
      sha256_init(&hash);
      sha256_update(&hash, seed, SEED_SIZE);
      sha256_update(&hash, iv, iv_size);
      little_endian(number, position / 32);
      sha256_update(&hash, number, 8);
      sha256_final(&hash, block);
    }
    to[i] = (uint8_t)(from[i] ^ block[position % 32]);
  }
}

/* Random enough to be distinct, and the same in every run. */
static uint8_t pool[32];
static uint64_t drawn;

void random_seed(const uint8_t* seed, size_t size) {
  struct sha256 hash;
  sha256_init(&hash);
  sha256_update(&hash, pool, sizeof pool);
  sha256_update(&hash, seed, size);
  sha256_final(&hash, pool);
}

void random_bytes(uint8_t* out, size_t size) {
  uint8_t number[8], block[32];
  while (size != 0) {
    struct sha256 hash;
    size_t take = size < 32 ? size : 32;
    sha256_init(&hash);
    sha256_update(&hash, pool, sizeof pool);
    little_endian(number, drawn++);
    sha256_update(&hash, number, 8);
    sha256_final(&hash, block);
    memcpy(out, block, take);
    out += take;
    size -= take;
  }
}

bool bytes_add(struct bytes* bytes, const void* data, size_t size) {
  if (size > bytes->room - bytes->size) {
    size_t room = (bytes->size + size) * 2 + 64;
    uint8_t* grown = realloc(bytes->data, room);
    if (grown == NULL) return false;
    bytes->data = grown;
    bytes->room = room;
  }
  if (size != 0) memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
  return true;
}

void bytes_clear(struct bytes* bytes) {
  free(bytes->data);
  memset(bytes, 0, sizeof *bytes);
}
