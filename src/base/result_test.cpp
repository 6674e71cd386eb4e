#include "base/result.h"

#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace signalbox {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fail(ErrorCode::invalid_argument, "is odd", "number");
    return number / 2;
}

Result<int> quarter(int number) {
    TRY_AS(const int halved, half(number));
    TRY_AS(const int quartered, half(halved));
    return quartered;
}

Result<void> must_be_even(int number, int& reached) {
    TRY(half(number));
    reached = number;
    return {};
}

TEST(Try, goes_on_with_the_value) {
    EXPECT_EQ(quarter(12), 3);
    int reached = 0;
    EXPECT_TRUE(must_be_even(4, reached));
    EXPECT_EQ(reached, 4);
}

TEST(Try, returns_the_whole_error_to_the_caller) {
    const auto result = quarter(6);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(result.error().message, "is odd");
    EXPECT_EQ(result.error().field, "number");
    int reached = 0;
    EXPECT_FALSE(must_be_even(3, reached));
    EXPECT_EQ(reached, 0);
}

TEST(Try, moves_what_cannot_be_copied) {
    const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
    const auto use = [&]() -> Result<int> {
        TRY_AS(const auto made, make());
        return *made;
    };
    EXPECT_EQ(use(), 5);
}

TEST(ErrorCodeName, is_another_one_for_each_code) {
    std::set<std::string> names;
    for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
        names.insert(error_code_name(static_cast<ErrorCode>(code)));
    }
    EXPECT_EQ(names.size(), static_cast<size_t>(ErrorCode::internal) + 1);
    EXPECT_TRUE(names.contains("key_reused"));
}

}  // namespace
}  // namespace signalbox
