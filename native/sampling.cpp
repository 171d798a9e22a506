#include "sampling.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace gossamer {

namespace {

// Consecutive 64-bit draws of one stream; draw k is draw64(stream, k).
class Draws {
  public:
    explicit Draws(const Stream& stream) : stream_(stream) {}

    uint64_t next() {
        if (half_) {
            half_ = false;
            return block_.word[2] | uint64_t{block_.word[3]} << 32;
        }
        half_ = true;
        block_ = philox_block(stream_, element_++);
        return block_.word[0] | uint64_t{block_.word[1]} << 32;
    }

    // Uniform below n > 0, exactly: the high half of draw * n, where draws that would favour some results are
    // refused (Lemire 2019, "Fast random integer generation in an interval").
    uint64_t below(uint64_t n) {
        __extension__ using Wide = unsigned __int128;
        Wide product = Wide{next()} * n;
        if (static_cast<uint64_t>(product) < n) {
            const uint64_t refused = (0 - n) % n;
            while (static_cast<uint64_t>(product) < refused) product = Wide{next()} * n;
        }
        return static_cast<uint64_t>(product >> 64);
    }

  private:
    Stream stream_;
    uint64_t element_ = 0;
    PhiloxBlock block_{};
    bool half_ = false;
};

// Ascending order of numbers that are all below `limit`: radix sort by bytes, the low one first.
void sort_below(std::vector<uint64_t>& numbers, uint64_t limit) {
    if (numbers.size() < 256) {
        std::sort(numbers.begin(), numbers.end());
        return;
    }
    std::vector<uint64_t> other(numbers.size());
    const int bits = static_cast<int>(std::bit_width(limit - 1));
    for (int shift = 0; shift < bits; shift += 8) {
        uint64_t start[256] = {};
        for (const uint64_t value : numbers) ++start[value >> shift & 255];
        uint64_t sum = 0;
        for (uint64_t& bucket : start) sum += std::exchange(bucket, sum);
        for (const uint64_t value : numbers) other[start[value >> shift & 255]++] = value;
        numbers.swap(other);
    }
}

void drop_duplicates(std::vector<uint64_t>& sorted) {
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
}

// Both samplers below return the set of the first `count` distinct values of the draw sequence v0, v1, ... of
// uniform numbers below n. That set is uniform among all sets of its size: a permutation of 0 .. n - 1
// applied to every draw leaves the distribution of the sequence as it is and maps the set accordingly, so all
// sets of one size have one probability. They differ in memory only: a bit for each of n positions, or 16
// bytes for each of `count` numbers.

// Draws are taken in batches of as many as are still missing, so a batch cannot overshoot.
std::vector<uint64_t> first_distinct_by_sorting(uint64_t n, uint64_t count, Draws& draws) {
    std::vector<uint64_t> numbers, batch;
    numbers.reserve(count);
    while (numbers.size() < count) {
        batch.resize(count - numbers.size());
        for (uint64_t& value : batch) value = draws.below(n);
        sort_below(batch, n);
        if (numbers.empty()) {
            numbers.swap(batch);
        } else {
            const auto middle = static_cast<std::ptrdiff_t>(numbers.size());
            numbers.insert(numbers.end(), batch.begin(), batch.end());
            std::inplace_merge(numbers.begin(), numbers.begin() + middle, numbers.end());
        }
        drop_duplicates(numbers);
    }
    return numbers;
}

// The chosen numbers, or with `complement` all the others, ascending.
std::vector<uint64_t> first_distinct_by_marking(uint64_t n, uint64_t count, Draws& draws, bool complement) {
    std::vector<uint64_t> marks(n / 64 + 1, 0);
    for (uint64_t missing = count; missing > 0;) {
        const uint64_t value = draws.below(n);
        uint64_t& word = marks[value / 64];
        const uint64_t bit = uint64_t{1} << value % 64;
        missing -= (word & bit) == 0;
        word |= bit;
    }
    std::vector<uint64_t> numbers;
    numbers.reserve(complement ? n - count : count);
    for (uint64_t base = 0; base < n; base += 64) {
        uint64_t word = complement ? ~marks[base / 64] : marks[base / 64];
        if (n - base < 64) word &= (uint64_t{1} << (n - base)) - 1;
        for (; word != 0; word &= word - 1) numbers.push_back(base + std::countr_zero(word));
    }
    return numbers;
}

// Pattern with links at the ascending keys, which are given up.
PatternPtr pattern_of_keys(uint32_t n_in, uint32_t n_out, std::vector<uint64_t> keys) {
    std::vector<int64_t> offsets(uint64_t{n_in} + 1, 0);
    std::vector<uint32_t> targets(keys.size());
    uint64_t link = 0;
    for (uint64_t source = 0; source < n_in; ++source) {
        const uint64_t base = source * n_out;
        for (; link < keys.size() && keys[link] - base < n_out; ++link) {
            targets[link] = static_cast<uint32_t>(keys[link] - base);
        }
        offsets[source + 1] = static_cast<int64_t>(link);
    }
    std::vector<uint64_t>().swap(keys);  // the order by target takes its memory
    return make_pattern_unchecked(n_in, n_out, std::move(offsets), std::move(targets));
}

void check_neurons(uint32_t n_in, uint32_t n_out) {
    if (n_in == 0 || n_out == 0) {
        throw std::invalid_argument(
            "a pattern needs at least one source and one target neuron, but it has n_in = " +
            std::to_string(n_in) + " and n_out = " + std::to_string(n_out) + ".");
    }
}

[[noreturn]] void throw_too_many_links() {
    throw std::invalid_argument("a pattern holds at most " + std::to_string(kMaxLinks) +
                                " links, but the probability asks for more; lower it or split the layer.");
}

// 2 atanh(s) = log((1 + s) / (1 - s)) for |s| < 0.172, to a few units in the last place. Only additions,
// multiplications and divisions, so that every machine and every C library gives the same bits.
double twice_atanh(double s) {
    constexpr double kTerms[] = {1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3};
    const double square = s * s;
    double sum = 0.0;
    for (const double term : kTerms) sum = (sum + term) * square;
    return 2.0 * (s + s * sum);
}

// log(x) for normal x > 0: x = m 2^e with m in [sqrt(1/2), sqrt(2)).
double natural_log(double x) {
    constexpr uint64_t kMantissa = (uint64_t{1} << 52) - 1;
    const uint64_t bits = std::bit_cast<uint64_t>(x);
    double exponent = static_cast<double>(static_cast<int64_t>(bits >> 52) - 1023);
    double m = std::bit_cast<double>((bits & kMantissa) | uint64_t{1023} << 52);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent += 1.0;
    }
    return exponent * 0.69314718055994531 + twice_atanh((m - 1.0) / (m + 1.0));
}

