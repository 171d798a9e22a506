// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a number is a pure
// function of (seed, element, step, layer, purpose). The twin of src/gossamer/random.py; a test holds the two
// together.
//
// Everything here has internal linkage and uses no templates, so that a translation unit compiled for a wide
// instruction set cannot lend its code to one that runs on every machine.
#pragma once

#include <cstdint>

namespace gossamer {

// What a number is for. Codes are frozen: changing one changes every stored result.
enum class Purpose : uint32_t {
    seed = 1,
    topology = 2,
    weight = 3,
    shuffle = 4,
    dropout = 5,
    grow_position = 6,
    grow_value = 7,
    drop = 8,
    data = 9,
    split = 10,
    analysis = 11,
    noise = 12,
};

// Layers share a counter word with the purpose.
constexpr uint32_t kMaxLayer = (1u << 24) - 1;

// The four output words of one counter.
struct PhiloxBlock {
    uint32_t word[4];
};

// Philox4x32-10 of the counter (c0, c1, c2, c3) under the key `seed`.
static constexpr PhiloxBlock philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint64_t seed) {
    uint32_t key0 = static_cast<uint32_t>(seed);
    uint32_t key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        const uint64_t product0 = uint64_t{0xD2511F53u} * c0;
        const uint64_t product1 = uint64_t{0xCD9E8D57u} * c2;
        c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ key0;
        c1 = static_cast<uint32_t>(product1);
        c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ key1;
        c3 = static_cast<uint32_t>(product0);
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

// The counter word that layer and purpose share.
static constexpr uint32_t layer_word(uint32_t layer, Purpose purpose) {
    return layer * 256u + static_cast<uint32_t>(purpose);
}

// Which stream a draw belongs to: everything of the counter but the element.
struct Stream {
    uint64_t seed;
    uint32_t step;
    uint32_t layer;
    Purpose purpose;
};

// The block of `element` (a draw number / 4, or a logical index of the caller's).
static constexpr PhiloxBlock philox_block(const Stream& stream, uint64_t element) {
    return philox(static_cast<uint32_t>(element), static_cast<uint32_t>(element >> 32), stream.step,
                  layer_word(stream.layer, stream.purpose), stream.seed);
}

// 32-bit draw number k: word k % 4 of the block of element k / 4.
static constexpr uint32_t draw32(const Stream& stream, uint64_t k) {
    return philox_block(stream, k / 4).word[k % 4];
}

// 64-bit draw number k: words 2k (low half) and 2k + 1 (high half).
static constexpr uint64_t draw64(const Stream& stream, uint64_t k) {
    const PhiloxBlock block = philox_block(stream, k / 2);
    const uint32_t low = block.word[2 * (k % 2)];
    const uint32_t high = block.word[2 * (k % 2) + 1];
    return low | uint64_t{high} << 32;
}

// A 32-bit word as a number in the open interval (0, 1): (word + 1/2) / 2^32, exact in double precision.
static constexpr double unit_interval(uint32_t word) { return (word + 0.5) * 0x1p-32; }

// Draw number k in the open interval (0, 1).
static constexpr double draw_uniform(const Stream& stream, uint64_t k) {
    return unit_interval(draw32(stream, k));
}

}  // namespace gossamer
