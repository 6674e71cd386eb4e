#pragma once

#include "storage/store.h"

namespace signalbox {

inline Error store_out_of_order() {
    return {ErrorCode::unavailable, "the store is out of order", {}};
}

// A scan of what cannot be read.
class UnreadableScan : public RowScan {
public:
    [[nodiscard]] bool valid() const override { return false; }
    void next() override {}
    void seek(std::string_view /*key*/) override {}
    [[nodiscard]] std::string_view key() const override { return {}; }
    [[nodiscard]] std::string_view value() const override { return {}; }
    [[nodiscard]] Result<void> status() const override { return fail(store_out_of_order()); }
};

// What a store shows while it has lost rows that it has shown before.
class UnreadableSnapshot : public StoreSnapshot {
public:
    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view /*key*/) const override {
        return fail(store_out_of_order());
    }
    [[nodiscard]] std::unique_ptr<RowScan> scan(std::string_view /*lower*/,
                                                std::string_view /*upper*/,
                                                ScanOrder /*order*/) const override {
        return std::make_unique<UnreadableScan>();
    }
    [[nodiscard]] Revision revision() const override { return {}; }
};

}  // namespace signalbox