// log(1 - p) for p in (0, 1), without the cancellation that 1 - p has for small p.
double log_of_rest(double p) { return p < 0.25 ? twice_atanh(-p / (2.0 - p)) : natural_log(1.0 - p); }

// Positions of links that exist with probability p in (0, 1) each, ascending. The number of positions skipped
// before the next link is geometric: floor(log(u) / log(1 - p)) with u uniform in (0, 1). u has 52 bits; that
// and the rounding of the logarithms move each probability by less than 1e-13.
std::vector<uint64_t> bernoulli_keys(uint64_t positions, double p, Draws& draws) {
    const double expected = static_cast<double>(positions) * p;
    std::vector<uint64_t> keys;
    keys.reserve(static_cast<size_t>(expected + 6.0 * std::sqrt(expected)) + 8);
    const double scale = log_of_rest(p);
    for (uint64_t key = 0; key < positions; ++key) {
        const double u = (static_cast<double>(draws.next() >> 12) + 0.5) * 0x1p-52;
        const double skip = natural_log(u) / scale;
        const uint64_t left = positions - key;
        if (!(skip < static_cast<double>(left)) || static_cast<uint64_t>(skip) >= left) break;
        key += static_cast<uint64_t>(skip);
        keys.push_back(key);
    }
    return keys;
}

}  // namespace

