// Runs every registered test; the last line counts them. With an argument, only tests whose name contains it.
#include <cstdio>
#include <cstring>
#include <exception>

#include "check.hpp"

int main(int argc, char** argv) {
    int passed = 0, failed = 0;
    for (const Test& test : tests()) {
        if (argc > 1 && !std::strstr(test.name, argv[1])) continue;
        try {
            test.body();
            ++passed;
        } catch (const std::exception& error) {
            ++failed;
            std::printf("%s failed: %s\n", test.name, error.what());
        }
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
