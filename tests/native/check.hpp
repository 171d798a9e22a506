// Tests as plain functions that register themselves, and checks that say where they failed.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

struct Test {
    const char* name;
    void (*body)();
};

inline std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}

struct Register {
    Register(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

#define TEST(name)                                              \
    static void test_##name();                                  \
    static const Register register_##name(#name, &test_##name); \
    static void test_##name()

#define CHECK(condition)                                                                                   \
    do {                                                                                                   \
        if (!(condition))                                                                                  \
            throw Failure(std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": not " + #condition); \
    } while (false)

// The expression throws std::invalid_argument with a message.
#define CHECK_REFUSED(expression)                      \
    do {                                               \
        bool refused = false;                          \
        try {                                          \
            (void)(expression);                        \
        } catch (const std::invalid_argument& error) { \
            refused = error.what()[0] != 0;            \
        }                                              \
        CHECK(refused && #expression);                 \
    } while (false)