void fill_uniform(const Stream& stream, uint64_t count, double* out) {
    for (uint64_t element = 0; 4 * element < count; ++element) {
        const PhiloxBlock block = philox_block(stream, element);
        const uint64_t width = std::min<uint64_t>(4, count - 4 * element);
        for (uint64_t k = 0; k < width; ++k) out[4 * element + k] = unit_interval(block.word[k]);
    }
}

std::vector<uint64_t> sample_subset(uint64_t n, uint64_t count, const Stream& stream) {
    Draws draws(stream);
    if (count < n / 64) return first_distinct_by_sorting(n, count, draws);
    const bool complement = count > n / 2;
    return first_distinct_by_marking(n, complement ? n - count : count, draws, complement);
}

PatternPtr sample_exact(uint32_t n_in, uint32_t n_out, uint64_t nnz, uint64_t seed, uint32_t layer) {
    check_neurons(n_in, n_out);
    const uint64_t positions = uint64_t{n_in} * n_out;
    if (nnz > std::min(positions, kMaxLinks)) {
        throw std::invalid_argument("a " + std::to_string(n_in) + " x " + std::to_string(n_out) +
                                    " layer can have 0 to " + std::to_string(std::min(positions, kMaxLinks)) +
                                    " links, but " + std::to_string(nnz) + " were asked for.");
    }
    return pattern_of_keys(n_in, n_out, sample_subset(positions, nnz, {seed, 0, layer, Purpose::topology}));
}

PatternPtr sample_bernoulli(uint32_t n_in, uint32_t n_out, double probability, uint64_t seed,
                            uint32_t layer) {
    check_neurons(n_in, n_out);
    if (!(probability >= 0.0 && probability <= 1.0)) {
        throw std::invalid_argument("the probability of a link must be between 0 and 1, but it is " +
                                    std::to_string(probability) + ".");
    }
    const uint64_t positions = uint64_t{n_in} * n_out;
    if (static_cast<double>(positions) * probability > static_cast<double>(kMaxLinks)) throw_too_many_links();
    if (probability == 0.0) return sample_exact(n_in, n_out, 0, seed, layer);
    if (probability == 1.0) return sample_exact(n_in, n_out, positions, seed, layer);
    Draws draws({seed, 0, layer, Purpose::topology});
    std::vector<uint64_t> keys = bernoulli_keys(positions, probability, draws);
    if (keys.size() > kMaxLinks) throw_too_many_links();
    return pattern_of_keys(n_in, n_out, std::move(keys));
}

// Every free position has a rank. A random set of ranks becomes positions in one walk over the links: the
// position of a rank is the rank plus the number of occupied positions before it.
std::vector<uint64_t> sample_free(const Pattern& pattern, const uint8_t* keep, uint64_t count,
                                  bool exclude_dropped, uint64_t seed, uint32_t step, uint32_t layer) {
    const uint64_t nnz = pattern.targets.size();
    uint64_t occupied = 0;
    for (uint64_t link = 0; link < nnz; ++link) occupied += exclude_dropped || keep[link] != 0;
    const uint64_t free = pattern.positions() - occupied;
    if (count > free) {
        throw std::invalid_argument("cannot grow " + std::to_string(count) + " links: only " +
                                    std::to_string(free) + " of the " + std::to_string(pattern.n_in) + " x " +
                                    std::to_string(pattern.n_out) +
                                    " positions are free; grow fewer links or lower the density.");
    }
    std::vector<uint64_t> keys = sample_subset(free, count, {seed, step, layer, Purpose::grow_position});
    uint64_t next = 0, before = 0;
    for (uint64_t source = 0; source < pattern.n_in && next < count; ++source) {
        for (int64_t link = pattern.source_offsets[source]; link < pattern.source_offsets[source + 1];
             ++link) {
            const uint64_t free_before = source * pattern.n_out + pattern.targets[link] - before;
            for (; next < count && keys[next] < free_before; ++next) keys[next] += before;
            before += exclude_dropped || keep[link] != 0;
        }
    }
    for (; next < count; ++next) keys[next] += before;
    return keys;
}

}  // namespace gossamer
